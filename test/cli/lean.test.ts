import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { root } from '../support/program.ts'

const script = `
const { makeLean } = await import(${JSON.stringify(pathToFileURL(join(root, 'src/main/lean.ts')).href)})
makeLean()
console.log(JSON.stringify([process.pid, process.execArgv, process.argv.slice(2), process.env.KEPT, process.env.MALLOC_ARENA_MAX]))
`

test(
  'a controller is the same process with its arguments and environment, in a lean engine',
  { skip: process.platform === 'win32' },
  () => {
    const { MALLOC_ARENA_MAX: _, ...own } = process.env
    const file = join(root, 'node_modules', `.lean-${process.pid}.mjs`)
    const { writeFileSync, rmSync } = process.getBuiltinModule('node:fs')
    writeFileSync(file, script)
    try {
      const shell = `echo $$; exec "$0" "$@"`
      for (const [given, arenas] of [
        [{}, '2'],
        [{ MALLOC_ARENA_MAX: '5' }, '5'],
      ] as const) {
        const said = execFileSync('sh', ['-c', shell, process.execPath, '--no-warnings', file, 'controller', '--a=b c'], {
          env: { ...own, ...given, KEPT: 'yes' },
          encoding: 'utf8',
        })
        const [pid, line = ''] = said.trim().split('\n')
        assert.deepEqual(JSON.parse(line), [
          Number(pid),
          ['--no-warnings', '--liftoff-only', '--max-semi-space-size=4', '--heap-growing-percent=60'],
          ['controller', '--a=b c'],
          'yes',
          arenas,
        ])
      }
    } finally {
      rmSync(file)
    }
  },
)
