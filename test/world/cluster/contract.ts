import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../../src/kinds/manifest.ts'
import type { Cluster } from '../../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../../src/world/cluster/error.ts'
import { until } from '../../../src/world/cluster/until.ts'
import { unending } from '../../support/unending.ts'

export interface Started {
  readonly cluster: Cluster
  stop(): Promise<void>
}

const signal = unending
const manager = 'contract'
const settings = (name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'contract' },
  data,
})
const refTo = (name: string): ObjectRef => ({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'contract', name })

/** What every Kubernetes API must answer to `Cluster`: the sandbox and the real server pass it. */
export function clusterContract(name: string, open: () => Promise<Started>): void {
  describe(name, () => {
    let started: Started
    let cluster: Cluster
    before(async () => {
      started = await open()
      cluster = started.cluster
      await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } }, { manager }, signal)
    })
    after(() => started?.stop())

    test('a kind is found by any of its names, and near ones are offered', async () => {
      for (const typed of ['deploy', 'Deployment', 'deployments', 'deployment.apps', 'Deployment.v1.apps'])
        assert.equal((await cluster.resolve(typed, signal)).plural, 'deployments', typed)
      await assert.rejects(
        cluster.resolve('Deploymnt', signal),
        (error: ClusterError) => error.code === 'NO_MATCH' && error.call.valid?.includes('Deployment.apps') === true,
      )
    })

    test('apply creates, then changes nothing when repeated', async () => {
      const first = await cluster.apply(settings('again', { a: '1' }), { manager }, signal)
      const second = await cluster.apply(settings('again', { a: '1' }), { manager }, signal)
      assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
      assert.equal(second.metadata.uid, first.metadata.uid)
    })

    test('a dry run stores nothing', async () => {
      const seen = await cluster.apply(settings('dry', { a: '1' }), { manager, dryRun: true }, signal)
      assert.equal(seen.metadata.name, 'dry')
      assert.equal(await cluster.get(refTo('dry'), signal), undefined)
    })

    test('another manager that wants the same field conflicts, and wins by force', async () => {
      await cluster.apply(settings('shared', { a: '1' }), { manager }, signal)
      await assert.rejects(
        cluster.apply(settings('shared', { a: '2' }), { manager: 'other' }, signal),
        (error: ClusterError) => error.code === 'CONFLICT' && error.message.includes('"contract"'),
      )
      const forced = await cluster.apply(settings('shared', { a: '2' }), { manager: 'other', force: true }, signal)
      assert.deepEqual(forced.data, { a: '2' })
    })

    test('a field that its only manager leaves out goes away', async () => {
      await cluster.apply(settings('fewer', { a: '1', b: '2' }), { manager }, signal)
      assert.deepEqual((await cluster.apply(settings('fewer', { b: '2' }), { manager }, signal)).data, { b: '2' })
    })

    test('a merge patch sets and removes, a JSON patch tests first', async () => {
      await cluster.apply(settings('patched', { a: '1', b: '2' }), { manager }, signal)
      const merged = await cluster.patch(refTo('patched'), { type: 'merge', body: { data: { a: null, c: '3' } }, manager }, signal)
      assert.deepEqual(merged.data, { b: '2', c: '3' })
      const wrong = cluster.patch(
        refTo('patched'),
        {
          type: 'json',
          body: [
            { op: 'test', path: '/data/b', value: 'no' },
            { op: 'remove', path: '/data/b' },
          ],
          manager,
        },
        signal,
      )
      await assert.rejects(wrong, (error: ClusterError) => error.code === 'INVALID')
      assert.deepEqual((await cluster.get(refTo('patched'), signal))?.data, { b: '2', c: '3' })
    })

    test('an object is created once, and deleting what is gone answers nothing', async () => {
      await cluster.create(settings('once', {}), { manager }, signal)
      await assert.rejects(
        cluster.create(settings('once', {}), { manager }, signal),
        (error: ClusterError) => error.code === 'ALREADY_EXISTS',
      )
      await cluster.delete(refTo('once'), {}, signal)
      assert.equal(await cluster.get(refTo('once'), signal), undefined)
      assert.equal(await cluster.delete(refTo('once'), {}, signal), undefined)
    })

    test('deleting with a stale identity is refused', async () => {
      await cluster.create(settings('stale', {}), { manager }, signal)
      await assert.rejects(
        cluster.delete(refTo('stale'), { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } }, signal),
        (error: ClusterError) => error.code === 'CONFLICT',
      )
    })

    test('a finalizer holds a deletion until it is removed', async () => {
      const held = settings('held', {})
      await cluster.create({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } }, { manager }, signal)
      await cluster.delete(refTo('held'), {}, signal)
      assert.ok((await cluster.get(refTo('held'), signal))?.metadata.deletionTimestamp)
      await cluster.patch(refTo('held'), { type: 'merge', body: { metadata: { finalizers: null } }, manager }, signal)
      assert.equal(await cluster.get(refTo('held'), signal), undefined)
    })

    test('lists come in pages, filtered by label', async () => {
      for (const i of [1, 2, 3, 4, 5])
        await cluster.apply(
          { ...settings(`page-${i}`, {}), metadata: { name: `page-${i}`, namespace: 'contract', labels: { paged: i < 5 ? 'yes' : 'no' } } },
          { manager },
          signal,
        )
      const query = { group: '', kind: 'ConfigMap', namespace: 'contract', labelSelector: 'paged=yes' }
      const page = await cluster.list({ ...query, limit: 3 }, signal)
      assert.deepEqual(
        page.items.map(o => o.metadata.name),
        ['page-1', 'page-2', 'page-3'],
      )
      const rest = await cluster.list({ ...query, limit: 3, continue: page.continue }, signal)
      assert.deepEqual(
        rest.items.map(o => o.metadata.name),
        ['page-4'],
      )
      assert.equal(rest.continue, undefined)
      const all = []
      for await (const object of cluster.listAll(query, signal)) all.push(object.kind)
      assert.deepEqual(
        all,
        Array.from({ length: 4 }, () => 'ConfigMap'),
      )
    })

    test('a watch shows what is, what comes and what goes', async () => {
      await cluster.apply(settings('watched', { at: '1' }), { manager }, signal)
      const seen: string[] = []
      const done = until(cluster, refTo('watched'), {
        signal,
        settled: object => {
          seen.push(object === undefined ? 'gone' : String((object.data as Record<string, string>).at))
          if (seen.length === 1) void cluster.apply(settings('watched', { at: '2' }), { manager }, signal)
          if (seen.at(-1) === '2') void cluster.delete(refTo('watched'), {}, signal)
          return object ? undefined : seen
        },
      })
      assert.deepEqual(await done, ['1', '2', 'gone'])
    })

    test('an aborted watch rejects with the reason', async () => {
      const stop = new AbortController()
      const waiting = until(cluster, refTo('again'), {
        signal: stop.signal,
        settled: () => {
          stop.abort(new Error('enough'))
          return undefined
        },
      })
      await assert.rejects(waiting, /enough/)
    })

    test("what cannot be is refused with the server's words", async () => {
      await assert.rejects(
        cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'absent' } }, { manager }, signal),
        (error: ClusterError) => error.code === 'NOT_FOUND' && error.message.includes('namespaces "absent" not found'),
      )
      await assert.rejects(
        cluster.apply(
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Not_A_Name', namespace: 'contract' } },
          { manager },
          signal,
        ),
        (error: ClusterError) => error.code === 'INVALID',
      )
      await assert.rejects(
        cluster.apply({ apiVersion: 'example.com/v1', kind: 'Nothing', metadata: { name: 'x' } }, { manager }, signal),
        (error: ClusterError) => error.code === 'NO_MATCH',
      )
    })

    test('the generation moves with the spec alone', async () => {
      const replicas = (count: number): KubeObject => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'contract' },
        spec: {
          replicas: count,
          selector: { matchLabels: { app: 'web' } },
          template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      })
      assert.equal((await cluster.apply(replicas(1), { manager }, signal)).metadata.generation, 1)
      const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'contract', name: 'web' }
      const status = await cluster.patch(ref, { type: 'merge', body: { status: { replicas: 1 } }, manager, subresource: 'status' }, signal)
      assert.equal(status.metadata.generation, 1)
      assert.equal((status.status as { replicas: number }).replicas, 1)
      assert.equal((await cluster.apply(replicas(2), { manager }, signal)).metadata.generation, 2)
    })

    test('a selector that does not match its template is refused in a dry run', async () => {
      const broken: KubeObject = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'broken', namespace: 'contract' },
        spec: {
          selector: { matchLabels: { app: 'other' } },
          template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
        },
      }
      await assert.rejects(
        cluster.apply(broken, { manager, dryRun: true }, signal),
        (error: ClusterError) =>
          error.code === 'INVALID' &&
          error.message ===
            'Deployment.apps "broken" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      )
    })

    test('a value of the wrong type is refused without a reason', async () => {
      const wrong = cluster.apply(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'typed', namespace: 'contract' }, data: { a: 1 } },
        { manager },
        signal,
      )
      await assert.rejects(
        wrong,
        (error: ClusterError) =>
          error.code === 'INVALID' &&
          error.call.reason === undefined &&
          error.message ===
            'failed to create typed patch object (contract/typed; /v1, Kind=ConfigMap): .data.a: expected string, got &value.valueUnstructured{Value:1}',
      )
      await assert.rejects(
        cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'homeless' } }, { manager }, signal),
        (error: ClusterError) => error.code === 'NOT_FOUND',
      )
    })

    test('a service account gets a token for one audience, with its claims', async () => {
      const [namespace, name] = ['contract', 'token-account']
      await cluster.apply(
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name } },
        { manager: 'test', force: true },
        signal,
      )
      const token = await cluster.tokenFor({ namespace, name }, 'sts.amazonaws.com', signal)
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>
      assert.deepEqual([claims.aud, claims.sub], [['sts.amazonaws.com'], `system:serviceaccount:${namespace}:${name}`])
      assert.equal(Number(claims.exp) - Number(claims.iat), 3600)
      assert.equal(token.split('.').length, 3)
      assert.notEqual(await cluster.tokenFor({ namespace, name }, 'sts.amazonaws.com', signal), token)
      await assert.rejects(cluster.tokenFor({ namespace, name: 'absent' }, 'a', signal), {
        code: 'NOT_FOUND',
        message: 'serviceaccounts "absent" not found',
      })
    })

    test('own access can be asked', async () => {
      assert.equal(await cluster.allowed({ verb: 'get', group: '', resource: 'configmaps', namespace: 'contract' }, signal), true)
    })
  })
}
