import { jsonIn, at, stringAt } from '../../../lib/json.ts'
import { messageOf } from '../../../lib/coded-error.ts'
import type { Descriptor } from '../../../kinds/oci.ts'
import type { Certificate } from './certificate.ts'
import { type Sound, soundEnvelope } from './envelope.ts'
import { isPartOf, parseName } from './names.ts'
import { type Check, pinnedNames, type Statement } from './statement.ts'

/** A signature as the registry has it. */
export interface SignatureBlob {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** What a signature is held against. `now` is in milliseconds. */
export interface Against {
  readonly statement: Statement
  readonly trusted: readonly Certificate[]
  readonly artifact: Pick<Descriptor, 'digest' | 'mediaType' | 'size'>
  readonly now: number
  /** What is wrong with certificates by what their issuers say. Asked where that is enforced and all else is well; absent: nobody can be asked. */
  readonly revocation?: ((chain: readonly Certificate[], signedAt: number | undefined) => Promise<string | undefined>) | undefined
}

/** `ignored`: good enough for the statement, but not by a signer that it trusts. */
export type Verdict = { readonly is: 'verified' } | { readonly is: 'ignored' } | { readonly is: 'failed'; readonly why: string }

/** Judges one signature by the statement of a trust policy that does not skip. Spec: sources 3.6. */
export async function judge(blob: SignatureBlob, against: Against): Promise<Verdict> {
  try {
    const envelope = soundEnvelope(blob.bytes, blob.mediaType)
    const unread = envelope.extended.find(name => name.startsWith('io.cncf.notary.verificationPlugin'))
    if (unread !== undefined) return failed('plugin unsupported due to nil verifier.pluginManager')
    const found = problems(envelope, against)
    const fatal = found.find(({ check }) => against.statement.actions?.[check] === 'enforce')
    if (fatal) return failed(fatal.why)
    const revoked = against.statement.actions?.revocation === 'enforce' ? await revocation(envelope, against) : undefined
    if (revoked !== undefined) return failed(revoked)
    if (!isAbout(envelope.payload, against.artifact)) return failed('content descriptor mismatch')
    return found.some(({ check }) => check === 'authenticity') ? { is: 'ignored' } : { is: 'verified' }
  } catch (thrown) {
    return failed(messageOf(thrown))
  }
}

function failed(why: string): Verdict {
  return { is: 'failed', why }
}

interface Problem {
  readonly check: Check
  readonly why: string
}

/** What is wrong, in the order in which notation looks. */
function problems(envelope: Sound, against: Against): Problem[] {
  const found: [Check, string | undefined][] = [
    ['authenticity', authenticity(envelope, against)],
    ['expiry', expiry(envelope, against)],
    ['authenticTimestamp', timestamp(envelope, against)],
  ]
  return found.flatMap(([check, why]) => (why === undefined ? [] : [{ check, why }]))
}

function authenticity({ certificates, scheme }: Sound, { statement, trusted }: Against): string | undefined {
  const type = scheme === 'notary.x509' ? 'ca:' : 'signingAuthority:'
  const roots = statement.trustStores.some(store => store.startsWith(type)) ? trusted : []
  if (roots.length === 0) return 'no trusted certificates are found to verify authenticity'
  if (!certificates.some(own => roots.some(root => root.node.raw.equals(own.node.raw))))
    return "the signature's certificate chain does not contain any trusted certificate"
  return identityProblem(certificates[0], statement)
}

function identityProblem(leaf: Certificate, { name, trustedIdentities }: Statement): string | undefined {
  if (trustedIdentities.includes('*')) return undefined
  const wanted = pinnedNames(trustedIdentities)
  if (wanted.length === 0) return `no x509 trusted identities are configured in the trust policy ${JSON.stringify(name)}`
  try {
    const own = parseName(leaf.subject)
    if (wanted.some(pinned => isPartOf(pinned.name, own))) return undefined
  } catch (thrown) {
    return `error while parsing the certificate subject from the digital signature. error : ${JSON.stringify(messageOf(thrown))}`
  }
  const printed = wanted.map(
    pinned =>
      `map[${[...pinned.name]
        .map(([k, v]) => `"${k}":"${v}"`)
        .toSorted()
        .join(' ')}]`,
  )
  return `signing certificate from the digital signature does not match the X.509 trusted identities [${printed.join(' ')}] defined in the trust policy ${JSON.stringify(name)}`
}

function expiry({ expiry: end }: Sound, { now }: Against): string | undefined {
  return end !== undefined && now >= end ? `digital signature has expired on ${JSON.stringify(rfc1123(end))}` : undefined
}

/** Whether the certificates were good when it counts: at the time that a signing authority vouches for, else now. */
function timestamp({ certificates, scheme, signingTime }: Sound, { statement, now }: Against): string | undefined {
  if (scheme === 'notary.x509.signingAuthority') {
    const late = certificates.find(c => signingTime < c.notBefore || signingTime > c.notAfter)
    return (
      late &&
      `certificate ${JSON.stringify(late.subject)} was not valid when the digital signature was produced at "${rfc1123(signingTime)}"`
    )
  }
  const expired = certificates.find(c => now > c.notAfter)
  const stamped = statement.trustStores.some(store => store.startsWith('tsa:'))
  if (stamped && (statement.verifyTimestamp !== 'afterCertExpiry' || expired))
    return 'the trust policy asks for a timestamp countersignature, which this engine does not read: remove the tsa trust store'
  const early = certificates.find(c => now < c.notBefore)
  if (early)
    return `verification time is before certificate ${JSON.stringify(early.subject)} validity period, it will be valid from "${rfc1123(early.notBefore)}"`
  return (
    expired &&
    `verification time is after certificate ${JSON.stringify(expired.subject)} validity period, it was expired at "${rfc1123(expired.notAfter)}"`
  )
}

/** Where it is not enforced, nothing that its issuer could say of a certificate changes the verdict: nobody is asked. */
async function revocation({ certificates, scheme, signingTime }: Sound, against: Against): Promise<string | undefined> {
  const asked = certificates.slice(0, -1).find(saysWhereToAsk)
  if (!asked) return undefined
  if (against.revocation) return against.revocation(certificates, scheme === 'notary.x509.signingAuthority' ? signingTime : undefined)
  return `signing certificate with subject ${JSON.stringify(asked.subject)} revocation status is unknown`
}

const [accessOid, ocspOid, revocationListOid] = ['1.3.6.1.5.5.7.1.1', '1.3.6.1.5.5.7.48.1', '2.5.29.31']

function saysWhereToAsk({ parsed }: Certificate): boolean {
  const access = parsed.extension(accessOid)?.valueObj.subs[0]?.subs ?? []
  return parsed.extension(revocationListOid) !== undefined || access.some(({ subs }) => subs[0]?.toOID() === ocspOid)
}

function isAbout(payload: Uint8Array, { digest, mediaType, size }: Against['artifact']): boolean {
  const signed = jsonIn(payload)
  const text = (field: string): string | undefined => stringAt(signed, 'targetArtifact', field)
  return text('digest') === digest && text('mediaType') === mediaType && at(signed, 'targetArtifact', 'size') === size
}

function rfc1123(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}
