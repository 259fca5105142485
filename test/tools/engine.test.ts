import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { actingOn } from '../../src/tools/run/engine.ts'
import { ToolError } from '../../src/tools/frame/error.ts'
import type { EngineOptions } from '../../src/tools/tool.ts'
import type { Cluster, ListQuery } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'

const now = Date.parse('2026-01-01T00:00:30Z')
const key = 'sharding.fluxcd.io/key'

/** What a cluster shows of its controllers, and the label of the object that is asked about. */
interface Scene {
  readonly deployments?: KubeObject[]
  readonly leases?: KubeObject[]
  readonly unread?: 'Deployment' | 'Lease'
  readonly shard?: string
}

const controller = (name: string, ready: number, ...args: string[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, labels: { 'app.kubernetes.io/component': name.replace(/-shard.*/, '') } },
  spec: { template: { spec: { containers: [{ args }] } } },
  status: { readyReplicas: ready },
})
const lease = (name: string, renewTime = '2026-01-01T00:00:29Z'): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: `${name}-leader-election` },
  spec: { holderIdentity: `${name}-6f7c9b5d4-x2x4z_1`, leaseDurationSeconds: 35, renewTime },
})

function clusterOf({ deployments = [], leases = [], unread, shard }: Scene): Cluster {
  const object: KubeObject = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', ...(shard ? { labels: { [key]: shard } } : {}) },
  }
  const shown: Partial<Cluster> = {
    name: 'prod',
    get: async () => object,
    async *listAll({ kind }: ListQuery) {
      if (kind === unread)
        throw new ClusterError('FORBIDDEN', {
          cluster: 'prod',
          what: 'list',
          message: `User "jane" cannot list resource "${kind.toLowerCase()}s"`,
        })
      yield* kind === 'Deployment' ? deployments : leases
    },
  }
  return shown as Cluster
}

async function decided(scene: Scene, engine: Partial<EngineOptions> = {}, ref: Partial<ObjectRef> = {}): Promise<string> {
  const target = {
    group: 'kustomize.toolkit.fluxcd.io',
    version: 'v1',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'apps',
    ...ref,
  }
  const call = { signal: new AbortController().signal, engine: { mode: 'auto', settings: fluxDefaults, ...engine } } as const
  try {
    const { engine: by, why } = await actingOn(
      { clock: { now: () => now } } as never,
      { cluster: clusterOf(scene), ref: target },
      call as never,
    )
    return `${by}: ${why}`
  } catch (thrown) {
    if (!(thrown instanceof ToolError)) throw thrown
    return `${thrown.code}: ${thrown.message}`
  }
}

const own = { mode: 'own' } as const
const sharded = { mode: 'own', shard: 'a' } as const
const ks = 'kustomize-controller'
const excluding = controller(ks, 1, `--watch-label-selector=!${key}`)
const table: [says: string, scene: Scene, engine: Partial<EngineOptions>, decision: RegExp][] = [
  ['nothing runs', {}, {}, /^own: no kustomize-controller runs here$/],
  ['a ready Deployment', { deployments: [controller(ks, 1)] }, {}, /^flux: kustomize-controller is live$/],
  ['a Deployment without a ready replica', { deployments: [controller(ks, 0)] }, {}, /^own: /],
  ['a Lease that is renewed', { leases: [lease(ks)] }, {}, /^flux: kustomize-controller is live$/],
  ['a Lease that ran out', { leases: [lease(ks, '2025-12-31T00:00:00Z')] }, {}, /^own: /],
  ["another group's controller", { deployments: [controller('source-controller', 1)] }, {}, /^own: /],
  [
    'Deployments that may not be read',
    { unread: 'Deployment' },
    {},
    /^flux: controllers cannot be read \(User "jane" cannot list resource "deployments"\)$/,
  ],
  ['Leases that may not be read', { unread: 'Lease' }, {}, /^flux: controllers cannot be read/],
  ['nothing runs, by order of flux', {}, { mode: 'flux' }, /^flux: as --engine flux says$/],
  ['nothing runs, by order of own', {}, own, /^own: no kustomize-controller runs here$/],
  [
    'a live controller, by order of own',
    { deployments: [controller(ks, 1)] },
    own,
    /^Unsupported: --engine own may not act here: kustomize-controller is live in cluster 'prod'$/,
  ],
  ['what may not be read, by order of own', { unread: 'Lease' }, own, /^Unsupported: .*User "jane" cannot list resource "leases"$/],
  ['what may not be read, for our shard', { unread: 'Lease', shard: 'a' }, sharded, /^Unsupported: .*cannot list resource "leases"$/],
  [
    'our shard, which all exclude',
    { deployments: [excluding], shard: 'a' },
    sharded,
    /^own: shard a, which kustomize-controller leaves alone$/,
  ],
  ['our shard, which nobody serves', { shard: 'a' }, sharded, /^own: shard a; no kustomize-controller runs here$/],
  [
    'our shard, which the controller takes',
    { deployments: [controller(ks, 1)], shard: 'a' },
    sharded,
    /^Unsupported: .*does not exclude sharding\.fluxcd\.io\/key=a$/,
  ],
  [
    'our shard, which one of two instances takes',
    { deployments: [excluding, controller(`${ks}-shard1`, 1)], shard: 'a' },
    sharded,
    /^Unsupported: .*does not exclude/,
  ],
  [
    'our shard, beside a Lease of nobody known',
    { deployments: [excluding], leases: [{ ...lease(ks), spec: { ...lease(ks).spec, holderIdentity: 'x_1' } }], shard: 'a' },
    sharded,
    /^Unsupported: .*does not exclude/,
  ],
  ["another's shard", { deployments: [excluding], shard: 'b' }, sharded, /^Unsupported: .*the object is not of shard a$/],
  ['an object of no shard', { deployments: [excluding] }, sharded, /^Unsupported: .*the object is not of shard a$/],
  ['an object of no shard, where nobody runs', {}, sharded, /^Unsupported: .*the object is not of shard a$/],
  ['our shard without the flag', { deployments: [excluding], shard: 'a' }, own, /^Unsupported: .*is live/],
  ['our shard under auto', { deployments: [excluding], shard: 'a' }, {}, /^flux: kustomize-controller is live$/],
]
for (const [says, scene, engine, decision] of table)
  test(`${says}: ${decision.source}`, async () => assert.match(await decided(scene, engine), decision))

const groups: [ref: Partial<ObjectRef>, decision: RegExp][] = [
  [{ group: 'source.toolkit.fluxcd.io', kind: 'OCIRepository' }, /^own: no source-controller runs here$/],
  [{ group: 'image.toolkit.fluxcd.io', kind: 'ImageUpdateAutomation' }, /^own: no image-automation-controller runs here$/],
  [{ group: 'fluxcd.controlplane.io', kind: 'ResourceSet' }, /^flux: flux-operator was not seen, and may run elsewhere$/],
  [{ group: 'new.toolkit.fluxcd.io', kind: 'Novelty' }, /^flux: its controller is live$/],
  [{ group: 'apps', kind: 'Deployment' }, /^InvalidArgument: Deployment is no Flux kind$/],
]
for (const [ref, decision] of groups)
  test(`${ref.kind ?? ''} of ${ref.group ?? ''}, beside a kustomize-controller alone: ${decision.source}`, async () =>
    assert.match(await decided({ deployments: [controller(ks, 1)] }, {}, ref), decision))
