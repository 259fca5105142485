import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { conditionOf, conditionsOf, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import type { Started } from '../world/cluster/contract.ts'
import { dataFolder, treeOf, withData } from '../support/data.ts'
import { pushFiles } from '../support/push.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import { timeless } from '../support/texts.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const namespace = 'apps'
const source: ObjectRef = { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace, name: 'shop' }
const ksRef: ObjectRef = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization', namespace, name: 'shop' }

export const config = (name: string, value = '1'): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\ndata:\n  value: "${value}"\n`
export function workload(
  name: string,
  { image = 'example.com/shop:1', label = name, deadline = 3 }: { image?: string; label?: string; deadline?: number } = {},
): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${name}\n  namespace: ${namespace}\nspec:\n  progressDeadlineSeconds: ${deadline}\n  selector:\n    matchLabels:\n      app: ${name}\n  template:\n    metadata:\n      labels:\n        app: ${label}\n    spec:\n      containers:\n      - name: app\n        image: ${image}\n`
}

/** The main line: an artifact becomes a source, a source becomes objects, on any Kubernetes API. */
export function kustomizeSuite(name: string, open: () => Promise<Started>, kernel: Kernel): void {
  describe(name, () => {
    let world: TestWorld
    before(async () => {
      world = await startWorld(open, kernel)
      await ensureNamespace(world.cluster, namespace)
    })
    after(() => world?.stop())

    const apply = (object: KubeObject): Promise<KubeObject> => world.cluster.apply(object, { manager: 'test', force: true }, signal)
    const ship = async (files: Record<string, string>, spec: Record<string, unknown> = {}): Promise<KubeObject> => {
      await pushFiles(world.hands, `oci://${world.registry}/shop:latest`, files, {
        'org.opencontainers.image.source': 'https://example.com/shop.git',
        'org.opencontainers.image.revision': 'main@sha1:abc',
      })
      await apply({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name: 'shop', namespace },
        spec: { url: `oci://${world.registry}/shop`, interval: '10m' },
      })
      await world.pass(source)
      await apply({
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: 'shop', namespace },
        spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'shop' }, ...spec } as never,
      })
      await world.pass(ksRef)
      const seen = await world.cluster.get(ksRef, signal)
      assert.ok(seen)
      return seen
    }
    const ids = (ks: KubeObject): string[] => listAt(ks, 'status', 'inventory', 'entries').map(e => stringAt(e, 'id') ?? '')
    const get = (group: string, kind: string, object: string): Promise<KubeObject | undefined> =>
      world.cluster.get({ group, version: 'v1', kind, namespace, name: object }, signal)

    test('what is pushed is applied, with its revision, inventory and events', async () => {
      const ks = await ship({ 'a.yaml': config('one'), 'b.yaml': workload('web') }, { wait: true })
      const revision = stringAt(await world.cluster.get(source, signal), 'status', 'artifact', 'revision') ?? ''
      assert.match(revision, /^latest@sha256:[0-9a-f]{64}$/)
      const { lastTransitionTime: _, ...ready } = conditionOf(ks, 'Ready') ?? { lastTransitionTime: '' }
      assert.deepEqual(ready, {
        type: 'Ready',
        status: 'True',
        reason: 'ReconciliationSucceeded',
        message: `Applied revision: ${revision}`,
        observedGeneration: 1,
      })
      assert.deepEqual(
        conditionsOf(ks).map(c => c.type),
        ['Ready', 'Healthy'],
      )
      assert.deepEqual(ids(ks), ['apps_one__ConfigMap', 'apps_web_apps_Deployment'])
      assert.equal(stringAt(ks, 'status', 'lastAppliedOriginRevision'), 'main@sha1:abc')
      assert.equal((await get('', 'ConfigMap', 'one'))?.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'], 'shop')
      const events = (await world.cluster.list({ group: '', kind: 'Event', namespace }, signal)).items
        .filter(e => stringAt(e, 'involvedObject', 'kind') === 'Kustomization')
        .map(e => timeless(String(e.message)))
      assert.ok(events.includes('ConfigMap/apps/one created\nDeployment/apps/web created'), events.join('; '))
      assert.ok(
        events.some(e => e.startsWith('Reconciliation finished in T, next run in 10m0s')),
        events.join('; '),
      )
    })

    test('what leaves the artifact is pruned, what stays is unchanged', async () => {
      const before = await get('', 'ConfigMap', 'one')
      const ks = await ship({ 'a.yaml': config('one'), 'c.yaml': config('two') })
      assert.deepEqual(ids(ks), ['apps_one__ConfigMap', 'apps_two__ConfigMap'])
      assert.equal(await get('apps', 'Deployment', 'web'), undefined)
      assert.equal((await get('', 'ConfigMap', 'one'))?.metadata.resourceVersion, before?.metadata.resourceVersion)
    })

    test('a selector that does not match is refused by the dry run, and nothing is written', async () => {
      const ks = await ship({ 'a.yaml': config('one', '2'), 'c.yaml': config('two'), 'd.yaml': workload('bad', { label: 'other' }) })
      const ready = conditionOf(ks, 'Ready')
      assert.equal(ready?.reason, 'ReconciliationFailed')
      assert.match(
        ready.message,
        /^Deployment\/apps\/bad dry-run failed \(Invalid\): Deployment\.apps "bad" is invalid: spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`\n$/,
      )
      assert.deepEqual(ids(ks), ['apps_one__ConfigMap', 'apps_two__ConfigMap'])
      assert.deepEqual((await get('', 'ConfigMap', 'one'))?.data, { value: '1' })
      assert.equal(conditionOf(ks, 'Reconciling')?.reason, 'ProgressingWithRetry')
      assert.match(
        conditionOf(ks, 'Reconciling')?.message ?? '',
        /^Detecting drift for revision latest@sha256:\w+ with a timeout of 9m30s$/,
      )
    })

    test('a rollout that never gets healthy fails early', async () => {
      const ks = await ship(
        { 'a.yaml': config('one'), 'd.yaml': workload('stuck', { image: 'registry.invalid/shop:1', deadline: 1 }) },
        { wait: true },
      )
      assert.match(
        conditionOf(ks, 'Ready')?.message ?? '',
        /^health check failed after .*: failed early due to stalled resources: \[Deployment\/apps\/stuck status: 'Failed'\]$/,
      )
      assert.equal(conditionOf(ks, 'Healthy')?.status, 'False')
    })

    withData({ name: "others' files pushed", tests: 1 }, () =>
      test("others' files are pushed, applied and gone again", async () => {
        const ks = await ship(treeOf(join(dataFolder, 'podinfo')), { path: './deploy/overlays/dev' })
        assert.equal(conditionOf(ks, 'Ready')?.reason, 'ReconciliationSucceeded', conditionOf(ks, 'Ready')?.message)
        assert.equal(ids(ks).length, 25)
        assert.deepEqual(ids(ks).slice(0, 3), ['_dev__Namespace', 'dev_database__ServiceAccount', 'dev_frontend__ServiceAccount'])
        assert.deepEqual(ids(await ship({ 'a.yaml': config('one') })), ['apps_one__ConfigMap'])
        const frontend = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'dev', name: 'frontend' }
        assert.equal(await world.cluster.get(frontend, signal), undefined)
      }),
    )

    test('deleting the Kustomization takes its objects along', async () => {
      await ship({ 'a.yaml': config('one') })
      await world.cluster.delete(ksRef, {}, signal)
      assert.equal((await world.pass(ksRef)).is, 'gone')
      assert.equal(await get('', 'ConfigMap', 'one'), undefined)
      assert.equal(await world.cluster.get(ksRef, signal), undefined)
    })
  })
}
