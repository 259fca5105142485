import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventsAbout } from '../../src/tools/run/events-about.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
})
after(() => product.stop())

/** What happened, in the order of time. */
const happened: [kind: string, name: string, type: string, reason: string][] = [
  ['Pod', 'web-6f7c9b5d4-x2x4z', 'Warning', 'Oldest'],
  ['Pod', 'web-6f7c9b5d4-x2x4z', 'Warning', 'Failed'],
  ['ReplicaSet', 'web-6f7c9b5d4', 'Warning', 'FailedCreate'],
  ['Deployment', 'web', 'Normal', 'ScalingReplicaSet'],
  ['Pod', 'web-6f7c9b5d4-bbbbb', 'Warning', 'BackOff'],
  ['Pod', 'web-admin-6f7c9b5d4-x2x4z', 'Warning', 'OfAnother'],
  ['Pod', 'web-0', 'Warning', 'OfAStatefulSet'],
  ['Service', 'web', 'Warning', 'OfAService'],
]

test('the last three events of a workload are its own and its pods, warnings first, and nobody else\u2019s', async () => {
  for (const [i, [kind, name, type, reason]] of happened.entries())
    await cluster.create(
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `e-${i}`, namespace: 'default' },
        involvedObject: { apiVersion: 'v1', kind, namespace: 'default', name },
        type,
        reason,
        message: 'it happened',
        lastTimestamp: `2026-01-01T00:00:0${i}Z`,
      },
      { manager: 'test' },
      signal,
    )
  const deployment = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'web' }
  assert.deepEqual(await eventsAbout(cluster, deployment, signal), [
    '2026-01-01T00:00:04Z Warning BackOff: it happened',
    '2026-01-01T00:00:02Z Warning FailedCreate: it happened',
    '2026-01-01T00:00:01Z Warning Failed: it happened',
  ])
  assert.deepEqual(await eventsAbout(cluster, { ...deployment, kind: 'StatefulSet' }, signal), [
    '2026-01-01T00:00:06Z Warning OfAStatefulSet: it happened',
  ])
  assert.deepEqual(await eventsAbout(cluster, { group: '', version: 'v1', kind: 'Service', namespace: 'default', name: 'web' }, signal), [
    '2026-01-01T00:00:07Z Warning OfAService: it happened',
  ])
})
