import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { shortRevision } from '../../src/lib/digest.ts'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { openDefinition } from '../support/played-flux.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
let product: Product
let strict: Product
let cluster: Cluster
before(async () => {
  product = await startProduct()
  cluster = product.composed.service.world.clusters.named()
  strict = await startProduct({
    mode: { planChanges: true, personDestroys: true },
    clusters: () => ({ names: ['sandbox'], named: () => cluster }),
  })
  await cluster.apply(
    openDefinition('helm.toolkit.fluxcd.io', { kind: 'HelmRelease', plural: 'helmreleases', version: 'v2' }),
    { manager: 'test' },
    signal,
  )
})
after(async () => {
  await product.stop()
  await strict.stop()
})

const errorOf = ({ data }: Answer): JsonObject => (data?.error as JsonObject | undefined) ?? {}
const settings = (name: string, data: Record<string, string>, annotations: Record<string, string> = {}): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', annotations }, data })
const url = (name: string): string => `oci://${product.registry}/${name}:latest`
const push = (name: string, files: Record<string, string>): Promise<string> => pushFiles(product.composed.service.world, url(name), files)

async function deliver(name: string, files: Record<string, string>, more: JsonObject = {}): Promise<void> {
  await push(name, files)
  await product.call('apply_manifests', { create: { name, url: url(name), ...more } })
  const done = await product.call('reconcile', { kind: 'ks', name, withSource: true })
  assert.equal(done.data?.verdict, 'Ready', done.text)
}
const plan = (tool: string, args: JsonObject): Promise<Answer> => product.call('plan', { tool, arguments: args })
/** `action object` of each change, with its detail where there is one. */
const changes = ({ data }: Answer): string[] =>
  listAt(data, 'changes').map(c => [at(c, 'action'), at(c, 'object'), at(c, 'untrusted')].filter(Boolean).join(' '))
const refTo = (name: string) => ({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name })

test('a plan tells drift from intent, says values, and what prune takes and leaves', async () => {
  await deliver('plans', {
    'a.yaml': settings('intent', { a: '1' }),
    'b.yaml': settings('drifted', { a: '1' }),
    'c.yaml': settings('leaves', { a: '1' }),
    'd.yaml': settings('stays', { a: '1' }, { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }),
    'e.yaml': settings('same', { a: '1' }),
  })
  await cluster.patch(refTo('drifted'), { type: 'merge', body: { data: { a: '7' } }, manager: 'jane' }, signal)
  await push('plans', {
    'a.yaml': settings('intent', { a: '2' }),
    'b.yaml': settings('drifted', { a: '1' }),
    'e.yaml': settings('same', { a: '1' }),
    'f.yaml': settings('new', { a: '1' }),
  })
  const answer = await plan('reconcile', { kind: 'ks', name: 'plans', withSource: true })
  assert.deepEqual(changes(answer).toSorted(), [
    'configure ConfigMap/default/intent data.a: 1 → 2',
    'create ConfigMap/default/new',
    'drift ConfigMap/default/drifted drift by jane: data.a: 7 → 1',
    'kept ConfigMap/default/stays its prune is disabled',
    'prune ConfigMap/default/leaves',
  ])
  assert.match(String(answer.data?.summary), /latest@sha256:\S+: 1 create, 1 configure, 1 drift, 1 prune, 1 kept, 1 unchanged$/)
  const handle = String(answer.data?.plan)
  await cluster.patch(refTo('intent'), { type: 'merge', body: { data: { a: '5' } }, manager: 'jane' }, signal)
  const stale = await product.call('reconcile', { kind: 'ks', name: 'plans', withSource: true, plan: handle })
  assert.equal(errorOf(stale).code, 'StalePlan')
  const fresh = await plan('reconcile', { kind: 'ks', name: 'plans', withSource: true })
  const done = await product.call('reconcile', { kind: 'ks', name: 'plans', withSource: true, plan: String(fresh.data?.plan) })
  assert.deepEqual(
    [done.data?.verdict, done.data?.pruned, done.data?.kept],
    ['Ready', ['ConfigMap/default/leaves'], ['ConfigMap/default/stays']],
    done.text,
  )
  assert.deepEqual(changes(await plan('reconcile', { kind: 'ks', name: 'plans' })), [])
})

test('a value of a Secret is in no plan, but whether it changes is', async () => {
  const secret = (value: string): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'vault', namespace: 'default' }, stringData: { key: value } })
  await deliver('secrets', { 'a.yaml': secret('first-canary-value') })
  await push('secrets', { 'a.yaml': secret('second-canary-value') })
  const answer = await plan('reconcile', { kind: 'ks', name: 'secrets', withSource: true })
  assert.match(answer.text, /configure Secret\/default\/vault \(data\.key: redacted#[0-9a-f]{12} → redacted#[0-9a-f]{12}/)
  const left = answer.text + JSON.stringify(answer.data)
  for (const value of ['first-canary-value', 'second-canary-value']) {
    assert.ok(!left.includes(value))
    assert.ok(!left.includes(Buffer.from(value).toString('base64')))
  }
})

test('what comes with its namespace or its definition is created, what the server refuses is refused, what is forced is recreated', async () => {
  const workload = (label: string): string =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'fixed', namespace: 'made' },
      spec: {
        selector: { matchLabels: { app: label } },
        template: { metadata: { labels: { app: label } }, spec: { containers: [{ name: 'a', image: 'nginx:1' }] } },
      },
    })
  const namespace = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'made' } })
  await push('kinds', { 'a.yaml': namespace, 'b.yaml': workload('a') })
  await product.call('apply_manifests', { create: { name: 'kinds', url: url('kinds') } })
  const first = await plan('reconcile', { kind: 'ks', name: 'kinds', withSource: true })
  assert.deepEqual(changes(first).toSorted(), ['create Deployment/made/fixed', 'create Namespace/made'])
  assert.equal((await product.call('reconcile', { kind: 'ks', name: 'kinds', withSource: true })).data?.verdict, 'Ready')
  await push('kinds', { 'a.yaml': namespace, 'b.yaml': workload('b') })
  const refused = await plan('reconcile', { kind: 'ks', name: 'kinds', withSource: true })
  assert.match(changes(refused)[0] ?? '', /^refused Deployment\/made\/fixed .*immutable/)
  const ref = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'flux-system', name: 'kinds' }
  await cluster.patch(ref, { type: 'merge', body: { spec: { force: true } }, manager: 'test' }, signal)
  const forced = await plan('reconcile', { kind: 'ks', name: 'kinds', withSource: true })
  assert.match(changes(forced)[0] ?? '', /^recreate Deployment\/made\/fixed /)
})

test('a plan for a source says what would be fetched, and who builds on it', async () => {
  await deliver('source', { 'a.yaml': settings('source', { a: '1' }) })
  const none = await plan('reconcile', { kind: 'OCIRepository', name: 'source' })
  assert.match(String(none.data?.summary), /nothing new, latest@sha256:\S+ is stored/)
  assert.deepEqual(changes(none), ['dependent Kustomization/flux-system/source takes from it'])
  const digest = await push('source', { 'a.yaml': settings('source', { a: '2' }) })
  const answer = await plan('reconcile', { kind: 'OCIRepository', name: 'source' })
  assert.match(
    changes(answer)[0] ?? '',
    new RegExp(`^fetch OCIRepository/flux-system/source latest@sha256:\\S+ → ${shortRevision(`latest@${digest}`)}$`),
  )
})

test('what cannot be foreseen is said, not guessed', async () => {
  await cluster.apply(
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: 'flux-system' },
      spec: { interval: '1h' },
    },
    { manager: 'test' },
    signal,
  )
  const answer = await plan('reconcile', { kind: 'HelmRelease', name: 'web' })
  assert.equal(errorOf(answer).code, 'Unsupported')
  const absent = await plan('reconcile', { kind: 'ks', name: 'absent' })
  assert.equal(errorOf(absent).code, 'NotFound')
})

test('a source without an artifact is NotReady, and what to do', async () => {
  const manifests = [
    {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'empty', namespace: 'flux-system' },
      spec: { interval: '1h', url: `oci://${product.registry}/empty` },
    },
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'empty', namespace: 'flux-system' },
      spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'empty' } },
    },
  ]
  await product.call('apply_manifests', { manifests: manifests.map(m => JSON.stringify(m)).join('\n---\n') })
  for (const name of ['build', 'plan']) {
    const target = { kind: 'ks', name: 'empty' }
    const answer = await product.call(
      name,
      name === 'plan' ? { tool: 'reconcile', arguments: target } : { ...target, namespace: 'flux-system' },
    )
    assert.equal(errorOf(answer).code, 'NotReady', answer.text)
    assert.match(answer.text, /source OCIRepository\/flux-system\/empty of Kustomization\/flux-system\/empty has no artifact/)
  }
})

test('suspending needs a plan where changes do; resuming and reconciling never', async () => {
  await deliver('gated', { 'a.yaml': settings('gated', { a: '1' }) })
  const wanted = { kind: 'ks', name: 'gated', suspended: true }
  const planned = await strict.call('set_suspended', wanted)
  assert.equal(planned.data?.planned, true, planned.text)
  assert.deepEqual(changes(planned), ['suspend Kustomization/flux-system/gated'])
  const done = await strict.call('set_suspended', { ...wanted, plan: String(planned.data?.plan) })
  assert.equal(done.data?.verdict, 'Suspended', done.text)
  const resumed = await strict.call('set_suspended', { ...wanted, suspended: false })
  assert.notEqual(resumed.data?.planned, true)
  assert.ok(resumed.data?.verdict, resumed.text)
  assert.notEqual((await strict.call('reconcile', { kind: 'ks', name: 'gated' })).data?.planned, true)
  assert.deepEqual(changes(await plan('set_suspended', { ...wanted, suspended: false })), ['resume Kustomization/flux-system/gated'])
})

test('deleting says what goes along, through what goes along, what stays, and who depends on it', async () => {
  const child: KubeObject = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'child', namespace: 'flux-system' },
    spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'child' } },
  }
  await push('child', { 'a.yaml': settings('grandchild', { a: '1' }) })
  await deliver(
    'parent',
    {
      'a.yaml': JSON.stringify(child),
      'b.yaml': JSON.stringify({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name: 'child', namespace: 'flux-system' },
        spec: { interval: '1h', url: url('child').replace(':latest', '') },
      }),
      'c.yaml': settings('kept', { a: '1' }, { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' }),
    },
    { wait: false },
  )
  await product.call('reconcile', { kind: 'ks', name: 'child', withSource: true })
  await product.call('reconcile', { kind: 'ks', name: 'parent' })
  const waits = {
    ...child,
    metadata: { name: 'waits', namespace: 'flux-system' },
    spec: { ...child.spec, dependsOn: [{ name: 'parent' }] },
  }
  await cluster.apply(waits, { manager: 'test' }, signal)
  const wanted = { kind: 'ks', namespace: 'flux-system', name: 'parent' }
  const answer = await plan('delete_object', wanted)
  assert.deepEqual(changes(answer), [
    'delete Kustomization/flux-system/parent',
    'kept ConfigMap/default/kept its prune is disabled',
    'prune Kustomization/flux-system/child',
    'prune ConfigMap/default/grandchild',
    'prune OCIRepository/flux-system/child',
    'dependent Kustomization/flux-system/waits waits for it',
  ])
  const ref = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'flux-system', name: 'parent' }
  await cluster.patch(ref, { type: 'merge', body: { spec: { deletionPolicy: 'Orphan' } }, manager: 'test' }, signal)
  assert.match(changes(await plan('delete_object', wanted))[1] ?? '', /^kept \d objects that it applied deletionPolicy is Orphan$/)
})

const deletions: [says: string, target: () => JsonObject, along: RegExp[]][] = [
  [
    'a release takes its Helm release along',
    () => ({ kind: 'HelmRelease', namespace: 'flux-system', name: 'web' }),
    [/^uninstall Helm release flux-system\/web with every object of it$/],
  ],
  [
    'a namespace takes all in it along',
    () => ({ kind: 'Namespace', name: 'flux-system' }),
    [/^delete everything in namespace flux-system$/, /^delete HelmRelease\/flux-system\/web$/],
  ],
  [
    'a definition takes all its objects along',
    () => ({ kind: 'CustomResourceDefinition', name: 'helmreleases.helm.toolkit.fluxcd.io' }),
    [/^delete all 1 objects of kind HelmRelease$/],
  ],
]
for (const [says, target, along] of deletions)
  test(says, async () => {
    const told = changes(await plan('delete_object', target()))
    for (const line of along)
      assert.ok(
        told.some(t => line.test(t)),
        told.join('\n'),
      )
  })
