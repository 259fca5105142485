import { STATUS_CODES } from 'node:http'
import { elements, parseXml, textAt, type XmlElement } from '../../../lib/xml.ts'
import { messageOf } from '../../../lib/coded-error.ts'
import { codeOf, ObjectStoreError } from '../error.ts'
import type { ObjectEntry } from '../objects.ts'
import { wordsOf } from '../transport.ts'

/** The document that a text is. @throws {ObjectStoreError} BAD_ANSWER */
export function documentOf(text: string, what: string, taken?: (element: XmlElement) => boolean): XmlElement {
  try {
    return parseXml(text, taken)
  } catch (cause) {
    throw new ObjectStoreError('BAD_ANSWER', { message: `${what} is no XML answer of an object store: ${messageOf(cause)}` }, { cause })
  }
}

/** An answer of 300 or more as S3 words it; `known` is what its document says, and what its headers say where there is none. */
export interface Refusal {
  readonly status: number
  readonly reason: string
  readonly message: string
  /** The region that the bucket is in, where the store says that it is another. */
  readonly region: string | undefined
}

const byStatus: Readonly<Record<number, { reason: string; message: string }>> = {
  403: { reason: 'AccessDenied', message: 'Access Denied.' },
  409: { reason: 'Conflict', message: 'Bucket not empty.' },
  412: { reason: 'PreconditionFailed', message: 'At least one of the pre-conditions you specified did not hold.' },
}

/** @param key Of the object that was asked for; `undefined` when it was the bucket. */
export function refusalOf(
  { status, headers }: { status: number; headers: Readonly<Record<string, string>> },
  text: string,
  key: string | undefined,
): Refusal {
  const document = errorIn(text)
  const absent =
    key === undefined ? ['NoSuchBucket', 'The specified bucket does not exist.'] : ['NoSuchKey', 'The specified key does not exist.']
  const standing = status === 404 ? { reason: absent[0] ?? '', message: absent[1] ?? '' } : byStatus[status]
  const reason = wordsOf(textAt(document, 'Code') ?? standing?.reason ?? String(status))
  const said = document ? textAt(document, 'Message') : (standing?.message ?? text)
  return {
    status,
    reason,
    message: wordsOf(said ?? '') || (document ? `Error response code ${reason}.` : `${status} ${STATUS_CODES[status] ?? ''}`.trim()),
    region: textAt(document, 'Region') || headers['x-amz-bucket-region'] || undefined,
  }
}

function errorIn(text: string): XmlElement | undefined {
  try {
    const document = parseXml(text)
    return document.name === 'Error' ? document : undefined
  } catch {
    return undefined
  }
}

/** The refusal as an error. */
export function errorOf({ status, reason, message }: Refusal): ObjectStoreError {
  return new ObjectStoreError(codeOf(status), { message, status, reason })
}

/** One page of a listing; `next` leads to the following one. */
export interface Page {
  readonly entries: readonly ObjectEntry[]
  readonly next: string | undefined
}

/** @throws {ObjectStoreError} BAD_ANSWER for anything but a listing. */
export function pageOf(text: string, v1: boolean): Page {
  const found: { key: string | undefined; etag: string }[] = []
  const document = documentOf(text, 'the listing', item => {
    if (item.name === 'Contents') found.push({ key: textAt(item, 'Key'), etag: unquoted(textAt(item, 'ETag') ?? '') })
    return item.name === 'Contents'
  })
  if (document.name !== 'ListBucketResult') throw malformed(`the listing is a document called '${wordsOf(document.name)}'`)
  const encoded = textAt(document, 'EncodingType') === 'url'
  const entries = found.map(({ key, etag }) => {
    if (key === undefined) throw malformed('the listing has an object without key')
    return { key: encoded ? plain(key) : key, etag }
  })
  if (textAt(document, 'IsTruncated') !== 'true') return { entries, next: undefined }
  const marker = textAt(document, 'NextMarker')
  const next = v1 ? (marker ? (encoded ? plain(marker) : marker) : entries.at(-1)?.key) : textAt(document, 'NextContinuationToken')
  if (!next) throw malformed('Truncated response should have continuation token set')
  return { entries, next }
}

function malformed(message: string): ObjectStoreError {
  return new ObjectStoreError('BAD_ANSWER', { message })
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw malformed('the listing has a key that is not encoded as it says')
  }
}

/** A mark without the quotes around it. */
export function unquoted(etag: string): string {
  return etag.replace(/^"/, '').replace(/"$/, '')
}

/** Keys that a security token service gave. @throws {ObjectStoreError} BAD_ANSWER */
export function keysOf(text: string): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  const document = documentOf(text, 'the answer of the STS endpoint')
  const found = elements(document, 'AssumeRoleWithLDAPIdentityResult').flatMap(result => elements(result, 'Credentials'))[0]
  const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(name => textAt(found, name))
  if (!accessKeyId || !secretAccessKey) throw malformed('the answer of the STS endpoint has no keys')
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
}
