import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionsOf, type KubeObject, type ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { parseOciUrl } from '../../../src/lib/reference.ts'
import { verifies } from '../../conformance/verifies.ts'
import { pushVector, signedVector, type SignedVector } from '../../support/signed.ts'
import { artifactOf, judged, revisionOf } from '../scene.ts'
import type { Scene } from '../oci/scene.ts'

/** An OCIRepository of an artifact as a tool signed it, verified with the tool's own keys unless `secret` has others. */
export async function signedScene(
  s: Scene,
  vector: SignedVector,
  {
    provider = 'cosign',
    secret = vector.secret,
    spec = {},
  }: { provider?: string; secret?: Record<string, string> | undefined; spec?: JsonObject } = {},
): Promise<{ ref: ObjectRef; name: string; printed: string }> {
  const name = s.name()
  const registry = await s.world.hands.registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
  await pushVector(registry, parseOciUrl(s.url(name)), vector)
  await s.secret(name, 'Opaque', secret)
  const ref = await s.repository(name, { verify: { provider, secretRef: { name } }, ...spec })
  return { ref, name, printed: `${s.world.registry}/${name}:latest` }
}

export function assertVerified(object: KubeObject): void {
  const { SourceVerified, Ready = '' } = judged(object)
  assert.equal(SourceVerified, `True Succeeded: verified signature of revision ${revisionOf(object)}`)
  assert.match(Ready, /^True Succeeded: stored artifact/)
}

/** Conditions of this generation: what was stored before may stand beside a failure. */
function judgedNow(object: KubeObject): Record<string, string> {
  const conditions = conditionsOf(object).flatMap(c => (c.type === 'ArtifactInStorage' ? [] : [{ ...c }]))
  return judged({ ...object, status: { conditions } })
}

/** Fails unless the verification failed with these words, and nothing was fetched. */
export function assertRefused(object: KubeObject, words: string): void {
  const { SourceVerified, Ready } = judgedNow(object)
  assert.equal(SourceVerified, `False VerificationError: ${words}`)
  assert.equal(Ready, SourceVerified)
}

export function verificationTests(scene: () => Scene): void {
  const good = async (vector: SignedVector, provider = 'cosign'): Promise<void> => {
    const { ref } = await signedScene(scene(), vector, { provider })
    assertVerified((await scene().pass(ref)).object)
  }
  verifies('sources/158.1', 'a signature of cosign by an ECDSA key on P-256 is good', () => good(signedVector('cosign-ecdsa-p256')))
  verifies('sources/158.2', 'a signature of cosign by an ECDSA key on P-384 is good', () => good(signedVector('cosign-ecdsa-p384')))
  verifies('sources/158.3', 'a signature of cosign by an ECDSA key on P-521 is good', () => good(signedVector('cosign-ecdsa-p521')))
  verifies('sources/158.4', 'a signature of cosign by an RSA key of 2048 bits is good', () => good(signedVector('cosign-rsa-2048')))
  verifies('sources/158.5', 'a signature of cosign by an RSA key of 3072 bits is good', () => good(signedVector('cosign-rsa-3072')))
  verifies('sources/158.6', 'a signature of cosign by an Ed25519 key is good', () => good(signedVector('cosign-ed25519')))
  test('a signature with SHA-256 by a key on P-384 is good, as older versions of cosign make it', () =>
    good(signedVector('cosign-ecdsa-p384-sha256')))
  test('what cosign 3 signs in the old format is good', () => good(signedVector('cosign3-as-before')))
  verifies('sources/159.1', 'any of several signatures is enough', async () => {
    const several = signedVector('cosign-several')
    for (const name of Object.keys(several.secret)) {
      const { ref } = await signedScene(scene(), several, { secret: { [name]: several.secret[name] ?? '' } })
      assertVerified((await scene().pass(ref)).object)
    }
  })
  verifies('sources/159.2', 'any of several keys is enough', async () => {
    const vector = signedVector('cosign-rsa-2048')
    const secret = { ...signedVector('cosign-ed25519').secret, ...vector.secret, 'note.txt': 'no key' }
    assertVerified((await scene().pass((await signedScene(scene(), vector, { secret })).ref)).object)
  })
  refusalTests(scene)
  repetitionTests(scene)
}

const failed = "failed to verify the signature using provider 'cosign': "

function refusalTests(scene: () => Scene): void {
  verifies('sources/160.1', 'without a signature the verification fails, and nothing is downloaded', async () => {
    const { ref, printed } = await signedScene(scene(), { ...signedVector('cosign-rsa-2048'), manifests: [] })
    const { object, calls, driven } = await scene().pass(ref)
    assertRefused(object, `${failed}no matching signatures were found for '${printed}'`)
    assert.ok(!calls.includes('blob'))
    assert.deepEqual([artifactOf(object), scene().stored(ref)], [{}, []])
    assert.ok(driven.is === 'done' && driven.settled.backoff)
    assert.equal((await scene().event(ref, 'VerificationError')).type, 'Warning')
  })
  verifies('sources/160.2', 'a signature by another key is none, and the artifact of before stays', async () => {
    const vector = signedVector('cosign-rsa-2048')
    const { ref, name, printed } = await signedScene(scene(), vector)
    const before = (await scene().pass(ref)).object
    await scene().secret(name, 'Opaque', { 'other.pub': signedVector('cosign-rsa-3072').secret['rsa-3072.pub'] ?? '' })
    await scene().repository(name, { verify: { provider: 'cosign', secretRef: { name } }, interval: '11m' })
    const { object } = await scene().pass(ref)
    assertRefused(object, `${failed}no matching signatures were found for '${printed}'`)
    assert.deepEqual(artifactOf(object), artifactOf(before))
  })
  verifies('sources/161.1', 'a key that is no PEM fails the verification', async () => {
    const { ref } = await signedScene(scene(), signedVector('cosign-ed25519'), { secret: { 'a.pub': 'no key' } })
    assertRefused((await scene().pass(ref)).object, `${failed}PEM decoding failed`)
  })
  verifies('sources/161.2', 'a Secret that is not there fails the verification', async () => {
    const { ref } = await signedScene(scene(), signedVector('cosign-ed25519'), {
      spec: { verify: { provider: 'cosign', secretRef: { name: 'absent' } } },
    })
    assertRefused((await scene().pass(ref)).object, `${failed}secrets "absent" not found`)
  })
  verifies('sources/164', 'a bundle of cosign 3 is no signature yet, and the message says how to make one', async () => {
    const { ref, printed } = await signedScene(scene(), signedVector('cosign3-bundle'))
    assertRefused(
      (await scene().pass(ref)).object,
      `${failed}no matching signatures were found for '${printed}': it has a signature in the bundle format of cosign 3, which Flux 2.6 does not read: sign with --new-bundle-format=false --use-signing-config=false`,
    )
  })
  verifies('sources/169', 'a signature of another artifact, put beside this one, is none', async () => {
    const vector = signedVector('cosign-ed25519')
    const s = scene()
    const { ref, name, printed } = await signedScene(s, vector)
    const digest = await s.push(name, 'latest', { 'a.yaml': 'a: 1\n' })
    const registry = await s.world.hands.registries.open({ credentials: { type: 'anonymous' } }, 'transfer')
    const [manifest] = vector.manifests
    assert.ok(manifest)
    await registry.pushManifest(
      { ...parseOciUrl(s.url(name)), tag: `${digest.replace(':', '-')}.sig` },
      { mediaType: manifest.mediaType, bytes: Buffer.from(manifest.text) },
      new AbortController().signal,
    )
    assertRefused((await s.pass(ref)).object, `${failed}no matching signatures were found for '${printed}'`)
  })
}

function repetitionTests(scene: () => Scene): void {
  verifies('sources/162.1', 'what was verified in this generation is not verified again', async () => {
    const { ref } = await signedScene(scene(), signedVector('cosign-ed25519'))
    await scene().pass(ref)
    const { object, calls } = await scene().pass(ref)
    assertVerified(object)
    assert.deepEqual(calls, ['lookUp'])
  })
  verifies('sources/162.2', 'a new generation is verified, though the revision is the same', async () => {
    const { ref, name } = await signedScene(scene(), signedVector('cosign-ed25519'))
    await scene().pass(ref)
    await scene().repository(name, { verify: { provider: 'cosign', secretRef: { name } }, interval: '11m' })
    const { object, calls } = await scene().pass(ref)
    assertVerified(object)
    assert.deepEqual(calls, ['lookUp', 'manifest', 'blob'])
  })
  verifies('sources/162.3', 'a failed verification is made again, and its end shows', async () => {
    const vector = signedVector('cosign-ed25519')
    const { ref, name } = await signedScene(scene(), vector, { secret: { 'none.txt': '' } })
    assert.match(judged((await scene().pass(ref)).object).SourceVerified ?? '', /^False/)
    await scene().secret(name, 'Opaque', vector.secret)
    assertVerified((await scene().pass(ref)).object)
  })
  verifies('sources/163', 'without spec.verify nothing says that it was verified', async () => {
    const { ref, name } = await signedScene(scene(), signedVector('cosign-ed25519'))
    await scene().pass(ref)
    await scene().repository(name, {})
    await scene().apply({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name, namespace: ref.namespace ?? '' },
      spec: { url: scene().url(name), interval: '10m' },
    })
    assert.deepEqual(Object.keys(judged((await scene().pass(ref)).object)), ['Ready', 'ArtifactInStorage'])
  })
}
