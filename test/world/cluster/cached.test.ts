import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type KubeObject, type ObjectRef, refOf } from '../../../src/kinds/manifest.ts'
import { cachedCluster } from '../../../src/world/cluster/cached.ts'
import type { Cluster, WatchEvent } from '../../../src/world/cluster/cluster.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import { liveVersions } from '../../../src/world/cluster/versions.ts'
import { faulty } from '../../support/faulty.ts'
import { testKernel } from '../../support/kernel.ts'
import { startSandboxApi } from '../../support/sandbox.ts'

const signal = new AbortController().signal
const options = { manager: 'test' }
const query = { group: '', version: 'v1', kind: 'ConfigMap' }
const config = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
})

/** A cluster that counts what it is asked. */
function counted(cluster: Cluster): { cluster: Cluster; asked: string[] } {
  const asked: string[] = []
  return {
    cluster: faulty(
      cluster,
      () =>
        ({ verb, name = '' }) =>
          void asked.push(`${verb} ${name}`.trim()) as undefined,
    ),
    asked,
  }
}

describe('a cluster that reads from its watches', () => {
  let api: Awaited<ReturnType<typeof startSandboxApi>>
  before(async () => {
    api = await startSandboxApi(testKernel())
  })
  after(() => api?.stop())

  /** A watch that has brought what is there. */
  async function watching(): Promise<{ cached: Cluster; asked: string[]; next(): Promise<WatchEvent>; stop(): Promise<void> }> {
    const { cluster, asked } = counted(api.cluster)
    const cached = cachedCluster(cluster)
    const ended = new AbortController()
    const events = cached.watch(query, ended.signal)[Symbol.asyncIterator]()
    const next = async (): Promise<WatchEvent> => (await events.next()).value as WatchEvent
    await next()
    asked.length = 0
    return {
      cached,
      asked,
      next,
      async stop() {
        ended.abort(new Error('the test is over'))
        await events.next().catch(() => {})
      },
    }
  }

  test('what a watch brought is not asked for, what it did not bring is', async () => {
    await api.cluster.create(config('known'), options, signal)
    const { cached, asked, stop } = await watching()
    assert.equal((await cached.get(refOf(config('known')), signal))?.metadata.name, 'known')
    assert.deepEqual(asked, [])
    assert.equal(await cached.get(refOf(config('unknown')), signal), undefined)
    assert.deepEqual(asked, ['get unknown'])
    await stop()
    await cached.get(refOf(config('known')), signal)
    assert.deepEqual(asked, ['get unknown', 'get known'])
  })

  test('what is written is read back before the watch tells of it, and what the watch tells late changes nothing', async () => {
    await api.cluster.create(config('written'), options, signal)
    const { cached, next, stop } = await watching()
    const ref: ObjectRef = refOf(config('written'))
    const labelled = (value: string): Promise<KubeObject> =>
      cached.patch(ref, { type: 'merge', body: { metadata: { labels: { value } } }, manager: 'test' }, signal)
    await labelled('1')
    await labelled('2')
    const read = async (): Promise<string | undefined> => (await cached.get(ref, signal))?.metadata.labels?.value
    assert.equal(await read(), '2')
    await next()
    assert.equal(await read(), '2')
    await cached.apply({ ...config('written'), data: { a: 'b' } }, { ...options, dryRun: true }, signal)
    assert.equal((await cached.get(ref, signal))?.data, undefined)
    await stop()
  })

  test('what a conflict shows to be old is asked for', async () => {
    await api.cluster.create(config('contested'), options, signal)
    const { cached, asked, stop } = await watching()
    const ref = refOf(config('contested'))
    const old = await cached.get(ref, signal)
    const label = (value: string) => ({ type: 'merge', body: { metadata: { labels: { value } } }, ...options }) as const
    await api.cluster.patch(ref, label('theirs'), signal)
    await assert.rejects(cached.replace(old as KubeObject, options, signal), { code: 'CONFLICT' })
    assert.equal((await cached.get(ref, signal))?.metadata.labels?.value, 'theirs')
    assert.ok(asked.includes('get contested'))
    await stop()
  })

  test('what was written after a conflict is read back, whatever the watch tells late', async () => {
    await api.cluster.create(config('late'), options, signal)
    const { cached, next, stop } = await watching()
    const ref = refOf(config('late'))
    const old = await cached.get(ref, signal)
    const label = (name: string) => ({ type: 'merge', body: { metadata: { labels: { [name]: 'yes' } } }, ...options }) as const
    const theirs = await api.cluster.patch(ref, label('theirs'), signal)
    await assert.rejects(cached.replace(old as KubeObject, options, signal), { code: 'CONFLICT' })
    await cached.patch(ref, label('ours'), signal)
    const told = async (): Promise<string | undefined> => {
      const event = await next()
      return 'object' in event ? event.object.metadata.resourceVersion : undefined
    }
    assert.equal(await told(), theirs.metadata.resourceVersion)
    assert.equal((await cached.get(ref, signal))?.metadata.labels?.ours, 'yes')
    await stop()
  })

  test('what is deleted is gone once the watch tells', async () => {
    await api.cluster.create(config('deleted'), options, signal)
    const { cached, next, stop } = await watching()
    await cached.delete(refOf(config('deleted')), {}, signal)
    while ((await next()).type !== 'deleted');
    assert.equal(await cached.get(refOf(config('deleted')), signal), undefined)
    await stop()
  })
})

describe('resourceVersions of what is watched', () => {
  let api: Awaited<ReturnType<typeof startSandboxApi>>
  const ended = new AbortController()
  before(async () => {
    api = await startSandboxApi(testKernel())
  })
  after(async () => {
    ended.abort()
    await api?.stop()
  })
  const versions = (cluster: Cluster) => liveVersions(cluster, { labelSelector: 'ours', clock: realClock, signal: ended.signal })
  const make = (name: string): Promise<KubeObject> => api.cluster.create(config(name, { ours: 'yes' }), options, signal)
  const touch = (name: string, labels: Record<string, string | null>): Promise<KubeObject> =>
    api.cluster.patch(refOf(config(name)), { type: 'merge', body: { metadata: { labels } }, manager: 'test' }, signal)

  test('are those of the moment that is asked for, whatever was written before it', async () => {
    const { cluster, asked } = counted(api.cluster)
    const live = versions(cluster)
    const [a, b] = [await make('a'), await make('b')]
    const read = (since: KubeObject) => live.of([refOf(a), refOf(b)], since.metadata.resourceVersion ?? '', signal)
    assert.deepEqual(await read(b), [a.metadata.resourceVersion, b.metadata.resourceVersion])
    const changed = await touch('a', { more: 'yes' })
    assert.deepEqual(await read(changed), [changed.metadata.resourceVersion, b.metadata.resourceVersion])
    await touch('a', { ours: null })
    await api.cluster.delete(refOf(b), {}, signal)
    assert.deepEqual(await read(await make('c')), [undefined, undefined])
    assert.ok(asked.filter(call => call === 'list').length <= 4)
  })

  test('of one moment are asked for once by all who ask meanwhile', async () => {
    const { cluster, asked } = counted(api.cluster)
    const live = versions(cluster)
    const one = await make('one')
    const all = await Promise.all(Array.from({ length: 50 }, () => live.of([refOf(one)], one.metadata.resourceVersion ?? '', signal)))
    assert.deepEqual(new Set(all.map(v => v?.[0])), new Set([one.metadata.resourceVersion]))
    assert.deepEqual(
      asked.filter(call => call === 'list'),
      ['list'],
    )
  })

  test('are not known of a server whose versions are no numbers, or that does not let us watch', async () => {
    const live = versions(
      faulty(
        api.cluster,
        () =>
          ({ verb }) =>
            verb === 'list' ? 'FORBIDDEN' : undefined,
      ),
    )
    assert.equal(await live.of([refOf(config('a'))], '1', signal), undefined)
    assert.equal(await versions(api.cluster).of([refOf(config('a'))], 'abc', signal), undefined)
  })

  test('an abort ends the question and nothing else', async () => {
    const live = versions(api.cluster)
    const stopped = AbortSignal.abort(new Error('enough'))
    await assert.rejects(live.of([refOf(config('a'))], '9999999', stopped), /enough/)
    const d = await make('d')
    assert.deepEqual(await live.of([refOf(d)], d.metadata.resourceVersion ?? '', signal), [d.metadata.resourceVersion])
  })
})
