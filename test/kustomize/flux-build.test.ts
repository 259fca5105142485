import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/refs/cache.ts'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { render } from '../../src/kustomize/build-reconciler.ts'
import { decodeObjects } from '../../src/kustomize/decode.ts'
import { messageOf } from '../../src/lib/coded-error.ts'
import { withPrograms } from '../refs/when.ts'
import { dataFolder, treeOf, withData } from '../support/data.ts'
import { testKernel } from '../support/kernel.ts'
import { bareKms } from '../support/kms.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { unending } from '../support/unending.ts'

type Tree = Readonly<Record<string, string>>
const kernel = testKernel()
const run = promisify(execFile)
const ownerLabels = ['kustomize.toolkit.fluxcd.io/name', 'kustomize.toolkit.fluxcd.io/namespace']

const config = (name: string, data = 'a: b', meta = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${meta}data:\n  ${data}\n`
const vars = (substitute: Record<string, string>): object => ({ postBuild: { substitute } })
const component = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n'

const cases: [says: string, tree: Tree, spec: object][] = [
  ['an empty folder', { 'README.md': 'none' }, {}],
  [
    'a scan in walk order',
    { 'a-b/x.yaml': config('ab'), 'a/x.yaml': config('a'), 'a.yaml': config('file'), '.h/y.yml': config('h'), 'z.json': '{}' },
    {},
  ],
  [
    'a scan over folders of their own',
    { 'o/kustomization.yml': 'namePrefix: o-\nresources: [x.yaml]\n', 'o/x.yaml': config('x'), 'o/y.yaml': 'no', 'b.yaml': config('b') },
    {},
  ],
  ['names and namespace', { 'a.yaml': config('a') }, { namePrefix: 'p-', nameSuffix: '-s', targetNamespace: 'shop' }],
  ['a file without resources', { 'kustomization.yaml': 'configMapGenerator: [{name: g, literals: [a=b]}]\n' }, { targetNamespace: 'shop' }],
  ['unknown fields in the file', { 'kustomization.yaml': 'resources: [a.yaml]\nmood: good\n', 'a.yaml': config('a') }, {}],
  [
    'old fields in the file',
    {
      'kustomization.yaml': 'bases: [b]\ncommonLabels: {a: b}\n',
      'b/kustomization.yaml': 'resources: [a.yaml]\n',
      'b/a.yaml': config('a'),
    },
    {},
  ],
  ['an empty file', { 'kustomization.yaml': '' }, {}],
  ['a file that names nothing', { 'kustomization.yaml': 'resources: []\n' }, { namePrefix: 'p-' }],
  ['a file that is a list', { 'kustomization.yaml': '- a\n' }, {}],
  ['a file with a field of another type', { 'kustomization.yaml': 'resources: a\n' }, {}],
  ['a file that is no YAML', { 'kustomization.yaml': 'resources: [a\n' }, {}],
  ['two files', { 'kustomization.yaml': 'resources: [a.yaml]', 'kustomization.yml': 'resources: []', 'a.yaml': config('a') }, {}],
  ['the same object twice', { 'a.yaml': config('a'), 'b.yaml': config('a') }, {}],
  ['a manifest without a name', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\n' }, {}],
  ['a manifest without a kind', { 'a.yaml': 'apiVersion: v1\nmetadata: {name: a}\n' }, {}],
  ['a manifest that is text', { 'a.yaml': 'hello' }, {}],
  ['broken YAML', { 'd/a.yaml': 'apiVersion: v1\n kind: x\n' }, {}],
  ['a tab', { 'a.yaml': 'apiVersion: v1\n\tkind: x\n' }, {}],
  ['empty documents', { 'a.yaml': `---\n---\n${config('a')}---\n# none\n` }, {}],
  [
    'lists',
    {
      'a.yaml': `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: y}}\n`,
    },
    {},
  ],
  ['anchors', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: &x "1", b: *x}\n' }, {}],
  [
    'components',
    {
      'kustomization.yaml': 'resources: [a.yaml]\ncomponents: [c1]\n',
      'a.yaml': config('a'),
      'c1/kustomization.yaml': `${component}namePrefix: c1-\n`,
      'c2/kustomization.yaml': `${component}nameSuffix: -c2\n`,
    },
    { components: ['c2'] },
  ],
  ['a component elsewhere', { 'a.yaml': config('a') }, { components: ['https://example.com/c'] }],
  [
    'images',
    {
      'kustomization.yaml': 'resources: [a.yaml]\nimages: [{name: app, newTag: "1"}]\n',
      'a.yaml':
        'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: "app:0"}, {name: d, image: other}]}\n',
    },
    {
      images: [
        { name: 'app', newName: 'x/app' },
        { name: 'other', digest: `sha256:${'a'.repeat(64)}`, newTag: 'no' },
      ],
    },
  ],
  [
    'patches',
    { 'a.yaml': config('a'), 'b.yaml': config('b') },
    {
      patches: [
        { patch: '- {op: add, path: /data/c, value: d}', target: { name: 'a|b' } },
        { patch: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: null, e: f}\n' },
        { patch: '$patch: delete\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n' },
      ],
    },
  ],
  [
    'a patch that hits nothing',
    { 'a.yaml': config('a') },
    { patches: [{ patch: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nope}\ndata: {a: c}\n' }] },
  ],
  [
    'values of other types',
    { 'a.yaml': config('a', 'n: ${n}\n  t: ${t}\n  e: ${e}\n  o: ${o}\n  f: ${f}\n  l: ${l}\n  s: ${s}\n  q: "${q}${n}${q}"') },
    vars({ n: '123', t: 'yes', e: '', o: '0777', f: '1e3', l: '[1, 2]', s: '!!str 5', q: '"' }),
  ],
  [
    'more values',
    { 'a.yaml': config('a', 'a: ${a}\n  b: ${b}\n  c: ${c}\n  d: ${d}\n  g: ${g}\n  h: ${h}') },
    vars({ a: '08', b: '0x1f', c: '1_000', d: '2026-01-02', g: '.5', h: '12:30' }),
  ],
  [
    'a text that opens like a list',
    { 'a.yaml': config('a', "x: '[${a}'\n  y: '{${a}'\n  z: '*${a}'\n  w: '- ${a}'\n  v: '${a}: b'") },
    vars({ a: '1' }),
  ],
  [
    'folded and literal text',
    { 'a.yaml': config('a', 'x: |\n    ${a}\n     b $${a}\n  y: >-\n    one\n    two ${a}\n') },
    vars({ a: '1\n2' }),
  ],
  [
    'functions',
    { 'a.yaml': config('a', 'x: "${a:=d}"\n  y: "${b:=d}"\n  z: "${a^^}"\n  w: "${#a}"\n  v: "${a/x/y}"\n  u: "${a:1:1}"') },
    vars({ a: 'xyz' }),
  ],
  ['keys', { 'a.yaml': config('${a}', '${a}: ${a}') }, vars({ a: 'key' })],
  ['no variables', { 'a.yaml': config('a', 'x: ${a:=b}') }, { postBuild: {} }],
  [
    'a verbatim object',
    {
      'a.yaml': config('a', 'x: ${a}', '  annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}\n'),
      'b.yaml': config('b', 'x: ${a}'),
    },
    vars({ a: '1' }),
  ],
  ['a bad expression', { 'a.yaml': config('a', 'x: ${a') }, vars({ a: '1' })],
  ['a bad name', { 'a.yaml': config('a') }, vars({ 'my-var': '1' })],
  ['two objects that become one', { 'a.yaml': config('x-${a}'), 'b.yaml': config('x-1') }, vars({ a: '1' })],
  ['a text that is no YAML any more', { 'a.yaml': config('a', 'x: ${a}') }, vars({ a: '"open' })],
  ['an object that becomes text', { 'a.yaml': config('a', 'x: ${a}') }, vars({ a: '{b: c}' })],
]

/** Without what of a message is each program's own: where the files are, how the command line begins, how a parser words it. */
const comparable = (message: string, folder: string): string =>
  message
    .replaceAll(folder, '/artifact')
    .replace(/^✗ (failed to generate kustomization.yaml: )?/gm, '')
    .replaceAll(/( <nil>)+/g, '')
    .replace(/^var substitution failed for /, 'post build failed for ')
    .replace(/(YAMLToJSON: yaml: line \d+: ).*/, '$1')
    .trim()

withPrograms(['flux'], { name: "builds against flux's own", tests: cases.length + 8 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-flux-build-'))
  let api: Awaited<ReturnType<typeof startSandboxApi>>
  before(async () => {
    api = await startSandboxApi(kernel)
  })
  after(async () => {
    await api.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  let n = 0

  async function byFlux(tree: Tree, spec: object, path: string): Promise<{ objects: KubeObject[] } | { error: string }> {
    const root = join(folder, String(n++))
    for (const [name, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, name)), { recursive: true })
      writeFileSync(join(root, name), text)
    }
    writeFileSync(`${root}.json`, JSON.stringify(ks(spec)))
    const args = [
      'build',
      'kustomization',
      'app',
      '-n',
      'apps',
      '--path',
      join(root, path),
      '--kustomization-file',
      `${root}.json`,
      '--dry-run',
    ]
    try {
      const { stdout } = await run(findProgram('flux') ?? '', args, { env: { ...process.env, HOME: folder, KUBECONFIG: '/dev/null' } })
      return { objects: decodeObjects(stdout).map(withoutOwner) }
    } catch (thrown) {
      return { error: comparable((thrown as { stderr?: string }).stderr ?? messageOf(thrown), join(root, path).replace(/\/$/, '')) }
    }
  }
  async function byUs(tree: Tree, spec: object, path: string): Promise<{ objects: KubeObject[] } | { error: string }> {
    const files = new Map(Object.entries(tree).map(([name, text]) => [name, Buffer.from(text)]))
    const signal = unending
    try {
      const task = { hands: { kernel, cluster: api.cluster, kms: bareKms() }, settings: fluxDefaults, signal }
      return { objects: await render(ks({ ...spec, path }), files, task) }
    } catch (thrown) {
      return { error: comparable(messageOf(thrown), '/nowhere') }
    }
  }

  const ks = (spec: object): KustomizationObject =>
    ({
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: 'apps' },
      spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, ...spec },
    }) as unknown as KustomizationObject

  function withoutOwner(object: KubeObject): KubeObject {
    const labels = Object.entries(object.metadata.labels ?? {}).filter(([key]) => !ownerLabels.includes(key))
    const { labels: _, ...metadata } = object.metadata
    return {
      ...object,
      metadata: { ...metadata, name: object.metadata.name, ...(labels.length > 0 ? { labels: Object.fromEntries(labels) } : {}) },
    }
  }

  for (const [says, tree, spec] of cases)
    test(`flux and we build alike: ${says}`, async () => assert.deepEqual(await byUs(tree, spec, ''), await byFlux(tree, spec, '')))

  const folders: [tree: string, path: string, spec: object][] = [
    ['podinfo', 'kustomize', { targetNamespace: 'shop' }],
    ['podinfo', 'deploy/bases/cache', { namePrefix: 'a-', nameSuffix: '-z' }],
    [
      'podinfo',
      'deploy/overlays/dev',
      { patches: [{ patch: '- {op: add, path: /metadata/annotations, value: {a: b}}', target: { kind: 'Deployment' } }] },
    ],
    ['podinfo', 'deploy/overlays/production', vars({ a: '1' })],
    ['fleet', 'clusters/staging', {}],
    ['fleet', 'clusters/production', { targetNamespace: 'flux' }],
    ['fleet', 'infrastructure/controllers', vars({ cluster: 'eu' })],
    ['fleet', 'apps/staging', { images: [{ name: 'podinfo', newTag: '2' }] }],
  ]
  withData({ name: "others' folders against flux's own builds", tests: folders.length }, () => {
    for (const [tree, path, spec] of folders)
      test(`flux and we build ${tree}/${path} alike`, async () => {
        const files = treeOf(join(dataFolder, tree))
        const ours = await byUs(files, spec, path)
        assert.ok('objects' in ours && ours.objects.length > 0)
        assert.deepEqual(ours, await byFlux(files, spec, path))
      })
  })
})
