import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as ask } from 'node:https'
import { listening } from '../support/listening.ts'

/** A call as the front sees it. */
export interface Call {
  readonly method: string
  readonly path: string
  readonly watch: boolean
}

/** What a front answers by itself; seconds after which to try again. */
export interface Refusal {
  readonly status: 410 | 429 | 500
  readonly retryAfter?: number
}

/** Stands before a real API server: refuses by a plan, cuts streams, tells of every call. */
export interface Front {
  readonly url: string
  /** How many calls came. */
  readonly calls: number
  /** How many of them write. Those that renew a Lease, and events, are left out. */
  readonly writes: number
  /** When the first and the last of them came, by `performance.now`. */
  readonly firstWriteAt: number
  readonly lastWriteAt: number
  /** Refuses a call; `undefined` lets it through. */
  plan: (call: Call) => Refusal | undefined
  /** Runs once, when so many more calls came. */
  after(calls: number, act: () => void): void
  /** Ends every watch in the middle; how many those were. */
  cut(): number
  /** Forgets what was written. */
  reset(): void
  close(): Promise<void>
}

export async function startFront(behind: string): Promise<Front> {
  const watches = new Set<ServerResponse>()
  const acts: { at: number; act: () => void }[] = []
  const seen = { calls: 0, writes: 0, firstWriteAt: 0, lastWriteAt: 0 }
  const server = createServer((incoming, outgoing) => {
    const call = callOf(incoming)
    seen.calls++
    if (isWrite(call)) {
      seen.writes++
      seen.lastWriteAt = performance.now()
      seen.firstWriteAt ||= seen.lastWriteAt
    }
    for (const due of acts.filter(a => a.at <= seen.calls)) {
      acts.splice(acts.indexOf(due), 1)
      due.act()
    }
    const refusal = front.plan(call)
    if (refusal) return refuse(refusal, outgoing)
    if (call.watch) {
      watches.add(outgoing)
      outgoing.on('close', () => watches.delete(outgoing))
    }
    pass(behind, incoming, outgoing)
  })
  const { address, close } = await listening(server)
  const front: Front = {
    url: `http://${address}`,
    get calls() {
      return seen.calls
    },
    get writes() {
      return seen.writes
    },
    get firstWriteAt() {
      return seen.firstWriteAt
    },
    get lastWriteAt() {
      return seen.lastWriteAt
    },
    plan: () => undefined,
    after: (calls, act) => void acts.push({ at: seen.calls + calls, act }),
    cut() {
      const open = [...watches]
      for (const watch of open) watch.destroy()
      return open.length
    },
    reset: () => void Object.assign(seen, { writes: 0, firstWriteAt: 0, lastWriteAt: 0 }),
    close,
  }
  return front
}

function callOf({ method = '', url = '' }: IncomingMessage): Call {
  return { method, path: url, watch: url.includes('watch=true') }
}

function isWrite({ method, path }: Call): boolean {
  return !['GET', 'HEAD'].includes(method) && !/\/(leases|events|selfsubjectaccessreviews)\b/.test(path) && !path.includes('dryRun=All')
}

const reasons = { 410: 'Expired', 429: 'TooManyRequests', 500: 'InternalError' } as const

function refuse({ status: code, retryAfter }: Refusal, outgoing: ServerResponse): void {
  outgoing.writeHead(code, {
    'content-type': 'application/json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  })
  const message = 'refused by the plan of a test'
  outgoing.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: reasons[code], code, message }))
}

function pass(behind: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const onward = ask(
    `${behind}${incoming.url}`,
    { method: incoming.method, headers: incoming.headers, agent: false, rejectUnauthorized: false },
    answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      answer.on('error', () => outgoing.destroy())
    },
  )
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}
