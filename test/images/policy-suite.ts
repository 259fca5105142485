import assert from 'node:assert/strict'
import { test } from 'node:test'
import { imagePolicies } from '../../src/images/policy-reconciler.ts'
import type { ImageRef } from '../../src/kinds/image-policy.ts'
import { ImageRepository } from '../../src/kinds/image-repository.ts'
import type { ObjectRef } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'
import { again, judged, namespace, type Pass, type Scene } from './scene.ts'

const v1: JsonObject = { policy: { semver: { range: 'v1.x' } } }
const tags = ['v1.0.0', 'v1.1.0', 'v1.1.1', 'v2.0.0']
const reflecting = (digestReflectionPolicy: string, more: JsonObject = {}): JsonObject => ({
  ...v1,
  digestReflectionPolicy,
  ...(digestReflectionPolicy === 'Always' ? { interval: '10m' } : {}),
  ...more,
})

/** ImagePolicies, from the tags of a scan to the digest. Spec: image-helm-notification A.2. */
export function policyTests(scene: () => Scene): void {
  const scanned = async (pushed: readonly string[] = tags, spec: JsonObject = {}): Promise<ObjectRef> => {
    const name = scene().name()
    if (pushed.length > 0) await scene().push(name, pushed, 'old')
    const ref = await scene().repository(name, spec)
    await scene().pass(ref)
    return ref
  }
  const chosen = async ({ name }: ObjectRef, spec: JsonObject, version = 'v1beta2'): Promise<Pass> =>
    scene().pass(await scene().policy(name, spec, { version }))
  const refs = ({ object }: Pass): { latest?: ImageRef; previous?: ImageRef } => ({
    ...(object.status?.latestRef ? { latest: object.status.latestRef as ImageRef } : {}),
    ...(object.status?.observedPreviousRef ? { previous: object.status.observedPreviousRef as ImageRef } : {}),
  })

  test('a policy chooses a tag, says so, and tells whom it concerns', async () => {
    const repository = await scanned()
    const image = scene().image(repository.name)
    const pass = await chosen(repository, v1)
    const message = `Latest image tag for ${image} resolved to v1.1.1`
    assert.deepEqual(judged(pass.object), { Ready: `True Succeeded: ${message}` })
    const { conditions: _, ...status } = pass.object.status ?? {}
    assert.deepEqual(status, { observedGeneration: 1, latestRef: { name: image, tag: 'v1.1.1' }, latestImage: `${image}:v1.1.1` })
    assert.deepEqual(again(pass), { requeueMs: undefined, backoff: false })
    const ref = { ...repository, kind: 'ImagePolicy' }
    assert.deepEqual(await scene().events(ref), [{ type: 'Normal', reason: 'Succeeded', message, count: 1 }])
    const later = await chosen(repository, { policy: { semver: { range: '>=2' } } })
    assert.equal(
      judged(later.object).Ready,
      `True Succeeded: Latest image tag for ${image} resolved to v2.0.0 (previously ${image}:v1.1.1)`,
    )
    assert.equal(later.object.status?.observedPreviousImage, `${image}:v1.1.1`)
    await scene().pass(ref)
    assert.deepEqual((await scene().events(ref)).map(e => e.count).toSorted(), [1, 2])
  })

  interface Row {
    readonly id: BehaviourId
    readonly says: string
    readonly passes: readonly [JsonObject, JsonObject]
    readonly expected: (digests: { old: string; new: string }) => { latest: Partial<ImageRef>; previous?: Partial<ImageRef> }
    readonly requeue: readonly [number | undefined, number | undefined]
  }
  const [never, always, once] = ['Never', 'Always', 'IfNotPresent'].map(one => reflecting(one)) as [JsonObject, JsonObject, JsonObject]
  const none = [undefined, undefined] as const
  const rows: readonly Row[] = [
    {
      id: 'images/I-34.1',
      says: 'Never: no digest',
      passes: [never, never],
      expected: () => ({ latest: { tag: 'v1.1.1' } }),
      requeue: none,
    },
    { id: 'images/I-34.2', says: 'unset: no digest', passes: [v1, v1], expected: () => ({ latest: { tag: 'v1.1.1' } }), requeue: none },
    {
      id: 'images/I-35',
      says: 'Always: the digest of now, at each interval',
      passes: [always, always],
      expected: d => ({ latest: { tag: 'v1.1.1', digest: d.new }, previous: { tag: 'v1.1.1', digest: d.old } }),
      requeue: [600_000, 600_000],
    },
    {
      id: 'images/I-36',
      says: 'IfNotPresent: the first digest',
      passes: [once, once],
      expected: d => ({ latest: { tag: 'v1.1.1', digest: d.old } }),
      requeue: none,
    },
    {
      id: 'images/I-37',
      says: 'IfNotPresent: another tag has another digest',
      passes: [once, { ...once, policy: { semver: { range: 'v2.x' } } }],
      expected: d => ({ latest: { tag: 'v2.0.0', digest: d.new }, previous: { tag: 'v1.1.1', digest: d.old } }),
      requeue: none,
    },
    {
      id: 'images/I-38',
      says: 'from Never to IfNotPresent',
      passes: [never, once],
      expected: d => ({ latest: { tag: 'v1.1.1', digest: d.new }, previous: { tag: 'v1.1.1' } }),
      requeue: none,
    },
    {
      id: 'images/I-39',
      says: 'from Always to Never',
      passes: [always, never],
      expected: d => ({ latest: { tag: 'v1.1.1' }, previous: { tag: 'v1.1.1', digest: d.old } }),
      requeue: [600_000, undefined],
    },
    {
      id: 'images/I-40.1',
      says: 'from Always to IfNotPresent',
      passes: [always, once],
      expected: d => ({ latest: { tag: 'v1.1.1', digest: d.old } }),
      requeue: [600_000, undefined],
    },
    {
      id: 'images/I-40.2',
      says: 'IfNotPresent: a narrower range with the same tag',
      passes: [once, { ...once, policy: { semver: { range: '=v1.1.1' } } }],
      expected: d => ({ latest: { tag: 'v1.1.1', digest: d.old } }),
      requeue: none,
    },
  ]
  for (const { id, says, passes, expected, requeue } of rows)
    verifies(id, says, async () => {
      const repository = await scanned()
      const { name } = repository
      const old = await scene().push(name, ['v1.1.1'], 'old')
      const first = await chosen(repository, passes[0])
      const moved = await scene().push(name, tags, 'new')
      assert.notEqual(moved, old)
      const second = await chosen(repository, passes[1])
      const named = (ref: Partial<ImageRef>): Partial<ImageRef> => ({ name: scene().image(name), ...ref })
      const { latest, previous } = expected({ old, new: moved })
      assert.deepEqual(refs(second), { latest: named(latest), ...(previous ? { previous: named(previous) } : {}) })
      assert.deepEqual([again(first).requeueMs, again(second).requeueMs], requeue)
    })

  const stalls: [says: string, spec: JsonObject, reason: string, message: string][] = [
    ['a range that is none', { policy: { semver: { range: '1x' } } }, 'InvalidPolicy', 'invalid policy: constraint Parser Error'],
    ['no choice', { policy: {} }, 'InvalidPolicy', 'invalid policy: given ImagePolicyChoice object is invalid'],
    [
      'a filter that is none',
      { ...v1, filterTags: { pattern: '[=' } },
      'InvalidPolicy',
      "failed to filter tags: invalid regular expression pattern '[=': error parsing regexp: missing closing ]: `[=`",
    ],
  ]
  for (const [says, spec, reason, message] of stalls)
    test(`a policy stalls: ${says}`, async () => {
      const pass = await chosen(await scanned(), spec)
      assert.deepEqual(judged(pass.object), { Stalled: `True ${reason}: ${message}`, Ready: `False ${reason}: ${message}` })
      assert.deepEqual([pass.object.status?.observedGeneration, again(pass)], [1, { requeueMs: undefined, backoff: false }])
    })
  test('a policy stalls with its repository: an image that is none, and a gate that is closed', async () => {
    const invalid = await chosen(await scanned([], { image: 'ghcr.io/a/b:1' }), v1)
    assert.equal(judged(invalid.object).Stalled, "True ImageURLInvalid: image 'ghcr.io/a/b:1' should not include a tag; remove ':1'")
    const gated = await chosen(await scanned([], { provider: 'aws', serviceAccountName: 'any' }), v1)
    assert.equal(
      judged(gated.object).Stalled,
      'True FeatureGateDisabled: to use spec.serviceAccountName in the ImageRepository for provider authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller',
    )
  })
  test('without a scan it waits for one, and only for that', async () => {
    const repository = await scanned([])
    const pass = await chosen(repository, v1)
    assert.deepEqual(judged(pass.object), { Ready: 'False DependencyNotReady: no tags in database' })
    assert.deepEqual(again(pass), { requeueMs: 0, backoff: false })
    assert.equal(pass.object.status?.observedGeneration, -1)
  })
  test('without a repository it is tried again', async () => {
    const name = scene().name()
    const pass = await scene().pass(await scene().policy(name, v1))
    assert.deepEqual(judged(pass.object), {
      Reconciling: 'True ProgressingWithRetry: processing object: new generation -1 -> 1',
      Ready: `False DependencyNotReady: failed to get the referred ImageRepository: referenced ImageRepository does not exist: ImageRepository.image.toolkit.fluxcd.io "${name}" not found`,
    })
    assert.equal(again(pass).backoff, true)
  })
  test('what no tag satisfies is tried again', async () => {
    const pass = await chosen(await scanned(), { policy: { semver: { range: '9.x' } } })
    assert.equal(judged(pass.object).Ready, 'False Failure: unable to determine latest version from provided list')
    assert.equal(again(pass).backoff, true)
  })
  test('a digest that cannot be looked up is told', async () => {
    const repository = await scanned()
    const { hands } = scene().world
    const registry = await hands.registries.open({ credentials: { type: 'anonymous' } }, 'lookup')
    const refusing = new Proxy(registry, {
      get: (target, key) => (key === 'lookUp' ? () => Promise.reject(new Error('no answer')) : Reflect.get(target, key)),
    })
    const ref = await scene().policy(repository.name, reflecting('IfNotPresent'))
    const { object } = await scene().pass(ref, { hands: { registries: { open: async () => refusing } } })
    const image = `${scene().image(repository.name)}:v1.1.1`
    assert.equal(
      judged(object).Ready,
      `False Failed: failed fetching digest of ${image}: failed fetching descriptor for "${image}": no answer`,
    )
    assert.deepEqual(refs({ object } as Pass), {})
  })
  test('refs are taken over from the texts of older controllers', async () => {
    const repository = await scanned()
    const image = scene().image(repository.name)
    const ref = await scene().policy(repository.name, { policy: { semver: { range: '9.x' } } })
    const body = { status: { latestImage: `${image}:v1.1.0`, observedPreviousImage: `${image}:v1.0.0` } }
    await scene().world.cluster.patch(ref, { type: 'merge', body, manager: 'test', subresource: 'status' }, unending)
    const before = { latest: { name: image, tag: 'v1.1.0' }, previous: { name: image, tag: 'v1.0.0' } }
    assert.deepEqual(refs(await scene().pass(ref)), before, 'also by a pass that fails')
    assert.deepEqual(refs(await chosen(repository, v1)), {
      latest: { name: image, tag: 'v1.1.1' },
      previous: { name: image, tag: 'v1.1.0' },
    })
  })
  test('one of v1 has no texts, hands requests back, and may be suspended', async () => {
    const repository = await scanned()
    const image = scene().image(repository.name)
    const ref = await scene().policy(repository.name, v1, { version: 'v1' })
    const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' }
    await scene().world.cluster.patch(ref, { type: 'merge', body: { metadata: { annotations } }, manager: 'test' }, unending)
    const { object } = await scene().pass(ref)
    const { conditions: _, ...status } = object.status ?? {}
    assert.deepEqual(status, { observedGeneration: 1, lastHandledReconcileAt: 'now', latestRef: { name: image, tag: 'v1.1.1' } })
    await scene().policy(repository.name, { ...v1, suspend: true }, { version: 'v1' })
    assert.equal((await scene().pass(ref)).driven.is, 'suspended')
  })

  test('other namespaces use a repository that lets them', async () => {
    const s = scene()
    await ensureNamespace(s.world.cluster, 'image-users')
    const repository = await scanned()
    const spec = { ...v1, imageRepositoryRef: { name: repository.name, namespace } }
    const ref = await s.policy(repository.name, spec, { namespace: 'image-users' })
    const prefix = 'False AccessDenied: failed to get the referred ImageRepository: '
    const without = await s.pass(ref)
    assert.equal(
      judged(without.object).Ready,
      `${prefix}access denied: '${namespace}/${repository.name}' can't be accessed due to missing ACL labels on 'accessFrom'`,
    )
    assert.equal(again(without).backoff, true)
    await s.repository(repository.name, { accessFrom: { namespaceSelectors: [{ matchLabels: { team: 'a' } }] } })
    assert.equal(
      judged((await s.pass(ref)).object).Ready,
      `${prefix}access denied: '${namespace}/${repository.name}' can't be accessed due to ACL labels mismatch on namespace 'image-users'`,
    )
    await s.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'image-users', labels: { team: 'a' } } })
    assert.match(judged((await s.pass(ref)).object).Ready ?? '', /^True Succeeded/)
    const { cluster } = s.world
    const get: typeof cluster.get = (at, stop) =>
      at.kind === 'Namespace' ? Promise.reject(new Error('namespaces is forbidden')) : cluster.get(at, stop)
    const unread = await s.pass(ref, { hands: { cluster: Object.assign(Object.create(cluster) as typeof cluster, { get }) } })
    assert.equal(judged(unread.object).Ready, `${prefix}access denied: namespaces is forbidden`)
    const barred = await s.pass(ref, { settings: { noCrossNamespaceRefs: true } })
    assert.equal(
      judged(barred.object).Ready,
      `${prefix}cannot access 'ImageRepository/${namespace}/${repository.name}', cross-namespace references have been blocked`,
    )
  })
  test('a repository that is ready as it is now wakes its policies, and no other', async () => {
    const repository = await scanned()
    const after = await scene().get(repository)
    const own = await scene().get(await scene().policy(repository.name, v1))
    const other = await scene().get(await scene().policy(scene().name(), v1))
    const woken = (change: typeof after): string[] =>
      (imagePolicies.wokenBy?.({ before: undefined, after: change }, [own, other]) ?? []).map(o => o.metadata.name)
    assert.deepEqual(woken(after), [repository.name])
    assert.deepEqual(woken({ ...after, metadata: { ...after.metadata, generation: 2 } }), [])
    assert.deepEqual(woken({ ...after, metadata: { ...after.metadata, namespace: 'other' } }), [])
    assert.deepEqual(imagePolicies.follows, [ImageRepository])
    assert.deepEqual(woken({ ...after, status: {} }), [])
    const gone = imagePolicies.wokenBy?.({ before: after, after: { ...after, status: {} }, gone: true }, [own, other])
    assert.deepEqual(gone, [own], 'one that is no more does as well')
  })
}
