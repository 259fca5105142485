import assert from 'node:assert/strict'
import { fc } from '../support/laws.ts'
import { test } from 'node:test'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { prepare, render } from '../../src/kustomize/build-reconciler.ts'
import { decodeObjects } from '../../src/kustomize/decode.ts'
import { BuildError } from '../../src/kustomize/error.ts'
import { checkComponent, overlay, startOf } from '../../src/kustomize/generate.ts'
import { clamped, inWalkOrder, joined } from '../../src/kustomize/paths.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import type { Hands } from '../../src/world/world.ts'
import { verifies } from '../conformance/verifies.ts'
import { testKernel } from '../support/kernel.ts'

const kernel = testKernel()
const signal = new AbortController().signal
type Spec = Partial<KustomizationObject['spec']>
type Tree = Readonly<Record<string, string>>

const spec = (more: Spec): KustomizationObject['spec'] =>
  ({ interval: '1m', prune: true, force: false, sourceRef: { kind: 'OCIRepository', name: 'app' }, ...more }) as KustomizationObject['spec']
const files = (tree: Tree): Map<string, Uint8Array> => new Map(Object.entries(tree).map(([path, text]) => [path, Buffer.from(text)]))

/** The kustomization file that a build reads. */
async function generated(tree: Tree, more: Spec = {}): Promise<Record<string, unknown>> {
  const { root, files: out } = await prepare(spec(more), files(tree), { hands: { kernel }, signal })
  const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'].map(n => (root === '.' ? n : `${root}/${n}`))
  return JSON.parse(Buffer.from(out.get(names.find(n => out.has(n)) ?? '') ?? '').toString()) as Record<string, unknown>
}
async function built(tree: Tree, more: Spec = {}): Promise<KubeObject[]> {
  return decodeObjects(await kernel.kustomizeBuild(await prepare(spec(more), files(tree), { hands: { kernel }, signal }), signal))
}

/** What a Kustomization of the whole tree is rendered to. */
function rendered(tree: Tree): Promise<KubeObject[]> {
  const ks = { metadata: { name: 'app' }, spec: spec({}) } as KustomizationObject
  return render(ks, files(tree), { hands: { kernel } as unknown as Hands, settings: fluxDefaults, signal })
}

const config = (name: string, more = ''): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: podinfo
  labels: {app: podinfo}
spec:
  selector: {matchLabels: {app: podinfo}}
  template:
    metadata: {labels: {app: podinfo}}
    spec:
      containers:
      - {name: podinfo, image: podinfo}
      - {name: flagger, image: 'ghcr.io/fluxcd/flagger:1.0.0'}
`
const component = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n'

verifies('kustomization/G1', 'an empty folder builds to nothing', async () => {
  assert.equal((await generated({})).namespace, '_placeholder')
  assert.deepEqual(await built({}), [])
  assert.deepEqual(await built({ 'README.md': '# none' }), [])
})

verifies('kustomization/G2', 'a file without resources is not empty to kustomize', async () => {
  const tree = { 'kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n' }
  assert.deepEqual((await generated(tree)).buildMetadata, ['originAnnotations'])
  assert.deepEqual(await built(tree), [])
})

verifies('kustomization/G3', 'a generator alone, with prefix, suffix and namespace', async () => {
  const tree = { 'kustomization.yaml': 'configMapGenerator:\n- name: test-configmap\n  literals: [foo=bar]\n' }
  const objects = await built(tree, { namePrefix: 'prefix-', nameSuffix: '-suffix', targetNamespace: 'test-namespace' })
  assert.equal(objects.length, 1)
  assert.match(objects[0]?.metadata.name ?? '', /^prefix-test-configmap-suffix/)
  assert.equal(objects[0]?.metadata.namespace, 'test-namespace')
  assert.match(objects[0]?.metadata.annotations?.['config.kubernetes.io/origin'] ?? '', /configuredIn: kustomization.yaml/)
})

verifies('kustomization/G4', 'components of the spec follow those of the file', async () => {
  const tree = { 'kustomization.yaml': 'components: [componentA]\n' }
  assert.deepEqual((await generated(tree, { components: ['componentB', 'componentC'] })).components, [
    'componentA',
    'componentB',
    'componentC',
  ])
})

verifies('kustomization/G5', 'without a file there are those of the spec alone', async () => {
  assert.deepEqual((await generated({}, { components: ['componentB', 'componentC'] })).components, ['componentB', 'componentC'])
})

for (const [id, path] of [
  ['kustomization/G6.1', 'foobar.yaml'],
  ['kustomization/G6.2', './foobar.yaml'],
  ['kustomization/G6.3', 'file://foobar.yaml'],
] as const)
  verifies(id, `${path} may be a component`, () => checkComponent(path))

for (const [id, path] of [
  ['kustomization/G7.1', 'file:///foobar.yaml'],
  ['kustomization/G7.2', '/foobar.yaml'],
  ['kustomization/G7.3', 'https://github.com/owner/repo'],
  ['kustomization/G7.4', 'git@github.com:owner/repo'],
  ['kustomization/G7.5', 'ssh://git@github.com/owner/repo'],
  ['kustomization/G7.6', 'github.com/owner/repo'],
] as const)
  verifies(id, `${path} may not be a component`, async () => {
    const message = `component path '${path}' must be local and relative`
    await assert.rejects(built({}, { components: [path], ignoreMissingComponents: true }), { code: 'BuildFailed', message })
  })

verifies('kustomization/G8', 'malformed YAML fails the build, naming the file', async () => {
  await assert.rejects(rendered({ 'alert.yaml': `${config('a')}data:\n  a: "\\."\n` }), {
    code: 'BuildFailed',
    message:
      'failed to decode Kubernetes YAML from /artifact/alert.yaml: MalformedYAMLError: yaml: line 6: found unknown escape character <nil>',
  })
})

verifies('kustomization/G9', 'a panic of kustomize is an error, and the next build works', async () => {
  const cipher = 'ENC[AES256_GCM,data:Rwzr/BF8w=,iv:DuJc=,tag:Gg9X==,type:str]'
  const tree = {
    'kustomization.yaml': 'namespace: test\nnamePrefix: test\nresources: [secret.yaml]\n',
    'secret.yaml': `apiVersion: ${cipher}\nkind: ${cipher}\nmetadata:\n  name: ${cipher}\n  namespace: ${cipher}\nstringData:\n  a: ${cipher}\n`,
  }
  for (let i = 0; i < 2; i++)
    await assert.rejects(built(tree), { code: 'BUILD_FAILED', message: /^recovered from kustomize build panic: / })
  assert.equal((await built({ 'a.yaml': config('a') })).length, 1)
})

verifies('kustomization/G10', 'an overlay builds bases beside it, inside the artifact only', async () => {
  const overlayed = (base: string): Tree => ({
    'clusters/base/kustomization.yaml': 'resources: [configmap.yaml]\n',
    'clusters/base/configmap.yaml': config('base'),
    'clusters/patch.yaml': config('base', 'data: {patched: "yes"}\n'),
    'clusters/staging/flux-system/kustomization.yaml': `resources: [${base}]\npatches: [{path: ../../patch.yaml}]\n`,
  })
  const path = 'clusters/staging/flux-system'
  const [object] = await built(overlayed('../../base'), { path })
  assert.deepEqual(object?.data, { patched: 'yes' })
  await assert.rejects(built(overlayed('../../../../clusters/base'), { path }), {
    code: 'BUILD_FAILED',
    message: /fs-security-constraint read/,
  })
})

verifies('kustomization/G12', 'images get tags and digests', async () => {
  const digest = `sha256:${'ab'.repeat(32)}`
  const images = [
    { name: 'podinfo', newName: 'ghcr.io/stefanprodan/podinfo', newTag: '5.2.0' },
    { name: 'ghcr.io/fluxcd/flagger', digest },
  ]
  const [object] = await built({ 'a.yaml': deployment }, { images })
  assert.deepEqual(
    listAt(object, 'spec', 'template', 'spec', 'containers').map(c => stringAt(c, 'image')),
    ['ghcr.io/stefanprodan/podinfo:5.2.0', `ghcr.io/fluxcd/flagger@${digest}`],
  )
})

verifies('kustomization/G13', 'a JSON patch by label and a merge patch by name', async () => {
  const patches = [
    {
      patch: '- {op: add, path: /metadata/labels/patch1, value: "true"}',
      target: { labelSelector: 'app=podinfo' },
    },
    { patch: 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: podinfo\n  labels: {patch2: "true"}\n' },
  ]
  const objects = await built({ 'a.yaml': deployment, 'b.yaml': config('other') }, { patches })
  assert.deepEqual(
    objects.map(o => o.metadata.labels),
    [{ app: 'podinfo', patch1: 'true', patch2: 'true' }, undefined],
  )
})

verifies('kustomization/G15', 'a path that climbs above the root is clamped there', async () => {
  const [object] = await built({ 'bar/a.yaml': config('bar'), 'a.yaml': config('root') }, { path: '../../bar' })
  assert.equal(object?.metadata.name, 'bar')
})

test('an image of the same name is replaced as a whole, once per name', async () => {
  const tree = { 'kustomization.yaml': 'images: [{name: app, newTag: "1"}, {name: other, newTag: "2"}]\n' }
  const images = [
    { name: 'app', newName: 'x/app' },
    { name: 'new', newTag: '3' },
    { name: 'new', newTag: '4' },
  ]
  assert.deepEqual((await generated(tree, { images })).images, [
    { name: 'app', newName: 'x/app' },
    { name: 'other', newTag: '2' },
    { name: 'new', newTag: '4' },
  ])
})

test('the file keeps what kustomize knows and loses the rest', async () => {
  const tree = { Kustomization: 'resources: [a.yaml]\nnamePrefix: old-\nunknown: 1\nimages: [{name: a, newTag: "1", mood: good}]\n' }
  assert.deepEqual(await generated(tree, { namePrefix: 'new-' }), {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['a.yaml'],
    namePrefix: 'new-',
    images: [{ name: 'a', newTag: '1' }],
  })
})

test('without a file the tree is scanned in the order of a walk, folders with a file of their own whole', async () => {
  const tree = {
    'app/a-b/x.yaml': config('ab'),
    'app/a/x.yaml': config('a'),
    'app/.hidden/h.yml': config('h'),
    'app/own/Kustomization': 'resources: [deep/o.yaml]\n',
    'app/own/deep/o.yaml': config('o'),
    'app/own/broken.yaml': 'not: an object\n',
    'app/own/inner/kustomization.yaml': 'resources: []\n',
    'app/z.txt': 'text',
    'outside.yaml': config('outside'),
  }
  assert.deepEqual((await generated(tree, { path: './app/' })).resources, ['./.hidden/h.yml', './a/x.yaml', './a-b/x.yaml', './own'])
  assert.deepEqual(
    (await built(tree, { path: './app/' })).map(o => o.metadata.name),
    ['h', 'a', 'ab', 'o'],
  )
})

test('a schema that one build brings does not reach the next', async () => {
  const patch =
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: podinfo}\nspec: {template: {spec: {containers: [{name: podinfo, image: new}]}}}\n'
  const tree = (more: Tree = {}, openapi = ''): Tree => ({
    'kustomization.yaml': `resources: [a.yaml]\npatches: [{path: p.yaml}]\n${openapi}`,
    'a.yaml': deployment,
    'p.yaml': patch,
    ...more,
  })
  const plain = { type: 'object', 'x-kubernetes-group-version-kind': [{ group: 'apps', version: 'v1', kind: 'Deployment' }] }
  const schema = JSON.stringify({ definitions: { 'v1.Deployment': { ...plain, properties: { spec: { type: 'object' } } } } })
  const images = async (content: Tree): Promise<unknown> =>
    listAt((await built(content))[0], 'spec', 'template', 'spec', 'containers').map(c => stringAt(c, 'image'))
  assert.deepEqual(await images(tree()), ['new', 'ghcr.io/fluxcd/flagger:1.0.0'])
  assert.deepEqual(await images(tree({ 's.json': schema }, 'openapi: {path: s.json}\n')), ['new'])
  assert.deepEqual(await images(tree({ 'unlike.txt': 'the first' })), ['new', 'ghcr.io/fluxcd/flagger:1.0.0'])
})

const refused: [what: string, text: string, message: string][] = [
  ['nothing of Kubernetes', 'a: b\n', 'missing Resource metadata'],
  ['no name', 'apiVersion: v1\nkind: ConfigMap\n', 'missing metadata.name in object {{v1 ConfigMap} {{ } map[] map[]}}'],
  ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'missing kind in object {{v1 } {{a } map[] map[]}}'],
  ['bad indentation', 'apiVersion: v1\n kind: x\n', 'MalformedYAMLError: yaml: line 2: mapping values are not allowed in this context'],
]
for (const [what, text, message] of refused)
  test(`a scanned manifest with ${what} is refused in kustomize's words`, async () => {
    await assert.rejects(rendered({ 'd/a.yaml': text }), {
      code: 'BuildFailed',
      message: `failed to decode Kubernetes YAML from /artifact/d/a.yaml: ${message} <nil>`,
    })
  })

test('a kustomization file that does not parse is refused in the words of Go', async () => {
  await assert.rejects(built({ 'kustomization.yaml': 'resources: {a: b\n' }), {
    code: 'BuildFailed',
    message: "error converting YAML to JSON: yaml: line 1: did not find expected ',' or '}' <nil>",
  })
})

test('two kustomization files are one too many', async () => {
  const tree = { 'kustomization.yaml': 'resources: [a.yaml]', Kustomization: 'resources: [a.yaml]', 'a.yaml': config('a') }
  await assert.rejects(built(tree), { code: 'BUILD_FAILED', message: /Found multiple kustomization files/ })
})

test('a component that is not there may be left out', async () => {
  const tree = {
    'c/kustomization.yaml': `${component}namePrefix: c-\n`,
    'app/kustomization.yaml': 'resources: [a.yaml]\n',
    'app/a.yaml': config('a'),
  }
  const more = { path: 'app', components: ['../c', '../nope', '../../c', './file://nope'] }
  assert.deepEqual(
    (await built(tree, { ...more, ignoreMissingComponents: true })).map(o => o.metadata.name),
    ['c-a'],
  )
  await assert.rejects(built(tree, more), { code: 'BUILD_FAILED', message: /nope/ })
})

for (const [what, tree] of [
  ['resource', { 'kustomization.yaml': 'resources: ["https://example.invalid/a.yaml"]\n' }],
  ['repository', { 'kustomization.yaml': 'resources: ["github.com/example/base?ref=main"]\n' }],
  ['component', { 'kustomization.yaml': 'resources: [a.yaml]\ncomponents: ["https://example.invalid/c"]\n', 'a.yaml': config('a') }],
  ['patch', { 'kustomization.yaml': 'resources: [a.yaml]\npatches: [{path: "https://example.invalid/p.yaml"}]\n', 'a.yaml': config('a') }],
  ['base of a base', { 'kustomization.yaml': 'resources: [b]\n', 'b/kustomization.yaml': 'resources: ["git@example.invalid:a/b"]\n' }],
] satisfies [string, Tree][])
  test(`a remote ${what} is refused`, async () => {
    await assert.rejects(built(tree), { code: 'REMOTE_BASE', message: /^remote base '.*(example|github).*' is not allowed: / })
  })

const paths: [path: string, code: string, message: string][] = [
  ['nope', 'ArtifactFailed', 'kustomization path not found: stat /artifact/nope: no such file or directory'],
  ['../../nope/./x', 'ArtifactFailed', 'kustomization path not found: stat /artifact/nope/x: no such file or directory'],
  ['a.yaml', 'BuildFailed', 'open /artifact/a.yaml/kustomization.yaml: not a directory <nil>'],
]
for (const [path, code, message] of paths)
  test(`the path ${path} fails: ${code}`, () => assert.throws(() => startOf(files({ 'a.yaml': config('a') }), path), { code, message }))

const segment = fc.constantFrom('..', '.', '', 'a', 'b', 'a-b', 'kustomization.yaml', 'x.yml')
const path = fc.array(segment, { maxLength: 6 }).map(parts => parts.join('/'))

test('a clamped path never leaves the root, and clamping it again changes nothing', () => {
  fc.assert(
    fc.property(path, p => {
      const inside = clamped(p)
      assert.ok(!inside.split('/').includes('..') && !inside.startsWith('/'))
      assert.equal(clamped(inside), inside)
    }),
  )
})

test('a joined path is the clamped one unless it leaves the root', () => {
  fc.assert(
    fc.property(path, path, (base, p) => {
      const inside = joined(clamped(base), p)
      if (inside !== undefined) assert.equal(inside, clamped(`${clamped(base)}/${p}`))
    }),
  )
})

test('walk order is the order of names, folder by folder', () => {
  const byNames = (a: string[], b: string[]): number => {
    const at = a.findIndex((name, i) => name !== b[i])
    if (at < 0) return a.length - b.length
    return b[at] === undefined ? 1 : (a[at] ?? '') < b[at] ? -1 : 1
  }
  const path = fc.array(fc.constantFrom('a', 'a-b', 'a.b', 'b', '0'), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(path), paths => {
      const expected = paths.toSorted(byNames).map(names => names.join('/'))
      assert.deepEqual(inWalkOrder(paths.map(names => names.join('/'))), expected)
    }),
  )
})

/** No path is a file and a folder at once. */
function withoutFilesInFiles(tree: Tree): Tree {
  const inFile = (at: string): boolean => at === '.' || Object.keys(tree).some(file => at.startsWith(`${file}/`))
  return Object.fromEntries(Object.entries(tree).filter(([at]) => !inFile(at)))
}

test('whatever the tree, a start is found or refused as documented, and everything is covered once', () => {
  const tree = fc.dictionary(path.map(clamped), fc.constant(config('a')), { maxKeys: 8 }).map(withoutFilesInFiles)
  fc.assert(
    fc.property(tree, path, (content, from) => {
      try {
        const start = startOf(files(content), from)
        const { files: out } = overlay(files(content), start, { spec: spec({}) })
        assert.ok(out.size >= Object.keys(content).length)
        if ('file' in start) return
        const resources = start.resources.map(r => clamped(`${start.root}/${r}`))
        assert.equal(new Set(resources).size, resources.length)
        for (const manifest of start.manifests.keys()) {
          const covering = resources.filter(r => manifest === `/artifact/${r}` || manifest.startsWith(`/artifact/${r}/`))
          assert.equal(covering.length, 1, manifest)
        }
      } catch (thrown) {
        if (!(thrown instanceof BuildError)) throw thrown
      }
    }),
  )
})
