import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { crdOf } from '../../src/kinds/crd.ts'
import type { Kind } from '../../src/kinds/kind.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../src/lib/json.ts'
import { dataFolder, withData } from '../support/data.ts'

/** What we take beyond 2.6: design, Flux versions. */
const additions = [
  'spec.dependsOn[].readyExpr', 'spec.ignoreMissingComponents', 'spec.kubeConfig.configMapRef', 'spec.kubeConfig.configMapRef.name',
]
/** Where ours must differ: the added alternative makes the field optional. */
const loosened = new Set(['spec.kubeConfig'])
const ignored = new Set(['description', 'properties', 'items', 'additionalProperties', 'x-kubernetes-validations'])

function flat(schema: JsonObject, path: string, out: Map<string, JsonObject>): Map<string, JsonObject> {
  const own = Object.fromEntries(Object.entries(schema).filter(([key]) => !ignored.has(key)))
  if (Array.isArray(own.required)) own.required = own.required.map(String).toSorted()
  if (loosened.has(path)) delete own.required
  out.set(path, own)
  for (const [name, property] of Object.entries(objectAt(schema, 'properties'))) if (isObject(property)) flat(property, path === '' ? name : `${path}.${name}`, out)
  if (isObject(schema.items)) flat(schema.items, `${path}[]`, out)
  if (isObject(schema.additionalProperties)) flat(schema.additionalProperties, `${path}{}`, out)
  return out
}

function versionsOf(crd: Json, named: readonly string[]): Map<string, JsonObject> {
  return new Map(listAt(crd, 'spec', 'versions').filter(isObject).filter(v => named.includes(stringAt(v, 'name') ?? '')).map(v => [stringAt(v, 'name') ?? '', v]))
}

const kinds: [Kind, string][] = [[OCIRepository, 'source.toolkit.fluxcd.io_ocirepositories.yaml'], [Kustomization, 'kustomize.toolkit.fluxcd.io_kustomizations.yaml']]

withData({ name: 'our CRDs beside Flux\'s', tests: kinds.length }, () => {
  for (const [kind, file] of kinds) {
    test(`the CRD of ${kind.kind} has every field of Flux's`, () => {
      const theirs = parse(readFileSync(join(dataFolder, 'flux-crds', file), 'utf8')) as Json
      const ours = crdOf(kind)
      assert.deepEqual(objectAt(ours, 'spec', 'names'), objectAt(theirs, 'spec', 'names'))
      const [mine, upstream] = [ours, theirs].map(crd => versionsOf(crd, kind.versions.map(v => v.name)))
      for (const { name } of kind.versions) {
        const [a, b] = [mine?.get(name), upstream?.get(name)]
        for (const key of ['additionalPrinterColumns', 'deprecated', 'deprecationWarning', 'served', 'storage', 'subresources']) assert.deepEqual(a?.[key], b?.[key], `${name} ${key}`)
        const [had, has] = [flat(objectAt(b, 'schema', 'openAPIV3Schema'), '', new Map()), flat(objectAt(a, 'schema', 'openAPIV3Schema'), '', new Map())]
        for (const [path, schema] of had) assert.deepEqual(has.get(path), schema, `${name} ${path}`)
        assert.deepEqual([...has.keys()].filter(path => !had.has(path) && !additions.includes(path)), [], 'fields that Flux does not have')
      }
    })
  }
})

test('a wrong field is named with its path', () => {
  const wrong = Kustomization.spec.safeParse({ interval: '10m', prune: true, sourceRef: { kind: 'Nothing', name: 'x' } })
  assert.deepEqual(wrong.error?.issues.map(i => i.path.join('.')), ['sourceRef.kind'])
})

test('defaults are filled in and unknown fields are kept', () => {
  const parsed = OCIRepository.spec.parse({ url: 'oci://example.com/x', interval: '1m', later: { field: 1 } })
  assert.deepEqual(parsed, { url: 'oci://example.com/x', interval: '1m', later: { field: 1 }, provider: 'generic', timeout: '60s' })
})
