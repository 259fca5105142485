import { ProtocolError, ResourceNotFoundError } from '@modelcontextprotocol/server'
import { isObject, listAt } from '../lib/json.ts'
import type { Admitted, Refusal, Watches } from '../resources/watches.ts'
import type { Bound } from './adapter.ts'

const refusals: Readonly<Record<Exclude<Refusal, 'unknown'>, { code: string; message: string; next: string }>> = {
  forbidden: { code: 'Forbidden', message: 'you may not watch this', next: 'ask for the verb watch on this kind' },
  full: { code: 'TooLarge', message: 'you hold as many subscriptions as you may', next: 'unsubscribe from another resource first' },
}

/** Answers `resources/subscribe` and `resources/unsubscribe` of a 2025 client; what it holds ends with its connection. Spec: mcp 3.3. */
export function serveSubscriptions({ server, watches, caller }: Bound): void {
  const held = new Map<string, () => void>()
  let over = false
  const { server: inner } = server
  inner.setRequestHandler('resources/subscribe', async ({ params: { uri } }) => {
    if (held.has(uri)) return {}
    const admitted = await watches.admit(caller.key, uri)
    if (admitted === 'unknown') throw new ResourceNotFoundError(uri)
    if (typeof admitted === 'string') {
      const { code, message, next } = refusals[admitted]
      throw new ProtocolError(-32000, `${code}: ${message}`, { code, next })
    }
    // The client may have gone while its right was looked up.
    if (over) return {}
    held.get(uri)?.()
    held.set(
      uri,
      watches.hold(caller.key, admitted, changed => void inner.sendResourceUpdated({ uri: changed }).catch(() => {})),
    )
    return {}
  })
  inner.setRequestHandler('resources/unsubscribe', ({ params: { uri } }) => {
    held.get(uri)?.()
    held.delete(uri)
    return {}
  })
  const closed = inner.onclose
  inner.onclose = () => {
    over = true
    for (const stop of held.values()) stop()
    held.clear()
    closed?.()
  }
}

/** The addresses that a `subscriptions/listen` asks for; `undefined` for every other message. */
export function listenedUris(message: unknown): string[] | undefined {
  if (!isObject(message) || message.method !== 'subscriptions/listen') return undefined
  return listAt(message, 'params', 'notifications', 'resourceSubscriptions').map(String)
}

/** The same listen request for fewer addresses. */
export function narrowed<T>(message: T, uris: readonly string[]): T {
  if (!isObject(message) || !isObject(message.params) || !isObject(message.params.notifications)) return message
  const { resourceSubscriptions: _all, ...others } = message.params.notifications
  const notifications = { ...others, ...(uris.length > 0 ? { resourceSubscriptions: [...uris] } : {}) }
  return { ...message, params: { ...message.params, notifications } }
}

/** What `subscriptions/listen` streams watch. A transport announces an address once for all its streams, however many hold it. */
export class Announcer {
  readonly #watches: Watches
  readonly #announce: (uri: string) => void
  readonly #holders = new Map<string, symbol[]>()

  constructor(watches: Watches, announce: (uri: string) => void) {
    this.#watches = watches
    this.#announce = announce
  }

  /** Watches the addresses of a stream until it is released. */
  hold(caller: string, admitted: readonly Admitted[]): () => void {
    const stops = admitted.map(address => this.#holdOne(caller, address))
    return () => {
      for (const stop of stops) stop()
    }
  }

  #holdOne(caller: string, address: Admitted): () => void {
    const { uri } = address
    const me = Symbol(uri)
    this.#holders.set(uri, [...(this.#holders.get(uri) ?? []), me])
    const stop = this.#watches.hold(caller, address, () => {
      if (this.#holders.get(uri)?.[0] === me) this.#announce(uri)
    })
    return () => {
      stop()
      const left = (this.#holders.get(uri) ?? []).filter(other => other !== me)
      if (left.length > 0) this.#holders.set(uri, left)
      else this.#holders.delete(uri)
    }
  }
}
