import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { chartBounds } from '../../../src/kinds/chart.ts'
import { messageOf } from '../../../src/lib/coded-error.ts'
import { chartsOf, versionsIn } from '../../../src/sources/helm/index/join.ts'
import { orderedIndex } from '../../../src/sources/helm/index-reconciler.ts'
import { testKernel } from '../../support/kernel.ts'
import { fc } from '../../support/laws.ts'
import { unending as signal } from '../../support/unending.ts'

const kernel = testKernel()
const said = (work: Promise<string>): Promise<string> => work.catch((thrown: unknown) => `failed: ${messageOf(thrown)}`)
/** An index read a few charts at a time, and as a whole. */
async function both(text: string, batchBytes = 64): Promise<[string, string]> {
  const bytes = Buffer.from(text)
  const inParts = orderedIndex(bytes, { hands: { kernel }, signal }, batchBytes).then(parts => parts.join(''))
  return [await said(inParts), await said(kernel.chartIndex(bytes, signal))]
}

const values = [
  '1.0.0 0.1.0 1.0 1 0 ~ null true False yes y NO on .5 .inf -1 +1 1e3 0x1f 0b11 0o17 017 1_000 12:30 1:2:3 2024-01-01 2024-01-01T00:00:00Z'.split(
    ' ',
  ),
  '<< = < ^1.2.3 ~1.2.3 >=1.0.0 * - ? !x &a *a {a} [a] #a %a @a `a 1a 12x 2apples ünï 😀'.split(' '),
  [
    '',
    ' ',
    '- a',
    '&a b',
    'a: b',
    'a #b',
    "it's",
    '"quoted"',
    'multi\nline\n',
    '\nleading',
    'trailing  ',
    '2 apples',
    '2024-01-01 00:00:00',
  ],
  ['tab\tbed', 'x\u0085y', 'x\u2028y', '\ufeffx'],
  ['a description of more than eighty characters, that a writer of YAML folds into several lines, as it is so long'],
].flat()
const texts = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...values) },
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^[0-9a-f]{64}$/),
)
const entries = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    version: fc.constantFrom('1.0.0', '1.10.0', '0.9.0', 'v2.0.0', '1.0.0-rc.1'),
    apiVersion: fc.constantFrom('v1', 'v2'),
    description: texts,
    appVersion: texts,
    digest: texts,
    keywords: fc.array(texts, { maxLength: 2 }),
    annotations: fc.dictionary(texts, texts, { maxKeys: 2 }),
    maintainers: fc.array(fc.record({ name: texts }), { maxLength: 1 }),
    deprecated: fc.constantFrom<unknown>(true, false, 'true', null),
    urls: fc.array(texts, { maxLength: 2 }),
    unknown: texts,
  },
  { requiredKeys: ['name', 'version'] },
)
/** Of two names that YAML takes for one, Go itself keeps any. */
const charts = fc.oneof(
  fc.constantFrom('a', 'b', 'z', '1', 'true', '2.5', 'null', 'ä', '<', '1-a', 'a: b', 'a\nb'),
  fc.stringMatching(/^[a-m]{1,3}$/),
)
const indexes = fc.record({
  apiVersion: fc.constant('v1'),
  entries: fc.dictionary(charts, fc.array(entries, { maxLength: 3 }), { maxKeys: 4 }),
  generated: fc.constant('2024-01-01T00:00:00Z'),
})
const styles = fc.record({
  lineWidth: fc.constantFrom(20, 80, 0),
  defaultStringType: fc.constantFrom(
    'PLAIN' as const,
    'QUOTE_DOUBLE' as const,
    'QUOTE_SINGLE' as const,
    'BLOCK_LITERAL' as const,
    'BLOCK_FOLDED' as const,
  ),
  indentSeq: fc.boolean(),
  version: fc.constantFrom('1.1' as const, '1.2' as const),
})

test('an index that is read a few charts at a time is what it is as a whole, however it is written', () =>
  fc.assert(
    fc.asyncProperty(indexes, styles, async (index, style) => {
      const [inParts, whole] = await both(stringify(index, style))
      assert.equal(inParts, whole)
    }),
    { numRuns: 300 },
  ))

test('and however it is broken', () => {
  const text = stringify({
    apiVersion: 'v1',
    entries: Object.fromEntries(
      ['a', 'b', 'c'].map(name => [name, [{ name, version: '1.0.0', description: 'one: "two"\nthree', urls: ['x'] }]]),
    ),
    generated: '2024-01-01T00:00:00Z',
  })
  const lines = text.split('\n')
  const odd = fc.constantFrom(
    '',
    '---',
    '...',
    '  a:',
    '  a: "',
    '  a: {',
    "  - 'x",
    '  - |',
    '    description: "',
    '#',
    ' # x',
    '\ta: b',
    '  b: &x',
    '  c: *x',
    'entries:',
    '"',
    '  ? d',
    '- x',
  )
  const changes = fc.array(fc.record({ at: fc.nat(lines.length), drop: fc.nat(2), put: fc.array(odd, { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  return fc.assert(
    fc.asyncProperty(changes, async all => {
      const changed = all.reduce((now, { at, drop, put }) => now.toSpliced(at, drop, ...put), lines)
      const [inParts, whole] = await both(changed.join('\n'), 8)
      assert.equal(inParts, whole)
    }),
    { numRuns: 300 },
  )
})

/** As Helm writes it. */
function large(charts: number): string {
  const description = 'what it does '.repeat(20).trim()
  const entry = (name: string, version: string): string =>
    `  - description: ${description}\n    name: ${name}\n    urls:\n    - ${name}-${version}.tgz\n    version: ${version}\n`
  const chart = (_: unknown, i: number): string => `  chart-${i}:\n${entry(`chart-${i}`, '1.1.0')}${entry(`chart-${i}`, '1.0.0')}`
  const entries = Array.from({ length: charts }, chart).join('')
  return `apiVersion: v1\nentries:\n${entries}generated: "2024-01-01T00:00:00Z"\n`
}

test('of a large index the kernel sees a few charts at a time', async () => {
  const bytes = Buffer.from(large(900).replace('    name: chart-2\n', '    name: chart-2\n    home: ~\n'))
  const sizes: number[] = []
  const counting = { chartIndex: (part: Uint8Array) => (sizes.push(part.length), kernel.chartIndex(part, signal)) }
  const parts = await orderedIndex(bytes, { hands: { kernel: counting }, signal })
  assert.ok(Math.max(...sizes) < bytes.length / 1.5, String(sizes))
  const text = parts.join('')
  assert.equal(text, await kernel.chartIndex(bytes, signal))
  const index = JSON.parse(text) as { entries: Record<string, unknown> }
  for (const name of ['chart-0', 'chart-2', 'chart-899'])
    assert.deepEqual(JSON.parse(versionsIn(Buffer.from(text), name) ?? ''), index.entries[name])
  for (const name of ['chart', 'chart-900', '"']) assert.equal(versionsIn(Buffer.from(text), name), undefined)
})

test('what is wrong in a large index is said in the words of its part', async () => {
  const broken = large(20_000).replace('version: 1.1.0', 'version: [')
  assert.ok(broken.length > 8 * 1024 * 1024 && broken.length < chartBounds.index)
  const reading = orderedIndex(Buffer.from(broken), { hands: { kernel }, signal })
  await assert.rejects(reading, { code: 'CHART_INVALID', message: /^error converting YAML to JSON: yaml: / })
})

test('only what Helm writes is read as it was written', () => {
  for (const text of ['{"entries":{"a":[]}}', '[]', '{\n  "entries": {}\n}', '{\n  "x": {\n    "a": [\n    ]\n  }\n}'])
    assert.equal(versionsIn(Buffer.from(text), 'a'), undefined)
  assert.throws(() => chartsOf('{}'))
  assert.deepEqual([...chartsOf('{\n  "apiVersion": "v1",\n  "entries": {}\n}').keys()], [])
})
