import { createHmac } from 'node:crypto'
import { messageOf } from '../../../lib/coded-error.ts'
import { assertionType, type ClientCertificate, clientAssertion, clientCertificate, tokenEndpoint } from '../../auth/entra-client.ts'
import { ObjectStoreError } from '../error.ts'
import type { EntraClient } from '../../../kinds/object-store.ts'
import { tokenFrom } from '../token.ts'
import type { Wire } from '../transport.ts'

const publicAuthority = 'https://login.microsoftonline.com'
const storageScope = 'https://storage.azure.com/.default'

/** The authorization header of a GET by the key of an account. https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key */
export function sharedKey(url: URL, headers: Readonly<Record<string, string>>, { account, key }: { account: string; key: string }): string {
  const named = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('')
  const query = [...new Set(url.searchParams.keys())]
    .toSorted()
    .map(name => `\n${name.toLowerCase()}:${url.searchParams.getAll(name).toSorted().join(',')}`)
    .join('')
  const text = `GET${'\n'.repeat(12)}${named}/${account}${url.pathname}${query}`
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')
  return `SharedKey ${account}:${signature}`
}

/** A client of Entra that is ready to ask for tokens. */
export interface EntraSigner {
  readonly endpoint: string
  readonly clientId: string
  readonly proof:
    | { readonly is: 'secret'; readonly secret: string }
    | { readonly is: 'certificate'; readonly certificate: ClientCertificate; readonly sendChain: boolean }
}

/** Makes one of what a Secret has. `authority` is where Entra is unless the Secret says it. @throws {ObjectStoreError} CREDENTIALS. */
export async function entraSigner(
  { tenantId, clientId, authorityHost, proof }: EntraClient,
  { authority, signal }: { readonly authority: string | undefined; readonly signal: AbortSignal },
): Promise<EntraSigner> {
  const wrong = (message: string, cause?: unknown): ObjectStoreError => new ObjectStoreError('CREDENTIALS', { message }, { cause })
  const base = (authorityHost || authority || publicAuthority).replace(/\/+$/, '')
  if (!/^https:\/\/[^/?#@]+$/.test(base)) throw wrong('authorityHost is no https URL of a host')
  if (!/^[A-Za-z0-9.-]+$/.test(tenantId)) throw wrong('tenantId is no tenant: it has letters, digits, dots and dashes')
  const at = { endpoint: tokenEndpoint(base, tenantId), clientId }
  if (proof.is === 'secret') return { ...at, proof }
  const { content, password, sendChain } = proof
  const certificate = await clientCertificate(content, password, signal).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw wrong(`failed to parse client certificates: ${messageOf(cause)}`, cause)
  })
  return { ...at, proof: { is: 'certificate', certificate, sendChain } }
}

/** A token of Microsoft Entra, for storage unless told otherwise. @throws {ObjectStoreError} */
export function entraToken(
  { endpoint, clientId, proof }: EntraSigner,
  { wire, scope = storageScope }: { wire: Wire; scope?: string },
  signal: AbortSignal,
): Promise<string> {
  const fixed = { client_id: clientId, grant_type: 'client_credentials', scope }
  const form = (): Record<string, string> => {
    if (proof.is === 'secret') return { ...fixed, client_secret: proof.secret }
    const { clock } = wire
    const about = { client: clientId, endpoint, sendChain: proof.sendChain, now: clock.now(), id: clock.id(16) }
    return { ...fixed, client_assertion_type: assertionType, client_assertion: clientAssertion(proof.certificate, about) }
  }
  return tokenFrom(endpoint, form, { wire, signal })
}
