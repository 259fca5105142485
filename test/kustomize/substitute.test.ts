import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import { Identities, resourcesOf } from '../../src/kustomize/decode.ts'
import { BuildError } from '../../src/kustomize/error.ts'
import { type Built, isVerbatim, substitute, variables } from '../../src/kustomize/substitute.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { printAll } from '../../src/lib/yaml.ts'
import { verifies } from '../conformance/verifies.ts'

const lax = { strict: false }
const built = (object: JsonObject): Built => {
  const [resource] = resourcesOf(printAll([object]))
  assert.ok(resource)
  return resource
}
const config = (name: string, more: JsonObject = {}, meta: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...meta },
  ...more,
})
const dataOf = (value: string, vars: Record<string, string>): Json | undefined => {
  const out = substitute(built(config('a', { data: { value } })), variables([vars]), lax).data
  return typeof out === 'object' && out !== null && !Array.isArray(out) ? out.value : out
}

verifies('kustomization/S15', 'an object that says so stays as it is, by label or annotation, to the letter', () => {
  const key = 'kustomize.toolkit.fluxcd.io/substitute'
  assert.ok(isVerbatim(built(config('a', {}, { labels: { [key]: 'disabled' } })).object))
  assert.ok(isVerbatim(built(config('a', {}, { annotations: { [key]: 'disabled' } })).object))
  assert.ok(!isVerbatim(built(config('a', {}, { labels: { [key]: 'Disabled' } })).object))
  assert.ok(!isVerbatim(built(config('a')).object))
})

verifies('kustomization/S16', 'quotes in a value make it text', () => {
  const vars = variables([{ prometheus_port: '"9797"' }])
  const object = config('a', {}, { annotations: { 'prometheus.io/port': '${prometheus_port}' } })
  assert.deepEqual(substitute(built(object), vars, lax).metadata, { name: 'a', annotations: { 'prometheus.io/port': '9797' } })
})

verifies('kustomization/S17', 'without variables nothing is replaced', () => {
  const { object } = built(config('a', { data: { a: '${a:=b}', b: '$${b}' } }))
  assert.deepEqual(substitute(built(object), new Map(), lax), object)
})

const values: [text: string, vars: Record<string, string>, expected: Json][] = [
  ['${n}', { n: '123' }, 123],
  ['${n}', { n: 'true' }, true],
  ['${n}', { n: 'yes' }, true],
  ['${n}', { n: '' }, null],
  ['${n}', { n: '!!str 123' }, '123'],
  ['${n}', { n: '0777' }, 511],
  ['${n}', { n: '1e3' }, 1000],
  ['${n}', { n: '[1, 2]' }, [1, 2]],
  ['${n}', { n: '{a: b}' }, { a: 'b' }],
  ['${n}', { n: 'a\nb\n' }, 'ab'],
  ['${n}', { n: '${m}', m: 'x' }, '${m}'],
  ['[${n}', { n: '1' }, '[1'],
  ['${q}${n}${q}', { n: '123', q: '"' }, '123'],
  ['a\n${n}\n', { n: 'b' }, 'a\nb\n'],
  ['$${n} \\?', { n: 'b' }, '${n} \\?'],
]
for (const [text, vars, expected] of values)
  test(`${JSON.stringify(text)} with ${JSON.stringify(vars)} reads ${JSON.stringify(expected)}`, () =>
    assert.deepEqual(dataOf(text, vars), expected))

test('keys are replaced as well', () => {
  const object = config('${name}', { data: { '${key}': '1' } }, { labels: { app: '${name}' } })
  assert.deepEqual(substitute(built(object), variables([{ name: 'shop', key: 'k' }]), lax), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'shop', labels: { app: 'shop' } },
    data: { k: '1' },
  })
})

test('later sources win, whatever their names', () => {
  const vars = variables([
    { a: '1', constructor: 'c' },
    { a: '2\n', b: '3' },
  ])
  assert.deepEqual(
    [...vars],
    [
      ['a', '2'],
      ['constructor', 'c'],
      ['b', '3'],
    ],
  )
})

const wrong: [what: string, text: string, vars: Record<string, string>, message: RegExp][] = [
  [
    'an expression that does not parse',
    '${',
    { a: '1' },
    /^post build failed for 'a': envsubst error: variable substitution failed: unable to parse variable name$/,
  ],
  [
    'a key that is no name',
    'x',
    { 'my-var': '1' },
    /^post build failed for 'a': envsubst error: 'my-var' var name is invalid, must match '\^\[_\[:alpha:\]\]\[_\[:alpha:\]\[:digit:\]\]\*\$'$/,
  ],
  ['a text that is no YAML any more', '${a}', { a: '"open' }, /^post build failed for 'a': envsubst error: YAMLToJSON: yaml: line \d+: /],
]
for (const [what, text, vars, message] of wrong)
  test(`${what} fails the build`, () => assert.throws(() => dataOf(text, vars), { name: 'BuildError', code: 'BuildFailed', message }))

test('two objects that become one are refused', () => {
  const [a, b] = [built(config('a')), built(config('b', {}, { namespace: 'default' }))]
  const identities = new Identities([a, b])
  identities.replace(a.object, config('c'))
  assert.throws(() => identities.replace(config('c'), config('b')), { code: 'BuildFailed', message: 'in Replace: id matched 2 resources' })
})

test('a resource without version fails the build', () => {
  assert.throws(() => resourcesOf('kind: X\nmetadata:\n  name: a\n'), {
    code: 'BuildFailed',
    message: 'failed to decode Kubernetes apiVersion, kind and name from: {"kind":"X","metadata":{"name":"a"}}',
  })
})

const text = fc.string({
  unit: fc.constantFrom('$', '{', '}', ':', '=', '-', 'a', 'b', '"', "'", '\n', '#', ' ', '[', '!', '1', '/', '\\'),
})
const name = fc.constantFrom('a', 'b', 'c_1')

test('whatever object, variables and strictness, the result is an object or a BuildError', () => {
  fc.assert(
    fc.property(fc.dictionary(text, text), fc.dictionary(name, text), fc.boolean(), (data, vars, strict) => {
      try {
        const result = substitute(built(config('x', { data })), variables([vars]), { strict })
        assert.equal(typeof result, 'object')
      } catch (thrown) {
        if (!(thrown instanceof BuildError)) throw thrown
        assert.match(thrown.message, /^post build failed for 'x': /)
      }
    }),
  )
})

test('an object without a dollar sign is the same whatever the variables', () => {
  const plain = fc.string().filter(s => !s.includes('$'))
  fc.assert(
    fc.property(fc.dictionary(plain, fc.oneof(plain, fc.integer(), fc.boolean(), fc.constant(null))), data => {
      const object = config('x', { data })
      assert.deepEqual(substitute(built(object), variables([{ a: '1' }]), { strict: true }), built(object).object)
    }),
  )
})

test('quoted by variables, any value comes back as the text it is', () => {
  const harmless = fc.string({ unit: fc.constantFrom('a', '1', ':', '#', ' ', '-', 'yes', '{', '[', '~', 'é') })
  fc.assert(
    fc.property(harmless, value => {
      assert.equal(dataOf('${q}${v}${q}', { q: '"', v: value }), value)
    }),
  )
})
