import { algorithmOf, type Certificate } from './certificate.ts'

/**
 * Why certificates are no chain that may sign, the leaf first and a self-signed root last; `undefined` when they are one.
 * https://github.com/notaryproject/specifications/blob/main/specs/signature-specification.md#certificate-requirements
 */
export function chainProblem(chain: readonly Certificate[]): string | undefined {
  const [leaf, ...authorities] = chain
  if (!leaf) return 'certificate chain must contain at least one certificate'
  if (authorities.length === 0) return aloneProblem(leaf)
  return linkProblem(chain) ?? leafProblem(leaf) ?? first(authorities, authorityProblem)
}

function first<T>(items: readonly T[], problem: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index)
    if (found !== undefined) return found
  }
  return undefined
}

const quoted = ({ subject }: Certificate): string => JSON.stringify(subject)

function aloneProblem(leaf: Certificate): string | undefined {
  if (!isIssuedBy(leaf, leaf)) return `invalid self-signed certificate. subject: ${quoted(leaf)}. Error: it is not signed by itself`
  const why = leafProblem(leaf)
  return why && `invalid self-signed certificate. Error: ${why}`
}

function linkProblem(chain: readonly Certificate[]): string | undefined {
  return first(chain, (certificate, i) => {
    const parent = chain[i + 1]
    const selfSigned = isIssuedBy(certificate, certificate)
    if (!parent && !selfSigned)
      return `root certificate with subject ${quoted(certificate)} is not self-signed. Certificate chain must end with a valid self-signed root certificate`
    const what = i === 0 ? 'leaf' : 'intermediate'
    if (parent && selfSigned)
      return `${what} certificate with subject ${quoted(certificate)} is self-signed. Certificate chain must not contain self-signed ${what} certificate`
    if (parent && !isIssuedBy(certificate, parent))
      return `certificate with subject ${quoted(certificate)} is not issued by ${quoted(parent)}`
    return undefined
  })
}

function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!certificate.parsed.issuer.equals(issuer.parsed.subject)) return false
  try {
    return certificate.node.verify(issuer.node.publicKey)
  } catch {
    return false
  }
}

/** Bits of the key usage in their order. */
const usages = [
  'DigitalSignature',
  'ContentCommitment',
  'KeyEncipherment',
  'DataEncipherment',
  'KeyAgreement',
  'CertSign',
  'CRLSign',
  'EncipherOnly',
  'DecipherOnly',
] as const
type Usage = (typeof usages)[number]

/** Uses that a signing certificate may not have beside its own. */
const excluded: Readonly<Record<string, string | undefined>> = {
  '1.3.6.1.5.5.7.3.1': 'ServerAuth',
  '1.3.6.1.5.5.7.3.2': 'ClientAuth',
  '1.3.6.1.5.5.7.3.4': 'EmailProtection',
  '1.3.6.1.5.5.7.3.8': 'Timestamping',
  '1.3.6.1.5.5.7.3.9': 'OCSPSigning',
}

function leafProblem(leaf: Certificate): string | undefined {
  const said = `certificate with subject ${quoted(leaf)}`
  if (leaf.parsed.extBasicConstraints?.isCA)
    return `${said}: if the basic constraints extension is present, the ca field must be set to false`
  const found = usagesOf(leaf)
  if (typeof found === 'string') return found
  if (!found.includes('DigitalSignature'))
    return `the ${said} is invalid. The key usage must have the bit positions for "Digital Signature" set`
  const others = found.filter(usage => usage !== 'DigitalSignature' && usage !== 'ContentCommitment')
  if (others.length > 0)
    return `the ${said} is invalid. The key usage must be "Digital Signature" only, but found ${others.map(u => `"${u}"`).join(', ')}`
  const extended = (leaf.node.keyUsage ?? []).map(oid => excluded[oid]).find(Boolean)
  if (extended) return `${said}: extended key usage must not contain ${extended} eku`
  return keyProblem(leaf, said)
}

function keyProblem(leaf: Certificate, said: string): string | undefined {
  try {
    algorithmOf(leaf)
    return undefined
  } catch (thrown) {
    return `${said}: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  }
}

function authorityProblem(authority: Certificate, below: number): string | undefined {
  const said = `certificate with subject ${quoted(authority)}`
  const constraints = authority.parsed.extBasicConstraints
  if (!constraints?.isCA) return `${said}: ca field in basic constraints must be present, critical, and set to true`
  const longest = constraints.pathLenConstraint
  if (longest !== undefined && longest < BigInt(below))
    return `${said}: expected path length of ${below} but certificate has path length ${longest} instead`
  const found = usagesOf(authority)
  if (typeof found === 'string') return found
  return found.includes('CertSign') ? undefined : `${said}: key usage must have the bit positions for key cert sign set`
}

function usagesOf(certificate: Certificate): Usage[] | string {
  const extension = certificate.parsed.extKeyUsage
  const said = `certificate with subject ${quoted(certificate)}`
  if (!extension) return `${said}: key usage extension must be present`
  if (!extension.critical) return `${said}: key usage extension must be marked critical`
  const bits = extension.valueObj.subs[0]?.toBitString() ?? []
  return usages.filter((_, i) => bits[i] === 1)
}
