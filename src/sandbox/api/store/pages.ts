import type { KubeObject } from '../../../kinds/manifest.ts'
import { messageOf } from '../../../lib/coded-error.ts'
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts'
import { readJson } from '../../decode/json.ts'
import { ApiProblem, problems } from '../problem.ts'
import type { Resource } from '../schema/resource.ts'
import type { Store } from './store.ts'

/** What a list asks for. `exact`: the state at `revision`. */
export interface PageRequest {
  readonly limit: number
  readonly token: string
  readonly exact?: number | undefined
}
export interface Page {
  readonly objects: readonly KubeObject[]
  readonly revision: number
  readonly token?: string
  readonly remaining?: number
}

/** Where the next page begins, and the revision that all pages show; -1 means that the list goes on with what is there now. */
interface Position {
  readonly revision: number
  readonly start: string
}

/** One page of what matches, as it was when the first page was read. @throws {ApiProblem} 410 when that is too long ago, 400 for a token that is none. */
export function pageOf(
  store: Store,
  { resource, matches }: { resource: Resource; matches: (object: KubeObject) => boolean },
  { limit, token, exact }: PageRequest,
): Page {
  const position = token === '' ? undefined : positionOf(token)
  const wanted = position?.revision ?? exact ?? -1
  const { all, revision } = stateAt(store, resource, { wanted, start: position?.start ?? '' })
  const start = position?.start ?? ''
  const following = all.filter(o => keyOf(o) >= start && matches(o))
  if (limit <= 0 || following.length <= limit) return { objects: following, revision }
  const objects = following.slice(0, limit)
  const last = objects.at(-1)
  const next = tokenOf({ revision, start: last ? `${keyOf(last)}\0` : '' })
  return { objects, revision, token: next, remaining: following.length - limit }
}

function stateAt(
  store: Store,
  resource: Resource,
  { wanted, start }: { wanted: number; start: string },
): { all: readonly KubeObject[]; revision: number } {
  if (wanted < 0 || wanted >= store.revision) return { all: store.list(resource), revision: store.revision }
  const all = store.at(resource, wanted)
  if (all) return { all, revision: wanted }
  const problem = problems.expired(
    `The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the list. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.`,
  )
  problem.status.metadata = { continue: tokenOf({ revision: -1, start }) }
  throw problem
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

function tokenOf({ revision, start }: Position): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url')
}

function positionOf(token: string): Position {
  const bad = (why: string): ApiProblem => problems.badRequest(`invalid continue token: continue key is not valid: ${why}`)
  const wrong = /[^A-Za-z0-9_-]/.exec(token)?.index ?? -1
  if (wrong >= 0) throw bad(`illegal base64 data at input byte ${wrong}`)
  const { v, rv, start }: JsonObject = parsed(Buffer.from(token, 'base64url').toString('latin1'), bad)
  if (v !== 'meta.k8s.io/v1') throw bad(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`)
  if (typeof rv !== 'number' || rv === 0) throw bad('incorrect encoded start resourceVersion (version meta.k8s.io/v1)')
  if (typeof start !== 'string' || start === '') throw bad('encoded start key empty (version meta.k8s.io/v1)')
  return { revision: rv, start }
}

function parsed(text: string, bad: (why: string) => ApiProblem): JsonObject {
  try {
    const value: Json = readJson(text).value
    return isObject(value) ? value : {}
  } catch (thrown) {
    throw bad(messageOf(thrown))
  }
}
