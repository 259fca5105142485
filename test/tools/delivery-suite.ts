import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { at, type JsonObject, listAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

/** A product beside controllers that do their whole work, with the address of a registry. */
export interface Delivering {
  readonly product: Product
  readonly registry: string
  stop(): Promise<void>
}

const signal = unending
const errorOf = ({ data }: Answer): JsonObject => (data?.error as JsonObject | undefined) ?? {}
const settings = (name: string, value: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\ndata: {value: "${value}"}\n`
const workload = (image: string, label = 'web'): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  progressDeadlineSeconds: 3
  selector: {matchLabels: {app: ${label}}}
  template:
    metadata: {labels: {app: ${label}}}
    spec: {containers: [{name: web, image: "${image}"}]}
`

/** The main job beside controllers that do their whole work. */
export function deliverySuite(name: string, open: () => Promise<Delivering>): void {
  describe(name, () => {
    let delivering: Delivering
    let product: Product
    let cluster: Cluster
    before(async () => {
      delivering = await open()
      product = delivering.product
      cluster = product.composed.service.world.clusters.named()
    })
    after(() => delivering.stop())

    async function deliver(name: string, files: Record<string, string>, spec: JsonObject = {}): Promise<void> {
      await pushFiles(product.composed.service.world, `oci://${delivering.registry}/${name}:latest`, files)
      await product.call('apply_manifests', { create: { name, url: `oci://${delivering.registry}/${name}:latest` } })
      const ref = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace: 'flux-system', name }
      if (Object.keys(spec).length > 0) await cluster.patch(ref, { type: 'merge', body: { spec }, manager: 'test' }, signal)
    }
    const reconcile = (name: string, more: JsonObject = {}): Promise<Answer> => product.call('reconcile', { kind: 'ks', name, ...more })

    test('a push is fetched, applied and judged in one call, and the answer says by whom', async () => {
      await deliver('first', { 'a.yaml': settings('first-a', '1'), 'b.yaml': settings('first-b', '1') })
      const before = await reconcile('first', { withSource: true })
      assert.equal(before.data?.verdict, 'Ready', before.text)
      await pushFiles(product.composed.service.world, `oci://${delivering.registry}/first:latest`, { 'a.yaml': settings('first-a', '2') })
      const notes: string[] = []
      const answer = await product.call('reconcile', { kind: 'ks', name: 'first', withSource: true }, { notes })
      assert.equal(answer.data?.verdict, 'Ready', answer.text)
      assert.match(String(answer.data?.engine), /^flux: kustomize-controller is live$/)
      assert.deepEqual(answer.data?.pruned, ['ConfigMap/default/first-b'])
      assert.notEqual(answer.data?.revision, answer.data?.before)
      assert.match(String(answer.data?.revision), /^latest@sha256:[0-9a-f]{8}$/)
      assert.ok(notes.includes('fetching OCIRepository/flux-system/first'), notes.join())
    })

    test('an object that the dry run refuses is the evidence, whether it is there or not', async () => {
      await deliver('refused', { 'a.yaml': workload('nginx:1') })
      assert.equal((await reconcile('refused', { withSource: true })).data?.verdict, 'Ready')
      await pushFiles(product.composed.service.world, `oci://${delivering.registry}/refused:latest`, {
        'a.yaml': workload('nginx:1', 'other'),
      })
      const answer = await reconcile('refused', { withSource: true })
      assert.deepEqual([answer.data?.verdict, answer.data?.reason], ['Failed', 'ReconciliationFailed'], answer.text)
      const [failing] = listAt(answer.data, 'failing')
      assert.deepEqual([at(failing, 'object'), at(failing, 'status')], ['Deployment/default/web', 'Refused'])
      assert.match(answer.text, /immutable/)
      assert.match(answer.text, /Next: correct what the message names and push again/)
      await product.call('delete_object', { kind: 'ks', namespace: 'flux-system', name: 'refused' })
    })

    test('a rollout that never gets healthy fails with the object and its last events', async () => {
      await deliver(
        'sick',
        { 'a.yaml': workload('registry.invalid/nothing:0', 'sick').replace('name: web,', 'name: sick,') },
        { timeout: '30s' },
      )
      const first = await reconcile('sick', { withSource: true })
      assert.deepEqual([first.data?.verdict, first.data?.reason], ['Failed', 'HealthCheckFailed'], first.text)
      const [failing] = listAt(first.data, 'failing')
      assert.equal(at(failing, 'object'), 'Deployment/default/sick')
      const told = listAt(failing, 'untrusted').map(String)
      assert.ok(told.length >= 2 && told.length <= 4, first.text)
      assert.match(told[0] ?? '', /Progress deadline exceeded/)
      assert.match(told[1] ?? '', /^\d{4}-\d\d-\d\dT\S+ Warning (Failed|BackOff): .*registry\.invalid\/nothing:0/)
      assert.match(first.text, /\nCause: RegistryUnreachable at Pod\/default\/sick-\S+\. Fix: correct the host in the image/)
      assert.match(first.text, /\nNext: correct what the failing objects need and push again/)
    })

    test('what waits is told the dependency where it begins', async () => {
      const on = (name: string): JsonObject => ({ dependsOn: [{ name }] })
      await deliver('root', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: root, namespace: nowhere}\n' })
      await deliver('middle', { 'a.yaml': settings('middle', '1') }, on('root'))
      await deliver('leaf', { 'a.yaml': settings('leaf', '1') }, on('middle'))
      for (const name of ['root', 'middle']) await reconcile(name, { withSource: true })
      const answer = await reconcile('leaf', { withSource: true })
      assert.deepEqual([answer.data?.verdict, answer.data?.reason], ['Failed', 'DependencyNotReady'], answer.text)
      assert.equal(at(answer.data, 'blockedBy', 'object'), 'Kustomization/flux-system/root')
      assert.deepEqual(at(answer.data, 'blockedBy', 'through'), ['Kustomization/flux-system/middle'])
      assert.match(answer.text, /blocked by Kustomization\/flux-system\/root: Ready=(False ReconciliationFailed|Unknown Progressing): /)
      assert.match(answer.text, /Next: see blockedBy: make that ready first/)
    })

    test('a source that cannot be fetched is the verdict, not the old revision', async () => {
      await deliver('stale', { 'a.yaml': settings('stale', '1') })
      assert.equal((await reconcile('stale', { withSource: true })).data?.verdict, 'Ready')
      const source = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace: 'flux-system', name: 'stale' }
      await cluster.patch(source, { type: 'merge', body: { spec: { ref: { tag: 'absent' } } }, manager: 'test' }, signal)
      const answer = await reconcile('stale', { withSource: true })
      assert.equal(answer.data?.verdict, 'Failed', answer.text)
      assert.equal(at(answer.data, 'blockedBy', 'object'), 'OCIRepository/flux-system/stale')
      assert.match(String(answer.data?.next), /make OCIRepository\/flux-system\/stale ready first/)
      await product.call('set_suspended', { kind: 'OCIRepository', name: 'stale', suspended: true })
      const held = errorOf(await reconcile('stale', { withSource: true }))
      assert.deepEqual([held.code, held.object], ['Suspended', 'OCIRepository/flux-system/stale'])
      assert.equal((await reconcile('stale')).data?.verdict, 'Ready')
    })

    test('resuming waits for the verdict; suspending again is no news', async () => {
      await deliver('held', { 'a.yaml': settings('held', '1') })
      await reconcile('held', { withSource: true })
      const wanted = { kind: 'ks', name: 'held' }
      assert.equal((await product.call('set_suspended', { ...wanted, suspended: true })).data?.verdict, 'Suspended')
      const resumed = await product.call('set_suspended', { ...wanted, suspended: false })
      assert.equal(resumed.data?.verdict, 'Ready', resumed.text)
      assert.match(String(resumed.data?.engine), /^flux: /)
    })

    test('a deleted Kustomization is waited for while Flux prunes, and what is being deleted is not run', async () => {
      await deliver('gone', { 'a.yaml': settings('gone', '1') })
      assert.equal((await reconcile('gone', { withSource: true })).data?.verdict, 'Ready')
      const wanted = { kind: 'ks', namespace: 'flux-system', name: 'gone' }
      const planned = await product.call('delete_object', wanted)
      assert.match(planned.text, /delete Kustomization\/flux-system\/gone and 1 objects that go along/)
      const done = await product.call('delete_object', { ...wanted, plan: String(planned.data?.plan) })
      assert.equal(done.data?.deleted, true, done.text)
      assert.equal(errorOf(await product.call('get_object', { kind: 'ConfigMap', namespace: 'default', name: 'gone' })).code, 'NotFound')
    })

    test('what Flux owns is refused with its owner, its path and its source', async () => {
      await deliver('owner', { 'a.yaml': settings('theirs', '1') })
      await reconcile('owner', { withSource: true })
      const answer = await product.call('apply_manifests', { manifests: settings('theirs', '9') })
      assert.equal(errorOf(answer).code, 'ManagedByFlux')
      assert.equal(errorOf(answer).object, 'Kustomization/flux-system/owner')
      assert.match(
        answer.text,
        /is owned by Kustomization\/flux-system\/owner: path \.\/ of OCIRepository\/flux-system\/owner \(oci:\/\/127\.0\.0\.1:\d+\/owner\)/,
      )
    })

    test('our engine by order refuses where these controllers are live', async () => {
      const own = await startProduct({
        options: { engine: 'own', sandbox: false },
        clusters: () => ({ names: ['sandbox'], named: () => cluster }),
      })
      const refused = errorOf(await own.call('reconcile', { kind: 'ks', name: 'first' }))
      assert.equal(refused.code, 'Unsupported')
      assert.match(String(refused.message), /--engine own may not act here: kustomize-controller is live in cluster '/)
      await own.stop()
    })
  })
}
