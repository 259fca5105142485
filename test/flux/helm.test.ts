import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type RunningStore, s3Keys, startVersityGw } from '../refs/object-stores.ts'
import { withPrograms } from '../refs/when.ts'
import { type ChartFiles, chartFiles, type ChartServer, indexOf, packageOf, startChartServer } from '../support/chart-server.ts'
import { withData } from '../support/data.ts'
import { secretObject } from '../support/secrets.ts'
import type { Known } from './expected.ts'
import { compared } from './live.ts'
import { type Pair, usePair } from './pair.ts'
import type { Step } from './scenarios.ts'

const group = 'source.toolkit.fluxcd.io'
const refOf = (namespace: string, kind: string, name = 'source'): ObjectRef => ({ group, version: 'v1', kind, namespace, name })

/** What is served before a step; `undefined` removes it. */
interface HelmStep extends Step {
  readonly serve?: Readonly<Record<string, string | ChartFiles | undefined>>
  readonly put?: Readonly<Record<string, string>>
}
interface At {
  readonly url: string
  repository(spec?: JsonObject): KubeObject
  chart(spec?: JsonObject): KubeObject
  secret(name: string, data: Record<string, string>): KubeObject
  readonly refs: { readonly repository: ObjectRef; readonly chart: ObjectRef; readonly bucket: ObjectRef }
}
interface Story {
  readonly name: string
  /** What it serves names a port. */
  readonly unlike?: boolean
  readonly watched: (refs: At['refs']) => ObjectRef[]
  readonly steps: (at: At) => HelmStep[]
}

const below = (folder: string, files: ChartFiles): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]))
const app = chartFiles('app', '1.0.0', { 'prod.yaml': 'a: 2\nb: {}\n' })
const versions = indexOf({ app: [{ version: '1.0.0' }, { version: '1.1.0' }, { version: '2.0.0-rc.1' }] })
const served = { '/index.yaml': versions, '/app-1.0.0.tgz': app, '/app-1.1.0.tgz': chartFiles('app', '1.1.0') }
const umbrella = (version: string, ...dependencies: JsonObject[]): ChartFiles => chartFiles('app', version, {}, { dependencies })

const stories: readonly Story[] = [
  {
    name: 'helm-index',
    watched: ({ repository }) => [repository],
    steps: ({ repository, secret, refs, url }) => [
      { serve: { '/index.yaml': versions }, apply: [repository()] },
      {},
      { serve: { '/index.yaml': indexOf({ other: [{ version: '1.0.0' }] }) } },
      { serve: { '/index.yaml': '' } },
      { serve: { '/index.yaml': 'entries: {}\n' } },
      { serve: { '/index.yaml': 'apiVersion: v1\nentries:\n  a:\n  - {}\n  - {name: a, version: 1.0.0}\n' } },
      { serve: { '/index.yaml': undefined } },
      { serve: { '/index.yaml': JSON.stringify({ apiVersion: 'v1', entries: {}, generated: '2024-01-01T00:00:00Z' }) } },
      { apply: [repository({ secretRef: { name: 'absent' } })] },
      { apply: [secret('half', { username: 'x' }), repository({ secretRef: { name: 'half' } })] },
      { apply: [repository({ url: 'oci://example.com/charts' })] },
      { apply: [repository({ url: `${url}//`, suspend: true })] },
      { apply: [repository({ url: `${url}//` })] },
      { remove: [refs.repository] },
    ],
  },
  {
    name: 'helm-first-failure',
    watched: ({ repository }) => [repository],
    steps: ({ repository }) => [{ apply: [repository()] }, {}, { serve: { '/index.yaml': versions } }],
  },
  {
    name: 'helm-pulled',
    watched: ({ repository, chart }) => [repository, chart],
    steps: ({ repository, chart, refs }) => [
      { apply: [chart()], run: [refs.chart] },
      { serve: served, apply: [repository()] },
      {},
      ...[
        { version: '1.0.0' },
        { version: '<1.1.0' },
        { version: '>=2.0.0' },
        { version: 'a b' },
        { chart: 'none' },
        { chart: 'No!' },
        {},
      ].map(spec => ({ apply: [chart(spec)], run: [refs.chart] })),
    ],
  },
  {
    name: 'helm-values',
    watched: ({ repository, chart }) => [repository, chart],
    steps: ({ repository, chart, refs }) => [
      { serve: served, apply: [repository(), chart({ version: '1.0.0', valuesFiles: ['values.yaml'] })] },
      ...[
        { version: '1.0.0', valuesFiles: ['values.yaml', 'prod.yaml'] },
        { version: '1.0.0', valuesFiles: ['none.yaml'] },
        { version: '1.0.0', valuesFiles: ['none.yaml', 'prod.yaml'], ignoreMissingValuesFiles: true },
        { version: '1.1.0' },
      ].map(spec => ({ apply: [chart(spec)], run: [refs.chart] })),
      { serve: { '/app-1.0.0.tgz': 'no chart' }, apply: [chart({ version: '1.0.0' })], run: [refs.chart] },
      { serve: { '/app-1.0.0.tgz': undefined }, run: [refs.chart] },
    ],
  },
  {
    name: 'helm-folders',
    unlike: true,
    watched: ({ bucket, chart }) => [bucket, chart],
    steps: ({ chart, refs, url }) => {
      const of = (spec: JsonObject): KubeObject => chart({ chart: 'charts/app', sourceRef: { kind: 'Bucket', name: 'source' }, ...spec })
      return [
        { put: { ...below('charts/app', app), 'root.yaml': 'c: 1\n' }, apply: [of({})], run: [refs.bucket, refs.chart] },
        ...[
          { reconcileStrategy: 'Revision' },
          { valuesFiles: ['root.yaml', 'charts/app/prod.yaml'] },
          { valuesFiles: ['prod.yaml'] },
          { reconcileStrategy: 'Revision', valuesFiles: ['root.yaml'] },
        ].map(spec => ({ apply: [of(spec)], run: [refs.chart] })),
        { apply: [of({})], run: [refs.chart] },
        { put: below('charts/app', umbrella('1.0.1', { name: 'dep', version: '1.x', repository: url })), run: [refs.bucket, refs.chart] },
        {
          serve: { '/index.yaml': indexOf({ dep: [{ version: '1.0.0' }] }), '/dep-1.0.0.tgz': chartFiles('dep', '1.0.0') },
          run: [refs.chart],
        },
        ...[
          { name: 'dep', version: '2.x', repository: url },
          { name: 'dep', version: '1.x', repository: '@stable' },
          { name: 'dep', version: '1.x', repository: 'file://../dep' },
          { name: 'dep', version: '', repository: '' },
        ].map((dependency, i) => ({
          put: below('charts/app', umbrella(`1.1.${i}`, dependency)),
          run: [refs.bucket, refs.chart],
        })),
      ]
    },
  },
]

/** What differs on purpose, or since Flux 2.6. */
const known: Known = [
  ["the times in our packages are the source's, so their digest and size are others", /\.artifact\.(digest|size): flux/],
  ['a run that Flux tries again by itself may see a source before its artifact', /flux only: ".* NoSourceArtifact no artifact available /],
  ['and the digest is in their event', /(flux|fluxpilot) only: "HelmChart\/source Normal ChartPackageSucceeded /],
  [
    '2.7 reads Secrets through fluxcd/pkg, in other words: sources 12',
    /failed to detect authentication methods|failed to configure Helm client/,
  ],
  ['2.7 took semver 3.4, which quotes a range: sources 12', /improper constraint/],
  ['a change and the request to run are two runs for Flux, and the second collects', /flux only: ".* Normal GarbageCollectionSucceeded /],
]

const name = "our HelmRepositories and HelmCharts beside those of Flux's own source-controller"
const programs = [...compared, 'versitygw']
withData({ name, tests: stories.length }, () =>
  withPrograms(programs, { name, tests: stories.length }, () =>
    describe(name, { concurrency: 4 }, () => {
      const pair = usePair()
      let store: RunningStore | undefined
      before(async () => {
        store = await startVersityGw()
      })
      after(() => store?.stop())

      for (const story of stories)
        test(`${story.name}: status and events are the same`, async () => {
          assert.ok(store)
          const server = await startChartServer()
          try {
            await store.create(story.name)
            const at = { server, store, pair: pair() }
            const watched = story.watched(placed(story.name, server.url).refs)
            const whole = placed(story.name, server.url)
            await pair().prepare(story.name)
            await prepare(story.name, watched, at)
            for (const [i, step] of story.steps(whole).entries()) {
              await serve(story.name, step, at)
              const scenario = { name: story.name, watched, steps: [], unlike: story.unlike ?? false, known }
              assert.deepEqual(await pair().unexpected(scenario, step, `${story.name}-${i}`), [], `step ${i + 1}`)
            }
          } finally {
            await server.close()
          }
        })
    }),
  ),
)

function placed(namespace: string, url: string): At {
  const object = (kind: string, spec: JsonObject): KubeObject => ({
    apiVersion: `${group}/v1`,
    kind,
    metadata: { namespace, name: 'source' },
    spec: { interval: '10m', ...spec },
  })
  return {
    url,
    repository: spec => object('HelmRepository', { url, ...spec }),
    chart: spec => object('HelmChart', { chart: 'app', sourceRef: { kind: 'HelmRepository', name: 'source' }, ...spec }),
    secret: (own, data) => secretObject({ namespace, name: own }, data),
    refs: {
      repository: refOf(namespace, 'HelmRepository'),
      chart: refOf(namespace, 'HelmChart'),
      bucket: refOf(namespace, 'Bucket'),
    },
  }
}

interface Servers {
  readonly server: ChartServer
  readonly store: RunningStore
  readonly pair: Pair
}

/** A Bucket, where a story has one, and the Secret that it needs. */
async function prepare(namespace: string, watched: readonly ObjectRef[], { store, pair }: Servers): Promise<void> {
  if (!watched.some(({ kind }) => kind === 'Bucket')) return
  const { endpoint } = store.place(namespace)
  const keys = placed(namespace, '').secret('keys', { accesskey: s3Keys.accessKeyId, secretkey: s3Keys.secretAccessKey })
  const spec = { bucketName: namespace, endpoint, insecure: true, region: 'us-east-1', interval: '10m', secretRef: { name: 'keys' } }
  const bucket = { apiVersion: `${group}/v1`, kind: 'Bucket', metadata: { namespace, name: 'source' }, spec }
  // Both have read it before anything is put there.
  await pair.unexpected(
    { name: namespace, watched: [placed(namespace, '').refs.bucket], steps: [] },
    { apply: [keys, bucket] },
    `${namespace}-before`,
  )
}

async function serve(namespace: string, { serve: files = {}, put = {} }: HelmStep, { server, store, pair }: Servers): Promise<void> {
  for (const [path, content] of Object.entries(files))
    server.put(path, typeof content === 'object' ? await packageOf(pair.world.hands.kernel, content) : content)
  for (const [key, content] of Object.entries(put)) await store.put(namespace, key, content)
}
