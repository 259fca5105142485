import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cacheKey, TokenCache } from '../../../src/world/auth/cache.ts'
import type { Expiring } from '../../../src/world/auth/provider.ts'
import { type ManualClock, manualClock } from '../../../src/world/clock/manual.ts'
import { appCacheKey } from '../../../src/world/auth/github.ts'
import { verifies } from '../../conformance/verifies.ts'
import { unending } from '../../support/unending.ts'

const hour = 3_600_000

function cacheAt(options: { maxSize?: number; maxDurationMs?: number } = {}, clock = manualClock()) {
  const cache = new TokenCache({ clock, maxSize: 100, maxDurationMs: hour, ...options })
  let fetches = 0
  const get = async (key: string, lifeMs: number): Promise<number> => {
    const fetch = async (): Promise<Expiring & { n: number }> => ({ n: ++fetches, expiresAt: clock.now() + lifeMs })
    return (await cache.get(key, fetch, { signal: unending })).n
  }
  return { cache, clock, get }
}

verifies('sources/75', 'the key of a GitHub App is that of Flux', () => {
  const data = { githubAppID: '123', githubAppInstallationID: '456', githubAppPrivateKey: 'abc' }
  assert.equal(appCacheKey(data), '9f847c05d1cbc92c4ee5b407fde77054ee01a66ca5da531f2c602afac4e3b37c')
})

verifies('sources/124', 'the key of all parts is that of Flux', () => {
  const key = cacheKey({
    provider: 'mock-provider',
    account: { audience: 'mock-audience', identity: 'mock-identity', name: 'default', namespace: 'default' },
    scopes: ['scope1', 'scope2'],
    artifactRepositoryKey: 'artifact-cache-key',
    stsRegion: 'us-east-1',
    stsEndpoint: 'https://sts.some-cloud.io',
    proxyUrl: 'http://proxy.io:8080',
  })
  assert.equal(key, '3e8e270134e99fda1a01d7dca77f29448eb4c7f6cc026137b85a1bcd96b276fa')
})
verifies('sources/125', 'the key of an account at ECR is that of Flux', () => {
  const account = { audience: 'sts.amazonaws.com', identity: 'arn:aws:iam::1234567890:role/some-role', name: 'tenant', namespace: 'apps' }
  assert.equal(
    cacheKey({ provider: 'aws', account, artifactRepositoryKey: 'us-east-1' }),
    'a44a27be691a712798324ddb605c772526d06a1ee2debb9b47576a5bf5c0b843',
  )
})
verifies('sources/126', 'the key of a controller at Artifact Registry is that of Flux', () => {
  assert.equal(
    cacheKey({ provider: 'gcp', artifactRepositoryKey: 'gcp' }),
    '758f36400b5ce0579dd3048d07b03e85db7c25fb694fffdb8cf1f6324094a4e6',
  )
})

verifies('sources/127', 'a token of 5 s is asked for again after 4 s', async () => {
  const { clock, get } = cacheAt()
  assert.equal(await get('a', 5000), 1)
  await clock.advance(3999)
  assert.equal(await get('a', 5000), 1)
  await clock.advance(1)
  assert.equal(await get('a', 5000), 2)
})
verifies('sources/128', 'a token of an hour is kept no longer than told', async () => {
  const { clock, get } = cacheAt({ maxDurationMs: 1000 })
  assert.equal(await get('a', hour), 1)
  await clock.advance(999)
  assert.equal(await get('a', hour), 1)
  await clock.advance(1)
  assert.equal(await get('a', hour), 2)
})
verifies('sources/129', 'a failure is thrown, and nothing is kept of it', async () => {
  const { cache, get } = cacheAt()
  await assert.rejects(
    cache.get('a', () => Promise.reject(new Error('no')), { signal: unending }),
    { message: 'no' },
  )
  assert.equal(await get('a', hour), 1)
})

test('nothing is kept for more than an hour, whatever is told', async () => {
  const { clock, get } = cacheAt({ maxDurationMs: 100 * hour })
  assert.equal(await get('a', 1000 * hour), 1)
  await clock.advance(hour)
  assert.equal(await get('a', hour), 2)
})
test('either clock ends a token: one that stood still while the machine slept, one that was set back', async () => {
  const held = manualClock()
  const skew = { now: 0, elapsed: 0 }
  const clock: ManualClock = Object.assign(manualClock(), {
    now: () => held.now() + skew.now,
    elapsed: () => held.elapsed() + skew.elapsed,
  })
  const { get } = cacheAt({}, clock)
  assert.equal(await get('a', hour), 1)
  skew.now = hour
  assert.equal(await get('a', hour), 2, 'the wall clock went on')
  skew.now = 0
  assert.equal(await get('a', hour), 2)
  skew.elapsed = hour
  skew.now = -hour
  assert.equal(await get('a', hour), 3, 'the wall clock was set back, time passed')
})
test('a token that is over already is handed out, and not kept', async () => {
  const { get } = cacheAt()
  assert.deepEqual([await get('a', 0), await get('a', -5), await get('a', hour)], [1, 2, 3])
})
test('the one that nobody asked for longest makes room', async () => {
  const { get } = cacheAt({ maxSize: 2 })
  assert.deepEqual([await get('a', hour), await get('b', hour), await get('a', hour), await get('c', hour)], [1, 2, 1, 3])
  assert.deepEqual([await get('a', hour), await get('c', hour), await get('b', hour)], [1, 3, 4])
})
test('a size of 0 keeps nothing', async () => {
  const { get } = cacheAt({ maxSize: 0 })
  assert.deepEqual([await get('a', hour), await get('a', hour)], [1, 2])
})
test('equal questions at one time are one; others do not wait for it', async () => {
  const { cache, clock } = cacheAt()
  const slow = Promise.withResolvers<void>()
  let fetches = 0
  const fetch = async (): Promise<Expiring> => {
    fetches++
    await slow.promise
    return { expiresAt: clock.now() + hour }
  }
  const waiting = [
    cache.get('slow', fetch, { signal: unending }),
    cache.get('slow', fetch, { signal: unending }),
    cache.get('slow', fetch, { signal: unending }),
  ]
  await cache.get('quick', async () => ({ expiresAt: clock.now() + hour }), { signal: unending })
  slow.resolve()
  const [first, ...others] = await Promise.all(waiting)
  assert.equal(fetches, 1)
  assert.ok(others.every(other => other === first))
})
test('one who gives up takes nobody along', async () => {
  const { cache, clock } = cacheAt()
  const gone = new AbortController()
  let fetches = 0
  const fetch = async (signal: AbortSignal): Promise<Expiring> => {
    fetches++
    if (fetches > 1) return { expiresAt: clock.now() + hour }
    const { promise, reject } = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => reject(signal.reason))
    return promise
  }
  const first = cache.get('a', fetch, { signal: gone.signal })
  const second = cache.get('a', fetch, { signal: unending })
  gone.abort(new Error('gave up'))
  await assert.rejects(first, { message: 'gave up' })
  await second
  assert.equal(fetches, 2)
})
