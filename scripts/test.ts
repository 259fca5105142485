// The gate: types, lint, then every test. Ends by saying what was skipped, and why.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const root = join(import.meta.dirname, '..')
const quick = process.argv.includes('--quick')

function gate(name: string, program: string, args: readonly string[]): void {
  const { status } = spawnSync(join(root, 'node_modules/.bin', program), args, { cwd: root, stdio: 'inherit' })
  if (status === 0) return void process.stdout.write(`✔ ${name}\n`)
  process.stderr.write(`✗ ${name}\n`)
  process.exit(1)
}

gate('types', 'tsc', ['--noEmit', '-p', '.'])
gate('format', 'oxfmt', ['--check', 'src', 'test', 'scripts', 'bench'])
gate('lint', 'oxlint', ['src', 'test', 'scripts', 'bench'])

if (quick) process.env.FLUXPILOT_QUICK = '1'
const wanted = process.argv.slice(2).filter(a => !a.startsWith('--'))
const files = (wanted.length > 0 ? wanted : globSync('test/**/*.test.ts', { cwd: root })).map(f => join(root, f)).toSorted()
const skipped: string[] = []
let failed = 0
const events = run({ files, concurrency: 2, timeout: 600_000 })
events.on('test:pass', ({ name, skip }) => {
  if (skip) skipped.push(typeof skip === 'string' ? skip : name)
})
events.on('test:fail', ({ todo }) => {
  if (!todo) failed++
})
events.compose(new spec()).pipe(process.stdout)
await new Promise(done => {
  events.once('end', done)
})
if (skipped.length > 0) process.stdout.write(`\nskipped:\n${skipped.map(s => `  ${s}\n`).join('')}`)
process.exitCode = failed > 0 ? 1 : 0
