import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { conditionOf } from '../../src/kinds/manifest.ts'
import { listAt } from '../../src/lib/json.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { until } from '../../src/world/cluster/until.ts'
import type { Started } from '../world/cluster/contract.ts'
import { unending } from '../support/unending.ts'

const manager = 'test'
const signal = unending

function deployment(name: string, image: string, more: Record<string, number> = {}): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'work' },
    spec: {
      ...more,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image }] } },
    },
  }
}
const refTo = (kind: string, name: string, group = 'apps'): ObjectRef => ({ group, version: 'v1', kind, namespace: 'work', name })

/** What the simulated controllers must bring about, on any Kubernetes API. */
export function workloadsSuite(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let started: Started
    let cluster: Cluster
    let workloads: ReturnType<typeof startWorkloads>
    before(async () => {
      started = await open()
      cluster = started.cluster
      workloads = startWorkloads({ cluster, clock: realClock })
      await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'work' } }, { manager }, signal)
    })
    after(async () => {
      await workloads.stop()
      await started.stop()
    })

    const settled = (ref: ObjectRef, done: (o: KubeObject) => boolean): Promise<KubeObject> =>
      until(cluster, ref, { signal, settled: o => (o && done(o) ? o : undefined) })
    const progressing =
      (reason: string) =>
      (o: KubeObject): boolean =>
        conditionOf(o, 'Progressing')?.reason === reason && o.status?.observedGeneration === o.metadata.generation

    test('a deployment becomes available, with pods and their events', async () => {
      await cluster.apply(deployment('web', 'example.com/web:1', { replicas: 3 }), { manager }, signal)
      const web = await settled(refTo('Deployment', 'web'), progressing('NewReplicaSetAvailable'))
      assert.equal(web.status?.availableReplicas, 3)
      const pods = await cluster.list({ group: '', kind: 'Pod', namespace: 'work', labelSelector: 'app=web' }, signal)
      assert.equal(pods.items.length, 3)
    })

    test('a new template replaces the pods of the old one', async () => {
      await cluster.apply(deployment('rolled', 'example.com/web:1'), { manager }, signal)
      await settled(refTo('Deployment', 'rolled'), progressing('NewReplicaSetAvailable'))
      await cluster.apply(deployment('rolled', 'example.com/web:2'), { manager }, signal)
      await settled(
        refTo('Deployment', 'rolled'),
        o => progressing('NewReplicaSetAvailable')(o) && o.metadata.generation === 2 && o.status?.replicas === 1,
      )
      const pods = await cluster.list({ group: '', kind: 'Pod', namespace: 'work', labelSelector: 'app=rolled' }, signal)
      assert.deepEqual(
        pods.items
          .filter(p => !p.metadata.deletionTimestamp)
          .map(p => listAt(p, 'spec', 'containers').map(c => (c as { image: string }).image)),
        [['example.com/web:2']],
      )
    })

    test('an image that cannot be pulled ends in ProgressDeadlineExceeded', async () => {
      await cluster.apply(deployment('stuck', 'registry.invalid/web:1', { progressDeadlineSeconds: 1 }), { manager }, signal)
      const stuck = await settled(refTo('Deployment', 'stuck'), progressing('ProgressDeadlineExceeded'))
      assert.match(conditionOf(stuck, 'Progressing')?.message ?? '', /has timed out progressing/)
      const events = await cluster.list({ group: '', kind: 'Event', namespace: 'work' }, signal)
      assert.ok(events.items.some(e => e.reason === 'Failed' && String(e.message).includes('registry.invalid/web:1')))
    })

    test('what a deleted owner left behind goes', async () => {
      await cluster.apply(deployment('gone', 'example.com/web:1'), { manager }, signal)
      await settled(refTo('Deployment', 'gone'), progressing('NewReplicaSetAvailable'))
      const [pod] = (await cluster.list({ group: '', kind: 'Pod', namespace: 'work', labelSelector: 'app=gone' }, signal)).items
      await cluster.delete(refTo('Deployment', 'gone'), {}, signal)
      await until(cluster, refTo('Pod', pod?.metadata.name ?? '', ''), { signal, settled: o => (o === undefined ? 'gone' : undefined) })
    })

    const setOf = async (name: string): Promise<KubeObject> => {
      await cluster.apply(deployment(name, 'example.com/web:1'), { manager }, signal)
      await settled(refTo('Deployment', name), progressing('NewReplicaSetAvailable'))
      const [set] = (await cluster.list({ group: 'apps', kind: 'ReplicaSet', namespace: 'work', labelSelector: `app=${name}` }, signal))
        .items
      assert.ok(set)
      return set
    }
    const gone = (ref: ObjectRef): Promise<string> => until(cluster, ref, { signal, settled: o => (o === undefined ? 'gone' : undefined) })

    test('a foreground deletion waits for what the object owns', async () => {
      const set = await setOf('front')
      await cluster.delete(refTo('Deployment', 'front'), { propagation: 'Foreground' }, signal)
      await gone(refTo('Deployment', 'front'))
      assert.equal(await cluster.get(refTo('ReplicaSet', set.metadata.name), signal), undefined)
      await gone(refTo('ReplicaSet', set.metadata.name))
    })

    test('an orphaning deletion leaves what the object owned, with its other owners', async () => {
      const set = await setOf('orphan')
      const other = await cluster.create(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'co-owner', namespace: 'work' } },
        { manager },
        signal,
      )
      const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'co-owner', uid: other.metadata.uid ?? '' }
      const both = [...listAt(set, 'metadata', 'ownerReferences'), owner]
      await cluster.patch(
        refTo('ReplicaSet', set.metadata.name),
        { type: 'merge', body: { metadata: { ownerReferences: both } }, manager },
        signal,
      )
      await cluster.delete(refTo('Deployment', 'orphan'), { propagation: 'Orphan' }, signal)
      await gone(refTo('Deployment', 'orphan'))
      const left = await cluster.get(refTo('ReplicaSet', set.metadata.name), signal)
      assert.deepEqual(listAt(left, 'metadata', 'ownerReferences'), [owner])
    })

    test('a deleted claim is not held by its protection', async () => {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
      await cluster.apply(
        { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'brief', namespace: 'work' }, spec },
        { manager },
        signal,
      )
      await cluster.delete(refTo('PersistentVolumeClaim', 'brief', ''), {}, signal)
      await gone(refTo('PersistentVolumeClaim', 'brief', ''))
    })

    test('a job completes, a stateful set counts its pods, a claim is bound', async () => {
      const spec = { restartPolicy: 'Never', containers: [{ name: 'app', image: 'example.com/job:1' }] }
      await cluster.apply(
        { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once', namespace: 'work' }, spec: { template: { spec } } },
        { manager },
        signal,
      )
      await settled(refTo('Job', 'once', 'batch'), o => conditionOf(o, 'Complete')?.status === 'True')
      const set = deployment('db', 'example.com/db:1', { replicas: 2 })
      await cluster.apply({ ...set, kind: 'StatefulSet', spec: { ...set.spec, serviceName: 'db' } }, { manager }, signal)
      await settled(refTo('StatefulSet', 'db'), o => o.status?.readyReplicas === 2 && o.status.currentRevision === o.status.updateRevision)
      await cluster.apply(
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'disk', namespace: 'work' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
        { manager },
        signal,
      )
      await settled(refTo('PersistentVolumeClaim', 'disk', ''), o => o.status?.phase === 'Bound')
    })

    test('a deleted namespace takes its content along', async () => {
      await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short' } }, { manager }, signal)
      await cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'short' } }, { manager }, signal)
      const ref = { group: '', version: 'v1', kind: 'Namespace', name: 'short' }
      await cluster.delete(ref, {}, signal)
      await until(cluster, ref, { signal, settled: o => (o === undefined ? 'gone' : undefined) })
      assert.equal(await cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'short', name: 'c' }, signal), undefined)
    })
  })
}
