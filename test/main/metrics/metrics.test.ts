import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Queue } from '../../../src/engine/queue.ts'
import { fluxDefaults } from '../../../src/engine/settings.ts'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import { Metrics } from '../../../src/main/metrics/metrics.ts'
import type { Expiring } from '../../../src/world/auth/provider.ts'
import { TokenCache } from '../../../src/world/auth/cache.ts'
import { manualClock } from '../../../src/world/clock/manual.ts'
import { tellingHttp } from '../../../src/world/http/told.ts'
import { unending } from '../../support/unending.ts'

const hour = 3_600_000
const signal = unending
const app = (name: string): KubeObject => ({
  apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  kind: 'Kustomization',
  metadata: { namespace: 'apps', name },
})

/** The rows of one metric, without its name. */
async function rows(metrics: Metrics, name: string): Promise<string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter(line => line.startsWith(name) && /^[{ ]/.test(line.slice(name.length))).map(line => line.slice(name.length).trim())
}

test('what waits and what runs is told as work queues tell it', async () => {
  const clock = manualClock()
  const metrics = new Metrics(clock)
  metrics.begin(['Kustomization'], 1)
  const of = '{name="kustomization",controller="kustomization"}'
  const one = '{controller="kustomization"}'
  const shown = (name: string) => rows(metrics, name)
  assert.deepEqual(await shown('workqueue_depth'), [`${of} 0`])
  assert.deepEqual(await shown('controller_runtime_max_concurrent_reconciles'), [`${one} 1`])
  const queue = new Queue({ concurrency: 1, settings: fluxDefaults, queue: metrics.queue })
  const item = (key: string) => ({ kind: 'Kustomization', lane: 'Kustomization', key })
  for (const key of ['a', 'b', 'a', 'c']) queue.ask(item(key))
  queue.forget('c')
  await clock.advance(2000)
  queue.take(clock.elapsed())
  await clock.advance(500)
  queue.ask(item('a'))
  assert.deepEqual(await shown('workqueue_depth'), [`${of} 2`], 'b, and a once more')
  assert.deepEqual(await shown('workqueue_adds_total'), [`${of} 4`])
  assert.deepEqual(await shown('workqueue_queue_duration_seconds_sum'), [`${of} 2`])
  assert.deepEqual(await shown('workqueue_unfinished_work_seconds'), [`${of} 0.5`])
  assert.deepEqual(await shown('workqueue_longest_running_processor_seconds'), [`${of} 0.5`])
  assert.deepEqual(await shown('controller_runtime_active_workers'), [`${one} 1`])
  await clock.advance(1000)
  queue.ended(item('a'), { requeueMs: 60_000 }, clock.elapsed())
  assert.deepEqual(await shown('workqueue_retries_total'), [`${of} 1`])
  assert.deepEqual(await shown('workqueue_work_duration_seconds_sum'), [`${of} 1.5`])
  assert.deepEqual(await shown('controller_runtime_reconcile_time_seconds_sum'), [`${one} 1.5`])
  assert.deepEqual(await shown('controller_runtime_active_workers'), [`${one} 0`])
  assert.deepEqual(await shown('workqueue_longest_running_processor_seconds'), [`${of} 0`])
})

test('a pass is counted by how it ended, and an object that is gone leaves nothing of it', async () => {
  const metrics = new Metrics(manualClock())
  metrics.begin(['Kustomization'], 4)
  for (const again of [{ backoff: true }, { requeueMs: 1000 }, {}, {}]) metrics.passed({ object: app('shop'), ms: 20, again })
  assert.deepEqual(await rows(metrics, 'controller_runtime_reconcile_total'), [
    '{controller="kustomization",result="error"} 1',
    '{controller="kustomization",result="requeue"} 0',
    '{controller="kustomization",result="requeue_after"} 1',
    '{controller="kustomization",result="success"} 2',
  ])
  assert.deepEqual(await rows(metrics, 'controller_runtime_reconcile_errors_total'), ['{controller="kustomization"} 1'])
  const bounds = (await rows(metrics, 'gotk_reconcile_duration_seconds_bucket')).map(row => Number(/le="([^"]+)"/.exec(row)?.[1]))
  assert.deepEqual([bounds.length, bounds[0], Math.round(bounds[9] ?? 0)], [11, 0.01, 1800])
  metrics.gone(app('shop'))
  assert.deepEqual(await rows(metrics, 'gotk_reconcile_duration_seconds_count'), [])
})

test('what is asked of a cache is told with who asked, and nothing of what is in it', async () => {
  const clock = manualClock()
  const metrics = new Metrics(clock)
  const cache = new TokenCache({ clock, maxSize: 1, maxDurationMs: hour, told: metrics.tokens })
  const token = async (): Promise<Expiring> => ({ expiresAt: clock.now() + hour })
  const of = (name: string) => ({ signal, asker: { object: app(name), operation: 'decrypt_with_aws' } as const })
  await cache.get('key', token, of('shop'))
  await Promise.all([cache.get('key', token, of('shop')), cache.get('key', token, of('other')), cache.get('key', token, { signal })])
  await cache.get('another', token, of('shop'))
  await assert.rejects(
    cache.get('third', () => Promise.reject(new Error('no')), of('shop')),
    /no/,
  )
  const labels = (event: string, name: string) =>
    `{event_type="cache_${event}",kind="Kustomization",name="${name}",namespace="apps",operation="decrypt_with_aws"}`
  const others = [`${labels('hit', 'other')} 1`]
  assert.deepEqual(await rows(metrics, 'gotk_token_cache_events_total'), [
    `${labels('miss', 'shop')} 3`,
    `${labels('hit', 'shop')} 1`,
    ...others,
  ])
  assert.deepEqual(await rows(metrics, 'gotk_token_cache_requests_total'), ['{status="success"} 5', '{status="failure"} 1'])
  assert.deepEqual(await rows(metrics, 'gotk_token_cache_evictions_total'), ['1'])
  assert.deepEqual(await rows(metrics, 'gotk_token_cached_items'), ['1'])
  metrics.gone(app('shop'))
  assert.deepEqual(await rows(metrics, 'gotk_token_cache_events_total'), others)
})

test('one who waits for what another fetches has a hit; one who waits for a failure has none', async () => {
  const clock = manualClock()
  const metrics = new Metrics(clock)
  const cache = new TokenCache({ clock, maxSize: 9, maxDurationMs: hour, told: metrics.tokens })
  const asker = (name: string) => ({ signal, asker: { object: app(name), operation: 'reconcile' } as const })
  for (const [key, result] of [
    ['good', Promise.resolve({ expiresAt: clock.now() + hour })],
    ['bad', Promise.reject(new Error('no'))],
  ] as const)
    await Promise.allSettled([cache.get(key, () => result, asker(key)), cache.get(key, () => result, asker(key))])
  const events = (await rows(metrics, 'gotk_token_cache_events_total')).map(row => row.replace(/,(kind|namespace|operation)="[^"]*"/g, ''))
  assert.deepEqual(events, [
    '{event_type="cache_miss",name="good"} 1',
    '{event_type="cache_hit",name="good"} 1',
    '{event_type="cache_miss",name="bad"} 2',
  ])
})

test('a call of a cluster is counted by its code, and one without an answer too', async () => {
  const metrics = new Metrics(manualClock())
  const answers = [200, 409, undefined]
  const http = tellingHttp(
    {
      async send() {
        const status = answers.shift()
        if (status === undefined) throw new Error('no answer')
        return { status, headers: {}, body: Object.assign(new ReadableStream<Uint8Array>(), { cancel: async () => {} }) }
      },
      with: () => http,
      close: async () => {},
    },
    sent => metrics.calls.sent(sent),
  )
  const get = { method: 'GET', url: 'https://user:word@cluster.example.com:6443/version?token=word' }
  await http.send(get, signal)
  await http.send({ ...get, method: 'PATCH' }, signal)
  await assert.rejects(http.send(get, signal))
  assert.deepEqual(await rows(metrics, 'rest_client_requests_total'), [
    '{code="200",method="GET",host="cluster.example.com:6443"} 1',
    '{code="409",method="PATCH",host="cluster.example.com:6443"} 1',
    '{code="<error>",method="GET",host="cluster.example.com:6443"} 1',
  ])
})

test('the process tells what it takes', async () => {
  const metrics = new Metrics(manualClock())
  metrics.watchProcess()
  metrics.leases.holds('source-controller-leader-election', true)
  for (const name of ['process_cpu_seconds_total', 'process_start_time_seconds', 'go_memstats_alloc_bytes', 'nodejs_heap_size_used_bytes'])
    assert.match((await rows(metrics, name)).join(), /^\d+/, name)
  assert.deepEqual(await rows(metrics, 'leader_election_master_status'), ['{name="source-controller-leader-election"} 1'])
})
