import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Product, startProduct } from '../support/service.ts'
import { pushFiles } from '../support/push.ts'
import { unending } from '../support/unending.ts'

const canary = 'c4nary-Value/with+signs&more=1'
const forms = [canary, Buffer.from(canary).toString('base64'), encodeURIComponent(canary), Buffer.from(canary).toString('hex')]
const signal = unending
let product: Product
before(async () => {
  product = await startProduct()
  const cluster = product.composed.service.world.clusters.named()
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'vault',
      namespace: 'flux-system',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ stringData: { key: canary } }) },
    },
    stringData: { key: canary },
  }
  await cluster.apply(secret, { manager: 'test' }, signal)
  await cluster.get({ group: '', version: 'v1', kind: 'Secret', namespace: 'flux-system', name: 'vault' }, signal)
  await cluster.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'copy', namespace: 'flux-system' },
      data: { config: `url=https://user:${canary}@example.com token ${canary}` },
    },
    { manager: 'test' },
    signal,
  )
  await cluster.create(
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'leak', namespace: 'flux-system' },
      involvedObject: { kind: 'ConfigMap', name: 'copy', namespace: 'flux-system' },
      type: 'Warning',
      reason: 'Leaked',
      message: `it is ${canary}`,
      lastTimestamp: '2026-01-01T00:00:00Z',
    },
    { manager: 'test' },
    signal,
  )
  const url = `oci://${product.registry}/leaky:latest`
  await pushFiles(product.composed.service.world, url, {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: rendered\n  namespace: flux-system\ndata:\n  key: "${key}"\n',
    'b.txt': `plain ${canary}`,
  })
  await cluster.apply(
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'leaky', namespace: 'flux-system' },
      spec: { url: url.replace(':latest', ''), interval: '1h' },
    },
    { manager: 'test' },
    signal,
  )
  await cluster.apply(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'leaky', namespace: 'flux-system' },
      spec: {
        interval: '1h',
        prune: true,
        sourceRef: { kind: 'OCIRepository', name: 'leaky' },
        postBuild: { substituteFrom: [{ kind: 'Secret', name: 'vault' }] },
      },
    },
    { manager: 'test' },
    signal,
  )
})

after(() => product.stop())

const object = (kind: string, name: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  kind,
  namespace: 'flux-system',
  name,
  ...more,
})
const calls: [string, () => Record<string, unknown>][] = [
  ['reconcile', () => object('ks', 'leaky', { withSource: true })],
  ['build', () => object('ks', 'leaky')],
  ['plan', () => ({ tool: 'reconcile', arguments: object('ks', 'leaky') })],
  ['get_object', () => object('Secret', 'vault', { view: 'yaml' })],
  ['get_object', () => object('Secret', 'vault', { fields: ['data.key', 'metadata.annotations'] })],
  ['get_object', () => object('ConfigMap', 'copy', { view: 'yaml' })],
  ['get_object', () => object('ConfigMap', 'rendered', { view: 'yaml' })],
  ['get_object', () => object('ks', 'leaky')],
  ['get_events', () => ({ namespace: 'flux-system' })],
  ['explain', () => object('ks', 'leaky')],
  ['trace', () => object('ks', 'leaky', { down: true })],
  ['pull_artifact', () => ({ url: `oci://${product.registry}/leaky:latest` })],
  ['apply_manifests', () => ({ manifests: `apiVersion: v1\nkind: Secret\nmetadata: {name: x, namespace: absent-${canary}}\n` })],
  ['get_status', () => ({ detail: 'full' })],
]
for (const [i, [name, args]] of calls.entries()) {
  test(`no form of a secret leaves by ${name} (${i})`, async () => {
    const notes: string[] = []
    const { text, data } = await product.call(name, args(), { notes })
    const left = [text, JSON.stringify(data ?? {}), ...notes.map(n => product.composed.service.redactor.censor(n))].join('\n')
    assert.deepEqual(
      forms.filter(f => left.includes(f)),
      [],
      left,
    )
  })
}

test('equal secrets have equal fingerprints', async () => {
  const [copy, rendered] = [
    await product.call('get_object', object('ConfigMap', 'copy', { view: 'yaml' })),
    await product.call('get_object', object('ConfigMap', 'rendered', { view: 'yaml' })),
  ]
  const print = (text: string): string | undefined => /redacted#[0-9a-f]{12}/.exec(text)?.[0]
  assert.ok(print(rendered.text))
  assert.ok(copy.text.includes(print(rendered.text) ?? 'none'))
})
