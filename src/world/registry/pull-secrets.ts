import { isObject, type Json, type JsonObject, objectAt, stringAt } from '../../lib/json.ts'
import type { SignIn } from './sign-in.ts'

/** The entry of `.dockerconfigjson` documents that is for a repository, tried in order; anonymous when none is. Spec: sources 3.5. */
export function pullSecretSignIn(documents: readonly string[], registry: string, repository: string): SignIn {
  for (const document of documents) {
    const found = matchAuths(objectAt(parsed(document), 'auths'), registry, repository)
    if (found) return found
  }
  return { type: 'anonymous' }
}

function parsed(document: string): Json | undefined {
  try {
    return JSON.parse(document) as Json
  } catch {
    return undefined
  }
}

/** The best entry of an `auths` map by Kubernetes' rules: host labels by glob, equal port, path by prefix; keys in reverse order, the first wins. */
export function matchAuths(auths: JsonObject, registry: string, repository: string): SignIn | undefined {
  const target = `${registry}/${repository}`
  for (const key of Object.keys(auths).toSorted().toReversed()) {
    const entry = auths[key]
    const found = isObject(entry) && fits(key, target) ? signInOf(entry) : undefined
    if (found) return found
  }
  return undefined
}

function fits(key: string, target: string): boolean {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/$/, '')
  const slash = bare.indexOf('/')
  const [authority, path] = slash < 0 ? [bare, ''] : [bare.slice(0, slash), bare.slice(slash + 1).replace(/^v[12](\/|$)/, '')]
  const cut = target.indexOf('/')
  return (
    hostFits(authority === 'docker.io' ? 'index.docker.io' : authority, target.slice(0, cut)) &&
    (path === '' || target.slice(cut + 1).startsWith(path))
  )
}

function hostFits(pattern: string, host: string): boolean {
  const [[name = '', port], [wanted = '', wantedPort]] = [pattern.split(':'), host.split(':')]
  if (port !== wantedPort) return false
  const [labels, others] = [name.split('.'), wanted.split('.')]
  return labels.length === others.length && labels.every((label, i) => globFits(label, others[i] ?? ''))
}

function globFits(pattern: string, text: string): boolean {
  return new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text)
}

function signInOf(entry: JsonObject): SignIn | undefined {
  const [identityToken, token, auth] = [stringAt(entry, 'identitytoken'), stringAt(entry, 'registrytoken'), stringAt(entry, 'auth')]
  if (identityToken) return { type: 'identityToken', identityToken }
  if (token) return { type: 'bearer', token }
  const decoded = auth ? Buffer.from(auth, 'base64').toString('utf8') : undefined
  const colon = decoded?.indexOf(':') ?? -1
  if (decoded !== undefined && colon > 0) return { type: 'basic', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  const [username, password] = [stringAt(entry, 'username'), stringAt(entry, 'password')]
  return username !== undefined && password !== undefined ? { type: 'basic', username, password } : undefined
}
