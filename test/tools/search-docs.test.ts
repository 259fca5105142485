import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { docsSection, docsTopic } from '../../src/resources/docs.ts'
import { at, listAt, stringAt } from '../../src/lib/json.ts'
import { tokensOf } from '../../src/tools/frame/tokens.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

let product: Product
before(async () => {
  product = await startProduct()
})
after(() => product.stop())

const questions: [query: string, uri: string][] = [
  ['Kustomization dependsOn', 'flux-docs://kustomization/spec.dependsOn'],
  ['substitute variables postBuild', 'flux-docs://kustomization/spec.postBuild'],
  ['OCIRepository verify', 'flux-docs://ocirepository/spec.verify'],
  ['GitRepository sparse checkout', 'flux-docs://gitrepository/spec.sparseCheckout'],
  ['helm chart valuesFiles', 'flux-docs://helmchart/spec.valuesFiles'],
  ['bucket endpoint', 'flux-docs://bucket/spec.endpoint'],
  ['signing in to clouds', 'flux-docs://using/signing-in-to-clouds'],
  ['why something fails explain', 'flux-docs://using/why-something-fails'],
  ['HelmRepository passCredentials', 'flux-docs://helmrepository/spec.passCredentials'],
  ['dependson', 'flux-docs://kustomization/spec.dependsOn'],
]
for (const [query, uri] of questions)
  test(`'${query}' finds ${uri} among the first three, in a short answer`, async () => {
    const { data, text } = await product.call('search_docs', { query })
    const found = listAt(data, 'results').map(r => at(r, 'uri'))
    assert.ok(found.slice(0, 3).includes(uri), found.join(' '))
    assert.ok(tokensOf(text) <= 2000)
  })

test('a question without an answer says what else to ask', async () => {
  const { data, isError } = await product.call('search_docs', { query: 'zzqx' })
  assert.equal(isError, false)
  assert.equal(data?.total, 0)
  assert.match(String(data?.next), /other words/)
})

test('too short a question is InvalidArgument', async () => {
  const { data } = await product.call('search_docs', { query: 'x' })
  assert.equal(at(data, 'error', 'code'), 'InvalidArgument')
})

test('every address that is answered can be read as a resource', async () => {
  const { world } = product.composed.service
  const { data } = await product.call('search_docs', { query: 'interval', limit: 20 })
  for (const result of listAt(data, 'results')) {
    const [, topic = '', section = ''] = /^flux-docs:\/\/([^/]+)\/(.+)$/.exec(stringAt(result, 'uri') ?? '') ?? []
    const read = await docsSection.read({ topic, section }, world, unending)
    assert.ok(stringAt(read, 'text'), topic)
    assert.ok(listAt(await docsTopic.read({ topic }, world, unending), 'sections').length > 0)
  }
  assert.equal(await docsSection.read({ topic: 'no', section: 'no' }, world, unending), undefined)
})
