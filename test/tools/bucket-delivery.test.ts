import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { at, type JsonObject } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { type Product, startProduct } from '../support/service.ts'
import { type S3Server, startS3Server } from '../support/s3-server.ts'
import { unending as signal } from '../support/unending.ts'

const namespace = 'flux-system'
let product: Product
let store: S3Server
before(async () => {
  product = await startProduct()
  store = await startS3Server()
})
after(async () => {
  await product.stop()
  await store.close()
})

async function apply(object: KubeObject): Promise<void> {
  const whole: KubeObject = { ...object, metadata: { ...object.metadata, namespace } }
  await product.composed.service.world.clusters.named().apply(whole, { manager: 'test', force: true }, signal)
}
const bucket = (name: string, spec: JsonObject = {}): Promise<void> =>
  apply({
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'Bucket',
    metadata: { name },
    spec: { interval: '10m', bucketName: name, endpoint: store.address, insecure: true, secretRef: { name: 'keys' }, ...spec },
  })
const kustomization = (name: string): Promise<void> =>
  apply({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name },
    spec: { interval: '10m', prune: true, sourceRef: { kind: 'Bucket', name } },
  })
const settings = (value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-bucket, namespace: flux-system}\ndata: {value: "${value}"}\n`

test('what is in a bucket is applied by a Kustomization, shown by status, and no key is told', async () => {
  const { accessKeyId, secretAccessKey } = store.keys
  const encoded = (text: string): string => Buffer.from(text).toString('base64')
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys' },
    data: { accesskey: encoded(accessKeyId), secretkey: encoded(secretAccessKey) },
  })
  await store.create('app')
  await store.put('app', 'config.yaml', settings('1'))
  await bucket('app')
  await kustomization('app')
  const first = await product.call('reconcile', { kind: 'Kustomization', name: 'app', namespace, withSource: true })
  assert.equal(first.data?.verdict, 'Ready', first.text)
  await store.put('app', 'config.yaml', settings('2'))
  const source = await product.call('reconcile', { kind: 'bucket', name: 'app', namespace })
  assert.equal(source.data?.verdict, 'Ready', source.text)
  const second = await product.call('reconcile', { kind: 'ks', name: 'app', namespace })
  assert.equal(second.data?.verdict, 'Ready', second.text)
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'from-bucket' }
  assert.equal(at(await product.composed.service.world.clusters.named().get(ref, signal), 'data', 'value'), '2')

  const status = await product.call('get_status', { kind: 'Bucket', namespace })
  assert.match(status.text, /Bucket\tflux-system\/app\tready/)
  const object = await product.call('get_object', { kind: 'Bucket', name: 'app', namespace })
  assert.match(object.text, /stored artifact/)
  assert.ok(![status, object, first, source].some(({ text, data }) => `${text}${JSON.stringify(data)}`.includes(secretAccessKey)))
})

test('what reconciling a bucket would fetch is told beforehand, and nothing is fetched', async () => {
  await store.create('planned')
  await store.put('planned', 'config.yaml', settings('1'))
  await bucket('planned')
  const plan = (): Promise<Answer> => product.call('plan', { tool: 'reconcile', arguments: { kind: 'Bucket', name: 'planned', namespace } })
  assert.match((await plan()).text, /fetch [\s\S]*nothing → sha256:/)
  assert.ok(!store.asked.includes('GET /planned/config.yaml'))
  await product.call('reconcile', { kind: 'Bucket', name: 'planned', namespace })
  assert.match((await plan()).text, /nothing new, sha256:\S+ is stored/)
  await store.put('planned', 'config.yaml', settings('2'))
  assert.match((await plan()).text, /sha256:\S+ → sha256:/)
})

test('a bucket that is not there is told by reconcile, and is the cause of what waits for it', async () => {
  await bucket('absent')
  await kustomization('absent')
  const failed = await product.call('reconcile', { kind: 'Bucket', name: 'absent', namespace })
  assert.equal(failed.data?.verdict, 'Failed')
  assert.match(failed.text, /bucket 'absent' not found/)
  const waiting = await product.call('reconcile', { kind: 'Kustomization', name: 'absent', namespace, withSource: true })
  assert.match(waiting.text, /bucket 'absent' not found/)
  const planned = await product.call('plan', { tool: 'reconcile', arguments: { kind: 'Bucket', name: 'absent', namespace } })
  assert.deepEqual(
    [at(planned.data, 'error', 'code'), at(planned.data, 'error', 'message')],
    ['NotReady', "Bucket/flux-system/absent: bucket 'absent' not found"],
  )
  await bucket('absent', { endpoint: 'host/path' })
  const wrong = await product.call('plan', { tool: 'reconcile', arguments: { kind: 'Bucket', name: 'absent', namespace } })
  assert.deepEqual(at(wrong.data, 'error', 'code'), 'InvalidArgument')
})

test('a Bucket that the API server would refuse is refused by apply_manifests in its words', async () => {
  const manifests = [
    'apiVersion: source.toolkit.fluxcd.io/v1',
    'kind: Bucket',
    'metadata: {name: wrong, namespace: flux-system}',
    'spec: {bucketName: b, endpoint: e, interval: 1m, provider: gcp, sts: {provider: aws, endpoint: "http://sts"}}',
  ].join('\n')
  const answer = await product.call('apply_manifests', { manifests })
  assert.equal(answer.isError, true)
  assert.match(answer.text, /STS configuration is only supported for the 'aws' and 'generic' Bucket providers/)
})
