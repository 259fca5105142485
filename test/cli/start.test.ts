import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { kubeconfigFor } from '../../src/sandbox/sandbox.ts'
import { startHostile } from '../support/hostile.ts'
import { testKernel } from '../support/kernel.ts'
import { listening } from '../support/listening.ts'
import { bareEnv, run, sources } from '../support/program.ts'
import { startSandboxApi } from '../support/sandbox.ts'

/** A start that fails, or is told to stop. The deadline is far above what any takes: without it a process that stays would hold up the whole run. */
const deadline = { timeout: 120_000 }
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-start-'))
const kernel = testKernel()
let [taken, api, hung]: { address?: string; url?: string; close?(): Promise<void>; stop?(): Promise<void> }[] = []
before(async () => {
  taken = await listening(createServer())
  api = await startSandboxApi(kernel)
  hung = await startHostile(() => reached.resolve())
  writeFileSync(join(folder, 'api'), kubeconfigFor(api.url ?? ''))
  writeFileSync(join(folder, 'hung'), kubeconfigFor(hung.url ?? ''))
})
after(async () => {
  await Promise.all([taken?.close?.(), api?.stop?.(), hung?.close?.()])
  rmSync(folder, { recursive: true, force: true })
})
const reached = Promise.withResolvers<void>()

interface Ran {
  readonly code: number
  readonly said: string
  readonly files: string[]
}

/** Runs command lines one after the other in one process, without what ends the program when it is done: the process ends only when nothing is open any more. */
async function runAll(lines: readonly (readonly string[])[]): Promise<Ran[]> {
  const temporary = mkdtempSync(join(folder, 'tmp-'))
  const script = `
    import { readdirSync } from 'node:fs'
    const { main } = await import(${JSON.stringify(sources)})
    for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0)
    for (const argv of ${JSON.stringify(lines)}) {
      let said = ''
      process.stderr.write = text => (said += text)
      await main(argv, process.env)
      console.log(JSON.stringify({ code: process.exitCode, said, files: readdirSync(${JSON.stringify(temporary)}) }))
    }
    process.exitCode = 0`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...bareEnv, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number | null]
  assert.equal(code, 0)
  return out
    .split('\n')
    .filter(Boolean)
    .map(line => JSON.parse(line) as Ran)
}

const controller = [
  '--kubeconfig',
  join(folder, 'api'),
  '--storage-path',
  join(folder, 'artifacts'),
  '--storage-addr',
  '127.0.0.1:0',
  'controller',
]
/** In each `TAKEN` stands for an address that another server has, `PORT` for its port. */
const rows: [flag: string, argv: string[]][] = [
  ['--http', ['--sandbox', 'mcp', '--http', 'TAKEN']],
  ['--admin-addr', ['--sandbox', 'mcp', '--http', '127.0.0.1:0', '--admin-addr', 'TAKEN']],
  ['--storage-addr', ['--sandbox', '--storage-addr', 'TAKEN', 'mcp', '--http', '127.0.0.1:0']],
  ['--storage-addr', ['--sandbox', '--storage-addr', 'TAKEN', 'mcp']],
  ['--storage-addr', ['--sandbox', '--storage-addr', 'TAKEN', 'get', 'status']],
  ['--storage-addr', ['--storage-path', folder, '--storage-addr', 'TAKEN', 'controller']],
  ['--health-addr', [...controller, '--health-addr', 'TAKEN']],
  ['--metrics-addr', [...controller, '--health-addr', '127.0.0.1:0', '--metrics-addr', 'TAKEN']],
  ['--port', ['sandbox', '--port', 'PORT']],
  ['--registry-port', ['sandbox', '--registry-port', 'PORT', '--data', join(folder, 'data')]],
  ['--git-port', ['sandbox', '--git-port', 'PORT']],
  ['--storage-addr', ['--storage-addr', 'TAKEN', 'sandbox']],
  ['--storage-addr', ['--storage-addr', 'TAKEN', 'sandbox', '--data', join(folder, 'data')]],
]
const wrong: [argv: string[], says: RegExp][] = [
  [['--http', '127.0.0.1:0', '--token-file', '/nowhere'], /^✗ --token-file '\/nowhere' cannot be used: ENOENT/],
  [['--http', '127.0.0.1:0', '--token-file', sources], /^✗ --token-file cannot be used: token file, line 1/],
  [['--http', '127.0.0.1:0', '--tls-cert', sources, '--tls-key', sources], /^✗ --tls-cert with --tls-key cannot be used: .*PEM/],
  [['--http', '192.0.2.1:0'], /^✗ to listen on 192\.0\.2\.1 give --token-file/],
  [
    ['--http', '127.0.0.1:0', '--admin-addr', '192.0.2.1:0'],
    /^✗ InvalidArgument: --admin-addr 192\.0\.2\.1:0 is no address of this machine/,
  ],
]

test('a start that fails names the flag and the address, and leaves nothing open', deadline, async () => {
  const address = taken?.address ?? ''
  const there = (word: string): string => word.replace('TAKEN', address).replace('PORT', address.split(':')[1] ?? '')
  const lines = [...rows.map(([, argv]) => argv.map(there)), ...wrong.map(([argv]) => ['--sandbox', 'mcp', ...argv])]
  const ran = await runAll(lines)
  assert.equal(ran.length, lines.length)
  for (const [i, [flag, argv]] of rows.entries()) {
    const said = `✗ Conflict: ${flag} ${address} is taken already. Next: stop what listens there, or choose another port; port 0 takes a free one\n`
    assert.deepEqual(ran[i], { code: 1, said, files: [] }, argv.join(' '))
  }
  for (const [i, [, says]] of wrong.entries()) {
    const { code, said, files } = ran[rows.length + i] ?? assert.fail()
    assert.match(said, says)
    assert.deepEqual([code, files], [2, []])
  }
})

suite('SIGTERM', () => {
  test('during the start of a controller whose API server hangs ends it', deadline, async () => {
    const child = run(['--kubeconfig', join(folder, 'hung'), '--storage-path', folder, '--storage-addr', '127.0.0.1:0', 'controller'])
    await reached.promise
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number | null]
    assert.equal(code, 130, child.said())
  })

  for (const argv of [['--sandbox', 'mcp', '--http', '127.0.0.1:0'], ['sandbox'], ['--sandbox', 'get', 'status']])
    test(`during the start of ${argv.join(' ')} ends it`, deadline, async () => {
      const script = `const { main } = await import(${JSON.stringify(sources)})
        const ended = main(${JSON.stringify(argv)}, process.env)
        process.kill(process.pid, 'SIGTERM')
        await ended`
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        env: bareEnv,
        stdio: ['pipe', 'ignore', 'pipe'],
      })
      const [code] = (await once(child, 'exit')) as [number | null]
      assert.equal(code, 130)
    })
})
