import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { json } from 'node:stream/consumers'
import type { FluxEvent } from '../../../src/kinds/flux-event.ts'
import { manualClock } from '../../../src/world/clock/manual.ts'
import { eventReceiver } from '../../../src/world/events/receiver.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { startHostile } from '../../support/hostile.ts'

const event = (message: string): FluxEvent => ({
  involvedObject: { apiVersion: 'v1', kind: 'Kustomization', name: 'apps', namespace: 'flux-system' },
  severity: 'info',
  timestamp: '2026-01-01T00:00:00Z',
  message,
  reason: 'Progressing',
  metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1' },
  reportingController: 'kustomize-controller',
})
let [answers, posted, warnings]: [number[], Record<string, unknown>[], string[]] = [[], [], []]
const log = { debug() {}, info() {}, error() {}, warn: (message: string) => void warnings.push(message), with: () => log }
const http = createHttp({})
let server: Awaited<ReturnType<typeof startHostile>>
before(async () => {
  server = await startHostile(async (request, response) => {
    posted.push((await json(request)) as Record<string, unknown>)
    response.writeHead(answers.shift() ?? 202).end()
  })
})
beforeEach(() => {
  ;[answers, posted, warnings] = [[], [], []]
})
after(async () => {
  await http.close()
  await server.close()
})
const pauses: number[] = []
const instant = { ...manualClock(), sleep: async (ms: number) => void pauses.push(ms) }
const receiver = (clock = instant) => eventReceiver({ url: server.url, http, clock, log, instance: 'host-1' })

/** Until what was sent before has ended, without closing. */
async function sent(events: readonly string[], codes: readonly number[]): Promise<string[]> {
  answers = [...codes]
  const open = receiver()
  for (const message of events) open.send(event(message))
  while (posted.length < events.length + Math.max(0, codes.filter(c => c >= 500).length) && warnings.length === 0)
    await new Promise(setImmediate)
  await open.close()
  return posted.map(p => String(p.message))
}

test('an event arrives as notification-controller takes it, with who reports', async () => {
  await sent(['one'], [])
  assert.deepEqual(posted, [{ ...event('one'), reportingInstance: 'host-1' }])
})

const rows: [says: string, codes: number[], tries: number, warned: boolean][] = [
  ['202 ends it', [202], 1, false],
  ['429 ends it: the receiver has seen it', [429], 1, false],
  ['5xx is tried again', [500, 503, 202], 3, false],
  ['five tries and no more', [500, 500, 500, 500, 500], 5, true],
  ['another refusal is final', [400], 1, true],
]
for (const [says, codes, tries, warned] of rows)
  test(says, async () => {
    pauses.length = 0
    answers = [...codes]
    const open = receiver()
    open.send(event('one'))
    while (posted.length < tries) await new Promise(setImmediate)
    await open.close()
    assert.deepEqual([posted.length, warnings.length > 0], [tries, warned])
    assert.deepEqual(pauses, [1000, 2000, 4000, 8000].slice(0, tries - 1))
  })

test('events keep their order, also over a failure', async () => {
  assert.deepEqual(await sent(['a', 'b', 'c'], [202, 500, 202, 202]), ['a', 'b', 'b', 'c'])
})

test('one that closes ends its pauses, and after a failure sends nothing more', async () => {
  answers = [500, 500]
  const clock = manualClock()
  const open = receiver(clock as never)
  for (const message of ['a', 'b', 'c']) open.send(event(message))
  while (clock.sleeping === 0) await new Promise(setImmediate)
  await open.close()
  assert.deepEqual(
    posted.map(p => p.message),
    ['a'],
  )
})

test('of more than a thousand that wait new ones are dropped, and that is said', async () => {
  answers = [500]
  const clock = manualClock()
  const open = receiver(clock as never)
  for (let i = 0; i < 1001; i++) open.send(event(String(i)))
  assert.deepEqual(warnings, ['an event was dropped: too many wait for the receiver'])
  while (clock.sleeping === 0) await new Promise(setImmediate)
  await open.close()
})
