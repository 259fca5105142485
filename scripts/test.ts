// The gate: types, layout, lint, then every test. Ends by saying what was skipped, and why, what took long, and which behaviours were shown.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { pathToFileURL } from 'node:url'
import { batches, entryOf, left } from './test-plan.ts'
import { lendApiServers } from '../test/refs/lent-api-servers.ts'
import { citations, passed } from '../test/conformance/citations.ts'

const root = join(import.meta.dirname, '..')
const quick = process.argv.includes('--quick')

async function gate(name: string, program: string, args: readonly string[]): Promise<void> {
  const [status] = (await once(spawn(join(root, 'node_modules/.bin', program), args, { cwd: root, stdio: 'inherit' }), 'exit')) as [
    number | null,
  ]
  if (status === 0) return void process.stdout.write(`✔ ${name}\n`)
  process.stderr.write(`✗ ${name}\n`)
  process.exit(1)
}

/** Builds the program in a folder: what is started again and again starts in a fraction of the time. @returns Its path. */
async function published(folder: string): Promise<string> {
  const dist = join(folder, 'dist')
  await gate('build', 'node', ['scripts/build.ts', dist])
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'))
  return join(dist, 'cli.js')
}

const record = mkdtempSync(join(tmpdir(), 'fluxpilot-tests-'))
const [program] = await Promise.all([
  quick ? undefined : published(join(record, 'program')),
  gate('types', 'tsc', ['--noEmit', '-p', '.']),
  gate('format', 'oxfmt', ['--check', 'src', 'test', 'scripts', 'bench']),
  gate('lint', 'oxlint', ['--deny-warnings', 'src', 'test', 'scripts', 'bench']),
])

if (quick) process.env.FLUXPILOT_QUICK = '1'
process.env.FLUXPILOT_BEHAVIOURS = join(record, 'behaviours')
// A server in Go that has little to do spends more on threads that look for work than on the work.
process.env.GOMAXPROCS ??= '1'
// Most files load the same modules: their types are taken out once.
process.env.NODE_COMPILE_CACHE = join(record, 'compiled')
if (program !== undefined) process.env.FLUXPILOT_PROGRAM = program
const wanted = process.argv.slice(2).filter(a => !a.startsWith('--'))
const plan = wanted.length > 0 ? wanted.map(file => [file]) : batches(root, { quick })
const files = plan.map((batch, i) => entryOf(root, batch, join(record, `${i}.test.mjs`)))
const skipped: string[] = quick ? [`${left} files that take their time are left out of the quick run`] : []
const took = new Map<string, number>()
let failed = 0
const execArgv = ['--max-semi-space-size=64', '--v8-pool-size=1', `--import=${pathToFileURL(join(root, 'scripts/test-hooks.ts')).href}`]
const servers = quick ? undefined : await lendApiServers()
if (servers) process.env.FLUXPILOT_API_SERVERS = servers.path
const events = run({ files, concurrency: 2, timeout: 600_000, execArgv })
events.on('test:pass', ({ name, skip, nesting, details }) => {
  if (skip) skipped.push(typeof skip === 'string' ? skip : name)
  if (nesting === 0 && name.endsWith('.test.ts')) took.set(name, details.duration_ms / 1000)
})
events.on('test:fail', ({ todo }) => {
  if (!todo) failed++
})
events.on('test:summary', ({ file, duration_ms }) => {
  if (file?.startsWith(root)) took.set(relative(root, file), duration_ms / 1000)
})
events.compose(new spec()).pipe(process.stdout)
await new Promise(done => {
  events.once('end', done)
})
await servers?.close()
if (skipped.length > 0) process.stdout.write(`\nskipped:\n${skipped.map(s => `  ${s}\n`).join('')}`)
const slowest = [...took].toSorted(([, a], [, b]) => b - a).slice(0, 25)
process.stdout.write(`\nslowest files, in seconds:\n${slowest.map(([file, s]) => `  ${s.toFixed(0).padStart(4)} ${file}\n`).join('')}`)

if (wanted.length === 0) {
  const [cited, shown] = [citations(), passed(process.env.FLUXPILOT_BEHAVIOURS)]
  const unshown = [...cited].filter(id => !shown?.has(id))
  process.stdout.write(`\nbehaviours: ${cited.size - unshown.length} of ${cited.size} citations passed here\n`)
  if (!quick && unshown.length > 0) process.stdout.write(`  not run or failed: ${unshown.join(' ')}\n`)
}
rmSync(record, { recursive: true, force: true })
process.exitCode = failed > 0 ? 1 : 0
