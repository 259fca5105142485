import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server'
import type { Json } from '../lib/json.ts'
import { type Resource, type Variables, variablesIn } from '../resources/resource.ts'
import { Pager } from '../tools/frame/cursor.ts'
import { ToolError, toolErrorOf } from '../tools/frame/error.ts'
import type { Bound } from './adapter.ts'

const pageSize = 100
const json = 'application/json'

interface Contents {
  readonly uri: string
  readonly mimeType?: string
  readonly text: string
}

/** Registers resources and templates, with the completion of their variables and the list of what is there. Spec: mcp 3.1, 3.2. */
export function registerResources(resources: readonly Resource[], bound: Bound): void {
  const read: Read = (uri, signal) => readAt(resources, { uri, signal }, bound)
  for (const resource of resources) registerResource(resource, read, bound)
  const { server } = bound.server
  server.setRequestHandler('resources/list', ({ params }, { mcpReq: { signal } }) =>
    listPage(resources, { cursor: params?.cursor, signal }, bound),
  )
  // The SDK's own handler repeats an address that it does not know, whatever stands in it.
  server.setRequestHandler('resources/read', ({ params: { uri } }, { mcpReq: { signal } }) => read(uri, signal))
}

type Read = (uri: string, signal: AbortSignal) => Promise<{ contents: Contents[] }>

function registerResource(resource: Resource, read: Read, bound: Bound): void {
  const { server, service } = bound
  const config = { title: resource.title, description: resource.description, mimeType: resource.mimeType ?? json }
  if (!resource.uri.includes('{')) {
    server.registerResource(resource.name, resource.uri, config, ({ href }, { mcpReq: { signal } }) => read(href, signal))
    return
  }
  const complete = Object.fromEntries(
    Object.entries(resource.complete ?? {}).map(([variable, values]) => [
      variable,
      (typed: string, context?: { arguments?: Record<string, string> }) =>
        completed(bound, () => values(typed, context?.arguments ?? {}, service.world)),
    ]),
  )
  const template = new ResourceTemplate(resource.uri, { list: undefined, complete })
  server.registerResource(resource.name, template, config, ({ href }, _vars, { mcpReq: { signal } }) => read(href, signal))
}

async function readAt(
  resources: readonly Resource[],
  { uri, signal }: { uri: string; signal: AbortSignal },
  bound: Bound,
): Promise<{ contents: Contents[] }> {
  for (const resource of resources) {
    const vars = variablesIn(resource.uri, uri)
    if (vars) return { contents: await contentsOf(resource, { uri, vars, signal }, bound) }
  }
  throw new ResourceNotFoundError(bound.service.redactor.censor(uri))
}

/** A completion within the caller's limits: nothing is offered beyond them, and nothing secret. */
export async function completed({ service: { redactor, limits }, caller }: Bound, values: () => Promise<string[]>): Promise<string[]> {
  let leave: (() => void) | undefined
  try {
    leave = limits?.enter(caller)
    return (await values()).map(value => redactor.censor(value))
  } catch {
    return []
  } finally {
    leave?.()
  }
}

/** A miss is a miss; every other failure arrives with its code and its next step. */
async function contentsOf(
  resource: Resource,
  { uri, vars, signal }: { uri: string; vars: Variables; signal: AbortSignal },
  bound: Bound,
): Promise<Contents[]> {
  const { world, redactor } = bound.service
  if (resource.raw) return [...resource.raw(vars)] as unknown as Contents[]
  const found = await limited(bound, () => resource.read(vars, world, signal))
  if (!found) throw new ResourceNotFoundError(redactor.censor(uri))
  return [{ uri: redactor.censor(uri), mimeType: json, text: redactor.censor(JSON.stringify(found)) }]
}

/** Runs a read within the caller's limits, and gives what it throws a code. @throws {ProtocolError} -32000 with `{code, next}`. */
async function limited<T>({ service: { world, redactor, limits }, caller }: Bound, work: () => Promise<T>): Promise<T> {
  let leave: (() => void) | undefined
  try {
    leave = limits?.enter(caller, 'reads')
    return await work()
  } catch (thrown) {
    const error = toolErrorOf(thrown, world.clock.id(4))
    const { code, message, told } = error
    if (code === 'Internal') world.log.error('a resource failed unforeseen', { message, cause: String(error.cause) })
    throw new ProtocolError(-32000, redactor.censor(`${code}: ${message}`), { code, next: redactor.censor(told.next) })
  } finally {
    leave?.()
  }
}

interface Entry {
  readonly uri: string
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly mimeType: string
}

/** One page of the fixed resources and of what the templates list. A template that cannot list hides no other. */
async function listPage(
  resources: readonly Resource[],
  { cursor, signal }: { cursor: string | undefined; signal: AbortSignal },
  bound: Bound,
): Promise<{ resources: Entry[]; nextCursor?: string }> {
  const { world, gates } = bound.service
  const fixed = resources
    .filter(r => !r.uri.includes('{'))
    .map(({ uri, name, title, description, mimeType = json }) => ({ uri, name, title, description, mimeType }))
  const lists = await limited(bound, () => Promise.all(resources.map(async r => (await r.list?.(world, signal).catch(nothing)) ?? [])))
  const all: Entry[] = [...fixed, ...lists.flat().map(entry => ({ ...entry, mimeType: json }))]
  const pages = new Pager({
    key: gates.key,
    question: 'resources/list',
    caller: bound.caller.key,
    now: world.clock.now(),
    cursor,
    limit: pageSize,
    budget: Number.POSITIVE_INFINITY,
    censor: text => text,
  })
  try {
    const { rows, nextCursor } = pages.of(all, ({ uri }) => uri)
    return { resources: rows, ...(nextCursor === undefined ? {} : { nextCursor }) }
  } catch (thrown) {
    if (thrown instanceof ToolError)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, thrown.message, { code: thrown.code } satisfies Json)
    throw thrown
  }
}

function nothing(): [] {
  return []
}
