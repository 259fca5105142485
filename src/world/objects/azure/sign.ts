import { createHash, createHmac, X509Certificate } from 'node:crypto'
import { rsaKey, signedJwt } from '../../../lib/jwt.ts'
import { ObjectStoreError } from '../error.ts'
import type { EntraClient } from '../../../kinds/object-store.ts'
import { tokenFrom } from '../token.ts'
import type { Wire } from '../transport.ts'

export const publicAuthority = 'https://login.microsoftonline.com'
const scope = 'https://storage.azure.com/.default'
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

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

/** A token of Microsoft Entra for storage. @throws {ObjectStoreError} */
export function entraToken({ tenantId, clientId, authorityHost, proof }: EntraClient, wire: Wire, signal: AbortSignal): Promise<string> {
  const base = (authorityHost || publicAuthority).replace(/\/+$/, '')
  if (!/^https:\/\/[^/?#@]+$/.test(base)) throw new ObjectStoreError('CREDENTIALS', { message: 'authorityHost is no https URL of a host' })
  if (!/^[A-Za-z0-9.-]+$/.test(tenantId))
    throw new ObjectStoreError('CREDENTIALS', { message: 'tenantId is no tenant: it has letters, digits, dots and dashes' })
  const endpoint = `${base}/${tenantId}/oauth2/v2.0/token`
  const fixed = { client_id: clientId, grant_type: 'client_credentials', scope }
  const form = () =>
    proof.is === 'secret'
      ? { ...fixed, client_secret: proof.secret }
      : { ...fixed, client_assertion_type: assertionType, client_assertion: assertionOf(proof, { clientId, endpoint, wire }) }
  return tokenFrom(endpoint, form, { wire, signal })
}

function assertionOf(
  { pem, sendChain }: Extract<EntraClient['proof'], { is: 'certificate' }>,
  { clientId, endpoint, wire }: { clientId: string; endpoint: string; wire: Wire },
): string {
  const now = Math.floor(wire.clock.now() / 1000)
  const certificates = (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
    text => new X509Certificate(text),
  )
  const [leaf] = certificates
  const key = rsaKey(/-----BEGIN (?:RSA )?PRIVATE KEY-----[\s\S]*?-----END (?:RSA )?PRIVATE KEY-----/.exec(pem)?.[0] ?? '')
  if (!leaf || !key) throw new ObjectStoreError('CREDENTIALS', { message: 'clientCertificate has no certificate with its RSA key in PEM' })
  const header = {
    x5t: createHash('sha1').update(leaf.raw).digest('base64url'),
    ...(sendChain ? { x5c: certificates.map(c => c.raw.toString('base64')) } : {}),
  }
  const claims = { aud: endpoint, iss: clientId, sub: clientId, jti: wire.clock.id(16), nbf: now, exp: now + 600 }
  return signedJwt(claims, key, header)
}
