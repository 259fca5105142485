import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { KubeObject } from './manifest.ts'
import { objectAt, stringAt } from '../lib/json.ts'

/** A Secret's values as text. */
export function secretData(secret: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(secret, 'data')).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString('utf8')]),
  )
}

/** A Secret's values as bytes. */
export function secretBytes(secret: KubeObject): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(objectAt(secret, 'data')).map(([key, value]) => [key, Buffer.from(String(value), 'base64')]))
}

/** PEM texts. Empty when a Secret has none: then the system's roots alone decide. */
export interface TlsMaterial {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** TLS material of a Secret; the old key names count only when none of the new ones is there. Throws Flux's texts. Spec: sources 1.7. */
export function tlsOf(secret: KubeObject): TlsMaterial {
  const { name } = secret.metadata
  const type = stringAt(secret, 'type') ?? ''
  if (!['', 'Opaque', 'kubernetes.io/tls'].includes(type))
    throw new Error(`cannot use secret '${name}' to construct TLS config: invalid secret type: '${type}'`)
  const data = secretData(secret)
  const current = ['tls.crt', 'tls.key', 'ca.crt'].some(key => data[key])
  const [cert, key, ca] = current ? [data['tls.crt'], data['tls.key'], data['ca.crt']] : [data.certFile, data.keyFile, data.caFile]
  if (Boolean(cert) !== Boolean(key)) throw new Error(`invalid '${name}' secret data: both certificate and private key need to be provided`)
  if (cert && key) checkPair(cert, key)
  const roots = ca && certificates(ca).filter(isCertificate).join('\n')
  if (ca && !roots) throw new Error('cannot append certificate into certificate pool: invalid CA certificate')
  return { ...(roots ? { ca: roots } : {}), ...(cert ? { cert, key } : {}) }
}

function certificates(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
}

function isCertificate(pem: string): boolean {
  return attempt(() => new X509Certificate(pem)) !== undefined
}

function checkPair(cert: string, key: string): void {
  const [first] = certificates(cert)
  if (first === undefined) throw new Error('tls: failed to find any PEM data in certificate input')
  if (!/-----BEGIN [A-Z ]+-----/.test(key)) throw new Error('tls: failed to find any PEM data in key input')
  const certificate = attempt(() => new X509Certificate(first))
  if (!certificate) throw new Error('x509: malformed certificate')
  const secret = attempt(() => createPrivateKey(key))
  if (!secret) throw new Error('tls: failed to parse private key')
  if (!certificate.checkPrivateKey(secret)) throw new Error('tls: private key does not match public key')
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}

/** A text as a URL; `undefined` for a text that is none. */
export function parsedUrl(text: string): URL | undefined {
  return attempt(() => new URL(text))
}

/** The proxy of a Secret as a URL with its user info. Throws Flux's texts. Spec: sources 1.7, 3.7. */
export function proxyOf(secret: KubeObject): string {
  const { namespace = '', name } = secret.metadata
  const { address, username, password } = secretData(secret)
  if (address === undefined) throw new Error(`invalid proxy secret '${namespace}/${name}': key 'address' is missing`)
  const url = parsedUrl(address)
  if (!url) throw new Error(`failed to parse proxy address of secret '${namespace}/${name}': it is no URL`)
  if (username === undefined && password === undefined) return address
  const user = `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password ?? '')}@`
  return `${url.protocol}//${user}${url.host}${url.pathname === '/' ? '' : url.pathname}`
}
