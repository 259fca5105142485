import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import { findProgram } from '../../scripts/refs/cache.ts'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { delivery, deliveryObjects } from '../../src/tools/preview/create-delivery.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { withPrograms } from '../refs/when.ts'
import { openDefinition } from '../support/played-flux.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
let product: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
})
after(() => product.stop())

const errorOf = ({ data }: Answer): JsonObject => (data?.error as JsonObject | undefined) ?? {}
const apply = (manifests: string, more: JsonObject = {}): Promise<Answer> => product.call('apply_manifests', { manifests, ...more })
const settings = (name: string, data = '{}', more = 'namespace: default'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, ${more}}\ndata: ${data}\n`
const applied = ({ data }: Answer): unknown => data?.applied

test('says for each object whether it was created, configured or unchanged', async () => {
  assert.deepEqual(applied(await apply(settings('said'))), ['ConfigMap/default/said created'])
  assert.deepEqual(applied(await apply(settings('said'))), ['ConfigMap/default/said unchanged'])
  assert.deepEqual(applied(await apply(settings('said', '{a: b}'))), ['ConfigMap/default/said configured'])
})

test('takes lists apart, applies definitions and namespaces first, and waits until they are served', async () => {
  const definition = openDefinition('example.com', { kind: 'Widget', plural: 'widgets', version: 'v1' })
  const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'first', namespace: 'made' }, spec: { a: 1 } }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made' } }
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [widget, namespace, definition] })
  assert.deepEqual(applied(await apply(list)), [
    'CustomResourceDefinition/widgets.example.com created',
    'Namespace/made created',
    'Widget/made/first created',
  ])
  const planned = await product.call('plan', { tool: 'apply_manifests', arguments: { manifests: list } })
  assert.deepEqual(
    listAt(planned.data, 'changes').map(c => at(c, 'action')),
    ['unchanged', 'unchanged', 'unchanged'],
  )
})

test('an object is applied in the scope of its kind', async () => {
  const without = await apply(settings('nowhere', '{}', 'labels: {}'))
  assert.equal(errorOf(without).code, 'InvalidArgument')
  assert.match(without.text, /ConfigMap\/nowhere has no metadata\.namespace/)
  const cluster = await apply('apiVersion: v1\nkind: Namespace\nmetadata: {name: scoped, namespace: default}\n')
  assert.deepEqual(applied(cluster), ['Namespace/scoped created'])
})

const wrong: [says: string, manifests: string, code: string, message: RegExp][] = [
  ['nothing', '', 'InvalidArgument', /has no Kubernetes object/],
  ['comments alone', '# nothing\n---\n# here\n', 'InvalidArgument', /has no Kubernetes object/],
  [
    'a document without a name',
    `${settings('fine')}---\napiVersion: v1\nkind: ConfigMap\n`,
    'InvalidArgument',
    /document 2 is no Kubernetes object/,
  ],
  ['a document that is a text', 'hello\n', 'InvalidArgument', /document 1 is no Kubernetes object/],
  ['text that is no YAML', 'a: [\n', 'InvalidArgument', /line \d+/],
  [
    'a kind that is not served',
    'apiVersion: v9\nkind: Konfig\nmetadata: {name: a, namespace: default}\n',
    'NoMatch',
    /no matches for kind "Konfig" in version "v9"/,
  ],
  [
    'a value that the server refuses',
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: default}\nspec: {}\n',
    'ApplyFailed',
    /nothing was applied: Deployment\/default\/a: /,
  ],
]
for (const [says, manifests, code, message] of wrong)
  test(`${says} is ${code}, and nothing is applied`, async () => {
    const answer = await apply(manifests)
    assert.equal(errorOf(answer).code, code, answer.text)
    assert.match(answer.text, message)
    assert.equal(await cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'fine' }, signal), undefined)
  })

test('either manifests or create, and not both', async () => {
  assert.equal(errorOf(await product.call('apply_manifests', {})).code, 'InvalidArgument')
  const both = await apply(settings('a'), { create: { name: 'a', url: 'oci://a.example.com/b' } })
  assert.match(both.text, /give either manifests or create/)
})

test('taking fields of another manager answers with its plan first, which names the manager and the values', async () => {
  await cluster.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs', namespace: 'default' }, data: { a: '0' } },
    { manager: 'jane' },
    signal,
  )
  const planned = await apply(settings('theirs', '{a: "9"}'))
  assert.equal(planned.data?.planned, true)
  assert.match(
    planned.text,
    /takes fields ConfigMap\/default\/theirs \(Apply failed with 1 conflict: conflict with "jane"[^;]*; data\.a: 0 → 9\)/,
  )
  const done = await apply(settings('theirs', '{a: "9"}'), { plan: String(planned.data?.plan) })
  assert.deepEqual(applied(done), ['ConfigMap/default/theirs configured'])
})

const workload = (label: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: fixed, namespace: default}
spec:
  selector: {matchLabels: {app: ${label}}}
  template:
    metadata: {labels: {app: ${label}}}
    spec: {containers: [{name: a, image: nginx:1}]}
`

test('what only a new object gets around answers with its plan first, and is made anew by it', async () => {
  await apply(workload('a'))
  const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'fixed' }
  const before = await cluster.get(ref, signal)
  const planned = await apply(workload('b'))
  assert.equal(planned.data?.planned, true, planned.text)
  assert.match(planned.text, /objects are deleted and made anew[\s\S]*recreate Deployment\/default\/fixed \(.*immutable/)
  assert.equal((await cluster.get(ref, signal))?.metadata.uid, before?.metadata.uid)
  const done = await apply(workload('b'), { plan: String(planned.data?.plan) })
  assert.deepEqual(applied(done), ['Deployment/default/fixed recreated'], done.text)
  const after = await cluster.get(ref, signal)
  assert.notEqual(after?.metadata.uid, before?.metadata.uid)
  assert.deepEqual(after?.spec?.selector, { matchLabels: { app: 'b' } })
})

test('a delivery is created in one call, and the answer names the next', async () => {
  const answer = await product.call('apply_manifests', { create: { name: 'shop', url: 'oci://registry.example.com/shop:1.0' } })
  assert.deepEqual(listAt(answer.data, 'applied').toSorted(), [
    'Kustomization/flux-system/shop created',
    'OCIRepository/flux-system/shop created',
  ])
  assert.equal(answer.data?.next, 'reconcile Kustomization/flux-system/shop withSource=true')
  const wrongUrl = await product.call('apply_manifests', { create: { name: 'shop', url: 'https://example.com/a.git' } })
  assert.equal(errorOf(wrongUrl).code, 'InvalidArgument')
  const interval = await product.call('apply_manifests', { create: { name: 'shop', url: 'oci://a.example.com/shop', interval: 'often' } })
  assert.match(interval.text, /InvalidArgument: create\.interval 'often' is no duration/)
})

/** What is given, and what the flux CLI is asked for the same. */
const deliveries: [given: JsonObject, source: string[], kustomization: string[]][] = [
  [{ url: 'oci://ghcr.io/a/b:1.0', wait: false }, ['--tag=1.0'], ['--prune=true']],
  [
    { url: 'oci://ghcr.io/a/b', path: 'deploy/prod/', interval: '1h' },
    ['--tag=latest', '--interval=1h'],
    ['--prune=true', '--path=deploy/prod/', '--interval=1h', '--wait'],
  ],
  [
    { url: `oci://ghcr.io/a/b@sha256:${'0'.repeat(64)}`, prune: false, targetNamespace: 'shop', namespace: 'apps', path: '/../x' },
    [`--digest=sha256:${'0'.repeat(64)}`],
    ['--prune=false', '--target-namespace=shop', '--path=/../x', '--wait'],
  ],
]
withPrograms(['flux'], { name: 'what flux create prints', tests: deliveries.length }, () => {
  for (const [given, source, kustomization] of deliveries)
    test(`a delivery of ${JSON.stringify(given)} is what flux create prints with --export`, () => {
      const flux = (...args: string[]): unknown[] =>
        parseAll(
          execFileSync(findProgram('flux') ?? '', [...args, '--export', `--namespace=${String(given.namespace ?? 'flux-system')}`], {
            encoding: 'utf8',
          }),
        )
      const printed = [
        ...flux('create', 'source', 'oci', 'shop', '--url=oci://ghcr.io/a/b', ...withInterval(source)),
        ...flux('create', 'kustomization', 'shop', '--source=OCIRepository/shop', ...withInterval(kustomization)),
      ]
      assert.deepEqual(deliveryObjects(delivery.parse({ name: 'shop', ...given })), printed)
    })
})

/** The CLI's own default is a minute. */
function withInterval(args: string[]): string[] {
  return args.some(a => a.startsWith('--interval')) ? args : [...args, '--interval=10m']
}
