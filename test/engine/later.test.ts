import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Later } from '../../src/engine/later.ts'
import { recording } from '../../src/engine/record.ts'
import type { Hub } from '../../src/engine/pass.ts'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'

const event = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'default' },
  reportingComponent: 'test',
})

/** Events that are written when they are let through. */
function stage() {
  const written: string[] = []
  const counts = new Map<string, unknown>()
  const [clock, state] = [manualClock(0), { busy: false, hangs: false }]
  const hub = {
    async create(object: KubeObject, _options: unknown, signal: AbortSignal) {
      if (state.hangs) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('late')), { once: true }))
      const { name } = object.metadata
      if (counts.has(name)) throw new ClusterError('ALREADY_EXISTS', { cluster: 'test', what: name, message: 'there is one' })
      counts.set(name, 1)
      written.push(name)
      return object
    },
    async get({ name }: ObjectRef) {
      const count = counts.get(name)
      await turn()
      return { ...event(name), count }
    },
    async patch({ name }: ObjectRef, { body }: { body: JsonObject }) {
      counts.set(name, body.count)
      return event(name)
    },
  } as unknown as Hub
  const later = new Later({ clock, isBusy: () => state.busy })
  const add = (name: string): boolean => later.add(recording(hub, event(name)))
  /** Lets everything happen that needs no time. */
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await turn()
  }
  return { later, add, clock, state, written, counts, settled }
}

test('events are written at once while nothing is reconciled, in their order', async () => {
  const { add, written, settled } = stage()
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) add(name)
  await settled()
  assert.deepEqual(written, ['a', 'b', 'c', 'd', 'e', 'f'])
})

test('equal events count up one after the other, however many wait', async () => {
  const { later, add, state, counts, settled } = stage()
  state.busy = true
  for (const name of ['a', 'a', 'b', 'a', 'a']) add(name)
  state.busy = false
  later.idle()
  await settled()
  assert.deepEqual(Object.fromEntries(counts), { a: 4, b: 1 })
})

test('they wait for what is reconciled, until it is over', async () => {
  const { later, add, state, written, settled } = stage()
  state.busy = true
  add('a')
  await settled()
  assert.deepEqual(written, [])
  state.busy = false
  later.idle()
  await settled()
  assert.deepEqual(written, ['a'])
})

test('they wait for half a minute at most', async () => {
  const { add, clock, state, written, settled } = stage()
  state.busy = true
  add('a')
  await clock.advance(3000)
  add('b')
  await clock.advance(26_999)
  assert.deepEqual(written, [])
  await clock.advance(1)
  await settled()
  assert.deepEqual(written, ['a'])
  await clock.advance(3000)
  await settled()
  assert.deepEqual(written, ['a', 'b'])
})

test('what may wait for longer lets what comes later go first', async () => {
  const { later, add, clock, state, written, settled } = stage()
  state.busy = true
  later.add({ key: 'patient', patienceMs: 60_000, write: async () => void written.push('patient') })
  await settled()
  add('a')
  await settled()
  await clock.advance(30_000)
  await settled()
  assert.deepEqual(written, ['a'])
  await clock.advance(30_000)
  await settled()
  assert.deepEqual(written, ['a', 'patient'])
})

test('of very many the oldest are lost', async () => {
  const { later, add, state, written } = stage()
  state.busy = true
  for (let i = 0; i < 10_002; i++) add(String(i))
  await later.end()
  assert.deepEqual([written.length, written[0], written.at(-1)], [10_000, '2', '10001'])
})

test('what may wait for long never takes the place of what may not', async () => {
  const { later, add, clock, state, written, settled } = stage()
  state.busy = true
  for (let i = 0; i < 10_000; i++) later.add({ key: String(i), patienceMs: 60_000, write: () => Promise.resolve() })
  add('a')
  await clock.advance(30_000)
  await settled()
  assert.deepEqual(written, ['a'])
})

test('at the end what waits is written', async () => {
  const { later, add, state, written } = stage()
  state.busy = true
  for (const name of ['a', 'b']) add(name)
  await later.end()
  assert.deepEqual(written, ['a', 'b'])
})

test('a server that hangs does not hold up the end for more than two seconds', async () => {
  const { later, add, clock, state, written, settled } = stage()
  state.hangs = true
  add('a')
  const ended = later.end()
  await settled()
  await clock.advance(2000)
  await ended
  assert.deepEqual(written, [])
})

test('a write that throws is told, and those of its key are for whoever asks from then on', async () => {
  const { later, written, settled } = stage()
  let told = 0
  const late = { key: 'a', patienceMs: 0, write: () => Promise.reject(new Error('refused')), failed: () => told++ }
  assert.equal(later.add(late), true)
  await settled()
  assert.equal(told, 1)
  const more = (key: string): boolean => later.add({ key, patienceMs: 0, write: async () => void written.push(key) })
  assert.deepEqual([more('a'), more('b'), more('a')], [false, true, false])
  await settled()
  assert.deepEqual(written, ['b'])
})
