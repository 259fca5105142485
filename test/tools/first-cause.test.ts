import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { at, listAt } from '../../src/lib/json.ts'
import { type Product, startProduct } from '../support/service.ts'

const namespace = 'first-cause'
let own: Product
let beside: Product
before(async () => {
  own = await startProduct()
  const { clusters } = own.composed.service.world
  beside = await startProduct({ options: { engine: 'flux' }, clusters: () => clusters })
  const manifests = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await own.call('apply_manifests', { manifests })
})
after(async () => {
  await beside.stop()
  await own.stop()
})

async function applied(kind: string, name: string, spec: KubeObject['spec']): Promise<{ kind: string; namespace: string; name: string }> {
  const group = kind === 'ImageRepository' ? 'image.toolkit.fluxcd.io/v1' : 'source.toolkit.fluxcd.io/v1'
  const manifests = JSON.stringify({ apiVersion: group, kind, metadata: { name, namespace }, spec })
  const answer = await own.call('apply_manifests', { manifests })
  assert.equal(answer.isError, false, answer.text)
  return { kind, namespace, name }
}

/** The causes that `explain` names, the likeliest first. */
async function causes(product: Product, asked: Record<string, unknown>): Promise<string[]> {
  return listAt((await product.call('explain', asked)).data, 'causes').map(c => String(at(c, 'cause')))
}

test('what our own engine has tried fails by what it met, not for want of a controller', async () => {
  const rows = [
    ['ImageRepository', { image: `${own.registry}/gone`, interval: '1m', insecure: true }, 'TagNotFound'],
    ['OCIRepository', { url: `oci://${own.registry}/gone`, interval: '1m', insecure: true }, 'TagNotFound'],
    ['HelmRepository', { url: `http://${own.registry}/charts`, interval: '1m' }, 'IndexNotFound'],
  ] as const
  for (const [kind, spec, expected] of rows) {
    const asked = await applied(kind, `tried-${kind.toLowerCase()}`, spec)
    const { data, text } = await own.call('reconcile', asked)
    assert.equal(data?.verdict, 'Failed', text)
    assert.equal(at(data, 'cause', 'cause'), expected, text)
    assert.deepEqual((await causes(own, asked)).slice(0, 1), [expected])
  }
})

test('what our own engine would run when asked waits for that; where nobody acts there is no controller', async () => {
  const asked = await applied('ImageRepository', 'waits', { image: `${own.registry}/gone`, interval: '1m', insecure: true })
  assert.deepEqual(await causes(own, asked), ['NotReconciled'])
  assert.deepEqual(await causes(beside, asked), ['NoController'])
})
