import { createServer, type IncomingMessage, request as ask, type ServerResponse } from 'node:http'
import { listening } from './listening.ts'

/** One call, as the front saw it. */
export interface FrontCall {
  readonly method: string
  readonly path: string
  /** Whom it impersonates; empty for nobody. */
  readonly user: string
  readonly authorization: string
}

/** What a front makes of a call: an HTTP status of its own, no answer ever, or what the server behind it says. */
export type Judge = (call: FrontCall) => 401 | 403 | 409 | 500 | 'hang' | undefined

/** Stands before a Kubernetes API and keeps its gate, as the sandbox has no rights of its own. */
export interface ApiFront {
  readonly url: string
  readonly calls: FrontCall[]
  judge: Judge
  close(): Promise<void>
}

export async function startApiFront(behind: string, judge: Judge = () => undefined): Promise<ApiFront> {
  const server = createServer((incoming, outgoing) => {
    const call = callOf(incoming)
    front.calls.push(call)
    const verdict = front.judge(call)
    if (verdict === 'hang') return
    if (verdict !== undefined) return refuse(call, verdict, outgoing)
    pass(behind, incoming, outgoing)
  })
  const { address, close } = await listening(server)
  const front: ApiFront = { url: `http://${address}`, calls: [], judge, close }
  return front
}

function callOf({ method = '', url = '', headers }: IncomingMessage): FrontCall {
  const text = (value: string | string[] | undefined): string => (Array.isArray(value) ? value.join(',') : (value ?? ''))
  return { method, path: url, user: text(headers['impersonate-user']), authorization: text(headers.authorization) }
}

const reasons = { 401: 'Unauthorized', 403: 'Forbidden', 409: 'Conflict', 500: 'InternalError' } as const

function refuse({ method, path, user }: FrontCall, code: keyof typeof reasons, outgoing: ServerResponse): void {
  const message = code === 401 ? 'Unauthorized' : `${path.split('?')[0]} is forbidden: User "${user}" cannot ${method}`
  outgoing.writeHead(code, { 'content-type': 'application/json' })
  outgoing.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: reasons[code], code, message }))
}

function pass(behind: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { 'impersonate-user': _, authorization: __, ...headers } = incoming.headers
  const onward = ask(`${behind}${incoming.url}`, { method: incoming.method, headers, agent: false }, answer => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}
