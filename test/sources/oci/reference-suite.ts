import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { artifactOf, judged, revisionOf, type Scene } from './scene.ts'

const tags = ['6.1.4', '6.1.5-beta.1', '6.1.5-rc.1', '6.1.5', '6.1.6-rc.1', '6.1.6']

/** Which artifact a reference names, and what is said when it names none. */
export function referenceTests(scene: () => Scene): void {
  const digests = new Map<string, string>()
  const podinfo = async (): Promise<void> => {
    if (digests.size > 0) return
    for (const tag of tags) digests.set(tag, await scene().push('podinfo', tag, { version: tag }))
  }
  const passed = async (
    ref: JsonObject,
  ): Promise<Awaited<ReturnType<Scene['pass']>> & { ref: Awaited<ReturnType<Scene['repository']>> }> => {
    await podinfo()
    const s = scene()
    const at = await s.repository(s.name(), { url: s.url('podinfo'), ref })
    return { ...(await s.pass(at)), ref: at }
  }

  const found: [
    id: BehaviourId,
    ref: (digest: (tag: string) => string) => JsonObject,
    revision: (digest: (tag: string) => string) => string,
  ][] = [
    ['sources/2', () => ({ tag: '6.1.6' }), d => `6.1.6@${d('6.1.6')}`],
    ['sources/4', () => ({ semver: '>= 6.1.6' }), d => `6.1.6@${d('6.1.6')}`],
    ['sources/5', () => ({ semver: '>= 6.1.x-0', semverFilter: '.*-rc.*' }), d => `6.1.6-rc.1@${d('6.1.6-rc.1')}`],
    ['sources/8', () => ({ semver: '>= 6.1.5', tag: '6.1.5' }), d => `6.1.6@${d('6.1.6')}`],
    ['sources/9', d => ({ digest: d('6.1.5'), semver: '>= 6.1.6', tag: '6.1.6' }), d => d('6.1.5')],
  ]
  for (const [id, ref, revision] of found)
    verifies(id, `${JSON.stringify(ref(tag => `digest of ${tag}`))} is found`, async () => {
      await podinfo()
      const digest = (tag: string): string => digests.get(tag) ?? ''
      const { object } = await passed(ref(digest))
      assert.equal(revisionOf(object), revision(digest))
      assert.deepEqual(Object.keys(judged(object)), ['Ready', 'ArtifactInStorage'])
    })

  const lost: [id: BehaviourId, ref: JsonObject, reason: string, message: (s: Scene) => RegExp][] = [
    [
      'sources/6',
      { semver: '>= 6.1.x-0', semverFilter: '.*-alpha.*' },
      'ReadOperationFailed',
      () => /: no match found for semver: >= 6\.1\.x-0$/,
    ],
    [
      'sources/10',
      { tag: '0.0.0' },
      'OCIArtifactPullFailed',
      ({ world }) =>
        new RegExp(`^failed to determine artifact digest: GET http://${world.registry}/v2/podinfo/manifests/0\\.0\\.0: MANIFEST_UNKNOWN: `),
    ],
    [
      'sources/11',
      { semver: '<= 6.1.0' },
      'ReadOperationFailed',
      ({ world }) =>
        new RegExp(`^failed to determine the artifact tag for 'oci://${world.registry}/podinfo': no match found for semver: <= 6\\.1\\.0$`),
    ],
    [
      'sources/12',
      { digest: 'invalid' },
      'OCIArtifactPullFailed',
      () => /^failed to determine artifact digest: cannot parse hash: "invalid"$/,
    ],
  ]
  for (const [id, ref, reason, message] of lost)
    verifies(id, `${JSON.stringify(ref)} is not found: ${reason}`, async () => {
      const { object, driven, ref: at } = await passed(ref)
      const conditions = judged(object)
      const [, said = ''] = new RegExp(`^True ${reason}: (.*)$`).exec(conditions.FetchFailed ?? '') ?? []
      assert.match(said, message(scene()))
      assert.equal(conditions.Ready, `False ${reason}: ${said}`)
      assert.deepEqual(await scene().event(at, reason), { type: 'Warning', reason, message: said, count: 1, annotations: {} })
      assert.ok(driven.is === 'done' && driven.settled.backoff)
    })
  for (const [says, ref, message] of [
    ['a range that cannot be read', { semver: '>= x.y.z.' }, /: semver '>= x\.y\.z\.' parse error: improper constraint: >= x\.y\.z\.$/],
    ['a filter that cannot be read', { semver: '*', semverFilter: '(' }, /: error parsing regexp: missing closing \): `\(`$/],
    ['a filter that looks ahead', { semver: '*', semverFilter: 'a(?=b)' }, /invalid or unsupported Perl syntax: `\(\?=`$/],
  ] as const)
    test(`${says} is an error`, async () => {
      const { object } = await passed(ref)
      assert.match(judged(object).FetchFailed ?? '', /^True ReadOperationFailed: failed to determine the artifact tag for /)
      assert.match(judged(object).FetchFailed ?? '', message)
    })
  for (const tag of ['../../other/manifests/latest', 'a/b', 'a?b', 'a#b', '%2e%2e', ' '])
    test(`the tag '${tag}' leads nowhere else`, async () => {
      const { object, calls } = await passed({ tag })
      assert.equal(judged(object).FetchFailed, `True OCIArtifactPullFailed: failed to determine artifact digest: '${tag}' is no tag`)
      assert.deepEqual(calls, [])
    })
  test('a digest that the registry does not have', async () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const { object, calls } = await passed({ digest })
    assert.match(
      judged(object).FetchFailed ?? '',
      new RegExp(
        `^True OCIArtifactPullFailed: failed to pull artifact from 'oci://[^']+': GET http://.*/manifests/${digest}: MANIFEST_UNKNOWN: `,
      ),
    )
    assert.equal(calls[0], 'manifest', 'a digest is not looked up')
  })

  verifies('sources/13.3', 'a URL with a tag stalls until the spec changes', async () => {
    const s = scene()
    const name = s.name()
    const url = `oci://${s.world.registry}/${name}:v1`
    const ref = await s.repository(name, { url })
    const { object, driven, calls } = await s.pass(ref)
    const message = `URL validation failed for '${url}': repository can only contain the characters \`abcdefghijklmnopqrstuvwxyz0123456789_-./\`: ${name}:v1`
    assert.deepEqual(judged(object), {
      Stalled: `True URLInvalid: ${message}`,
      Ready: `False URLInvalid: ${message}`,
      FetchFailed: `True URLInvalid: ${message}`,
    })
    assert.deepEqual([object.status?.observedGeneration, calls], [1, []])
    assert.ok(driven.is === 'done' && driven.settled.requeueMs === undefined && driven.settled.backoff === undefined)
    assert.deepEqual(await s.event(ref, 'URLInvalid'), { type: 'Warning', reason: 'URLInvalid', message, count: 1, annotations: {} })
    await s.push(name, 'latest', { a: '1' })
    await s.repository(name)
    assert.deepEqual(Object.keys(judged((await s.pass(ref)).object)), ['Ready', 'ArtifactInStorage'])
  })

  test('another tag of the same digest is another revision: stored again, and no news', async () => {
    const s = scene()
    const name = s.name()
    const digest = await s.push(name, 'a', { a: '1' })
    assert.equal(await s.push(name, 'b', { a: '1' }), digest)
    const ref = await s.repository(name, { ref: { tag: 'a' } })
    const first = (await s.pass(ref)).object
    await s.repository(name, { ref: { tag: 'b' } })
    const { object, calls } = await s.pass(ref)
    assert.deepEqual([revisionOf(first), revisionOf(object)], [`a@${digest}`, `b@${digest}`])
    assert.deepEqual([artifactOf(object).digest, artifactOf(object).path], [artifactOf(first).digest, artifactOf(first).path])
    assert.ok(calls.includes('blob'))
    assert.equal((await s.event(ref, 'NewArtifact')).count, 1)
  })

  test('a tag that moves while it is pulled: what was resolved is what is stored', async () => {
    const s = scene()
    const name = s.name()
    const digest = await s.push(name, 'latest', { a: '1' })
    const ref = await s.repository(name)
    const { registries } = s.world.hands
    const moving: typeof registries = {
      async open(access, purpose) {
        if (purpose === 'transfer') await s.push(name, 'latest', { a: '2' })
        return registries.open(access, purpose)
      },
    }
    const { object } = await s.pass(ref, { hands: { registries: moving } })
    assert.equal(revisionOf(object), `latest@${digest}`)
    assert.notEqual(revisionOf((await s.pass(ref)).object), `latest@${digest}`)
  })
}
