import { type JsonObject, stringAt } from '../../lib/json.ts'
import { isLoopback } from '../../lib/loopback.ts'
import { isMetadataAddress } from '../http/egress.ts'
import { AuthError } from './error.ts'

/** A file of application default credentials that cannot be used. */
export function wrong(message: string): AuthError {
  return new AuthError('NO_IDENTITY', message)
}

/** A field that must be there. @throws {AuthError} NO_IDENTITY. */
export function need(file: JsonObject, name: string): string {
  const value = optional(file, name)
  if (value) return value
  throw wrong(`google: the file of application default credentials has no ${name}`)
}

/** A field that may be there; an empty one is none. */
export function optional(file: JsonObject, name: string): string | undefined {
  return stringAt(file, name) || undefined
}

/** @throws {AuthError} NO_IDENTITY. */
export function secureUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return text
  throw wrong('google: the addresses in the file of application default credentials must use https')
}

/** An address of this machine, or one over TLS, and the way to it. @throws {AuthError} NO_IDENTITY. */
export function nearOrSecure(text: string, name: string): { url: URL; over: 'http' | 'door' } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isMetadata = url?.protocol === 'http:' && isMetadataAddress(url.hostname)
  if (url && (isMetadata || url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))))
    return { url, over: isMetadata ? 'door' : 'http' }
  throw wrong(`google: ${name} must be an address of this machine, or use https`)
}
