import assert from 'node:assert/strict'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import { verifies } from '../../conformance/verifies.ts'
import { signedVector, type SignedVector } from '../../support/signed.ts'
import { judged } from '../scene.ts'
import type { Scene } from '../oci/scene.ts'
import { assertRefused, assertVerified, signedScene } from './suite.ts'

const failed = "failed to verify the signature using provider 'cosign keyless': "
const vector = signedVector('cosign-keyless')
const trustedRoot = vector.secret['trusted_root.json'] ?? ''
const issuer = '^https://issuer\\.example\\.com$'
const release = { issuer, subject: '/release\\.yml@refs/heads/main$' }

export function keylessTests(scene: () => Scene): void {
  const pass = async (
    identities: readonly { issuer: string; subject: string }[],
    { signed = vector, root = trustedRoot }: { signed?: SignedVector; root?: string | undefined } = {},
  ): Promise<{ object: KubeObject; events: readonly string[] }> => {
    const spec = { verify: { provider: 'cosign', matchOIDCIdentity: identities.map(identity => ({ ...identity })) } }
    const { ref } = await signedScene(scene(), signed, { spec })
    const { object } = await scene().pass(ref, { settings: root === '' ? {} : { sigstoreTrustedRoot: root } })
    return { object, events: (await scene().events(ref)).map(e => e.reason) }
  }
  verifies('sources/168.1', 'a signature by an identity that is asked for is good', async () => {
    const { object, events } = await pass([{ issuer: 'other', subject: 'other' }, release])
    assertVerified(object)
    assert.ok(!events.includes('UnsafeVerification'))
  })
  verifies('sources/168.2', 'a signature by another identity is refused, with the one that it has', async () => {
    for (const wrong of [
      { issuer, subject: '/other\\.yml$' },
      { issuer: '^https://other$', subject: '.*' },
    ])
      assertRefused(
        (await pass([wrong])).object,
        `${failed}no matching signatures: none of the expected identities matched what was in the certificate, got subjects [https://example.com/app/.github/workflows/release.yml@refs/heads/main] with issuer https://issuer.example.com`,
      )
  })
  verifies('sources/168.3', 'without identities any signer is good, and an event says so', async () => {
    const { object, events } = await pass([])
    assertVerified(object)
    assert.ok(events.includes('UnsafeVerification'))
  })
  verifies('sources/168.4', 'an expression that Go does not take is refused', async () => {
    const message = judged((await pass([{ issuer: '(?=x)', subject: '.*' }])).object).SourceVerified ?? ''
    assert.match(message, /cosign keyless': no matching signatures: error parsing regexp: invalid or unsupported Perl syntax: `\(\?=`$/)
  })
  verifies('sources/168.5', 'authorities that are not those of the trusted root are refused', async () => {
    const { object } = await pass([release], { root: '' })
    assert.match(judged(object).SourceVerified ?? '', /cosign keyless': no matching signatures: /)
  })
  verifies('sources/168.6', 'without a signature it is refused', async () => {
    assertRefused((await pass([release], { signed: { ...vector, manifests: [] } })).object, `${failed}no signatures found`)
  })
  verifies('sources/168.7', 'a signature by a key alone is none', async () => {
    const { object } = await pass([release], { signed: signedVector('cosign-ecdsa-p256') })
    assertRefused(object, `${failed}no matching signatures: no certificate found on signature`)
  })
  verifies('sources/168.8', 'a trusted root that is none is refused', async () => {
    assertRefused((await pass([release], { root: '{' })).object, `${failed}unable to parse trusted root: it is no JSON`)
    assert.match(judged((await pass([release], { root: '{}' })).object).SourceVerified ?? '', /unable to parse trusted root: it names no/)
  })
}
