import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaseName } from '../../../src/engine/lease.ts'
import type { Clock } from '../../../src/world/clock/clock.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import { politePace, tokenBucket } from '../../../src/world/cluster/pace.ts'
import type { Http } from '../../../src/world/http/http.ts'

/** Sleeps are noted and over at once; time stands still but for `pass`. */
function still(): Clock & { readonly waits: number[]; pass(ms: number): void } {
  const waits: number[] = []
  let now = 0
  return {
    ...realClock,
    waits,
    pass: ms => void (now += ms),
    elapsed: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      waits.push(ms)
    },
  }
}
const { signal } = new AbortController()

test('a burst goes at once, what follows waits its turn, and time fills the bucket to the burst', async () => {
  const clock = still()
  const pace = tokenBucket({ qps: 10, burst: 3 }, clock)
  for (let i = 0; i < 5; i++) await pace(signal)
  assert.deepEqual(clock.waits, [100, 200])
  clock.pass(60_000)
  for (let i = 0; i < 4; i++) await pace(signal)
  assert.deepEqual(clock.waits, [100, 200, 100])
})

test('who gives up leaves his turn to the next', async () => {
  const clock = still()
  const pace = tokenBucket({ qps: 10, burst: 1 }, clock)
  await pace(signal)
  await assert.rejects(pace(AbortSignal.abort(new Error('enough'))), { message: 'enough' })
  await pace(signal)
  assert.deepEqual(clock.waits, [100])
})

/** An API server's answers to HEAD, as paths that were asked. */
function server(headers: Record<string, string> | Error): { http: Http; asked: string[] } {
  const asked: string[] = []
  const send: Http['send'] = async ({ method, url, headers: sent }) => {
    asked.push(`${method} ${url} ${sent?.authorization ?? ''}`)
    if (headers instanceof Error) throw headers
    return { status: 404, headers, body: Object.assign((async function* () {})(), { cancel: async () => {} }) }
  }
  const http: Http = { send, with: () => http, close: async () => {} }
  return { http, asked }
}
const authorize = async (): Promise<Record<string, string>> => ({ authorization: 'Bearer t' })

for (const [what, answers, waits] of [
  ['a server with API Priority and Fairness is called at once', { 'x-kubernetes-pf-flowschema-uid': 'u' }, []],
  ['a server without it is called at the rate', {}, [500]],
  ['a server that does not say is called at the rate', new Error('down'), [500]],
] as const)
  test(what, async () => {
    const [clock, { http, asked }] = [still(), server(answers)]
    const pace = politePace({ qps: 2, burst: 1 }, { server: 'https://api/', http, authorize, clock })
    for (let i = 0; i < 2; i++) await pace(signal)
    assert.deepEqual([clock.waits, asked], [waits, ['HEAD https://api/livez/ping Bearer t']])
  })

test('a caller that gives up while the server is asked does not decide for the others', async () => {
  const [clock, { http, asked }] = [still(), server(new Error('down'))]
  const pace = politePace({ qps: 2, burst: 1 }, { server: 'https://api', http, authorize, clock })
  await assert.rejects(pace(AbortSignal.abort(new Error('enough'))), { message: 'enough' })
  await pace(signal)
  assert.equal(asked.length, 2)
})

test('the Lease of a shard has the name that Flux gives it', () => {
  assert.equal(leaseName('foo', undefined), 'foo-leader-election')
  assert.equal(leaseName('foo', ''), 'foo-leader-election')
  assert.equal(leaseName('foo', 'bar'), 'foo-leader-election-fcde2b2e')
})
