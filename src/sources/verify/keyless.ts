import { createHash, X509Certificate as NodeCertificate } from 'node:crypto'
import { type Bundle } from '@sigstore/bundle'
import { X509Certificate } from '@sigstore/core'
import { HashAlgorithm, TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, type TrustMaterial, Verifier } from '@sigstore/verify'
import { messageOf } from '../../lib/coded-error.ts'
import { type Digest } from '../../lib/digest.ts'
import { goMatching } from '../../lib/go-regex.ts'
import { at, isObject, jsonIn, type JsonObject, stringAt } from '../../lib/json.ts'
import { cosignAnnotations, type CosignSignature, payloadProblem } from './cosign.ts'

/** Whose signatures count: regular expressions of Go, each to be found in the certificate. */
export interface OidcIdentity {
  readonly issuer: string
  readonly subject: string
}

/** What keyless signatures are held against. */
export interface Keyless {
  readonly trust: TrustMaterial
  /** Any of them is enough; none accepts whoever signed. Spec: sources G18. */
  readonly identities: readonly OidcIdentity[]
  readonly digest: Digest
}

/** Fulcio, Rekor and the log of certificates that are trusted, from a `trusted_root.json`. Throws text for what is none. */
export function trustIn(trustedRoot: unknown): TrustMaterial {
  try {
    const material = toTrustMaterial(TrustedRoot.fromJSON(trustedRoot))
    if (material.certificateAuthorities.length === 0) throw new Error('it names no certificate authority')
    return material
  } catch (cause) {
    throw new Error(`unable to parse trusted root: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Why a keyless signature is not good for this manifest; `undefined` when it is: the certificate is of a trusted authority and was logged, the
 * signature was logged while the certificate was good, the payload names this manifest, and the identity is one that is asked for.
 */
export function keylessProblem(signature: CosignSignature, { trust, identities, digest }: Keyless): string | undefined {
  const pem = signature.annotations[cosignAnnotations.certificate]
  if (!pem) return 'no certificate found on signature'
  const logged = jsonIn(signature.annotations[cosignAnnotations.bundle] ?? '')
  if (!isObject(logged)) return 'no entry of a transparency log found on signature'
  try {
    const raw = new NodeCertificate(pem).raw
    const entity = toSignedEntity(bundleOf(signature, { raw, logged }), Buffer.from(signature.payload))
    new Verifier(trust).verify(entity)
    return payloadProblem(signature.payload, digest) ?? identityProblem(X509Certificate.parse(Buffer.from(raw)), identities)
  } catch (thrown) {
    return messageOf(thrown)
  }
}

/** A signature as Sigstore's bundles have it; what cosign 2 logs has a promise of the log, and no proof. */
function bundleOf({ annotations, payload }: CosignSignature, { raw, logged }: { raw: Buffer; logged: JsonObject }): Bundle {
  const body = Buffer.from(stringAt(logged, 'Payload', 'body') ?? '', 'base64')
  const entry = jsonIn(body)
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      content: { $case: 'certificate', certificate: { rawBytes: Buffer.from(raw) } },
      timestampVerificationData: undefined,
      tlogEntries: [
        {
          logIndex: String(at(logged, 'Payload', 'logIndex') ?? ''),
          logId: { keyId: Buffer.from(stringAt(logged, 'Payload', 'logID') ?? '', 'hex') },
          kindVersion: { kind: stringAt(entry, 'kind') ?? '', version: stringAt(entry, 'apiVersion') ?? '' },
          integratedTime: String(at(logged, 'Payload', 'integratedTime') ?? ''),
          inclusionPromise: { signedEntryTimestamp: Buffer.from(stringAt(logged, 'SignedEntryTimestamp') ?? '', 'base64') },
          inclusionProof: undefined,
          canonicalizedBody: body,
        },
      ],
    },
    content: {
      $case: 'messageSignature',
      messageSignature: {
        messageDigest: { algorithm: HashAlgorithm.SHA2_256, digest: createHash('sha256').update(payload).digest() },
        signature: Buffer.from(annotations[cosignAnnotations.signature] ?? '', 'base64'),
      },
    },
  }
}

/** @throws {RegexError} for an expression that Go would not take. */
function identityProblem(certificate: X509Certificate, identities: readonly OidcIdentity[]): string | undefined {
  if (identities.length === 0) return undefined
  const [issuer, subjects] = [issuerOf(certificate), subjectsOf(certificate)]
  const found = identities.some(wanted => goMatching([issuer], wanted.issuer).length > 0 && goMatching(subjects, wanted.subject).length > 0)
  if (found) return undefined
  return `none of the expected identities matched what was in the certificate, got subjects [${subjects.join(', ')}] with issuer ${issuer}`
}

/** Fulcio's extensions for the issuer: the newer one is DER. */
function issuerOf(certificate: X509Certificate): string {
  const newer = certificate.extension('1.3.6.1.4.1.57264.1.8')
  const value = newer ? newer.valueObj.subs[0]?.value : certificate.extension('1.3.6.1.4.1.57264.1.1')?.value
  return value?.toString('utf8') ?? ''
}

/** Names that a certificate may have, by their tags: mail, DNS, URI. */
const nameTags = [0x81, 0x82, 0x86]
const otherName = '1.3.6.1.4.1.57264.1.7'

function subjectsOf(certificate: X509Certificate): string[] {
  const names = certificate.extSubjectAltName
  const plain = names?.valueObj.subs[0]?.subs.filter(name => nameTags.includes(name.tag.toDER())) ?? []
  const other = names?.otherName(otherName)
  return [...plain.map(name => name.value.toString('utf8')), ...(other === undefined ? [] : [other])]
}
