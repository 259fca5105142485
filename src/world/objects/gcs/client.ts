import { isObject, type Json, jsonIn, listAt, stringAt } from '../../../lib/json.ts'
import { messageOf } from '../../../lib/coded-error.ts'
import type { HttpAnswer } from '../../http/http.ts'
import { codeOf, ObjectStoreError } from '../error.ts'
import type { BucketPlace, FetchedObject, ObjectEntry, ObjectStore } from '../objects.ts'
import { once } from '../token.ts'
import { accountToken } from './sign.ts'
import { contentOf, errorText, exchange, Pages, redirected, textOf, type Wire, wordsOf } from '../transport.ts'

const storage = 'https://storage.googleapis.com'
const scope = 'https://www.googleapis.com/auth/devstorage.read_only'
/** How often an object is looked up again that changed between look-up and read. */
const mostChanges = 3

/** A bucket by the JSON API of Google Cloud Storage. `emulator` stands in for it, and is not signed in to. */
export function gcsStore(place: BucketPlace, { wire, emulator }: { wire: Wire; emulator: string | undefined }): ObjectStore {
  const base = emulator ? (/^https?:\/\//.test(emulator) ? emulator : `http://${emulator}`) : storage
  return new GcsStore(new URL(`/storage/v1/b/${encodeURIComponent(place.bucket)}`, base), {
    wire,
    token: emulator ? anonymous : tokenFor(place, wire),
  })
}

type Token = (signal: AbortSignal) => Promise<string | undefined>
const anonymous: Token = async () => undefined

function tokenFor({ credentials }: BucketPlace, wire: Wire): Token {
  if (credentials.is === 'serviceAccount') return once(signal => accountToken(credentials.key, { wire, scope }, signal))
  return credentials.is === 'bearer' ? async () => credentials.token : anonymous
}

class GcsStore implements ObjectStore {
  readonly #bucket: URL
  readonly #wire: Wire
  readonly #token: Token

  constructor(bucket: URL, { wire, token }: { wire: Wire; token: Token }) {
    this.#bucket = bucket
    this.#wire = wire
    this.#token = token
  }

  async exists(signal: AbortSignal): Promise<boolean> {
    const answer = await this.#ask('', { fields: 'name' }, signal)
    await answer?.body.cancel()
    return answer !== undefined
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<ObjectEntry> {
    const pages = new Pages()
    const fixed = { fields: 'nextPageToken,items(name,etag)', ...(prefix === '' ? {} : { prefix }) }
    for (let token: string | undefined = ''; token !== undefined;) {
      pages.turn(token)
      const answer = await this.#ask('/o', { ...fixed, ...(token === '' ? {} : { pageToken: token }) }, signal)
      if (!answer) throw new ObjectStoreError('NOT_FOUND', { message: 'the bucket is gone', status: 404 })
      const page = await this.#document(answer)
      const entries = listAt(page, 'items').map(entryOf)
      pages.count(entries.length)
      yield* entries
      token = stringAt(page, 'nextPageToken') || undefined
    }
  }

  async fetch(key: string, signal: AbortSignal): Promise<FetchedObject | undefined> {
    for (let turn = 1; ; turn++) {
      const found = await this.#ask(objectPath(key), { fields: 'etag,generation' }, signal)
      if (!found) return undefined
      const about = await this.#document(found)
      const [etag, generation] = [stringAt(about, 'etag'), stringAt(about, 'generation')]
      if (etag === undefined || !generation || !/^\d+$/.test(generation)) throw malformed('the object has no etag and generation')
      try {
        const answer = await this.#ask(objectPath(key), { alt: 'media', ifGenerationMatch: generation }, signal)
        return answer && { etag, content: contentOf(answer) }
      } catch (thrown) {
        if (!(thrown instanceof ObjectStoreError) || thrown.code !== 'CHANGED' || turn === mostChanges) throw thrown
      }
    }
  }

  /** `undefined` for what is not there. */
  async #ask(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer | undefined> {
    const url = new URL(`${this.#bucket.href}${path}?${new URLSearchParams(query).toString()}`)
    const make = async () => {
      const token = await this.#token(signal)
      return { method: 'GET', url: url.href, headers: token ? { authorization: `Bearer ${token}` } : {} }
    }
    const answer = await exchange(this.#wire, make, signal)
    if (answer.status >= 200 && answer.status < 300) return answer
    const text = await errorText(answer, url.host, signal)
    if (answer.status === 404) return undefined
    throw redirected(url.href, answer) ?? refusal(answer.status, text)
  }

  async #document(answer: HttpAnswer): Promise<Json> {
    const document = jsonIn(await textOf(answer, this.#bucket.host))
    if (!isObject(document)) throw malformed('the answer is no JSON object')
    return document
  }
}

/** One segment of the path, whatever is in the key. @throws {ObjectStoreError} REFUSED for the two that a URL takes as steps. */
function objectPath(key: string): string {
  if (key === '.' || key === '..') throw new ObjectStoreError('REFUSED', { message: `the key '${key}' is one that no request can carry` })
  try {
    return `/o/${encodeURIComponent(key)}`
  } catch (cause) {
    throw new ObjectStoreError('REFUSED', { message: `the key cannot be encoded: ${messageOf(cause)}` }, { cause })
  }
}

function entryOf(item: Json): ObjectEntry {
  const key = stringAt(item, 'name')
  if (key === undefined) throw malformed('the listing has an object without name')
  return { key, etag: stringAt(item, 'etag') ?? '' }
}

function malformed(message: string): ObjectStoreError {
  return new ObjectStoreError('BAD_ANSWER', { message })
}

function refusal(status: number, text: string): ObjectStoreError {
  const document = jsonIn(text)
  const said = stringAt(document, 'error', 'message')
  const reason = stringAt(document, 'error', 'errors', 0, 'reason')
  return new ObjectStoreError(codeOf(status), {
    message: `googleapi: Error ${status}: ${wordsOf(said ?? text)}${reason ? `, ${wordsOf(reason)}` : ''}`,
    status,
    reason,
  })
}
