import { randomUUID } from 'node:crypto'
import {
  type AuthInfo,
  type McpServer,
  type McpServerFactory,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import { isObject } from '../lib/json.ts'
import type { Clock } from '../world/clock/clock.ts'
import { untilRead } from './body.ts'
import { callerOf } from './tokens.ts'

/** Bounds of the sessions that 2025 clients hold. Times in milliseconds. */
export interface SessionLimits {
  readonly all: number
  readonly perCaller: number
  readonly idleMs: number
  readonly lifeMs: number
  readonly sweepMs: number
}
export const sessionLimits: SessionLimits = { all: 100, perCaller: 10, idleMs: 15 * 60_000, lifeMs: 12 * 3_600_000, sweepMs: 30_000 }

interface Session {
  readonly owner: string
  readonly transport: WebStandardStreamableHTTPServerTransport
  readonly server: McpServer | Server
  /** When it ends at the latest: its life is over, or its token is. */
  readonly until: number
  lastSeen: number
  /** Requests in flight and open streams. */
  busy: number
}

/** Sessions of the 2025 era over HTTP: owned by a caller, bounded, and gone when they idle. Spec: mcp 1.5. */
export class Sessions {
  readonly #factory: McpServerFactory
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #open = new Map<string, Session>()
  readonly #closed = new AbortController()

  constructor(factory: McpServerFactory, clock: Clock, limits: SessionLimits = sessionLimits) {
    this.#factory = factory
    this.#clock = clock
    this.#limits = limits
    void this.#sweep()
  }

  get size(): number {
    return this.#open.size
  }

  async serve(request: Request, auth: AuthInfo | undefined): Promise<Response> {
    await this.#expire()
    const owner = callerOf(auth).key
    const id = request.headers.get('mcp-session-id')
    if (id !== null) return this.#known(request, { id, owner, auth })
    if (!(await isInitialize(request))) return problem(400, 'no session: send initialize first')
    return (await this.#full(owner)) ?? this.#begin(request, { owner, auth })
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error('the server closes'))
    for (const id of this.#open.keys()) await this.#end(id)
  }

  /** The same answer for sessions that are unknown, another caller's or over. */
  async #known(request: Request, { id, owner, auth }: { id: string; owner: string; auth: AuthInfo | undefined }): Promise<Response> {
    const session = this.#open.get(id)
    if (session?.owner !== owner) return problem(404, 'session not found')
    const done = this.#enter(session)
    try {
      const response = await session.transport.handleRequest(request, auth ? { authInfo: auth } : {})
      if (request.method === 'DELETE' && response.ok) await this.#end(id)
      return untilRead(response, done)
    } catch (thrown) {
      done()
      throw thrown
    }
  }

  #enter(session: Session): () => void {
    session.busy++
    session.lastSeen = this.#clock.now()
    let left = false
    return () => {
      if (left) return
      left = true
      session.busy--
      session.lastSeen = this.#clock.now()
    }
  }

  async #begin(request: Request, { owner, auth }: { owner: string; auth: AuthInfo | undefined }): Promise<Response> {
    const server = await this.#factory({ era: 'legacy', ...(auth ? { authInfo: auth } : {}) })
    const now = this.#clock.now()
    const until = Math.min(now + this.#limits.lifeMs, (auth?.expiresAt ?? Number.POSITIVE_INFINITY) * 1000)
    let started = false
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      keepAliveMs: 15_000,
      onsessioninitialized: id => {
        started = true
        this.#open.set(id, { owner, transport, server, until, lastSeen: now, busy: 0 })
      },
    })
    await server.connect(transport)
    const response = await transport.handleRequest(request, auth ? { authInfo: auth } : {})
    if (!started) await server.close()
    return response
  }

  /** Makes room by ending the caller's session that idles longest. The answer says that there is none. */
  async #full(owner: string): Promise<Response | undefined> {
    const mine = [...this.#open].filter(([, s]) => s.owner === owner)
    if (mine.length < this.#limits.perCaller && this.#open.size < this.#limits.all) return undefined
    const [idle] = mine.filter(([, s]) => s.busy === 0).toSorted(([, a], [, b]) => a.lastSeen - b.lastSeen)
    if (!idle) return problem(503, 'too many sessions', { 'retry-after': '30' })
    await this.#end(idle[0])
    return undefined
  }

  async #sweep(): Promise<void> {
    const { signal } = this.#closed
    while (!signal.aborted) {
      await this.#clock.sleep(this.#limits.sweepMs, signal).catch(() => {})
      await this.#expire()
    }
  }

  async #expire(): Promise<void> {
    const now = this.#clock.now()
    for (const [id, s] of this.#open) if (now >= s.until || (s.busy === 0 && now - s.lastSeen >= this.#limits.idleMs)) await this.#end(id)
  }

  async #end(id: string): Promise<void> {
    const session = this.#open.get(id)
    this.#open.delete(id)
    await session?.server.close()
  }
}

async function isInitialize(request: Request): Promise<boolean> {
  if (request.method !== 'POST') return false
  try {
    const body: unknown = JSON.parse(await request.clone().text())
    return (Array.isArray(body) ? body : [body]).some(message => isObject(message) && message.method === 'initialize')
  } catch {
    return false
  }
}

function problem(status: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }, { status, headers })
}
