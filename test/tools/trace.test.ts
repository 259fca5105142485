import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import { after, before, test } from 'node:test'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { clusterOf } from '../explain/cluster.ts'
import {
  artifact,
  deployment,
  goodChart,
  goodCharts,
  inventory,
  ks,
  object,
  oci,
  pod,
  readyTrue,
  release,
  replicaSet,
  running,
} from '../explain/objects.ts'
import { testKernel } from '../support/kernel.ts'
import { type Product, startProduct } from '../support/service.ts'

const labelled = (kind: 'kustomize' | 'helm', name: string): JsonObject => ({
  [`${kind}.toolkit.fluxcd.io/name`]: name,
  [`${kind}.toolkit.fluxcd.io/namespace`]: 'apps',
})
const plain = deployment('web', { available: true })
const web = { ...plain, metadata: { ...plain.metadata, labels: labelled('kustomize', 'apps') as Record<string, string> } }
const set = replicaSet(web)
const one = pod(set, { phase: 'Running', ready: true, container: running() })
const origin = {
  'org.opencontainers.image.revision': 'main@sha1:0123456789abcdef',
  'org.opencontainers.image.source': 'https://git.example.com/org/repo',
}
const source = oci('repo', {}, ['True', 'Succeeded', 'stored artifact'], { artifact: { ...artifact, metadata: origin } })
const stored = (manifest: string): string => Buffer.from(gzipSync(JSON.stringify({ manifest })).toString('base64')).toString('base64')
const db = release('db', {}, ['True', 'InstallSucceeded', 'Helm install succeeded'], {
  storageNamespace: 'apps',
  history: [{ name: 'db', namespace: 'apps', version: 2, status: 'deployed', chartVersion: '1.2.3' }],
})
const helmSecret = object('v1', 'Secret', 'sh.helm.release.v1.db.v2', {
  data: {
    release: stored(
      'apiVersion: v1\nkind: Service\nmetadata: {name: db}\n---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: other}\n',
    ),
  },
})
const byRelease = object('apps/v1', 'StatefulSet', 'db', { metadata: { labels: labelled('helm', 'db') }, spec: {}, status: {} })
const child = ks('child', { sourceRef: { kind: 'OCIRepository', name: 'repo' } }, readyTrue, inventory(db))
const top = ks('apps', { sourceRef: { kind: 'OCIRepository', name: 'repo' } }, readyTrue, inventory(web, child, ks('lost', {}, undefined)))

const kernel = testKernel()
let product: Product
let cluster: Cluster
let stop: () => Promise<void>
before(async () => {
  const started = await clusterOf(
    [
      top,
      child,
      db,
      helmSecret,
      web,
      set,
      one,
      byRelease,
      source,
      goodChart('apps-db'),
      goodCharts(),
      object('v1', 'ConfigMap', 'free', { data: {} }),
    ],
    kernel,
  )
  cluster = started.cluster
  stop = started.stop
  product = await startProduct({ clusters: real => ({ names: real.names, named: () => cluster }) })
})
after(async () => {
  await product.stop()
  await stop()
})
const trace = (kind: string, name: string, more: JsonObject = {}): Promise<Answer> =>
  product.call('trace', { kind, namespace: 'apps', name, ...more })
const steps = ({ data }: Answer): unknown[] => listAt(data, 'steps').map(s => [at(s, 'as'), at(s, 'object')])

test('a pod leads by its owners to its Kustomization, the source and the origin', async () => {
  const answer = await trace('Pod', one.metadata.name)
  assert.deepEqual(steps(answer), [
    ['object', `Pod/apps/${one.metadata.name}`],
    ['owned by', 'ReplicaSet/apps/web-6d4f'],
    ['owned by', 'Deployment/apps/web'],
    ['applied by', 'Kustomization/apps/apps'],
    ['source', 'OCIRepository/apps/repo'],
  ])
  assert.match(answer.text, /originSource=https:\/\/git\.example\.com\/org\/repo/)
  assert.match(answer.text, /path=\.\/deploy/)
  assert.match(answer.text, /tag=1\.0\.0/)
})

test('what a release made leads to its chart and repository', async () => {
  assert.deepEqual(
    steps(await trace('StatefulSet', 'db')).map(s => (s as string[])[1]),
    ['StatefulSet/apps/db', 'HelmRelease/apps/db', 'HelmChart/apps/apps-db', 'HelmRepository/apps/charts'],
  )
})

test('down: the inventory, and those below it, with what a release rendered', async () => {
  const answer = await trace('Kustomization', 'apps', { down: true })
  assert.deepEqual(
    listAt(answer.data, 'steps').map(s => [at(s, 'depth'), at(s, 'object'), at(s, 'state')]),
    [
      [1, 'Deployment/apps/web', undefined],
      [1, 'Kustomization/apps/child', 'True'],
      [2, 'HelmRelease/apps/db', 'True'],
      [3, 'Service/apps/db', undefined],
      [3, 'StatefulSet/other/db', undefined],
      [1, 'Kustomization/apps/lost', 'NotFound'],
    ],
  )
})

test('what nobody applied is its own beginning', async () => {
  assert.deepEqual(steps(await trace('ConfigMap', 'free')), [['object', 'ConfigMap/apps/free']])
  assert.match((await trace('ConfigMap', 'free', { down: true })).text, /it has applied nothing/)
})
