import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { object, objectView } from '../../src/resources/object.ts'
import { variablesIn } from '../../src/resources/resource.ts'
import { type Admitted, watchBounds, Watches } from '../../src/resources/watches.ts'
import { type ManualClock, manualClock } from '../../src/world/clock/manual.ts'
import type { ApiResource, Cluster, ListQuery, WatchEvent } from '../../src/world/cluster/cluster.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import type { Log } from '../../src/world/log/log.ts'
import type { World } from '../../src/world/world.ts'

const ks: ApiResource = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
  singular: 'kustomization',
  shortNames: ['ks'],
  categories: [],
  namespaced: true,
  verbs: ['get', 'list', 'watch'],
  subresources: [],
}
const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, with: () => silent }

function app(
  name: string,
  more: { ready?: string; revision?: string; suspend?: boolean; resourceVersion?: string; namespace?: string } = {},
): KubeObject {
  const { ready = 'True', revision = 'main@sha1:a', suspend, resourceVersion = '1', namespace = 'apps' } = more
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace, resourceVersion },
    spec: { path: './', ...(suspend === undefined ? {} : { suspend }) },
    status: {
      lastAppliedRevision: revision,
      conditions: [{ type: 'Ready', status: ready, reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  }
}

/** A cluster whose watches are in the test's hand. */
function scene() {
  const clock: ManualClock = manualClock()
  const watches: { query: ListQuery; signal: AbortSignal; send(event: WatchEvent): void }[] = []
  let [allowed, served] = [true, true]
  const cluster = {
    name: 'prod',
    server: 'https://prod',
    async resolve(typed: string) {
      if (!/^(ks|kustomization)/i.test(typed)) throw new ClusterError('NO_MATCH', { cluster: 'prod', what: `resolve ${typed}` } as never)
      return ks
    },
    async allowed() {
      if (!served) return new Promise<boolean>(() => {})
      return allowed
    },
    get: async (ref: { name: string }) => app(ref.name),
    async *watch(query: ListQuery, signal: AbortSignal) {
      const waiting: WatchEvent[] = []
      let wake = (): void => {}
      watches.push({
        query,
        signal,
        send(event) {
          waiting.push(event)
          wake()
        },
      })
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        const next = waiting.shift()
        if (next) yield next
        else
          await new Promise<void>(done => {
            wake = done
          })
      }
      throw signal.reason
    },
  } as unknown as Cluster
  const world = { clock, log: silent, clusters: { names: ['prod'], named: () => cluster } } as unknown as World
  const hub = new Watches([object, objectView], world)
  const heard: string[] = []
  const hold = async (uri: string, caller = 'ann'): Promise<() => void> => {
    const admitted = await hub.admit(caller, uri)
    assert.ok(typeof admitted !== 'string', String(admitted))
    const stop = hub.hold(caller, admitted, changed => heard.push(changed))
    await settle()
    return stop
  }
  return {
    clock,
    hub,
    heard,
    hold,
    watches,
    deny: (value: boolean) => {
      allowed = !value
    },
    hang: () => {
      served = false
    },
    async send(event: WatchEvent, at = watches.length - 1) {
      watches[at]?.send(event)
      await settle()
    },
  }
}
/** Lets every promise that is ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
const uri = (name: string): string => `flux://prod/Kustomization/apps/${name}`
const modified = (object: KubeObject): WatchEvent => ({ type: 'modified', object })

test('a change that means something is told, any other is not', async () => {
  const { heard, hold, send, clock } = scene()
  await hold(uri('a'))
  await send({ type: 'gap', objects: [app('a'), app('b')] })
  assert.deepEqual(heard, [], 'the first list tells nothing')
  await send(modified(app('a', { resourceVersion: '2' })))
  await send(modified(app('b', { ready: 'False' })))
  assert.deepEqual(heard, [], 'neither a new resourceVersion nor another object')
  for (const change of [{ ready: 'False' }, { revision: 'main@sha1:b' }, { suspend: true }]) {
    await send(modified(app('a', change)))
    await clock.advance(watchBounds.pauseMs)
  }
  await send({ type: 'deleted', object: app('a') })
  assert.deepEqual(heard, [uri('a'), uri('a'), uri('a'), uri('a')])
})

test('an address is told at most once in two seconds, and the last change is not lost', async () => {
  const { heard, hold, send, clock } = scene()
  await hold(uri('a'))
  await send({ type: 'gap', objects: [app('a')] })
  for (let i = 0; i < 10; i++) await send(modified(app('a', { revision: `main@sha1:${i}` })))
  assert.equal(heard.length, 1)
  await clock.advance(1999)
  assert.equal(heard.length, 1)
  await clock.advance(1)
  assert.equal(heard.length, 2)
  await clock.advance(60_000)
  assert.equal(heard.length, 2)
})

test('after a gap in a watch what differs is told once', async () => {
  const { heard, hold, send } = scene()
  await hold(uri('a'))
  await hold(uri('b'))
  await send({ type: 'gap', objects: [app('a'), app('b')] }, 0)
  await send({ type: 'gap', objects: [app('a'), app('b', { ready: 'False' })] }, 0)
  assert.deepEqual(heard, [uri('b')])
})

test('one watch serves all that a caller holds in a namespace, and ends with the last', async () => {
  const { hold, watches, hub, heard, send } = scene()
  const stops = [await hold(uri('a')), await hold(uri('b')), await hold(`${uri('a')}/spec`)]
  assert.equal(watches.length, 1)
  assert.deepEqual(watches[0]?.query, { group: ks.group, version: 'v1', kind: 'Kustomization', namespace: 'apps' })
  await hold(uri('a'), 'ben')
  await hold(uri('a').replace('/apps/', '/other/'))
  assert.equal(watches.length, 3)
  for (const stop of stops) stop()
  assert.equal(watches[0]?.signal.aborted, true)
  assert.equal(hub.open, 2)
  await send({ type: 'gap', objects: [app('a')] }, 0)
  assert.deepEqual(heard, [])
})

test('who joins a running watch is told of what changes from then on', async () => {
  const { heard, hold, send } = scene()
  await hold(uri('a'))
  await send({ type: 'gap', objects: [app('a'), app('b')] })
  await hold(uri('b'))
  await send(modified(app('b', { resourceVersion: '9' })))
  assert.deepEqual(heard, [])
  await send(modified(app('b', { ready: 'False' })))
  assert.deepEqual(heard, [uri('b')])
})

test('an object that is not there yet can be watched', async () => {
  const { heard, hold, send } = scene()
  await hold(uri('later'))
  await send({ type: 'gap', objects: [] })
  await send({ type: 'added', object: app('later') })
  assert.deepEqual(heard, [uri('later')])
})

test('a right that is lost ends the watch within five minutes; a new subscription begins anew', async () => {
  const { deny, hold, watches, clock, hub } = scene()
  await hold(uri('a'))
  deny(true)
  await clock.advance(watchBounds.recheckMs)
  await settle()
  assert.equal(watches[0]?.signal.aborted, true)
  assert.equal(await hub.admit('ann', uri('a')), 'forbidden')
  deny(false)
  await hold(uri('b'))
  assert.equal(watches.length, 2)
})

test('what may be watched is found out, and in doubt it may not', async () => {
  const { hub, deny, hang, clock } = scene()
  const cases: [uri: string, says: string][] = [
    ['flux://prod/overview', 'unknown'],
    ['flux://clusters', 'unknown'],
    ['flux://other/Kustomization/apps/a', 'unknown'],
    ['flux://prod/Nonsense/apps/a', 'unknown'],
    ['flux://prod/Kustomization/-/a', 'unknown'],
    ['flux://prod/Kustomization/apps/a/events', 'unknown'],
    ['flux://prod/Kustomization/apps/a/nonsense', 'unknown'],
    ['flux://prod/Kustomization/apps/%E0%A4%A', 'unknown'],
    ['flux://prod/Kustomization/apps/..%2F..%2Fsecrets', 'unknown'],
    ['https://prod/Kustomization/apps/a', 'unknown'],
    ['', 'unknown'],
  ]
  for (const [address, says] of cases) assert.equal(await hub.admit('ann', address), says, address)
  deny(true)
  assert.equal(await hub.admit('ann', uri('a')), 'forbidden')
  hang()
  const late = hub.admit('ann', uri('a'))
  await settle()
  await clock.advance(watchBounds.admitMs)
  assert.equal(await late, 'forbidden')
})

test('a caller holds 32 addresses, and another one is not held up by that', async () => {
  const { hub, hold } = scene()
  const stops = []
  for (let i = 0; i < 32; i++) stops.push(await hold(uri(`a${i}`)))
  assert.equal(await hub.admit('ann', uri('more')), 'full')
  assert.deepEqual(await hub.admitAll('ann', [uri('more')]), [])
  assert.equal(typeof (await hub.admit('ben', uri('more'))), 'object')
  stops[0]?.()
  stops[0]?.()
  const rest = await hub.admitAll('ann', [uri('x'), uri('x'), uri('y')])
  assert.deepEqual(
    rest.map((a: Admitted) => a.uri),
    [uri('x')],
  )
})

test('a template finds its variables, and only in addresses of its form', () => {
  assert.deepEqual(variablesIn(object.uri, uri('a')), { cluster: 'prod', kind: 'Kustomization', namespace: 'apps', name: 'a' })
  for (const wrong of [
    'flux://prod/Kustomization/apps',
    'flux://prod/Kustomization/apps/a/spec',
    'flux://prod/Kustomization//a',
    'http://prod/a/b/c',
  ])
    assert.equal(variablesIn(object.uri, wrong), undefined, wrong)
})
