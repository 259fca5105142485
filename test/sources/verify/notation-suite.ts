import assert from 'node:assert/strict'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import type { Clock } from '../../../src/world/clock/clock.ts'
import { verifies } from '../../conformance/verifies.ts'
import { signedVector, type SignedVector } from '../../support/signed.ts'
import { judged } from '../scene.ts'
import type { Scene } from '../oci/scene.ts'
import { assertRefused, assertVerified, signedScene } from './suite.ts'

const failed = "failed to verify the signature using provider 'notation': "

/** A trust policy for everything, of one statement. */
export function policy(statement: object = {}): string {
  const all = {
    name: 'all',
    registryScopes: ['*'],
    signatureVerification: { level: 'strict' },
    trustStores: ['ca:any'],
    trustedIdentities: ['*'],
    ...statement,
  }
  return JSON.stringify({ version: '1.0', trustPolicies: [all] })
}

export function notationTests(scene: () => Scene): void {
  const pass = async (vector: SignedVector, secret: Record<string, string>): Promise<KubeObject> => {
    const { ref } = await signedScene(scene(), vector, { provider: 'notation', secret })
    return (await scene().pass(ref)).object
  }
  const good = async (name: string, statement?: object): Promise<void> => {
    const vector = signedVector(name)
    assertVerified(await pass(vector, { ...vector.secret, 'trustpolicy.json': policy(statement) }))
  }
  verifies('sources/165.1', 'a signature of notation in JWS by an RSA key is good', () => good('notation-jws-rsa-2048'))
  verifies('sources/165.2', 'a signature of notation in JWS by an ECDSA key is good', () => good('notation-jws-ecdsa-p384'))
  verifies('sources/165.3', 'a signature of notation in COSE by an ECDSA key is good', () => good('notation-cose-ecdsa-p256'))
  verifies('sources/165.4', 'a signature of notation in COSE by an RSA key is good', () => good('notation-cose-rsa-3072'))
  verifies('sources/165.5', 'a signer that the policy names is good', () =>
    good('notation-jws-rsa-2048', { trustedIdentities: ['x509.subject: C=DE, ST=Berlin, O=Example'] }),
  )
  levelTests(scene, pass)
  secretTests(pass)
}

const elsewhere = (): string => signedVector('notation-jws-ecdsa-p384').secret['ca.crt'] ?? ''

function levelTests(scene: () => Scene, pass: (vector: SignedVector, secret: Record<string, string>) => Promise<KubeObject>): void {
  const vector = signedVector('notation-cose-ecdsa-p256')
  const [manifest] = vector.manifests
  assert.ok(manifest)
  verifies('sources/166.1', 'a policy that skips lets pass and says nothing', async () => {
    const level = { signatureVerification: { level: 'skip' } }
    const object = await pass({ ...vector, manifests: [] }, { ...vector.secret, 'trustpolicy.json': policy(level) })
    assert.deepEqual(Object.keys(judged(object)), ['Ready', 'ArtifactInStorage'])
  })
  verifies('sources/166.2', 'a policy that audits lets pass what an unknown authority signed, and says nothing', async () => {
    const level = { signatureVerification: { level: 'audit' } }
    const object = await pass(vector, { 'ca.crt': elsewhere(), 'trustpolicy.json': policy(level) })
    assert.deepEqual(Object.keys(judged(object)), ['Ready', 'ArtifactInStorage'])
  })
  verifies('sources/166.3', 'a strict policy refuses what an unknown authority signed', async () => {
    const object = await pass(vector, { 'ca.crt': elsewhere(), 'trustpolicy.json': policy() })
    const message = judged(object).SourceVerified ?? ''
    assert.ok(
      message.startsWith(`False VerificationError: ${failed}signature verification failed\nfailed to verify signature with digest sha256:`),
    )
    assert.match(message, /, the signature's certificate chain does not contain any trusted certificate$/)
  })
  for (const name of ['notation-jws-expires', 'notation-cose-expires'] as const) expiryTests(scene, name)
}

/** A clock that shows a day two days after the signature was made. */
function later(clock: Clock): Clock {
  return { ...clock, now: () => clock.now() + 20 * 365 * 86_400_000 }
}

function expiryTests(scene: () => Scene, name: string): void {
  const vector = signedVector(name)
  verifies('sources/166.4', `an expired signature is refused by a strict policy, and not by a permissive one: ${name}`, async () => {
    for (const [level, status] of [
      ['strict', 'False'],
      ['permissive', 'True'],
    ] as const) {
      const secret = { ...vector.secret, 'trustpolicy.json': policy({ signatureVerification: { level } }) }
      const { ref } = await signedScene(scene(), vector, { provider: 'notation', secret })
      const { object } = await scene().pass(ref, { hands: { clock: later(scene().world.hands.clock) } })
      const { SourceVerified = '' } = judged(object)
      assert.ok(SourceVerified.startsWith(status), SourceVerified)
      if (level === 'strict') assert.match(SourceVerified, /, digital signature has expired on "/)
    }
  })
}

function secretTests(pass: (vector: SignedVector, secret: Record<string, string>) => Promise<KubeObject>): void {
  const vector = signedVector('notation-cose-ecdsa-p256')
  verifies('sources/167.1', 'a Secret without a policy is refused', async () => {
    const object = await pass(vector, vector.secret)
    assertRefused(object, `${failed}'trustpolicy.json' not found in secret '${object.metadata.namespace}/${object.metadata.name}'`)
  })
  verifies('sources/167.2', 'a Secret without a certificate is refused', async () => {
    const object = await pass(vector, { 'trustpolicy.json': policy() })
    assertRefused(object, `${failed}no certificates found in secret '${object.metadata.namespace}/${object.metadata.name}'`)
  })
  verifies('sources/167.3', 'an artifact without a signature is refused', async () => {
    const object = await pass({ ...vector, manifests: [] }, { ...vector.secret, 'trustpolicy.json': policy() })
    const url = String((object.spec as { url?: string }).url).slice('oci://'.length)
    assertRefused(
      object,
      `${failed}no signature is associated with "${url}@${vector.digest}", make sure the artifact was signed successfully`,
    )
  })
  verifies('sources/167.4', 'a policy for other repositories is refused', async () => {
    const object = await pass(vector, { ...vector.secret, 'trustpolicy.json': policy({ registryScopes: ['example.com/app'] }) })
    assert.match(judged(object).SourceVerified ?? '', /artifact "127.* has no applicable oci trust policy statement\./)
  })
}
