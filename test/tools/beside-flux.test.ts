import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { until } from '../../src/world/cluster/until.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const requestedAt = 'reconcile.fluxcd.io/requestedAt'
const kinds: [group: string, kind: string, plural: string][] = [
  ['helm.toolkit.fluxcd.io', 'HelmRelease', 'helmreleases'],
  ['fluxcd.controlplane.io', 'FluxInstance', 'fluxinstances'],
]
let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
  for (const [group, kind, plural] of kinds) {
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    await cluster.apply(
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: `${plural}.${group}` },
        spec: {
          group,
          scope: 'Namespaced',
          names: { kind, plural, singular: kind.toLowerCase() },
          versions: [
            {
              name: 'v2',
              served: true,
              storage: true,
              subresources: { status: {} },
              schema: { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } },
            },
          ],
        },
      },
      { manager: 'test' },
      signal,
    )
  }
  for (const name of ['source-controller', 'kustomize-controller', 'helm-controller', 'flux-operator']) {
    const labels = { app: name, 'app.kubernetes.io/part-of': 'flux', 'app.kubernetes.io/component': name }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'flux-system', labels },
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels }, spec: { containers: [{ name: 'manager', image: `ghcr.io/fluxcd/${name}:v1` }] } },
      },
    }
    await cluster.apply(deployment, { manager: 'test' }, signal)
    await until(
      cluster,
      { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'flux-system', name },
      { signal, settled: o => (o?.status?.readyReplicas === 1 ? true : undefined) },
    )
  }
})
after(() => product.stop())

const codeOf = ({ data }: Answer): unknown => (data?.error as { code?: string } | undefined)?.code

interface Flux {
  readonly ready: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly more?: JsonObject
}

async function create(kind: string, name: string, more: { spec?: JsonObject; group?: string; version?: string } = {}): Promise<ObjectRef> {
  const {
    spec = { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'apps' } },
    group = 'kustomize.toolkit.fluxcd.io',
    version = 'v1',
  } = more
  await cluster.apply(
    { apiVersion: `${group}/${version}`, kind, metadata: { name, namespace: 'flux-system' }, spec },
    { manager: 'test' },
    signal,
  )
  return { group, version, kind, namespace: 'flux-system', name }
}

/** Plays the controller once: takes the request and answers by status. */
async function play(ref: ObjectRef, { ready, reason, message, more = {} }: Flux): Promise<void> {
  const object: KubeObject = await until(cluster, ref, { signal, settled: o => (o?.metadata.annotations?.[requestedAt] ? o : undefined) })
  const conditions = [
    {
      type: 'Ready',
      status: ready,
      reason,
      message,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: object.metadata.generation ?? 1,
    },
  ]
  const status = {
    observedGeneration: object.metadata.generation ?? 1,
    lastHandledReconcileAt: object.metadata.annotations?.[requestedAt] ?? '',
    conditions,
    ...more,
  }
  await cluster.patch(ref, { type: 'merge', body: { status }, manager: 'gotk-test', subresource: 'status' }, signal)
}

const table: [says: string, kind: string, more: Parameters<typeof create>[2], flux: Flux, verdict: string][] = [
  [
    'ready',
    'Kustomization',
    {},
    {
      ready: 'True',
      reason: 'ReconciliationSucceeded',
      message: 'Applied revision: main@sha1:a',
      more: { lastAppliedRevision: 'main@sha1:a' },
    },
    'Ready',
  ],
  ['failed', 'Kustomization', {}, { ready: 'False', reason: 'BuildFailed', message: 'kustomize build failed: no such file' }, 'Failed'],
  [
    'a Helm release that is ready',
    'HelmRelease',
    { group: 'helm.toolkit.fluxcd.io', version: 'v2', spec: { interval: '1h' } },
    { ready: 'True', reason: 'UpgradeSucceeded', message: 'Helm upgrade succeeded' },
    'Ready',
  ],
  [
    'a Flux instance that fails',
    'FluxInstance',
    { group: 'fluxcd.controlplane.io', version: 'v2', spec: {} },
    { ready: 'False', reason: 'ReconciliationFailed', message: 'no such distribution' },
    'Failed',
  ],
]
for (const [i, [says, kind, more, flux, verdict]] of table.entries()) {
  test(`beside Flux: ${says}`, async () => {
    const ref = await create(kind, `case-${i}`, more)
    const playing = play(ref, flux)
    const answer = await product.call('reconcile', { kind, name: `case-${i}` })
    await playing
    assert.equal(answer.data?.verdict, verdict, answer.text)
    assert.equal(answer.data?.reason, flux.reason)
    assert.match(String(answer.data?.engine), /^flux: \S+ is live$/)
  })
}

test('beside Flux: a request that nobody takes is NotHandled when the time is up', async () => {
  await create('Kustomization', 'lonely')
  assert.equal((await product.call('reconcile', { kind: 'ks', name: 'lonely', timeoutSeconds: 1 })).data?.verdict, 'NotHandled')
})

test('a suspended object is refused before anything is written', async () => {
  const ref = await create('Kustomization', 'held', {
    spec: { interval: '1h', prune: true, suspend: true, sourceRef: { kind: 'OCIRepository', name: 'apps' } },
  })
  const answer = await product.call('reconcile', { kind: 'ks', name: 'held' })
  assert.equal(codeOf(answer), 'Suspended')
  assert.equal((await cluster.get(ref, signal))?.metadata.annotations, undefined)
})

test('every Flux kind is listed, suspended and resumed, by discovery', async () => {
  const status = await product.call('get_status', { limit: 50 })
  assert.ok(
    ['HelmRelease', 'FluxInstance', 'Kustomization'].every(kind => status.text.includes(kind)),
    status.text,
  )
  assert.match(status.text, /kustomize-controller live/)
  const instance = await create('FluxInstance', 'paused', { group: 'fluxcd.controlplane.io', version: 'v2', spec: {} })
  assert.equal((await product.call('set_suspended', { kind: 'FluxInstance', name: 'paused', suspended: true })).data?.verdict, 'Suspended')
  assert.equal((await cluster.get(instance, signal))?.metadata.annotations?.['fluxcd.controlplane.io/reconcile'], 'disabled')
  const release = await create('HelmRelease', 'paused', { group: 'helm.toolkit.fluxcd.io', version: 'v2', spec: { interval: '1h' } })
  assert.equal((await product.call('set_suspended', { kind: 'helmreleases', name: 'paused', suspended: true })).data?.verdict, 'Suspended')
  assert.equal((await cluster.get(release, signal))?.spec?.suspend, true)
  const again = await product.call('set_suspended', { kind: 'HelmRelease', name: 'paused', suspended: true })
  assert.match(again.text, /nothing changed: it was suspended before/)
})

test('our engine never acts where a controller is live', async () => {
  const own = await startProduct({ options: { engine: 'own' } })
  const theirs = own.composed.service.world.clusters.named()
  await theirs.apply(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'x', namespace: 'flux-system' },
      spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'apps' } },
    },
    { manager: 'test' },
    signal,
  )
  await theirs.apply(
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'kustomize-controller-leader-election', namespace: 'flux-system' },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 3600, renewTime: new Date().toISOString().replace('Z', '000Z') },
    },
    { manager: 'test' },
    signal,
  )
  const refused = await own.call('reconcile', { kind: 'ks', name: 'x' })
  assert.equal(codeOf(refused), 'Unsupported')
  assert.match(refused.text, /--engine own may not act here: kustomize-controller is live/)
  await own.stop()
})
