import { signedHeaders } from '../../../lib/aws-signature.ts'
import { textAt } from '../../../lib/xml.ts'
import type { HttpAnswer } from '../../http/http.ts'
import { ObjectStoreError } from '../error.ts'
import type { BucketPlace, FetchedObject, ObjectEntry, ObjectStore } from '../objects.ts'
import { contentOf, errorText, exchange, Pages, redirected, textOf, type Wire } from '../transport.ts'
import { checkBucketName, type S3Address, s3Address, s3Url } from './address.ts'
import { documentOf, errorOf, pageOf, type Refusal, refusalOf, unquoted } from './answers.ts'
import { keysFor } from './keys.ts'

interface Ask {
  readonly method: 'GET' | 'HEAD'
  readonly key?: string | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
}

const defaultRegion = 'us-east-1'
/** What a store says when a request was signed for another region than the bucket's. */
const elsewhere = new Set(['InvalidRegion', 'AuthorizationHeaderMalformed', 'PermanentRedirect', 'AccessDenied'])

/** A bucket by the S3 interface: Signature Version 4, host style where Flux's client uses it, else path style. @throws {ObjectStoreError} ADDRESS */
export function s3Store(place: BucketPlace, wire: Wire): ObjectStore {
  return new S3Store(s3Address(place), { place, wire })
}

class S3Store implements ObjectStore {
  readonly #address: S3Address
  readonly #wire: Wire
  readonly #keys: ReturnType<typeof keysFor>
  #region: string | undefined

  constructor(address: S3Address, { place, wire }: { place: BucketPlace; wire: Wire }) {
    this.#address = address
    this.#wire = wire
    this.#keys = keysFor(place.credentials, wire)
    this.#region = place.region || address.region
  }

  async exists(signal: AbortSignal): Promise<boolean> {
    checkBucketName(this.#address.bucket)
    try {
      const answer = await this.#answered({ method: 'HEAD' }, signal)
      await answer.body.cancel()
      return true
    } catch (thrown) {
      if (thrown instanceof ObjectStoreError && thrown.reason === 'NoSuchBucket') return false
      throw thrown
    }
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<ObjectEntry> {
    const v1 = this.#address.listsV1
    const pages = new Pages()
    const fixed = { prefix, delimiter: '', 'encoding-type': 'url', ...(v1 ? {} : { 'list-type': '2', 'fetch-owner': 'true' }) }
    for (let token: string | undefined = ''; token !== undefined;) {
      pages.turn(token)
      const query: Record<string, string> = { ...fixed, ...(token === '' ? {} : { [v1 ? 'marker' : 'continuation-token']: token }) }
      const answer = await this.#answered({ method: 'GET', query }, signal)
      const { entries, next } = pageOf(await textOf(answer, this.#address.host), v1)
      pages.count(entries.length)
      yield* entries
      token = next
    }
  }

  async fetch(key: string, signal: AbortSignal): Promise<FetchedObject | undefined> {
    try {
      const answer = await this.#answered({ method: 'GET', key }, signal)
      return { etag: unquoted(answer.headers.etag ?? ''), content: contentOf(answer) }
    } catch (thrown) {
      if (thrown instanceof ObjectStoreError && thrown.reason === 'NoSuchKey') return undefined
      throw thrown
    }
  }

  /** The answer of a request that went well. Where the store says that the bucket is in another region, the request is signed for that once. */
  async #answered(ask: Ask, signal: AbortSignal): Promise<HttpAnswer> {
    this.#region ??= await this.#located(signal)
    const first = await this.#sent(ask, this.#region, signal)
    if (!('message' in first)) return first
    const { reason, region } = first
    if (!elsewhere.has(reason) || region === undefined || region === this.#region || !isRegion(region)) throw errorOf(first)
    this.#region = region
    const second = await this.#sent(ask, region, signal)
    if ('message' in second) throw errorOf(second)
    return second
  }

  /** Where the bucket is, asked as Flux's client asks; a store that does not tell is signed for as the first region. */
  async #located(signal: AbortSignal): Promise<string> {
    const answer = await this.#sent({ method: 'GET', query: { location: '' } }, defaultRegion, signal)
    if ('message' in answer) {
      if (['AccessDenied', 'InvalidRegion', 'AuthorizationHeaderMalformed'].includes(answer.reason))
        return answer.region !== undefined && isRegion(answer.region) ? answer.region : defaultRegion
      throw errorOf(answer)
    }
    const document = documentOf(await textOf(answer, this.#address.host), 'the location of the bucket')
    const said = document.text.trim() || textAt(document, 'LocationConstraint')?.trim() || defaultRegion
    if (!isRegion(said)) throw new ObjectStoreError('BAD_ANSWER', { message: 'the location of the bucket is no region' })
    return said === 'EU' ? 'eu-west-1' : said
  }

  async #sent({ method, key, query }: Ask, region: string, signal: AbortSignal): Promise<HttpAnswer | Refusal> {
    const url = s3Url(this.#address, { ...(key === undefined ? {} : { key }), ...(query ? { query } : {}), region })
    const answer = await exchange(this.#wire, () => this.#request(method, { url, region }, signal), signal)
    if (answer.status >= 200 && answer.status < 300) return answer
    const text = method === 'HEAD' ? '' : await errorText(answer, url.host, signal)
    if (method === 'HEAD') await answer.body.cancel()
    const refusal = refusalOf(answer, text, key)
    const away = redirected(url.href, answer)
    if (away && (refusal.region === undefined || !isRegion(refusal.region))) throw away
    return away ? { ...refusal, reason: 'PermanentRedirect' } : refusal
  }

  async #request(method: string, { url, region }: { url: URL; region: string }, signal: AbortSignal) {
    const keys = await this.#keys(signal)
    const headers = keys ? signedHeaders({ method, url }, keys, { region, service: 's3', now: this.#wire.clock.now() }) : {}
    return { method, url: url.href, headers }
  }
}

function isRegion(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text)
}
