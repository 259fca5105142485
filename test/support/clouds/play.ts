import type { IncomingMessage } from 'node:http'
import type { Clock } from '../../../src/world/clock/clock.ts'

/** A request as a cloud sees it. */
export interface Seen {
  readonly method: string
  readonly host: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly bytes: Buffer
}
export interface Played {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** With status 0: which server answers, instead of the registry, and as whom. */
  readonly via?: { readonly address: string; readonly authorization: string }
}
/** `undefined`: it is not for this cloud. */
export type Play = (seen: Seen, tools: Tools) => Played | undefined

/** What the clouds share. */
export interface Tools {
  readonly clock: Clock
  /** How long what is issued lives. */
  lifeMs: number
  /** What this machine is, by the metadata service; none answers where there is nothing. */
  readonly machine: Map<string, Played>
  /** A token service that a real registry trusts, and as whom it is asked: Container Registry hands out its tokens then. */
  readonly tokens?: { readonly address: string; readonly authorization: string } | undefined
  /** A secret that nobody had before. */
  fresh(kind: string): string
  /** The claims of a token of a service account, if it is for this audience and still good. */
  account(token: string, audience: string): { readonly sub: string } | undefined
}

/** An answer in JSON. */
export function json(body: unknown, status = 200): Played {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** A registry's answer to somebody it does not know. */
export function challenge(header: string): Played {
  return {
    ...json({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }, 401),
    headers: { 'www-authenticate': header },
  }
}

/** A registry's request may pass. */
export const passes: Played = { status: 0, body: '' }

/** User and password of a request. */
export function basicOf({ headers }: Seen): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? []
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8')
}

export function formOf({ headers, body }: Seen): URLSearchParams | undefined {
  return headers['content-type'] === 'application/x-www-form-urlencoded' ? new URLSearchParams(body) : undefined
}
