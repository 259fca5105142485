import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { findProgram } from '../../../scripts/refs/cache.ts'
import type { ChartContent } from '../../../src/kinds/chart.ts'
import { KernelError } from '../../../src/world/kernel/error.ts'
import { withPrograms } from '../../refs/when.ts'
import { bytesOf, chartFiles } from '../../support/chart-server.ts'
import { dataFolder, withData } from '../../support/data.ts'
import { testKernel } from '../../support/kernel.ts'
import { unending } from '../../support/unending.ts'

const kernel = testKernel()
type Files = ReadonlyMap<string, Uint8Array>

async function packed(chart: ChartContent, more: Partial<Parameters<typeof kernel.buildChart>[0]> = {}): Promise<Buffer> {
  const values = { files: [], inside: false, ignoreMissing: false }
  const { archive } = await kernel.buildChart({ chart, version: '', values, dependencies: [], packaged: true, ...more }, unending)
  assert.ok(archive)
  return Buffer.from(archive)
}

/** What an archive holds, by the order and the words of a real tar: name, mode, time, content. */
function entriesOf(archive: Buffer): { name: string; mode: string; time: number; content: string }[] {
  const bytes = gunzipSync(archive)
  const entries = []
  for (let at = 0; bytes[at];) {
    const field = (from: number, length: number): string => bytes.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '')
    const size = parseInt(field(124, 12), 8)
    const name = [field(345, 155), field(0, 100)].filter(Boolean).join('/')
    entries.push({
      name,
      mode: field(100, 8),
      time: parseInt(field(136, 12), 8),
      content: bytes.toString('latin1', at + 512, at + 512 + size),
    })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return entries
}

const withoutTimes = (archive: Buffer) => entriesOf(archive).map(({ name, mode, content }) => ({ name, mode, content }))
const inNameOrder = (archive: Buffer) => withoutTimes(archive).toSorted((a, b) => (a.name < b.name ? -1 : 1))

function written(files: Files, folder: string): void {
  for (const [path, content] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
}

/** What `helm package` makes of the files. */
function byHelm(files: Files): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-chart-'))
  try {
    written(files, join(folder, 'in'))
    const env = { PATH: process.env.PATH, HOME: folder, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder }
    execFileSync(findProgram('helm') ?? '', ['package', 'in', '-d', 'out'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
    const [name = ''] = readdirSync(join(folder, 'out'))
    return readFileSync(join(folder, 'out', name))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const under = (folder: string, files: Files): [string, Uint8Array][] => [...files].map(([path, content]) => [`${folder}/${path}`, content])
const plain = bytesOf(chartFiles('app', '1.0.0'))
const sub = bytesOf(chartFiles('sub', '0.1.0', { 'charts/inner/Chart.yaml': 'apiVersion: v2\nname: inner\nversion: 0.0.1\n' }))
const lock = 'dependencies:\n- name: sub\n  repository: ""\n  version: 0.1.0\ndigest: sha256:00\ngenerated: "2024-01-01T00:00:00.5Z"\n'
const dependencies = [{ name: 'sub', version: '0.1.0' }]
const binary = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)

const charts: [says: string, files: () => Files | Promise<Files>][] = [
  ['a small chart', () => plain],
  [
    'custom resources, notes, tests, a schema and a README',
    () =>
      bytesOf(
        chartFiles('app', '1.0.0', {
          'crds/a.yaml': 'a: 1\n',
          'templates/NOTES.txt': 'hello\n',
          'templates/tests/test.yaml': 'kind: Pod\n',
          'templates/_helpers.tpl': '{{- define "x" }}{{ end }}\n',
          'values.schema.json': '{"type":"object"}',
          'README.md': '# app\n',
          LICENSE: 'free\n',
        }),
      ),
  ],
  [
    'what it ignores',
    () =>
      bytesOf(
        chartFiles('app', '1.0.0', {
          '.helmignore': '# notes\ndocs/\n*.tmp\n/root-only.txt\n',
          'docs/a/b.md': '1',
          'x.tmp': '1',
          'files/y.tmp': '1',
          'root-only.txt': '1',
          'files/root-only.txt': '1',
          'templates/.hidden.yaml': '1',
          '.gitignore': '1',
        }),
      ),
  ],
  [
    'a chart in it as a folder, with one in that, and a lock',
    () => new Map([...bytesOf(chartFiles('app', '1.0.0', { 'Chart.lock': lock }, { dependencies })), ...under('charts/sub', sub)]),
  ],
  [
    'a chart in it as a package',
    async () =>
      new Map([...bytesOf(chartFiles('app', '1.0.0', {}, { dependencies })), ['charts/sub-0.1.0.tgz', await packed({ files: sub })]]),
  ],
  [
    'an old chart with requirements',
    () =>
      new Map([
        ...bytesOf(
          chartFiles(
            'app',
            '1.0.0',
            { 'requirements.yaml': 'dependencies:\n- name: sub\n  version: 0.1.0\n', 'requirements.lock': lock },
            { apiVersion: 'v1' },
          ),
        ),
        ...under('charts/sub', sub),
      ]),
  ],
  [
    'binary and empty files, long names and a byte order mark',
    () =>
      new Map([
        ...plain,
        ['files/data.bin', binary],
        ['files/empty', new Uint8Array()],
        [`files/${'long-'.repeat(24)}/${'name-'.repeat(18)}.txt`, binary.subarray(0, 10)],
        ['templates/bom.yaml', Buffer.from('\ufeffa: 1\n')],
      ]),
  ],
  [
    'metadata of every kind',
    () =>
      bytesOf(
        chartFiles(
          'app',
          '1.0.0-rc.1+build',
          {},
          {
            appVersion: '2',
            description: 'what: "it" is',
            type: 'application',
            kubeVersion: '>=1.2.0',
            home: 'https://example.com',
            keywords: ['a', 'b'],
            sources: ['https://example.com/src'],
            maintainers: [{ name: 'x', email: 'x@example.com' }],
            icon: 'https://example.com/i.png',
            deprecated: true,
            annotations: { z: '1', a: 'b: c' },
          },
        ),
      ),
  ],
]

withPrograms(['helm'], { name: "packages beside Helm's", tests: charts.length }, () => {
  for (const [says, files] of charts)
    test(`a package holds what Helm's holds, file for file: ${says}`, async () => {
      const tree = await files()
      const [ours, theirs] = [await packed({ files: tree }), byHelm(tree)]
      assert.deepEqual(inNameOrder(ours), inNameOrder(theirs))
      assert.deepEqual(ours.subarray(0, 4), theirs.subarray(0, 4))
      assert.deepEqual(await kernel.chartMetadata({ archive: ours }, unending), await kernel.chartMetadata({ archive: theirs }, unending))
    })
  withData({ name: "a real chart's package beside Helm's", tests: 1 }, () =>
    test('a package of a real chart is what Helm makes, in the same order', async () => {
      const root = join(dataFolder, 'podinfo/charts/podinfo')
      const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
      const tree = new Map(
        names.map(({ parentPath, name }) => [join(parentPath, name).slice(root.length + 1), readFileSync(join(parentPath, name))]),
      )
      const [ours, theirs] = [await packed({ files: tree }), byHelm(tree)]
      assert.deepEqual(withoutTimes(ours), withoutTimes(theirs))
      assert.ok(entriesOf(ours).length > 20)
    }),
  )
})

test('equal charts give equal packages, in whatever order their files come', async () => {
  const [first] = [await packed({ files: plain })]
  assert.deepEqual(await packed({ files: new Map([...plain].toReversed()) }), first)
})

test('times are those of the source: none of a folder, and of a package those in it', async () => {
  const fresh = await packed({ files: plain })
  assert.deepEqual([...new Set(entriesOf(fresh).map(({ time }) => time))], [0])
  const dated = gunzipSync(fresh)
  for (let at = 0, i = 0; dated[at]; i++) {
    const size = parseInt(dated.toString('latin1', at + 124, at + 136), 8)
    stamp(dated.subarray(at, at + 512), 1_700_000_000 + i)
    at += 512 + Math.ceil(size / 512) * 512
  }
  const { gzipSync } = await import('node:zlib')
  const values = {
    files: [
      { path: 'values.yaml', place: '', content: undefined },
      { path: 'x', place: '', content: undefined },
    ],
    inside: true,
    ignoreMissing: true,
  }
  const again = await packed({ archive: gzipSync(dated) }, { version: '1.0.0+3', values })
  assert.deepEqual(
    entriesOf(again).map(({ name, time }) => [name, time]),
    [
      ['app/Chart.yaml', 1_700_000_000],
      ['app/values.yaml', 1_700_000_001],
      ['app/templates/config.yaml', 1_700_000_002],
    ],
  )
})

/** Gives a header another time, and the sum that goes with it. */
function stamp(header: Buffer, time: number): void {
  header.write(`${time.toString(8).padStart(11, '0')}\0`, 136, 'latin1')
  header.fill(' ', 148, 156)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

const wrong: [says: string, files: Record<string, string>, message: RegExp][] = [
  ['without Chart.yaml', { 'values.yaml': '' }, /^Chart\.yaml file is missing$/],
  ['without version', { 'Chart.yaml': 'apiVersion: v2\nname: a\n' }, /^validation: chart\.metadata\.version is required$/],
  [
    'with values that are no map',
    { 'Chart.yaml': 'apiVersion: v2\nname: a\nversion: 1.0.0\n', 'values.yaml': '- 1\n' },
    /^cannot load values\.yaml: /,
  ],
  [
    'with a lock that is none',
    { 'Chart.yaml': 'apiVersion: v2\nname: a\nversion: 1.0.0\n', 'Chart.lock': '- 1\n' },
    /^cannot load Chart\.lock: /,
  ],
  [
    'whose ignore file cannot be read',
    { 'Chart.yaml': 'apiVersion: v2\nname: a\nversion: 1.0.0\n', '.helmignore': '**/x\n' },
    /^cannot load ignore rules for chart: /,
  ],
]
for (const [says, files, message] of wrong)
  test(`no package of a chart ${says}`, () =>
    assert.rejects(packed({ files: bytesOf(files) }), thrown => {
      assert.ok(thrown instanceof KernelError && thrown.code === 'CHART_INVALID')
      assert.match(thrown.message, message)
      return true
    }))
