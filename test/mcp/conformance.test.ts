import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { root, startHttpProgram } from '../support/program.ts'
import { startFixtures } from './conformance-server.ts'

const suiteProgram = join(root, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const out = mkdtempSync(join(tmpdir(), 'fluxpilot-conformance-'))
after(() => rmSync(out, { recursive: true, force: true }))

interface Check {
  readonly id: string
  readonly status: string
  readonly errorMessage?: string
}

/** Runs the public suite; its process ends with 0 when all failures are expected, and none is expected in vain. */
function run(args: readonly string[]): Promise<{ code: number; said: string }> {
  return new Promise(done => {
    execFile(process.execPath, [suiteProgram, 'server', ...args], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      done({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, said: stdout + stderr })
    })
  })
}

function checksOf(folder: string): Map<string, Check[]> {
  const runs = readdirSync(folder).toSorted()
  return new Map(
    runs.map(name => [
      name.replace(/^server-/, '').replace(/-20\d\d-.*$/, ''),
      JSON.parse(readFileSync(join(folder, name, 'checks.json'), 'utf8')) as Check[],
    ]),
  )
}
const succeeded = (checks: readonly Check[]): number => checks.filter(c => c.status === 'SUCCESS').length

suite('the public suite, through our adapter, HTTP stack and sessions', () => {
  let fixtures: Awaited<ReturnType<typeof startFixtures>>
  before(async () => {
    fixtures = await startFixtures()
  })
  after(() => fixtures.stop())
  const revisions: [revision: string, baseline: string, least: number, unscored: RegExp][] = [
    ['2025-11-25', 'baseline-2025.yml', 81, /^server-sse-polling$/],
    ['2026-07-28', 'baseline-2026.yml', 150, /^tasks-/],
  ]
  for (const [revision, baseline, least, unscored] of revisions)
    test(`revision ${revision}: every required check succeeds`, async () => {
      const folder = join(out, revision)
      const expected = join(import.meta.dirname, baseline)
      const { code, said } = await run(['--url', fixtures.url, '--requirements', revision, '-o', folder, '--expected-failures', expected])
      assert.equal(code, 0, said)
      const scored = [...checksOf(folder)].filter(([scenario]) => !unscored.test(scenario))
      const bad = scored.flatMap(([scenario, checks]) =>
        checks.filter(c => !['SUCCESS', 'INFO', 'SKIPPED'].includes(c.status)).map(c => `${scenario}: ${c.id}: ${c.errorMessage}`),
      )
      assert.deepEqual(bad, [])
      assert.deepEqual(
        scored.filter(([, checks]) => succeeded(checks) === 0).map(([scenario]) => scenario),
        [],
        'a scenario without a check shows nothing',
      )
      const count = scored.reduce((sum, [, checks]) => sum + succeeded(checks), 0)
      assert.ok(count >= least, `${count} checks, ${least} at the least`)
    })

  test('the baselines hold nothing but the tasks extension', () => {
    for (const [, baseline] of revisions) {
      const entries = readFileSync(join(import.meta.dirname, baseline), 'utf8').matchAll(/^\s+- (.*)$/gm)
      for (const [, entry = ''] of entries) assert.match(entry, /^tasks-[a-z-]+$/)
    }
  })
})

suite('neutral scenarios, against the program as it is', () => {
  let server: Awaited<ReturnType<typeof startHttpProgram>>
  before(async () => {
    server = await startHttpProgram()
  })
  after(() => server.stop())
  const needsFixtures = new Set([
    'sep-2575-server-rejects-undeclared-capability',
    'sep-2575-missing-capability-http-400',
    'sep-2575-http-server-no-independent-requests-on-stream',
    'sep-2575-server-no-log-without-loglevel',
  ])
  const scenarios: [revision: string, names: readonly string[]][] = [
    [
      '2025-11-25',
      [
        'server-initialize',
        'server-session-lifecycle',
        'ping',
        'logging-set-level',
        'tools-list',
        'resources-list',
        'prompts-list',
        'server-sse-multiple-streams',
        'dns-rebinding-protection',
      ],
    ],
    [
      '2026-07-28',
      [
        'tools-list',
        'resources-list',
        'prompts-list',
        'caching',
        'http-header-validation',
        'dns-rebinding-protection',
        'sep-2164-resource-not-found',
        'server-sse-multiple-streams',
        'input-required-result-unsupported-methods',
        'server-stateless',
      ],
    ],
  ]
  /** Without sessions one process of the suite asks everything; a client of 2025 would have more sessions open than the program lets it. */
  const together = (revision: string): boolean => revision === '2026-07-28'
  const ask = async (revision: string, name: string): Promise<{ checks: Check[]; said: string }> => {
    const folder = join(out, 'product', revision, together(revision) ? 'all' : name)
    const all = ['--requirements', revision]
    const one = ['--scenario', name, '--spec-version', revision]
    const args = ['--url', server.url, ...(together(revision) ? all : one), '-o', folder]
    const said = existsSync(folder) ? '' : (await run(args)).said
    return { checks: checksOf(folder).get(name) ?? [], said }
  }
  for (const [revision, names] of scenarios)
    for (const name of names)
      test(`${revision}: ${name}`, async () => {
        const { checks, said } = await ask(revision, name)
        const bad = checks.filter(c => c.status === 'FAILURE' && !needsFixtures.has(c.id))
        assert.deepEqual(
          bad.map(c => `${c.id}: ${c.errorMessage}`),
          [],
          said,
        )
        assert.ok(succeeded(checks) > 0)
      })
})
