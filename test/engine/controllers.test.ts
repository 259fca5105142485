import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerOf, excludesShard, isFluxGroup, isLive, leavesShard } from '../../src/engine/controllers.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'

const now = Date.parse('2026-01-01T00:00:30Z')
const lease = (renewTime: string, holderIdentity = 'a'): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'kustomize-controller-leader-election', namespace: 'flux-system' },
  spec: { renewTime, leaseDurationSeconds: 35, holderIdentity },
})
const deployment = (readyReplicas: number, ...args: string[]): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'kustomize-controller' },
  spec: { template: { spec: { containers: [{ args }] } } },
  status: { readyReplicas },
})

const lively: [says: string, deployments: KubeObject[], leases: KubeObject[], live: boolean][] = [
  ['nothing there', [], [], false],
  ['a ready Deployment', [deployment(1)], [], true],
  ['a Deployment that is not ready', [deployment(0)], [], false],
  ['a lease renewed in time', [], [lease('2026-01-01T00:00:00.000000Z')], true],
  ['a lease that ran out', [], [lease('2025-12-31T23:59:00Z')], false],
  ['a released lease', [], [lease('2026-01-01T00:00:29Z', '')], false],
]
for (const [says, deployments, leases, live] of lively)
  test(`${says} is ${live ? '' : 'not '}live`, () => assert.equal(isLive('kustomize-controller', { deployments, leases, now }), live))

const selectors: [args: string[], excluded: boolean][] = [
  [[], false],
  [['--watch-label-selector=!sharding.fluxcd.io/key'], true],
  [['--log-level=info', '--watch-label-selector=sharding.fluxcd.io/key=shard2'], true],
  [['--watch-label-selector=sharding.fluxcd.io/key=shard1'], false],
  [['--watch-label-selector=sharding.fluxcd.io/key notin (shard1, shard2)'], true],
  [['--watch-label-selector=sharding.fluxcd.io/key in (shard1)'], false],
  [['--watch-label-selector=sharding.fluxcd.io/key!=shard1'], true],
  [['--watch-label-selector=team=a'], false],
  [['--watch-label-selector', '!sharding.fluxcd.io/key'], true],
  [['--watch-label-selector=!sharding.fluxcd.io/key', '--watch-label-selector=team=a'], false],
  [['--watch-label-selector=team=a,!sharding.fluxcd.io/key'], true],
  [['--watch-label-selector=sharding.fluxcd.io/key'], false],
]
for (const [args, excluded] of selectors)
  test(`${args.join(' ') || 'no selector'} ${excluded ? 'leaves shard1 alone' : 'takes shard1'}`, () =>
    assert.equal(excludesShard(deployment(1, ...args), 'shard1'), excluded))

test('groups and kinds have their controllers', () => {
  assert.equal(controllerOf('image.toolkit.fluxcd.io', 'ImagePolicy'), 'image-reflector-controller')
  assert.equal(controllerOf('fluxcd.controlplane.io', 'ResourceSet'), 'flux-operator')
  assert.equal(controllerOf('apps', 'Deployment'), undefined)
  assert.ok(isFluxGroup('helm.toolkit.fluxcd.io') && !isFluxGroup('helm.example.com'))
})

const main = deployment(1, '--watch-label-selector=!sharding.fluxcd.io/key')
const second: KubeObject = {
  ...deployment(1, '--watch-label-selector=sharding.fluxcd.io/key=shard2'),
  metadata: { name: 'kustomize-controller-shard2', labels: { 'app.kubernetes.io/component': 'kustomize-controller' } },
}
const held = (holder: string, suffix = ''): KubeObject => {
  const { metadata, ...rest } = lease('2026-01-01T00:00:29Z', holder)
  return { ...rest, metadata: { ...metadata, name: metadata.name + suffix } }
}
const shards: [says: string, deployments: KubeObject[], leases: KubeObject[], left: boolean][] = [
  ['no Deployment to read', [], [], false],
  ['the main controller alone, which excludes the key', [main], [held('kustomize-controller-6f7c9b5d4-x2x4z_8a3')], true],
  ['one of two instances that takes every shard', [main, { ...second, spec: deployment(1).spec ?? {} }], [], false],
  ['two instances that both look away', [main, second], [held('kustomize-controller-shard2-5d4-abcde_1', '-0f1e2d3c')], true],
  ['a live Lease held by nobody that is known', [main], [held('other-controller-6f7c9b5d4-x2x4z_8a3')], false],
  ['a Lease that ran out, held by nobody that is known', [main], [lease('2025-12-31T23:59:00Z', 'other_1')], true],
]
for (const [says, deployments, leases, left] of shards)
  test(`beside ${says}, shard1 is ${left ? 'left alone' : 'not surely left alone'}`, () =>
    assert.equal(leavesShard('kustomize-controller', 'shard1', { deployments, leases, now }), left))
