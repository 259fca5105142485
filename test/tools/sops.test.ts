import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { printAll } from '../../src/lib/yaml.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { alice, bob, seal, written } from '../support/sops.ts'
import { unending } from '../support/unending.ts'

let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
})
after(() => product.stop())

const metadata = (name: string): JsonObject => ({ name, namespace: 'default' })
const ref = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'flux-system', name: 'vault' }
const secrets = ['hunter22-swordfish', 'zq7', 'correct-horse']

async function push(secret: string, setting: string): Promise<void> {
  const how = { groups: [[alice.recipient]], metadata: { encrypted_regex: '^(data|stringData)$' } }
  const sealed = async (object: JsonObject): Promise<Json> =>
    seal(object, { ...how, sealed: path => path[0] === 'data' || path[0] === 'stringData' })
  const objects = [
    await sealed({ apiVersion: 'v1', kind: 'Secret', metadata: metadata('login'), stringData: { pass: secret } }),
    await sealed({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata('settings'), data: { level: setting } }),
  ]
  const env = written(await seal({ word: 'correct-horse' }, { groups: [[alice.recipient]] }), 'env')
  await pushFiles(product.composed.service.world, `oci://${product.registry}/vault:1`, {
    'kustomization.yaml': JSON.stringify({
      resources: ['all.yaml'],
      secretGenerator: [{ name: 'env', namespace: 'default', envs: ['a.env'] }],
    }),
    'all.yaml': printAll(objects),
    'a.env': env,
  })
}

async function keys(identity: string): Promise<void> {
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'keys', namespace: 'flux-system' },
    stringData: { 'a.agekey': identity },
  }
  await cluster.apply(object, { manager: 'test', force: true }, unending)
}

test('one call delivers what is encrypted; rendering masks it, planning tells that it changes and never what it is', async () => {
  await push('hunter22-swordfish', 'zq7')
  await product.call('apply_manifests', { create: { name: 'vault', url: `oci://${product.registry}/vault:1` } })
  const decryption = { provider: 'sops', secretRef: { name: 'keys' } }
  await cluster.patch(ref, { type: 'merge', body: { spec: { decryption } }, manager: 'test' }, unending)
  await keys(bob.identity)
  const failed = await product.call('reconcile', { kind: 'ks', name: 'vault', withSource: true })
  assert.deepEqual([failed.data?.verdict, failed.data?.reason], ['Failed', 'BuildFailed'], failed.text)
  assert.ok(failed.text.includes(alice.recipient) && failed.text.includes(bob.recipient), failed.text)
  assert.ok(!failed.text.includes(bob.identity))
  assert.match(String(failed.data?.next), /key for one of the recipients that the message names/)

  await keys(alice.identity)
  const done = await product.call('reconcile', { kind: 'ks', name: 'vault' })
  assert.equal(done.data?.verdict, 'Ready', done.text)
  const login = await cluster.get({ group: '', version: 'v1', kind: 'Secret', ...metadata('login') } as never, unending)
  assert.deepEqual(login?.data, { pass: Buffer.from('hunter22-swordfish').toString('base64') })

  const built = await product.call('build', { kind: 'ks', name: 'vault' })
  assert.match(built.text, /level: '\*\*SOPS\*\*'/)
  assert.doesNotMatch(built.text, /sops|ENC\[|AGE ENCRYPTED/)

  await push('correct-horse', 'zq8')
  const plan = await product.call('plan', { tool: 'reconcile', arguments: { kind: 'ks', name: 'vault', withSource: true } })
  assert.match(plan.text, /2 configure/)
  assert.match(plan.text, /data\.level: /)
  for (const answer of [failed, done, built, plan])
    for (const secret of [...secrets, 'zq8']) assert.ok(!new RegExp(`[:→ ] ?${secret}\\b`).test(answer.text), `${secret}: ${answer.text}`)
})
