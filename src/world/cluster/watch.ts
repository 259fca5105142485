import { isKubeObject, joinApiVersion, type KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, parseJson } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import { errorOf, unreachable } from './answers.ts'
import type { ApiResource, ListQuery, ObjectReader, WatchEvent } from './cluster.ts'
import { ClusterError } from './error.ts'
import { pathOf } from './paths.ts'
import type { Transport } from './transport.ts'

interface Source {
  readonly query: ListQuery
  readonly resource: ApiResource
  readonly transport: Transport
  readonly reader: ObjectReader
  readonly clock: Clock
}

const watchSeconds = 290
/** Asks for metadata instead of whole objects. https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export function metadataAs(kind: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string {
  return `application/json;as=${kind};g=meta.k8s.io;v=v1`
}

const types = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const

/** A stream that lived this long, or brought something, was no failure. */
const soundMs = 5000

/** The body of `Cluster.watch`: list, then watch, resumed where it broke, listed again when history is gone. */
export async function* watchQuery(source: Source, signal: AbortSignal): AsyncIterable<WatchEvent> {
  const { clock } = source
  let position = source.query.resourceVersion
  for (let failures = 0; ;) {
    const began = clock.elapsed()
    let [moved, broke] = [false, false]
    try {
      if (position === undefined) {
        const { objects, resourceVersion } = await listed(source, signal)
        position = resourceVersion
        yield { type: 'gap', objects }
      }
      for await (const seen of stream(source, position, signal)) {
        moved ||= seen.event !== undefined || seen.position !== position
        position = seen.position
        if (seen.event) yield seen.event
      }
    } catch (thrown) {
      signal.throwIfAborted()
      broke = true
      if (!(thrown instanceof ClusterError) || ['FORBIDDEN', 'UNAUTHENTICATED', 'NO_MATCH'].includes(thrown.code)) throw thrown
      if (thrown.code === 'EXPIRED') position = undefined
    }
    if (moved || clock.elapsed() - began >= soundMs) failures = 0
    // A server that ends streams as soon as it opens them is not asked again and again without a pause.
    if (broke || !moved) await clock.sleep(Math.min(30_000, 500 * 2 ** failures++) * (0.5 + clock.random()), signal)
  }
}

async function listed({ query, reader }: Source, signal: AbortSignal): Promise<{ objects: KubeObject[]; resourceVersion: string }> {
  const objects: KubeObject[] = []
  let next: string | undefined
  let resourceVersion = ''
  do {
    const page = await reader.list({ ...query, resourceVersion: undefined, limit: 500, continue: next }, signal)
    objects.push(...page.items)
    resourceVersion = page.resourceVersion
    next = page.continue
  } while (next)
  return { objects, resourceVersion }
}

/** What one watch request brings. A stream that breaks off or falls silent ends in a ClusterError. */
async function* stream(
  { query, resource, transport }: Source,
  position: string,
  signal: AbortSignal,
): AsyncIterable<{ position: string; event?: WatchEvent }> {
  const what = `watch ${query.kind}`
  const answer = await transport.open(
    {
      method: 'GET',
      path: pathOf(resource, { namespace: query.namespace }),
      what,
      ...(query.metadataOnly ? { accept: metadataAs('PartialObjectMetadata') } : {}),
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: position,
        timeoutSeconds: String(watchSeconds),
        labelSelector: query.labelSelector,
        fieldSelector: query.fieldSelector,
      },
    },
    signal,
  )
  const type = query.metadataOnly ? { apiVersion: joinApiVersion(resource), kind: resource.kind } : {}
  let rest = ''
  const decoder = new TextDecoder()
  try {
    for await (const chunk of answer.body) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line) yield eventOf(line, position, type)
    }
  } catch (thrown) {
    throw unreachable(thrown, { cluster: transport.name, what })
  } finally {
    await answer.body.cancel()
  }
}

/** `named` says what an object is that tells only of its metadata. */
function eventOf(
  line: string,
  before: string,
  named: Partial<Pick<KubeObject, 'apiVersion' | 'kind'>>,
): { position: string; event?: WatchEvent } {
  const { type, object } = parsedLine(line)
  if (type === 'ERROR')
    throw errorOf(isObject(object) && typeof object.code === 'number' ? object.code : 500, object, { cluster: '', what: 'watch' })
  const position =
    isObject(object) && isObject(object.metadata) && typeof object.metadata.resourceVersion === 'string'
      ? object.metadata.resourceVersion
      : before
  const known = type in types ? types[type as keyof typeof types] : undefined
  return known && isKubeObject(object) ? { position, event: { type: known, object: { ...object, ...named } } } : { position }
}

function parsedLine(line: string): { type: string; object: Json } {
  try {
    return parseJson(line) as unknown as { type: string; object: Json }
  } catch (cause) {
    throw new ClusterError('BAD_ANSWER', { cluster: '', what: 'watch', message: 'the watch sent what is not JSON' }, { cause })
  }
}
