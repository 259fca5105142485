import type { ServerResponse } from 'node:http'
import { joinApiVersion, type KubeObject } from '../../../kinds/manifest.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import type { Clock } from '../../../world/clock/clock.ts'
import type { ListOptions } from '../list-options.ts'
import { ApiProblem } from '../problem.ts'
import { type Resource, storageKey } from '../schema/resource.ts'
import type { Change, Store } from './store.ts'
import { inVersion } from '../write.ts'

export interface WatchOptions extends Pick<ListOptions, 'from' | 'initialEvents' | 'bookmarks' | 'timeoutSeconds'> {
  readonly resource: Resource
  /** What an object of the kind has at least. */
  readonly empty: JsonObject
  readonly matches: (object: KubeObject) => boolean
  readonly render: (object: KubeObject) => JsonObject
  readonly signal: AbortSignal
}

const bookmarkMs = 45_000
const longestSeconds = 1800

/** Streams changes as JSON lines until the client goes, the time is up or the server closes. */
export async function watch(
  response: ServerResponse,
  { store, clock }: { store: Store; clock: Clock },
  options: WatchOptions,
): Promise<void> {
  const send = (type: string, object: Json): void => {
    response.write(`${JSON.stringify({ type, object })}\n`)
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  const key = storageKey(options.resource)
  const pass = (change: Change): void => {
    if (change.key === key)
      for (const [type, object] of eventsOf(change, options)) send(type, options.render(inVersion(object, options.resource)))
  }
  const unsubscribe = store.subscribe(pass)
  try {
    catchUp({ store, send, pass }, options)
    await ticking({ clock, send: () => send('BOOKMARK', bookmark(options, store.revision)) }, options)
  } catch (thrown) {
    if (thrown instanceof ApiProblem) send('ERROR', thrown.status)
    else if (!options.signal.aborted) throw thrown
  } finally {
    unsubscribe()
    response.end()
  }
}

function catchUp(
  { store, send, pass }: { store: Store; send: (type: string, object: Json) => void; pass: (change: Change) => void },
  options: WatchOptions,
): void {
  const { from, resource, initialEvents } = options
  if (from && !initialEvents) {
    for (const change of store.since(storageKey(resource), from)) pass(change)
    return
  }
  if (initialEvents === false) return
  for (const object of store.list(resource)) if (options.matches(object)) send('ADDED', options.render(inVersion(object, resource)))
  if (initialEvents) send('BOOKMARK', bookmark(options, store.revision, { 'k8s.io/initial-events-end': 'true' }))
}

/** A change as a watcher with a selector sees it: an object may come into its view or leave it. */
function eventsOf({ type, object, previous }: Change, { matches }: WatchOptions): [string, KubeObject][] {
  if (type === 'DELETED') return matches(previous ?? object) ? [[type, object]] : []
  const before = previous !== undefined && matches(previous)
  if (matches(object)) return [[before ? 'MODIFIED' : 'ADDED', object]]
  return before ? [['DELETED', lastSeen(object, previous)]] : []
}

/** An object that leaves a watcher's view goes as it was last in it, at the revision at which it left. */
function lastSeen(object: KubeObject, previous: KubeObject): KubeObject {
  return { ...previous, metadata: { ...previous.metadata, resourceVersion: object.metadata.resourceVersion ?? '' } }
}

function bookmark({ resource, empty }: WatchOptions, revision: number, annotations?: JsonObject): JsonObject {
  return {
    ...empty,
    kind: resource.kind,
    apiVersion: joinApiVersion(resource),
    metadata: { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) },
  }
}

/** Bookmarks now and then until the time is up. */
async function ticking(
  { clock, send }: { clock: Clock; send: () => void },
  { bookmarks, timeoutSeconds, signal }: WatchOptions,
): Promise<void> {
  for (let left = (timeoutSeconds || longestSeconds) * 1000; left > 0; left -= bookmarkMs) {
    await clock.sleep(Math.min(left, bookmarkMs), signal)
    if (bookmarks) send()
  }
}
