import { isLoopback } from '../../../lib/loopback.ts'
import { elements, parseXml, textAt, type XmlElement } from '../../../lib/xml.ts'
import { messageOf } from '../../../lib/coded-error.ts'
import type { HttpAnswer } from '../../http/http.ts'
import { codeOf, ObjectStoreError } from '../error.ts'
import type { BucketPlace, FetchedObject, Credentials, ObjectEntry, ObjectStore } from '../objects.ts'
import { once } from '../token.ts'
import { contentOf, errorText, exchange, Pages, redirected, textOf, type Wire, wordsOf } from '../transport.ts'
import { pathOf } from '../s3/address.ts'
import { type EntraSigner, entraToken, sharedKey } from './sign.ts'

const version = '2021-12-02'

/** What a container is reached with. `signer` is for credentials of Entra. */
export interface AzureHands {
  readonly wire: Wire
  readonly signer: EntraSigner | undefined
}

/** A container by the Blob service of Azure. @throws {ObjectStoreError} ADDRESS for an endpoint that is no URL. */
export function azureStore(place: BucketPlace, { wire, signer }: AzureHands): ObjectStore {
  const { endpoint, bucket } = place
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new ObjectStoreError('ADDRESS', { message: `endpoint '${endpoint.replace(/\?.*/s, '')}' is no URL of a blob service` })
  const base = new URL(endpoint)
  base.username = base.password = ''
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  const { credentials } = place
  const known = credentials.is === 'accountKey' ? { ...credentials, account: credentials.account ?? accountIn(base) } : credentials
  return new AzureStore(base, { bucket, wire, signer, credentials: known })
}

/** The account that a blob service's host begins with. @throws {ObjectStoreError} CREDENTIALS */
function accountIn({ hostname }: URL): string {
  const labels = hostname.split('.')
  if (labels.length > 2) return labels[0] ?? ''
  const message = `failed to extract account name from endpoint: expected '${hostname}' to be a subdomain`
  throw new ObjectStoreError('CREDENTIALS', { message })
}

type Known = Exclude<Credentials, { is: 'accountKey' }> | { readonly is: 'accountKey'; readonly account: string; readonly key: string }

class AzureStore implements ObjectStore {
  readonly #base: URL
  readonly #bucket: string
  readonly #wire: Wire
  readonly #credentials: Known
  readonly #token: (signal: AbortSignal) => Promise<string | undefined>

  constructor(base: URL, { bucket, wire, signer, credentials }: AzureHands & { bucket: string; credentials: Known }) {
    this.#base = base
    this.#bucket = bucket
    this.#wire = wire
    this.#credentials = credentials
    this.#token = once(async signal => {
      if (signer) return entraToken(signer, { wire }, signal)
      return credentials.is === 'bearer' ? credentials.token : undefined
    })
  }

  async exists(signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await this.#answered(undefined, { restype: 'container', comp: 'list', maxresults: '1' }, signal)
      await answer.body.cancel()
      return true
    } catch (thrown) {
      if (!(thrown instanceof ObjectStoreError)) throw thrown
      if (thrown.reason === 'ContainerNotFound') return false
      if (thrown.reason !== 'AuthenticationFailed') throw thrown
      const message = `the specified bucket name may be incorrect, nonexistent, or the caller might lack sufficient permissions to access it: ${thrown.message}`
      throw new ObjectStoreError(thrown.code, { message, status: thrown.status, reason: thrown.reason }, { cause: thrown })
    }
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<ObjectEntry> {
    const pages = new Pages()
    const fixed = { restype: 'container', comp: 'list', maxresults: '1000', ...(prefix === '' ? {} : { prefix }) }
    for (let marker: string | undefined = ''; marker !== undefined;) {
      pages.turn(marker)
      const answer = await this.#answered(undefined, { ...fixed, ...(marker === '' ? {} : { marker }) }, signal)
      const { document, entries } = listing(await textOf(answer, this.#base.host))
      pages.count(entries.length)
      yield* entries
      marker = textAt(document, 'NextMarker') || undefined
    }
  }

  async fetch(key: string, signal: AbortSignal): Promise<FetchedObject | undefined> {
    try {
      const answer = await this.#answered(key, {}, signal)
      return { etag: quoted(answer.headers.etag ?? ''), content: contentOf(answer) }
    } catch (thrown) {
      if (thrown instanceof ObjectStoreError && thrown.reason === 'BlobNotFound') return undefined
      throw thrown
    }
  }

  async #answered(key: string | undefined, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer> {
    const url = this.#url(key, query)
    const answer = await exchange(
      this.#wire,
      async () => ({ method: 'GET', url: url.href, headers: await this.#headers(url, signal) }),
      signal,
    )
    if (answer.status >= 200 && answer.status < 300) return answer
    const text = await errorText(answer, url.host, signal)
    const away = redirected(`${url.origin}${url.pathname}`, answer)
    throw away ?? refusal(answer, text)
  }

  #url(key: string | undefined, query: Readonly<Record<string, string>>): URL {
    const url = new URL(
      `${this.#base.origin}${this.#base.pathname}${encodeURIComponent(this.#bucket)}${key === undefined ? '' : `/${pathOf(key)}`}`,
    )
    const token = this.#credentials.is === 'sas' ? this.#credentials.query : ''
    const own = new Set(Object.keys(query))
    for (const [name, value] of [...new URLSearchParams(token), ...this.#base.searchParams])
      if (!own.has(name) && !url.searchParams.has(name)) url.searchParams.append(name, value)
    for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value)
    return url
  }

  async #headers(url: URL, signal: AbortSignal): Promise<Record<string, string>> {
    const headers = { 'x-ms-version': version, 'x-ms-date': new Date(this.#wire.clock.now()).toUTCString() }
    const { is } = this.#credentials
    if (is === 'accountKey') return { ...headers, authorization: sharedKey(url, headers, this.#credentials) }
    if (is !== 'entra' && is !== 'bearer') return headers
    if (url.protocol !== 'https:' && !isLoopback(url.hostname))
      throw new ObjectStoreError('ADDRESS', { message: 'authenticated requests are not permitted for non TLS protected (https) endpoints' })
    const token = await this.#token(signal)
    return { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}) }
  }
}

function listing(text: string): { document: XmlElement; entries: ObjectEntry[] } {
  const entries: ObjectEntry[] = []
  const document = parsed(text, item => {
    if (item.name === 'Blob') entries.push(entryOf(item))
    return item.name === 'Blob'
  })
  if (document.name !== 'EnumerationResults') throw malformed(`the listing is a document called '${wordsOf(document.name)}'`)
  return { document, entries }
}

function parsed(text: string, taken: (element: XmlElement) => boolean): XmlElement {
  try {
    return parseXml(text, taken)
  } catch (cause) {
    if (cause instanceof ObjectStoreError) throw cause
    throw malformed(`the listing is no XML answer of an object store: ${messageOf(cause)}`)
  }
}

function entryOf(blob: XmlElement): ObjectEntry {
  const [name] = elements(blob, 'Name')
  if (!name) throw malformed('the listing has a blob without name')
  return { key: name.attributes.Encoded === 'true' ? plain(name.text) : name.text, etag: quoted(textAt(blob, 'Properties', 'Etag') ?? '') }
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed('the listing has a name that is not encoded as it says')
  }
}

/** The form in which the Blob service marks what is read; a listing leaves the quotes out. */
function quoted(etag: string): string {
  return etag === '' || etag.startsWith('"') ? etag : `"${etag}"`
}

function malformed(message: string): ObjectStoreError {
  return new ObjectStoreError('BAD_ANSWER', { message })
}

/** The first line of what Azure says: the lines after it have the id of the request, which differs each time. */
function refusal({ status, headers }: HttpAnswer, text: string): ObjectStoreError {
  const said = safeError(text)
  const reason = wordsOf(headers['x-ms-error-code'] ?? textAt(said, 'Code') ?? String(status))
  const message = wordsOf((textAt(said, 'Message') ?? '').split('\n')[0] ?? '')
  return new ObjectStoreError(codeOf(status), { message: `${reason}: ${message || `unexpected status code ${status}`}`, status, reason })
}

function safeError(text: string): XmlElement | undefined {
  try {
    return parseXml(text)
  } catch {
    return undefined
  }
}
