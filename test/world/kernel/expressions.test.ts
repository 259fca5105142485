import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evaluated, HealthExpressions } from '../../../src/kinds/expression.ts'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import { type JsonObject, wholeNumber } from '../../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { testKernel } from '../../support/kernel.ts'
import { fc } from '../../support/laws.ts'
import { unending as signal } from '../../support/unending.ts'

const kernel = testKernel()
const of = (fields: JsonObject): KubeObject => ({ apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'g' }, ...fields })
const judge = async (check: HealthExpressions, fields: JsonObject): Promise<string> => {
  const [judged] = await kernel.judge(check, [of(fields)], signal)
  return judged?.message ? `${judged.status}: ${judged.message}` : String(judged?.status)
}

const byData = { current: 'data.current', inProgress: 'data.inProgress', failed: 'data.failed' }
const observed = 'has(status.observedGeneration) && metadata.generation != status.observedGeneration'
const allAre = (status: string): string => `status.conditions.filter(e, e.type == 'Ready').all(e, e.status == '${status}')`
const byReady = { inProgress: observed, failed: allAre('False'), current: allAre('True') }
const behind = { metadata: { name: 'g', generation: 2 }, status: { observedGeneration: 1 } }

const table: [BehaviourId, says: string, check: HealthExpressions, fields: JsonObject, status: string][] = [
  [
    'kustomization/H15',
    'an object whose generation is not observed is in progress, whatever is said of it',
    { current: 'true' },
    behind,
    'InProgress',
  ],
  [
    'kustomization/H16.1',
    'no expression holds: in progress',
    byData,
    { data: { current: false, inProgress: false, failed: false } },
    'InProgress',
  ],
  ['kustomization/H16.2', 'all hold: in progress', byData, { data: { current: true, inProgress: true, failed: true } }, 'InProgress'],
  [
    'kustomization/H16.3',
    'failed and current hold: failed',
    byData,
    { data: { current: true, inProgress: false, failed: true } },
    'Failed',
  ],
  ['kustomization/H16.4', 'current alone holds: current', byData, { data: { current: true, inProgress: false, failed: false } }, 'Current'],
  [
    'kustomization/H17',
    'a key that the object lacks is an error',
    { ...byData, current: 'data.currentt' },
    { data: { inProgress: false, failed: false } },
    "Unknown: failed to evaluate the CEL expression 'data.currentt': no such key: currentt",
  ],
  [
    'kustomization/H17',
    'the first expression that cannot be evaluated decides',
    { ...byData, inProgress: 'data.inProgresss', current: 'data.currentt' },
    { data: { failed: true } },
    "Unknown: failed to evaluate the CEL expression 'data.inProgresss': no such key: inProgresss",
  ],
  [
    'kustomization/H18',
    'a top-level key that the object lacks is an error even under has()',
    byReady,
    {},
    `Unknown: failed to evaluate the CEL expression '${observed}': no such attribute(s): status.observedGeneration`,
  ],
  [
    'kustomization/H18',
    'has() looks one level down',
    byReady,
    { status: {} },
    `Unknown: failed to evaluate the CEL expression '${allAre('False')}': no such key: conditions`,
  ],
  ['kustomization/H19', 'what all of no conditions are is true: failed', byReady, { status: { conditions: [] } }, 'Failed'],
  [
    'kustomization/H19',
    'the same without an expression for what is in progress',
    { ...byReady, inProgress: '' },
    { status: { conditions: [] } },
    'Failed',
  ],
]
for (const [id, says, check, fields, status] of table) verifies(id, says, async () => assert.equal(await judge(check, fields), status))

const accessors: [says: string, fields: JsonObject, status: string][] = [
  [
    'a status that is a text',
    { status: 'x' },
    'Unknown: .status.observedGeneration accessor error: x is of the type string, expected map[string]interface{}',
  ],
  [
    'a generation that is a text',
    { status: { observedGeneration: '1' } },
    'Unknown: .status.observedGeneration accessor error: 1 is of the type string, expected int64',
  ],
  [
    'a generation that is no whole number',
    { status: { observedGeneration: 1.5 } },
    'Unknown: .status.observedGeneration accessor error: 1.5 is of the type float64, expected int64',
  ],
  ['no generation of its own', { status: { observedGeneration: 1 } }, 'Current'],
  ['no status at all', { status: null }, 'Current'],
]
for (const [says, fields, status] of accessors)
  test(`an object with ${says} is ${status.split(':')[0]}`, async () => assert.equal(await judge({ current: 'true' }, fields), status))

const misfits: [BehaviourId, says: string, check: HealthExpressions, message: string][] = [
  ['kustomization/H20', 'current is needed', { current: '', failed: 'true' }, 'expression Current not specified'],
  [
    'kustomization/H21',
    'an expression that is none is told with its place',
    { current: 'true', inProgress: 'foo.' },
    "failed to parse the expression InProgress: failed to parse the CEL expression 'foo.': ERROR: <input>:1:5: Syntax error: no viable alternative at input '.'\n | foo.\n | ....^",
  ],
]
for (const [id, says, check, message] of misfits)
  verifies(id, says, () => assert.rejects(kernel.judge(check, [], signal), { code: 'EXPRESSION_INVALID', message }))

test('health expressions are not type-checked: what is no boolean is an error of its object alone', async () => {
  const judged = await kernel.judge({ current: 'data.ok' }, [of({ data: { ok: 'yes' } }), of({ data: { ok: true } })], signal)
  assert.deepEqual(judged, [
    { status: 'Unknown', message: "failed to evaluate CEL expression as boolean: 'data.ok'" },
    { status: 'Current', message: '' },
  ])
})

const evaluate = async (text: string, dep: JsonObject = {}, output: 'bool' | 'string' = 'bool'): Promise<Evaluated> =>
  kernel.evaluate({ text, variables: ['self', 'dep'], output }, { self: { n: 2 }, dep }, signal)
const invalid = (why: string): Evaluated => ({ is: 'invalid', why })
const failed = (text: string, why: string): Evaluated => ({ is: 'failed', why: `failed to evaluate the CEL expression '${text}': ${why}` })
const yes: Evaluated = { is: 'value', value: true }

const environment: [text: string, dep: JsonObject, result: Evaluated][] = [
  ['dep.a.b', { a: { b: true } }, invalid('CEL expression output type mismatch: expected bool, got dyn')],
  ['"a"', {}, invalid('CEL expression output type mismatch: expected bool, got string')],
  [
    'nope',
    {},
    invalid(
      "failed to parse the CEL expression 'nope': ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^",
    ),
  ],
  [
    '[1, "a"] == []',
    {},
    invalid(
      "failed to parse the CEL expression '[1, \"a\"] == []': ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"] == []\n | ....^",
    ),
  ],
  ['dep.a.c == 1', { a: {} }, failed('dep.a.c == 1', 'no such key: c')],
  ['has(dep.a.b)', {}, failed('has(dep.a.b)', 'no such key: a')],
  ['dep.n / 0 == 1', { n: 1 }, failed('dep.n / 0 == 1', 'division by zero')],
  ['dep.n == self.n && dep.n > 1.5', { n: 2 }, yes],
  ['dep.list.last().value() == 3 && dep.list[?9].orValue(0) == 0', { list: [1, 2, 3] }, yes],
  ['"a-b".split("-") == ["a", "b"] && "%s".format(["x"]) == "x"', {}, yes],
  ['sets.contains([1, 2], [1]) && base64.encode(b"a") == "YQ=="', {}, yes],
  ['timestamp(dep.at).getHours() == 23', { at: '2026-01-01T23:00:00Z' }, yes],
  ['dep.big == 9007199254740993', { big: wholeNumber('9007199254740993') }, yes],
]
for (const [text, dep, result] of environment)
  test(`over structures ${text} is ${result.is}`, async () => assert.deepEqual(await evaluate(text, dep), result))

test('an expression may be asked for a text', async () => {
  assert.deepEqual(await evaluate('dep.name + "-" + string(dep.n)', { name: 'a', n: 1 }, 'string'), { is: 'value', value: 'a-1' })
  const mismatch = 'CEL expression output type mismatch: expected string, got bool'
  assert.deepEqual(await evaluate('dep.n == 1', { n: 1 }, 'string'), invalid(mismatch))
})

/** Ends long after the sun. */
const endless = `${Array.from({ length: 20 }, (_, i) => `[0,1,2,3,4,5,6,7,8,9].all(v${i}, `).join('')}dep.n != v0 - 20${')'.repeat(20)}`

test('an expression without end is ended at the deadline, and the next call works', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  assert.deepEqual(await evaluate('dep.n == 1', { n: 1 }), yes)
  const ended = assert.rejects(evaluate(endless, { n: 1 }), { code: 'DEADLINE' })
  const waits = evaluate('dep.n == 1', { n: 1 })
  await new Promise(resolve => setImmediate(resolve))
  t.mock.timers.tick(10_000)
  await ended
  assert.deepEqual(await waits, yes)
})

test('an abort ends it as well', async () => {
  const stop = new AbortController()
  const reason = new Error('the caller went away')
  const run = kernel.evaluate({ text: endless, variables: ['self', 'dep'], output: 'bool' }, { self: {}, dep: { n: 1 } }, stop.signal)
  stop.abort(reason)
  await assert.rejects(run, reason)
  assert.deepEqual(await evaluate('dep.n == 1', { n: 1 }), yes)
})

test('a text beyond all memory ends in a coded error, and the next call works', async () => {
  const text = `dep.n${'.replace("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")'.repeat(8)} == ""`
  await assert.rejects(evaluate(text, { n: 'a' }), (e: { code: string }) => /^(OUT_OF_MEMORY|DEADLINE|CRASHED)$/.test(e.code))
  assert.deepEqual(await evaluate('dep.n == 1', { n: 1 }), yes)
})

test('nesting beyond what the parser takes is an invalid expression', async () => {
  for (const text of ['('.repeat(5000), `${'['.repeat(5000)}${']'.repeat(5000)}`, '!'.repeat(5000), 'dep'.padEnd(200_000, '.a')])
    assert.equal((await evaluate(text)).is, 'invalid', text.slice(0, 4))
})

const token = fc.constantFrom(
  'dep',
  'self',
  '.a',
  '.n',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '"',
  "'",
  ',',
  '?',
  ':',
  '==',
  '&&',
  '!',
  '-',
  '+',
  '1',
  '1u',
  '0.5',
  'null',
  'true',
  'b"x"',
  '.filter(e, ',
  '.all(e, ',
  'has(',
  '.matches(',
  '.format(',
  'timestamp(',
  'duration("1s")',
  '.last()',
  '\n',
  '\u0000',
  '😀',
  '\\',
)

test('whatever the text, an expression gives a value or says why not, the same each time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.array(token, { maxLength: 12 }).map(tokens => tokens.join('')),
        fc.string({ unit: 'binary', maxLength: 30 }),
      ),
      async text => {
        const first = await evaluate(text, { a: [true], n: 1 })
        assert.ok(first.is === 'value' ? typeof first.value === 'boolean' : first.why.length > 0)
        assert.deepEqual(await evaluate(text, { a: [true], n: 1 }), first)
      },
    ),
    { numRuns: 200 },
  )
})

test('objects judged together are judged as one by one', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.constantFrom('status', 'data', 'metadata'), fc.jsonValue() as fc.Arbitrary<never>), { maxLength: 6 }),
      async all => {
        const objects = all.map(of)
        const check = { current: 'has(data.a) || status.ready', failed: "data == 'no'" }
        const alone = await Promise.all(objects.map(async o => (await kernel.judge(check, [o], signal))[0]))
        assert.deepEqual(await kernel.judge(check, objects, signal), alone)
      },
    ),
    { numRuns: 60 },
  )
})
