import type { JSONRPCMessage, McpServer, McpServerFactory, Server, Transport } from '@modelcontextprotocol/server'
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { isObject } from '../lib/json.ts'
import type { Watches } from '../resources/watches.ts'
import { type AdapterOptions, serverFactory } from './adapter.ts'
import { Announcer, listenedUris, narrowed } from './subscriptions.ts'

const maxSubscriptions = 256

/** Serves MCP on standard input and output until the client closes them. Everything else goes to stderr. */
export function listenStdio(options: AdapterOptions, wire: Transport = new StdioServerTransport()): { close(): Promise<void> } {
  const { log } = options.service.world
  const servers = new Set<Server>()
  const make = serverFactory(options)
  const factory: McpServerFactory = async context => {
    const made = await make(context)
    if (context.era === 'modern') keep(servers, innerOf(made))
    return made
  }
  const announce = (uri: string): void => {
    for (const server of servers) server.sendResourceUpdated({ uri }).catch(() => {})
  }
  const { watches } = options
  const transport = new ListenPeek(wire, { watches, announcer: new Announcer(watches, announce), caller: options.callerOf(undefined).key })
  return serveStdio(factory, {
    transport,
    maxSubscriptions,
    onerror: error => log.warn('protocol error', { message: error.message }),
  })
}

function innerOf(made: McpServer | Server): Server {
  return 'server' in made ? made.server : made
}

function keep(servers: Set<Server>, server: Server): void {
  servers.add(server)
  const closed = server.onclose
  server.onclose = () => {
    servers.delete(server)
    closed?.()
  }
}

interface Listening {
  readonly watches: Watches
  readonly announcer: Announcer
  readonly caller: string
}

/** The SDK answers `subscriptions/listen` by itself and does not say for what: this looks at what comes in, keeps what may be watched, and watches it. */
class ListenPeek implements Transport {
  readonly #wire: Transport
  readonly #listening: Listening
  readonly #held = new Map<unknown, () => void>()
  readonly #admitting = new Set<unknown>()
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: Transport['onmessage']

  constructor(wire: Transport, listening: Listening) {
    this.#wire = wire
    this.#listening = listening
  }

  async start(): Promise<void> {
    this.#wire.onclose = () => {
      this.#admitting.clear()
      for (const id of this.#held.keys()) this.#release(id)
      this.onclose?.()
    }
    this.#wire.onerror = error => this.onerror?.(error)
    this.#wire.onmessage = (message: JSONRPCMessage) => {
      const uris = listenedUris(message)
      if (uris && 'id' in message) return void this.#admit(message, uris)
      const ended = cancelledBy(message)
      if (ended !== undefined && this.#admitting.delete(ended)) return
      if (ended !== undefined) this.#release(ended)
      this.onmessage?.(message)
    }
    await this.#wire.start()
  }

  send: Transport['send'] = (message, options) => this.#wire.send(message, options)

  close(): Promise<void> {
    return this.#wire.close()
  }

  async #admit(message: JSONRPCMessage & { id?: unknown }, uris: readonly string[]): Promise<void> {
    const { watches, announcer, caller } = this.#listening
    this.#admitting.add(message.id)
    const admitted = await watches.admitAll(caller, uris)
    if (!this.#admitting.delete(message.id)) return
    this.#release(message.id)
    this.#held.set(message.id, announcer.hold(caller, admitted))
    this.onmessage?.(
      narrowed(
        message,
        admitted.map(a => a.uri),
      ),
    )
  }

  #release(id: unknown): void {
    this.#held.get(id)?.()
    this.#held.delete(id)
  }
}

function cancelledBy(message: JSONRPCMessage): unknown {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return undefined
  return isObject(message.params) ? message.params.requestId : undefined
}
