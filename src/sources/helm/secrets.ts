import type { KubeObject } from '../../kinds/manifest.ts'
import { jsonIn, objectAt, stringAt } from '../../lib/json.ts'
import { secretData, type TlsMaterial, tlsOf } from '../../kinds/secret.ts'

/** Who signs in. */
export interface User {
  readonly username: string
  readonly password: string
}

/** User and password of a Secret; `undefined` when it has neither. Throws Flux's text for one without the other. Spec: sources 6. */
export function userOf(secret: KubeObject): User | undefined {
  const { username = '', password = '' } = secretData(secret)
  if (username === '' && password === '') return undefined
  if (username && password) return { username, password }
  throw new Error(`invalid '${secret.metadata.name}' secret data: required fields 'username' and 'password'`)
}

/** Certificates that stand beside user and password, by their old names, whatever the type of the Secret. `undefined` without any. */
export function oldTlsOf(secret: KubeObject): TlsMaterial | undefined {
  const old = Object.fromEntries(
    Object.entries(objectAt(secret, 'data')).filter(([key]) => ['certFile', 'keyFile', 'caFile'].includes(key)),
  )
  return Object.keys(old).length === 0 ? undefined : tlsOf({ ...secret, type: '', data: old })
}

/** The pull secret of a registry as its document. Throws Flux's text for one that says nothing of this host. Spec: sources 6. */
export function dockerConfigFor(secret: KubeObject, host: string): string {
  const text = secretData(secret)['.dockerconfigjson'] ?? ''
  const document = jsonIn(text)
  const { name } = secret.metadata
  if (document === undefined) throw new Error(`unable to load Docker config from Secret '${name}': it is no JSON`)
  const hosts = Object.keys(objectAt(document, 'auths')).map(key => key.replace(/^https?:\/\//, '').split('/')[0])
  if (hosts.includes(host)) return text
  throw new Error(`no auth config for '${host}' in the docker-registry Secret '${name}'`)
}

/** Whether a Secret is one that docker signs in with. */
export function isPullSecret(secret: KubeObject): boolean {
  return stringAt(secret, 'type') === 'kubernetes.io/dockerconfigjson'
}
