import { constants, createHash, createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { messageOf } from '../../lib/coded-error.ts'

/** What a client of Entra signs with: its RSA key, and its certificates as DER, the key's own first. */
export interface ClientCertificate {
  readonly key: KeyObject
  readonly chain: readonly [leaf: Buffer, ...others: Buffer[]]
}

/** As large as a Secret may be. */
const mostBytes = 1024 * 1024
const derSequence = 0x30

/**
 * A certificate with its key in PEM or PKCS#12, as Azure's own SDK takes them; keys of PEM may be encrypted, too.
 * Throws an `Error` with the SDK's words and no secret; an abort rejects with `signal.reason`. Spec: sources 8.
 */
export async function clientCertificate(content: Uint8Array, password: string, signal: AbortSignal): Promise<ClientCertificate> {
  if (content.length > mostBytes) throw new Error('it is larger than a certificate with its chain')
  const text = Buffer.from(content).toString('latin1')
  const { certificates, keys } = /-----BEGIN /.test(text) ? inPem(text, password) : await inPkcs12(content, password, signal)
  const [key, ...more] = keys
  if (certificates.length === 0) throw new Error('found no certificate')
  if (!key) throw new Error('found no private key')
  if (more.length > 0) throw new Error('certData contains multiple private keys')
  if (key.asymmetricKeyType !== 'rsa') throw new Error('key must be an RSA key')
  const leaf = certificates.find(certificate => certificate.checkPrivateKey(key))
  if (!leaf) throw new Error("key doesn't match any certificate")
  return { key, chain: [leaf.raw, ...certificates.filter(certificate => certificate !== leaf).map(({ raw }) => raw)] }
}

interface Parts {
  readonly certificates: readonly X509Certificate[]
  readonly keys: readonly KeyObject[]
}

function inPem(text: string, password: string): Parts {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g)].map(([block, type = '']) => ({ block, type }))
  const read = <T>(what: string, work: () => T): T => {
    try {
      return work()
    } catch {
      throw new Error(`${what} cannot be read`)
    }
  }
  return {
    certificates: blocks
      .filter(({ type }) => type === 'CERTIFICATE')
      .map(({ block }) => read('a certificate', () => new X509Certificate(block))),
    keys: blocks
      .filter(({ type }) => type.endsWith('PRIVATE KEY'))
      .map(({ block }) =>
        read('the private key', () => createPrivateKey({ key: block, ...(password === '' ? {} : { passphrase: password }) })),
      ),
  }
}

async function inPkcs12(content: Uint8Array, password: string, signal: AbortSignal): Promise<Parts> {
  if (content[0] !== derSequence) throw new Error('it is neither PEM nor PKCS#12 that can be read')
  const { pkcs12 } = await import('./pkcs12.ts')
  const { certificates, keys } = await pkcs12(content, password, signal)
  try {
    return {
      certificates: certificates.map(der => new X509Certificate(der)),
      keys: keys.map(der => createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs1' })),
    }
  } catch (cause) {
    throw new Error(`pkcs12: what it holds cannot be read: ${messageOf(cause)}`, { cause })
  }
}

/** Where a tenant's tokens are. AD FS is a tenant of its own, called `adfs`. */
export function tokenEndpoint(authority: string, tenant: string): string {
  return `${authority}/${tenant}/oauth2/${tenant.toLowerCase() === 'adfs' ? '' : 'v2.0/'}token`
}

/** What a form of OAuth calls a signed statement. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Whom an assertion is for. `now` is in milliseconds since the epoch, `id` no other assertion has. */
export interface Assertion {
  readonly client: string
  readonly endpoint: string
  readonly sendChain: boolean
  readonly now: number
  readonly id: string
}

/**
 * A signed statement that stands for a client: PS256 with `x5t#S256`, and for AD FS, which knows no other, RS256 with `x5t`.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
export function clientAssertion({ key, chain }: ClientCertificate, { client, endpoint, sendChain, now, id }: Assertion): string {
  const isAdfs = /\/adfs\/oauth2\/token$/i.test(endpoint)
  const [algorithm, name, hash] = isAdfs ? ['RS256', 'x5t', 'sha1'] : ['PS256', 'x5t#S256', 'sha256']
  const header = {
    alg: algorithm,
    typ: 'JWT',
    [name]: createHash(hash).update(chain[0]).digest('base64url'),
    ...(sendChain ? { x5c: chain.map(der => der.toString('base64')) } : {}),
  }
  const nbf = Math.floor(now / 1000)
  const claims = { aud: endpoint, iss: client, sub: client, jti: id, nbf, exp: nbf + 600 }
  const signed = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const padding = isAdfs ? {} : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, ...padding }).toString('base64url')}`
}
