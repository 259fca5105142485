import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import type { Json } from '../../../src/lib/json.ts'
import { parseAll } from '../../../src/lib/yaml.ts'
import type { BuildInput, Kernel } from '../../../src/world/kernel/kernel.ts'
import { testKernel } from '../../support/kernel.ts'

const kernel = testKernel()
const signal = new AbortController().signal
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const tree = (files: Record<string, string>, root = '.'): BuildInput => ({
  root,
  files: new Map(Object.entries(files).map(([path, text]) => [path, bytes(text)])),
})
const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: "1"\n`

test('builds with prefix, namespace and a patch', async () => {
  const yaml = await kernel.kustomizeBuild(
    tree({
      'kustomization.yaml':
        'resources: [cm.yaml]\nnamePrefix: p-\nnamespace: web\npatches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: cm}\n    data: {b: "2"}\n',
      'cm.yaml': configMap('cm'),
    }),
    signal,
  )
  assert.equal(yaml, 'apiVersion: v1\ndata:\n  a: "1"\n  b: "2"\nkind: ConfigMap\nmetadata:\n  name: p-cm\n  namespace: web\n')
})

test('joins documents as the command line does', async () => {
  const yaml = await kernel.kustomizeBuild(
    tree({ 'kustomization.yaml': 'resources: [a.yaml, b.yaml]', 'a.yaml': configMap('a'), 'b.yaml': configMap('b') }),
    signal,
  )
  assert.equal(yaml.split('---\n').length, 2)
})

const scalars = [
  ['yes', 'n', 'on', 'TRUE', '~', 'null', '""', "''", '"null"', '=', '"<<"', '"yes"', '"1"', '"1.0"', '"0x1f"', '"1:30"', '"2001-01-01"'],
  ['0', '-0', '007', '0o17', '0x1f', '0b11', '1_000', '1:30', '1.0', '.5', '1e3', '1e21', '1.5e-7', '-12.50', '123456789.123456789'],
  ['9007199254740993', '9223372036854775807', '-9223372036854775808', '18446744073709551615', '18446744073709551616'],
  ['2001-01-01', '2001-12-14t21:59:43.10-05:00', '!!str 12', '!!int "12"', '!!float 1', '!!binary aGVsbG8=', '!!bool "true"'],
  [
    '"a\\tb\\r\\nc"',
    '"\\u2028\\u00a0\\ufeff"',
    '"😀"',
    '"trailing "',
    '" leading"',
    "'it''s'",
    '"# none"',
    '"a: b"',
    '"- a"',
    '"{a}"',
    '"<&>"',
  ],
  ['|\n      a\n       b\n\n', '|-\n      a\n', '|+\n      a\n\n', '>\n      a\n      b\n\n      c\n', '|2\n        a\n', '"\\n a\\n"'],
  ['{a: }', '{~: 1}', '{yes: 1}', '{1: 2}', '{2001-01-01: 1}', '! 12', '!a b', '+1', '-.5', '.inf', 'tRue', 'Null'],
  ['{}', '[]', '[1, [2, {a: null}]]', '{b: 1, a: 2, a10: 3, a9: 4, "": 5}', '&x {a: 1}', `"${'word '.repeat(60)}"`, `"${'x'.repeat(300)}"`],
].flat()
test('objects are what their YAML holds, whatever the scalars', async () => {
  let refused = 0
  for (const scalar of scalars) {
    const input = tree({
      'kustomization.yaml': 'resources: [a.yaml]\ncommonAnnotations: {a: "1"}\n',
      'a.yaml': `apiVersion: example.com/v1\nkind: Any\nmetadata:\n  name: a\nspec:\n    value: ${scalar}\n    next: {"on": [${/^[|>]/.test(scalar) ? '' : scalar.replace('&x ', '')}]}\n`,
    })
    const text = await kernel.kustomizeBuild(input, signal).catch((thrown: Error) => thrown.message)
    const objects = await kernel.kustomizeObjects(input, signal).catch((thrown: Error) => thrown.message)
    assert.deepEqual(objects, typeof objects === 'string' ? text : parseAll(text), `${scalar}: ${text}`)
    if (typeof objects === 'string') refused++
  }
  assert.ok(refused < 5, `${refused} are refused`)
})

test("a missing resource fails in kustomize's own words", async () => {
  await assert.rejects(kernel.kustomizeBuild(tree({ 'kustomization.yaml': 'resources: [nope.yaml]' }), signal), {
    code: 'BUILD_FAILED',
    message: /accumulating resources: accumulation err='accumulating resources from 'nope.yaml'/,
  })
})

for (const url of ['https://example.invalid/base.yaml', 'github.com/example/base?ref=main'])
  test(`the remote base ${url} is refused`, async () => {
    await assert.rejects(kernel.kustomizeBuild(tree({ 'kustomization.yaml': `resources: ['${url}']` }), signal), { code: 'REMOTE_BASE' })
  })

const deployment = (replicas: number | undefined, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', namespace: 'n', labels },
  spec: {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: { app: 'd' } },
    template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i:1', ports: [{ containerPort: 80 }] }] } },
  },
})
const builtin = { from: 'builtin' } as const

test('an apply creates, a second one by another manager conflicts, force takes the field', async () => {
  const live = await kernel.apply({ live: undefined, object: deployment(2), manager: 'flux', schema: builtin, force: false }, signal)
  const edited = await kernel.update(
    { live, object: { ...live, spec: { ...live.spec, replicas: 5 } }, manager: 'kubectl-edit', schema: builtin },
    signal,
  )
  await assert.rejects(kernel.apply({ live: edited, object: deployment(2), manager: 'flux', schema: builtin, force: false }, signal), {
    code: 'STATUS',
    message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
  })
  const forced = await kernel.apply({ live: edited, object: deployment(2), manager: 'flux', schema: builtin, force: true }, signal)
  assert.equal(forced.spec?.replicas, 2)
})

test('a field left out of the next apply is removed', async () => {
  const live = await kernel.apply(
    { live: undefined, object: deployment(2, { x: '1', y: '2' }), manager: 'flux', schema: builtin, force: false },
    signal,
  )
  const next = await kernel.apply({ live, object: deployment(2, { x: '1' }), manager: 'flux', schema: builtin, force: false }, signal)
  assert.deepEqual(next.metadata.labels, { x: '1' })
})

test('an unknown field is named', async () => {
  const object = deployment(1)
  await assert.rejects(
    kernel.apply(
      { live: undefined, object: { ...object, spec: { ...object.spec, nope: 1 } }, manager: 'flux', schema: builtin, force: false },
      signal,
    ),
    { code: 'INVALID', message: /\.spec\.nope: field not declared in schema/ },
  )
})

const foo = (items: { id: string }[]): KubeObject => ({
  apiVersion: 'x.io/v1',
  kind: 'Foo',
  metadata: { name: 'f', namespace: 'n', labels: { a: 'b' } },
  spec: { items },
})
const listSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        items: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
        },
      },
    },
  },
}

test('a CRD schema merges a list by its keys; without schema the list is atomic', async () => {
  const schema = { from: 'crd', openAPIV3Schema: listSchema } as const
  const first = await kernel.apply({ live: undefined, object: foo([{ id: 'a' }]), manager: 'one', schema, force: false }, signal)
  const second = await kernel.apply({ live: first, object: foo([{ id: 'b' }]), manager: 'two', schema, force: false }, signal)
  assert.deepEqual(second.spec?.items, [{ id: 'a' }, { id: 'b' }])
  const deduced = { from: 'deduced' } as const
  const live = await kernel.apply({ live: undefined, object: foo([{ id: 'a' }]), manager: 'one', schema: deduced, force: false }, signal)
  await assert.rejects(kernel.apply({ live, object: foo([{ id: 'b' }]), manager: 'two', schema: deduced, force: false }, signal), {
    code: 'STATUS',
  })
})

test('a three-way merge keeps what others added', async () => {
  const current = deployment(2)
  const patch = await kernel.threeWayMerge({ original: deployment(2), modified: deployment(3), current }, signal)
  assert.deepEqual(patch, { spec: { replicas: 3 } })
  const merged = await kernel.strategicMerge(
    current,
    { spec: { template: { spec: { containers: [{ name: 'side', image: 's' }] } } } },
    signal,
  )
  assert.equal((merged.spec as { template: { spec: { containers: unknown[] } } }).template.spec.containers.length, 2)
})

async function* chunks(...parts: Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const out: Uint8Array[] = []
  for await (const part of source) out.push(part)
  return Buffer.concat(out)
}

test("gzip gives Go's bytes", async () => {
  const empty = await collect(kernel.gzip(chunks(new Uint8Array(1024)), signal))
  assert.equal(createHash('sha256').update(empty).digest('hex'), '4f4fb700ef54461cfa02571ae0db9a0dc1e0cdb5577484a6d75e68dc38e8acc1')
  const large = Buffer.from('flux '.repeat(200_000))
  assert.deepEqual(gunzipSync(await collect(kernel.gzip(chunks(large.subarray(0, 100_001), large.subarray(100_001)), signal))), large)
})

test('a hostile build ends in a coded error, and the next call works', async () => {
  const small = testKernel({ buildDeadlineMs: 2000 })
  const bomb = [
    'a0: &a0 [x,x,x,x,x,x,x,x,x,x]',
    ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(',')}]`),
  ].join('\n')
  const hostile = tree({
    'kustomization.yaml': 'resources: [a.yaml]',
    'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n${bomb}\n`,
  })
  await assert.rejects(small.kustomizeBuild(hostile, signal), (e: { code: string }) =>
    ['DEADLINE', 'OUT_OF_MEMORY', 'CRASHED', 'BUILD_FAILED', 'OUTPUT_TOO_LARGE'].includes(e.code),
  )
  assert.match(
    await small.kustomizeBuild(tree({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap('fine') }), signal),
    /fine/,
  )
})

test('a build again is no build: its result is kept by the digest of what goes in', async () => {
  const input = (last: number): BuildInput => ({
    root: '.',
    files: new Map<string, Uint8Array>([
      ['kustomization.yaml', bytes('resources: [a.yaml]')],
      ['a.yaml', bytes(configMap('kept'))],
      ['image.bin', Buffer.concat([Buffer.alloc(5 * 1024 * 1024, 0xff), Buffer.from([last])])],
    ]),
  })
  const first = await kernel.kustomizeBuild(input(1), signal)
  const never = AbortSignal.abort(new Error('not to be built'))
  assert.equal(await kernel.kustomizeBuild(input(1), never), first)
  await assert.rejects(kernel.kustomizeBuild(input(2), never), { message: 'not to be built' })
})

test('half a gigabyte of output is refused, and the next call works', async () => {
  const files: Record<string, string> = { 'big.txt': 'x'.repeat(1_000_000) }
  files['kustomization.yaml'] =
    `configMapGenerator:\n${Array.from({ length: 500 }, (_, i) => `- name: c${i}\n  files: [big.txt]\n`).join('')}`
  await assert.rejects(kernel.kustomizeBuild(tree(files), signal), (e: { code: string }) =>
    ['OUTPUT_TOO_LARGE', 'OUT_OF_MEMORY', 'DEADLINE'].includes(e.code),
  )
  assert.match(
    await kernel.kustomizeBuild(tree({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap('after') }), signal),
    /after/,
  )
})

test('an abort rejects with its reason, and the next call works', async () => {
  const abort = new AbortController()
  const files: Record<string, string> = {
    'kustomization.yaml': `resources: [${Array.from({ length: 400 }, (_, i) => `r${i}.yaml`).join(', ')}]`,
  }
  for (let i = 0; i < 400; i++) files[`r${i}.yaml`] = configMap(`c${i}`)
  const building = kernel.kustomizeBuild(tree(files), abort.signal)
  abort.abort(new Error('changed my mind'))
  await assert.rejects(building, { message: 'changed my mind' })
  assert.match(
    await kernel.kustomizeBuild(tree({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap('then') }), signal),
    /then/,
  )
})

const nested = (levels: number): KubeObject => {
  let spec: Json = 1
  for (let i = 0; i < levels; i++) spec = { a: spec }
  return { apiVersion: 'x.io/v1', kind: 'X', metadata: { name: 'x' }, spec: { a: spec } }
}
const flow = (open: string, close: string): BuildInput =>
  tree({
    'kustomization.yaml': 'resources: [a.yaml]',
    'a.yaml': `apiVersion: v1\nkind: X\nmetadata: {name: a}\nspec: ${open.repeat(100_000)}${close.repeat(100_000)}\n`,
  })
/** Each level is taken twice by the one above it. */
const doubled = Object.fromEntries(
  Array.from({ length: 30 }, (_, i) => [
    [`x${i}/kustomization.yaml`, 'resources: [l, r]'],
    [`x${i}/l/kustomization.yaml`, `resources: [../../x${i + 1}]\nnamePrefix: l-`],
    [`x${i}/r/kustomization.yaml`, `resources: [../../x${i + 1}]\nnamePrefix: r-`],
  ]).flat(),
) as Record<string, string>
const hostile: [says: string, call: (kernel: Kernel) => Promise<unknown>, code: RegExp][] = [
  ['lists in lists in lists', k => k.kustomizeBuild(flow('[', ']'), signal), /^BUILD_FAILED$/],
  ['maps in maps in maps', k => k.kustomizeBuild(flow('{a: ', '}'), signal), /^BUILD_FAILED$/],
  [
    'a kustomization that never closes',
    k => k.kustomizeBuild(tree({ 'kustomization.yaml': `resources: ${'['.repeat(100_000)}` }), signal),
    /^BUILD_FAILED$/,
  ],
  [
    'bases that go round in circles',
    k =>
      k.kustomizeBuild(
        tree({
          'kustomization.yaml': 'resources: [b]',
          'b/kustomization.yaml': 'resources: [../c]',
          'c/kustomization.yaml': 'resources: [../b]',
        }),
        signal,
      ),
    /^BUILD_FAILED$/,
  ],
  [
    'two to the thirtieth objects',
    k =>
      k.kustomizeBuild(
        tree({
          ...doubled,
          'kustomization.yaml': 'resources: [x0]',
          'x30/kustomization.yaml': 'resources: [a.yaml]',
          'x30/a.yaml': configMap('a'),
        }),
        signal,
      ),
    /^(DEADLINE|OUT_OF_MEMORY)$/,
  ],
  [
    'a hundred megabytes of files',
    k =>
      k.kustomizeBuild(
        tree({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': `${configMap('a')}#${'x'.repeat(101 * 1024 * 1024)}` }),
        signal,
      ),
    /^INPUT_TOO_LARGE$/,
  ],
  [
    'an apply of an object nested beyond any stack',
    k => k.apply({ live: undefined, object: nested(200_000), manager: 'm', schema: { from: 'deduced' }, force: false }, signal),
    /^INVALID$/,
  ],
]
for (const [says, call, code] of hostile)
  test(`${says} end in a coded error, and the next call works`, async () => {
    const small = testKernel({ buildDeadlineMs: 3000 })
    await assert.rejects(call(small), (e: { code: string }) => code.test(e.code))
    assert.match(
      await small.kustomizeBuild(tree({ 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': configMap('next') }), signal),
      /next/,
    )
    const applied = await small.apply(
      { live: undefined, object: nested(50), manager: 'm', schema: { from: 'deduced' }, force: false },
      signal,
    )
    assert.equal(applied.metadata.name, 'x')
  })

test('a gzip stream that is given up leaves the others whole', async () => {
  const stop = new AbortController()
  const content = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * 7919) % 251))
  async function* slowly(): AsyncIterable<Uint8Array> {
    for (let i = 0; i < content.length; i += 50_000) {
      yield content.subarray(i, i + 50_000)
      await new Promise(setImmediate)
    }
  }
  async function* until(): AsyncIterable<Uint8Array> {
    for await (const part of slowly()) {
      yield part
      stop.abort(new Error('given up'))
    }
  }
  const [given, whole] = await Promise.allSettled([collect(kernel.gzip(until(), stop.signal)), collect(kernel.gzip(slowly(), signal))])
  assert.deepEqual(given.status === 'rejected' && (given.reason as Error).message, 'given up')
  assert.ok(whole.status === 'fulfilled' && gunzipSync(whole.value).equals(content))
})

test('content of any length is compressed whole, again and again', async () => {
  const digests = new Map<number, string>()
  for (const size of [0, 1, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 0, 65_536, 65_537, 1]) {
    const content = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31) % 251))
    const gzipped = await collect(kernel.gzip(chunks(content), signal))
    assert.ok(gunzipSync(gzipped).equals(content), `${size} bytes`)
    const digest = createHash('sha256').update(gzipped).digest('hex')
    assert.equal(digest, digests.get(size) ?? digest, `${size} bytes again`)
    digests.set(size, digest)
  }
})

test('equal content in other pieces is equal bytes', async () => {
  const content = Buffer.from(Array.from({ length: 300_001 }, (_, i) => (i * 31) % 7))
  const pieces = (size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(content.length / size) }, (_, i) => content.subarray(i * size, (i + 1) * size))
  const digests = await Promise.all(
    [1000, 65_536, 100_000, content.length].map(async size =>
      createHash('sha256')
        .update(await collect(kernel.gzip(chunks(...pieces(size)), signal)))
        .digest('hex'),
    ),
  )
  assert.equal(new Set(digests).size, 1)
})
