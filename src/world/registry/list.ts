import { type Descriptor, mediaTypes, type Reference } from '../../kinds/oci.ts'
import type { Digest } from '../../lib/digest.ts'
import { type Json, listAt } from '../../lib/json.ts'
import { isTag, printReference } from '../../lib/reference.ts'
import { type Answer, wholeBody } from './body.ts'
import { RegistryError } from './error.ts'
import { isDescriptor } from './pull.ts'
import type { RegistryTransport } from './transport.ts'

const pageSize = 1000
const maxPages = 2500
const maxItems = 250_000
const pageLimit = 16 * 1024 * 1024

/** Tags page by page. @throws {RegistryError} BAD_ANSWER for pages that go round in circles or lead away, TOO_LARGE; NOT_FOUND where `missing` fails. */
export async function* tags(
  transport: RegistryTransport,
  { repository, missing }: { repository: Reference; missing: 'empty' | 'fails' },
  signal: AbortSignal,
): AsyncIterable<string> {
  let count = 0
  for await (const page of pages(transport, { repository, path: `tags/list?n=${pageSize}`, missing }, signal))
    for (const tag of listAt(page, 'tags'))
      if (typeof tag === 'string' && isTag(tag)) {
        if (++count > maxItems) throw tooMany(repository, 'tags')
        yield tag
      }
}

/** Manifests that refer to a digest: by the referrers API, or by the tag schema where the registry has none. */
export async function* referrers(
  transport: RegistryTransport,
  { repository, digest, artifactType }: { repository: Reference; digest: Digest; artifactType: string | undefined },
  signal: AbortSignal,
): AsyncIterable<Descriptor> {
  const path = `referrers/${digest}${artifactType ? `?artifactType=${encodeURIComponent(artifactType)}` : ''}`
  const found = { api: false }
  const schema = { repository, path: `manifests/${schemaTag(digest)}` }
  let count = 0
  const fitting = function* (page: Json): Iterable<Descriptor> {
    for (const entry of listAt(page, 'manifests'))
      if (isDescriptor(entry) && (artifactType === undefined || entry.artifactType === artifactType)) {
        if (++count > maxItems) throw tooMany(repository, 'referrers')
        yield entry
      }
  }
  for await (const page of pages(transport, { repository, path, found }, signal)) yield* fitting(page)
  if (!found.api) for await (const page of pages(transport, schema, signal)) yield* fitting(page)
}

/** The tag that stands for the referrers of a digest. */
export function schemaTag(digest: Digest): string {
  return digest.replace(':', '-')
}

interface Wanted {
  readonly repository: Reference
  readonly path: string
  /** What a path that is not there means; absent: no page. */
  readonly missing?: 'empty' | 'fails' | undefined
  /** Told whether the registry knows this path. */
  readonly found?: { api: boolean }
}

/** JSON pages that a Link header chains; none when the registry does not know the path. */
async function* pages(
  transport: RegistryTransport,
  { repository, path, missing, found }: Wanted,
  signal: AbortSignal,
): AsyncIterable<Json> {
  const seen = new Set<string>()
  const accept = found ? [400, 404, 405] : missing === 'fails' ? [] : [404]
  for (let next: string | URL | undefined = path; next !== undefined;) {
    const answer: Answer = await transport.ask(
      { ...repository, method: 'GET', path: next, headers: { accept: mediaTypes.index }, accept },
      signal,
    )
    if (answer.status >= 400 || (found && !(answer.headers['content-type'] ?? '').includes('json')))
      return void (await answer.body.cancel())
    if (found) found.api = true
    yield await json(answer, repository)
    next = nextPage(answer, repository)
    if (next && (seen.has(next.href) || seen.size > maxPages)) throw badList(repository, 'goes round in circles')
    if (next) seen.add(next.href)
  }
}

function nextPage({ headers, url }: Answer, repository: Reference): URL | undefined {
  const link = /<([^>]*)>[^,;]*(?:;[^,;]*)*?;\s*rel\s*=\s*"?next\b/i.exec(headers.link ?? '')?.[1]
  if (link === undefined) return undefined
  const next = URL.canParse(link, url) ? new URL(link, url) : undefined
  if (next?.host !== url.host) throw badList(repository, `goes on at ${next?.host ?? 'no address'}, which is another host`)
  next.protocol = url.protocol
  return next
}

async function json(answer: Answer, repository: Reference): Promise<Json> {
  const at = printReference(repository)
  const bytes = await wholeBody(answer, { limit: pageLimit, ref: at, what: `the answer of ${answer.url.host}` })
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Json
  } catch (cause) {
    const message = `GET ${answer.url.origin}${answer.url.pathname}: the answer is no JSON`
    throw new RegistryError('BAD_ANSWER', { ref: at, message }, { cause })
  }
}

function badList({ registry, repository }: Reference, what: string): RegistryError {
  const ref = printReference({ registry, repository })
  return new RegistryError('BAD_ANSWER', { ref, message: `the list of '${ref}' ${what}` })
}

function tooMany({ registry, repository }: Reference, what: string): RegistryError {
  const ref = printReference({ registry, repository })
  return new RegistryError('TOO_LARGE', { ref, message: `'${ref}' has more than ${maxItems} ${what}` })
}
