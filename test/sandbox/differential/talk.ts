import { request as https } from 'node:https'
import { request as http, type IncomingMessage, type RequestOptions } from 'node:http'
import type { Json } from '../../../src/lib/json.ts'

/** One request of a conversation. A body that is a function sees the answers before it, so that it can name what a server chose. */
export interface Step {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string | ((before: readonly Said[]) => string)
  readonly body?: Body | ((before: readonly Said[]) => Body)
  /** Content type of the body. */
  readonly type?: string
  readonly accept?: string
  /** A comparison would be unfair: the reason. */
  readonly unlike?: string
  /** Asked again until this holds, for what a server does in its own time. */
  readonly until?: (said: Said) => boolean
}
export type Body = object | string

/** What a server answered. `body` is parsed when it is JSON; a watch gives its events as a list. */
export interface Said {
  readonly status: number
  readonly type: string
  readonly warning: string
  readonly body: Json
}

/** A named list of requests in a namespace of their own; `NS` in a path stands for it. */
export type Conversation = readonly [name: string, steps: readonly Step[]]

export interface Server {
  readonly url: string
  readonly token?: string
}

const get = (path: Step['path'], more: Partial<Step> = {}): Step => ({ method: 'GET', path, ...more })
const post = (path: string, body: Step['body'], more: Partial<Step> = {}): Step => ({
  method: 'POST',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
})
const put = (path: string, body: Step['body'], more: Partial<Step> = {}): Step => ({
  method: 'PUT',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
})
const del = (path: string, body?: Step['body'], more: Partial<Step> = {}): Step => ({
  method: 'DELETE',
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
})
const patchAs =
  (type: string) =>
  (path: string, body: Step['body'], more: Partial<Step> = {}): Step => ({
    method: 'PATCH',
    path,
    type,
    ...(body === undefined ? {} : { body }),
    ...more,
  })

/** Requests by their verbs. */
export const ask = {
  get,
  post,
  put,
  del,
  merge: patchAs('application/merge-patch+json'),
  json: patchAs('application/json-patch+json'),
  strategic: patchAs('application/strategic-merge-patch+json'),
  apply: patchAs('application/apply-patch+yaml'),
}

/** Speaks one step. */
export async function speak(server: Server, step: Step, before: readonly Said[]): Promise<Said> {
  const path = typeof step.path === 'function' ? step.path(before) : step.path
  const body = typeof step.body === 'function' ? step.body(before) : step.body
  for (let left = 100; ; left--) {
    const said = await once(server, { ...step, path, body })
    if (step.until === undefined || step.until(said) || left === 0) return said
    await new Promise(done => setTimeout(done, 50))
  }
}

function once(
  server: Server,
  { method, path, body, type, accept }: Omit<Step, 'body'> & { path: Step['path']; body: Body | undefined },
): Promise<Said> {
  const url = new URL(server.url + String(path))
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    method,
    rejectUnauthorized: false,
    headers: {
      'user-agent': 'differential/1.0',
      accept: accept ?? 'application/json',
      ...(text === undefined ? {} : { 'content-type': type ?? 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(server.token ? { authorization: `Bearer ${server.token}` } : {}),
    },
  }
  const { promise, resolve, reject } = Promise.withResolvers<Said>()
  const sent = (url.protocol === 'https:' ? https : http)(url, options, answer => void read(answer).then(resolve, reject))
  sent.on('error', reject)
  sent.end(text)
  return promise
}

async function read(answer: IncomingMessage): Promise<Said> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString('utf8')
  return {
    status: answer.statusCode ?? 0,
    type: answer.headers['content-type'] ?? '',
    warning: String(answer.headers.warning ?? ''),
    body: parsed(text),
  }
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    const lines = text.split('\n').filter(Boolean)
    return lines.every(line => line.startsWith('{')) && lines.length > 0 ? lines.map(line => JSON.parse(line) as Json) : text
  }
}
