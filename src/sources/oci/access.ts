import type { KubeObject } from '../../kinds/manifest.ts'
import { objectAt, stringAt } from '../../lib/json.ts'

/** A Secret's values as text. */
export function secretData(secret: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(secret, 'data')).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString('utf8')]),
  )
}

/** The docker config documents of pull secrets; other types contribute nothing. Spec: sources 3.5. */
export function dockerConfigs(secrets: readonly KubeObject[]): string[] {
  return secrets.flatMap(secret => {
    const data = secretData(secret)
    const type = stringAt(secret, 'type')
    if (type === 'kubernetes.io/dockerconfigjson') return data['.dockerconfigjson'] ?? []
    return type === 'kubernetes.io/dockercfg' && data['.dockercfg'] ? `{"auths":${data['.dockercfg']}}` : []
  })
}

export interface TlsMaterial {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

const pem = /-----BEGIN [A-Z ]+-----/

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
  if (cert && !pem.test(cert)) throw new Error('tls: failed to find any PEM data in certificate input')
  if (key && !pem.test(key)) throw new Error('tls: failed to find any PEM data in key input')
  if (ca && !pem.test(ca)) throw new Error('cannot append certificate into certificate pool: invalid CA certificate')
  return { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) }
}

/** The proxy of a Secret as a URL with its user info. Throws Flux's texts. Spec: sources 1.7, 3.7. */
export function proxyOf(secret: KubeObject): string {
  const { namespace = '', name } = secret.metadata
  const { address, username, password } = secretData(secret)
  if (!address) throw new Error(`invalid proxy secret '${namespace}/${name}': key 'address' is missing`)
  if (!username && !password) return address
  const url = new URL(address)
  const user = `${encodeURIComponent(username ?? '')}:${encodeURIComponent(password ?? '')}@`
  return `${url.protocol}//${user}${url.host}${url.pathname === '/' ? '' : url.pathname}`
}
