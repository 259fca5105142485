import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { inParallel } from '../../src/lib/parallel.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const total = 1000
const [failing, suspended] = [100, 20]
let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
  const numbers = Array.from({ length: total }, (_, i) => i)
  await inParallel(numbers, 8, createOne)
})
after(() => product.stop())

/** Names, revisions and messages of the length that real ones have. */
async function createOne(i: number): Promise<void> {
  const name = `${['checkout', 'payments', 'inventory', 'search'][i % 4] ?? ''}-service-${i}`
  const object: KubeObject = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: { interval: '10m', prune: true, suspend: i >= total - suspended, sourceRef: { kind: 'OCIRepository', name } },
  }
  const { metadata } = await cluster.create(object, { manager: 'test' }, signal)
  const ref = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'flux-system', name }
  const status = statusOf(i, metadata.generation ?? 1)
  await cluster.patch(ref, { type: 'merge', body: { status }, manager: 'test', subresource: 'status' }, signal)
}

function statusOf(i: number, generation: number): JsonObject {
  const digest = `sha256:${i.toString(16).padStart(4, '0').repeat(16)}`
  const failed = i < failing
  const message = failed
    ? `Deployment/shop/checkout-service-${i} dry-run failed (Invalid): Deployment.apps "checkout-service-${i}" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable`
    : `Applied revision: latest@${digest}`
  const ready = {
    type: 'Ready',
    status: failed ? 'False' : 'True',
    reason: failed ? 'ReconciliationFailed' : 'ReconciliationSucceeded',
    message,
  }
  return {
    observedGeneration: generation,
    lastAppliedRevision: `latest@${digest}`,
    conditions: [{ ...ready, lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: generation }],
  }
}

function cost({ text, data }: Answer): number {
  return Math.max(countTokens(text), countTokens(JSON.stringify(data)))
}

test('what is broken among a hundred costs at most 1,000 tokens, and says how many there are', async () => {
  const answer = await product.call('get_status', { state: 'failing' })
  assert.ok(cost(answer) <= 1000, `${cost(answer)}: ${answer.text}`)
  assert.equal(answer.data?.total, failing)
  assert.match(answer.text, /100 failing/)
  assert.match(answer.text, /of 100, cursor=/)
})

test('the first page of a thousand costs at most 2,000 tokens, failing ones first', async () => {
  const answer = await product.call('get_status', {})
  assert.ok(cost(answer) <= 2000, String(cost(answer)))
  const rows = answer.data?.rows as string[][]
  assert.ok(rows.length >= 10 && rows.every(r => r[2] === 'failing'))
  assert.deepEqual(answer.data?.counts, { failing, suspended, ready: total - failing - suspended })
})

test('the pages of one question join to the whole, each within its budget', async () => {
  const seen = new Set<string>()
  let cursor: string | undefined
  let pages = 0
  do {
    const answer = await product.call('get_status', { limit: 200, maxTokens: 8000, detail: 'brief', ...(cursor ? { cursor } : {}) })
    assert.equal(answer.isError, false, answer.text)
    assert.ok(cost(answer) <= 8000)
    for (const row of (answer.data?.rows ?? []) as string[][]) seen.add(row[1] ?? '')
    cursor = answer.data?.nextCursor as string | undefined
    pages++
  } while (cursor)
  assert.equal(seen.size, total)
  assert.ok(pages >= 5, String(pages))
})

test('one object with its evidence costs at most 1,000 tokens', async () => {
  const answer = await product.call('get_object', { kind: 'ks', name: 'checkout-service-0' })
  assert.ok(cost(answer) <= 1000, String(cost(answer)))
  assert.match(answer.text, /ReconciliationFailed/)
})

test('a name that is not there is answered with the near ones, among a thousand', async () => {
  const answer = await product.call('get_object', { kind: 'ks', name: 'checkout-servise-444' })
  assert.match(answer.text, /did you mean checkout-service-44?4/)
  assert.ok(cost(answer) <= 200, answer.text)
})
