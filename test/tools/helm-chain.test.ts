import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { joinApiVersion, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { fluxKinds } from '../../src/tools/objects/locate.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { type Move, openDefinition, type PlayedFlux, playFlux } from '../support/played-flux.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const [sourceGroup, helmGroup] = ['source.toolkit.fluxcd.io', 'helm.toolkit.fluxcd.io']
const served: [group: string, kind: string, plural: string, version: string][] = [
  [sourceGroup, 'HelmRepository', 'helmrepositories', 'v1'],
  [sourceGroup, 'HelmChart', 'helmcharts', 'v1'],
  [helmGroup, 'HelmRelease', 'helmreleases', 'v2'],
  ['image.toolkit.fluxcd.io', 'ImageRepository', 'imagerepositories', 'v1beta2'],
  ['image.toolkit.fluxcd.io', 'ImagePolicy', 'imagepolicies', 'v1beta2'],
]
let product: Product
let cluster: Cluster
let flux: PlayedFlux
/** The requests that were taken, in order. */
let taken: string[] = []
/** What the controller does for an object; ready at once where nothing is said. */
const scripts = new Map<string, readonly Move[]>()
const ready: readonly Move[] = [{ conditions: [['Ready', 'True', 'Succeeded', 'all is well']] }]
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
  for (const [group, kind, plural, version] of served)
    await cluster.apply(openDefinition(group, { kind, plural, version }), { manager: 'test', force: true }, signal)
  const { kinds } = await fluxKinds(cluster, signal)
  flux = await playFlux(cluster, {
    kinds,
    script({ kind, metadata }) {
      taken.push(`${kind}/${metadata.name}`)
      return scripts.get(`${kind}/${metadata.name}`) ?? ready
    },
  })
})
after(async () => {
  await flux.stop()
  await product.stop()
})

async function create(kind: string, name: string, spec: JsonObject): Promise<ObjectRef> {
  const [group = '', , , version = ''] = served.find(s => s[1] === kind) ?? assert.fail(kind)
  const object: KubeObject = { apiVersion: joinApiVersion({ group, version }), kind, metadata: { name, namespace: 'flux-system' }, spec }
  await cluster.apply(object, { manager: 'test' }, signal)
  return { group, version, kind, namespace: 'flux-system', name }
}
async function reconcile(kind: string, name: string, more: JsonObject = {}): Promise<Answer> {
  taken = []
  return product.call('reconcile', { kind, name, ...more })
}
const chartOf = (repository: string): JsonObject => ({
  interval: '1h',
  chart: { spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: repository } } },
})

test('withSource fetches the whole chain of a release, the first first', async () => {
  await create('HelmRepository', 'charts', { url: 'https://example.com' })
  await create('HelmRelease', 'web', chartOf('charts'))
  await create('HelmChart', 'flux-system-web', { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'charts' } })
  const answer = await reconcile('HelmRelease', 'web', { withSource: true })
  assert.equal(answer.data?.verdict, 'Ready', answer.text)
  assert.deepEqual(taken, ['HelmRepository/charts', 'HelmChart/flux-system-web', 'HelmRelease/web'])
  assert.equal((await reconcile('HelmRelease', 'web')).data?.verdict, 'Ready')
  assert.deepEqual(taken, ['HelmRelease/web'])
})

test('a repository of type oci has no reconciler, and a chart that the release has yet to make is left to it', async () => {
  await create('HelmRepository', 'static', { url: 'oci://example.com', type: 'oci' })
  await create('HelmRelease', 'early', chartOf('static'))
  assert.equal((await reconcile('HelmRelease', 'early', { withSource: true })).data?.verdict, 'Ready')
  assert.deepEqual(taken, ['HelmRelease/early'])
  await create('HelmChart', 'flux-system-early', { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'static' } })
  assert.equal((await reconcile('HelmRelease', 'early', { withSource: true })).data?.verdict, 'Ready')
  assert.deepEqual(taken, ['HelmChart/flux-system-early', 'HelmRelease/early'])
})

test('a source that does not exist is named, and nothing else is run', async () => {
  await create('HelmRelease', 'lost', { interval: '1h', chartRef: { kind: 'HelmChart', name: 'nowhere' } })
  const answer = await reconcile('HelmRelease', 'lost', { withSource: true })
  assert.deepEqual([answer.data?.verdict, answer.data?.reason], ['Failed', 'SourceNotFound'], answer.text)
  assert.equal(at(answer.data, 'blockedBy', 'object'), 'HelmChart/flux-system/nowhere')
  assert.deepEqual(taken, [])
})

test('an image policy is run after its repository is scanned', async () => {
  await create('ImageRepository', 'app', { image: 'example.com/app' })
  await create('ImagePolicy', 'app', { imageRepositoryRef: { name: 'app' } })
  const answer = await reconcile('ImagePolicy', 'app', { withSource: true })
  assert.equal(answer.data?.verdict, 'Ready', answer.text)
  assert.deepEqual(taken, ['ImageRepository/app', 'ImagePolicy/app'])
})

test('force and reset go with the request they belong to, and only when asked for', async () => {
  const ref = await create('HelmRelease', 'forced', chartOf('charts'))
  const annotations = async (): Promise<Record<string, string>> => (await cluster.get(ref, signal))?.metadata.annotations ?? {}
  await reconcile('HelmRelease', 'forced')
  assert.deepEqual(Object.keys(await annotations()), ['reconcile.fluxcd.io/requestedAt'])
  await reconcile('HelmRelease', 'forced', { force: true })
  const forced = await annotations()
  assert.equal(forced['reconcile.fluxcd.io/forceAt'], forced['reconcile.fluxcd.io/requestedAt'])
  await reconcile('HelmRelease', 'forced', { reset: true })
  const both = await annotations()
  assert.equal(both['reconcile.fluxcd.io/resetAt'], both['reconcile.fluxcd.io/requestedAt'])
  assert.notEqual(both['reconcile.fluxcd.io/forceAt'], both['reconcile.fluxcd.io/requestedAt'])
})

test('a release that fails, rolls back and tries again is judged at its end', async () => {
  const step = (reason: string, message: string, going: string): Move => ({
    conditions: [
      ['Reconciling', 'True', going, message],
      ['Ready', 'False', reason, message],
    ],
    observed: false,
  })
  scripts.set('HelmRelease/patient', [
    step('UpgradeFailed', 'Helm upgrade failed', 'Progressing'),
    step('RollbackSucceeded', 'Helm rollback succeeded', 'ProgressingWithRetry'),
    {
      conditions: [['Ready', 'True', 'UpgradeSucceeded', 'Helm upgrade succeeded']],
      status: { history: [{ chartVersion: '1.1.0', status: 'deployed' }] },
    },
  ])
  await create('HelmRelease', 'patient', chartOf('charts'))
  const notes: string[] = []
  const answer = await product.call('reconcile', { kind: 'HelmRelease', name: 'patient' }, { notes })
  assert.deepEqual([answer.data?.verdict, answer.data?.revision], ['Ready', '1.1.0'], answer.text)
})

test('a release out of retries is Stalled with its workloads as evidence, and the way out', async () => {
  scripts.set('HelmRelease/spent', [
    {
      conditions: [
        ['Stalled', 'True', 'RetriesExceeded', 'Failed to upgrade after 3 attempt(s)'],
        ['Ready', 'False', 'UpgradeFailed', 'Helm upgrade failed'],
      ],
    },
  ])
  await create('HelmRelease', 'spent', chartOf('charts'))
  const labels = { 'helm.toolkit.fluxcd.io/name': 'spent', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' }
  await cluster.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'spent', namespace: 'flux-system', labels },
      spec: {
        selector: { matchLabels: { app: 'spent' } },
        template: { metadata: { labels: { app: 'spent' } }, spec: { containers: [{ name: 'a', image: 'registry.invalid/a:1' }] } },
      },
    },
    { manager: 'helm-controller' },
    signal,
  )
  const answer = await reconcile('HelmRelease', 'spent')
  assert.deepEqual([answer.data?.verdict, answer.data?.reason], ['Stalled', 'RetriesExceeded'], answer.text)
  assert.equal(at(listAt(answer.data, 'failing')[0], 'object'), 'Deployment/flux-system/spent')
  assert.match(String(answer.data?.next), /no retry will happen: correct the chart or its values, then reconcile with reset=true/)
  scripts.set('HelmRelease/spent', ready)
  assert.equal((await reconcile('HelmRelease', 'spent', { reset: true })).data?.verdict, 'Ready')
})
