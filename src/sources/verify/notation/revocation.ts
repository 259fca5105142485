import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import {
  BasicOCSPResponse,
  Certificate as Parsed,
  CertID,
  CertificateRevocationList,
  type Extension,
  OCSPRequest,
  OCSPResponse,
} from 'pkijs'
import type { Certificate } from './certificate.ts'

/** A certificate whose status is wanted, and who issued it. `signedAt` is a time that a signing authority vouches for, in milliseconds. */
export interface Asked {
  readonly certificate: Certificate
  readonly issuer: Certificate
  readonly now: number
  readonly signedAt?: number | undefined
}
export type Status = 'good' | 'revoked' | 'unknown'

const oids = {
  access: '1.3.6.1.5.5.7.1.1',
  ocsp: '1.3.6.1.5.5.7.48.1',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
  basicResponse: '1.3.6.1.5.5.7.48.1.1',
  keyUsage: '2.5.29.15',
  reason: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  distributionPoint: '2.5.29.28',
  revocationLists: '2.5.29.31',
  freshestList: '2.5.29.46',
} as const

const parsed = ({ node }: Certificate): Parsed => Parsed.fromBER(node.raw)
const uri = (name: { type: number; value: unknown } | undefined): string[] => (name?.type === 6 ? [String(name.value)] : [])
const named = (extensions: readonly Extension[] | undefined, oid: string): Extension | undefined => extensions?.find(e => e.extnID === oid)

/** Where a certificate's issuer says whether it is revoked. Throws for extensions that are none. */
export function askedAt(certificate: Certificate): { ocsp: string[]; lists: string[]; newestList: boolean } {
  const { extensions } = parsed(certificate)
  const access = named(extensions, oids.access)?.parsedValue as
    | { accessDescriptions?: { accessMethod: string; accessLocation: never }[] }
    | undefined
  const points = named(extensions, oids.revocationLists)?.parsedValue as
    | { distributionPoints?: { distributionPoint?: unknown }[] }
    | undefined
  return {
    ocsp: (access?.accessDescriptions ?? []).filter(a => a.accessMethod === oids.ocsp).flatMap(a => uri(a.accessLocation)),
    lists: (points?.distributionPoints ?? []).flatMap(({ distributionPoint }) =>
      (Array.isArray(distributionPoint) ? distributionPoint : []).flatMap(uri),
    ),
    newestList: named(extensions, oids.freshestList) !== undefined,
  }
}

/** What to ask an OCSP responder, DER. */
export async function ocspRequest({ certificate, issuer }: Asked): Promise<Uint8Array> {
  const request = new OCSPRequest()
  await request.createForCertificate(parsed(certificate), { hashAlgorithm: 'SHA-1', issuerCertificate: parsed(issuer) })
  return new Uint8Array(request.toSchema(true).toBER())
}

/** What an OCSP responder answered. Throws for an answer that cannot be believed. */
export async function ocspStatus(bytes: Uint8Array, asked: Asked): Promise<Status> {
  const { responseStatus, responseBytes } = OCSPResponse.fromBER(new Uint8Array(bytes))
  if (responseStatus.valueBlock.valueDec !== 0 || responseBytes?.responseType !== oids.basicResponse)
    throw new Error('the responder gave no status')
  const basic = BasicOCSPResponse.fromBER(new Uint8Array(responseBytes.response.valueBlock.valueHexView))
  const signer = responder(basic, asked)
  const { tbsResponseData, signatureAlgorithm, signature } = basic
  if (
    !isSigned(tbsResponseData.tbsView, {
      by: signer,
      algorithm: signatureAlgorithm.algorithmId,
      signature: signature.valueBlock.valueHexView,
    })
  )
    throw new Error('the answer of the responder is not signed by it')
  const id = await CertID.create(parsed(asked.certificate), { hashAlgorithm: 'SHA-1', issuerCertificate: parsed(asked.issuer) })
  const found = tbsResponseData.responses.find(({ certID }) => certID.isEqual(id))
  if (!found) throw new Error('the responder answered for another certificate')
  if (!found.nextUpdate || asked.now > found.nextUpdate.getTime()) throw new Error('expired OCSP response')
  const tag = (found.certStatus as { idBlock: { tagNumber: number } }).idBlock.tagNumber
  if (tag === 1 && wasGood(found.singleExtensions, asked)) return 'good'
  return tag === 0 ? 'good' : tag === 1 ? 'revoked' : 'unknown'
}

/** The issuer itself, or whom it lets sign. */
function responder({ certs }: BasicOCSPResponse, { issuer, now }: Asked): KeyObject {
  const [first] = certs ?? []
  if (!first) return issuer.node.publicKey
  const own = new X509Certificate(Buffer.from(first.toSchema(true).toBER()))
  if (own.raw.equals(issuer.node.raw)) return own.publicKey
  const isValid = Date.parse(own.validFrom) <= now && now <= Date.parse(own.validTo)
  if (!isValid || !own.verify(issuer.node.publicKey) || !own.keyUsage?.includes(oids.ocspSigning))
    throw new Error('the responder is none that the issuer lets sign')
  return own.publicKey
}

/** What a list of revoked certificates says. Throws for one that cannot be believed, or that says it in a way that is not read here. */
export function listedStatus(bytes: Uint8Array, asked: Asked): Status {
  const list = CertificateRevocationList.fromBER(new Uint8Array(bytes))
  checkList(list, asked)
  const serial = parsed(asked.certificate).serialNumber
  const entries = (list.revokedCertificates ?? []).filter(({ userCertificate }) => userCertificate.isEqual(serial))
  let held: { at: number; is: Status } | undefined
  for (const { revocationDate, crlEntryExtensions } of entries) {
    const extensions = crlEntryExtensions?.extensions
    const odd = extensions?.find(({ critical, extnID }) => critical && extnID !== oids.reason && extnID !== oids.invalidityDate)
    if (odd) throw new Error(`unsupported critical extension found in CRL: ${odd.extnID}`)
    if (wasGood(extensions, asked)) return 'good'
    const reason = reasonOf(extensions)
    const at = revocationDate.value.getTime()
    if (reason !== certificateHold && reason !== removeFromList) return 'revoked'
    if (!held || held.at < at) held = { at, is: reason === certificateHold ? 'revoked' : 'good' }
  }
  return held?.is ?? 'good'
}

const [certificateHold, removeFromList] = [6, 8]

function checkList(list: CertificateRevocationList, { issuer, now }: Asked): void {
  const parent = parsed(issuer)
  const by = {
    by: issuer.node.publicKey,
    algorithm: list.signatureAlgorithm.algorithmId,
    signature: list.signatureValue.valueBlock.valueHexView,
  }
  if (!list.issuer.isEqual(parent.subject) || !maySignLists(parent) || !isSigned(list.tbsView, by))
    throw new Error(`CRL is not signed by CA ${issuer.subject}`)
  if (!list.nextUpdate) throw new Error('CRL NextUpdate is not set')
  if (now > list.nextUpdate.value.getTime()) throw new Error('expired CRL')
  for (const { extnID, critical } of list.crlExtensions?.extensions ?? []) {
    if (extnID === oids.freshestList) throw new Error('delta CRLs are not read')
    if (critical && extnID !== oids.distributionPoint) throw new Error(`unsupported critical extension found in CRL: ${extnID}`)
  }
}

/** The seventh bit of the key usage. */
function maySignLists({ extensions }: Parsed): boolean {
  const usage = named(extensions, oids.keyUsage)?.parsedValue as { valueBlock?: { valueHexView?: Uint8Array } } | undefined
  return usage === undefined || ((usage.valueBlock?.valueHexView?.[0] ?? 0) & 0x02) !== 0
}

function reasonOf(extensions: readonly Extension[] | undefined): number {
  const value = named(extensions, oids.reason)?.parsedValue as { valueBlock?: { valueDec?: number } } | undefined
  return value?.valueBlock?.valueDec ?? 0
}

/** Whether a certificate was still good when a signing authority saw the signature. */
function wasGood(extensions: readonly Extension[] | undefined, { signedAt }: Asked): boolean {
  const date = named(extensions, oids.invalidityDate)?.parsedValue as { toDate?: () => Date } | undefined
  return signedAt !== undefined && date?.toDate !== undefined && signedAt < date.toDate().getTime()
}

const hashes: Readonly<Record<string, string | undefined>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
}

function isSigned(bytes: Uint8Array, { by, algorithm, signature }: { by: KeyObject; algorithm: string; signature: Uint8Array }): boolean {
  const hash = hashes[algorithm]
  if (hash === undefined) throw new Error(`signatures by ${algorithm} are not read`)
  return verify(hash, bytes, by, signature)
}
