import { globMatches } from '../../lib/glob.ts'
import { isObject, type Json, type JsonObject, objectAt, stringAt, jsonIn } from '../../lib/json.ts'
import type { SignIn } from './sign-in.ts'

/** The entry of `.dockerconfigjson` documents, taken as one, that is for a repository; anonymous when none is. Spec: sources 3.5. */
export function pullSecretSignIn(documents: readonly string[], registry: string, repository: string): SignIn {
  const entries = documents.flatMap(document => Object.entries(objectAt(jsonIn(document), 'auths')))
  return matchEntries(entries, registry, repository) ?? { type: 'anonymous' }
}

/** The best entry of an `auths` map by Kubernetes' rules: host labels by glob, equal port, path by prefix; keys in reverse order, the first wins. */
export function matchAuths(auths: JsonObject, registry: string, repository: string): SignIn | undefined {
  return matchEntries(Object.entries(auths), registry, repository)
}

/** Of equal keys the first entry wins. */
function matchEntries(entries: readonly (readonly [key: string, entry: Json | undefined])[], registry: string, repository: string) {
  const keyed = entries.map(([key, entry]) => ({ key: keyOf(key), entry }))
  for (const { key, entry } of keyed.toSorted((a, b) => (a.key.text < b.key.text ? 1 : a.key.text > b.key.text ? -1 : 0))) {
    const found = isObject(entry) && fits(key, registry, repository) ? signInOf(entry) : undefined
    if (found) return found
  }
  return undefined
}

interface Key {
  readonly text: string
  readonly authority: string
  readonly path: string
}

/** Scheme and API version do not count. */
function keyOf(text: string): Key {
  const bare = text.replace(/^https?:\/\//, '')
  const slash = bare.indexOf('/')
  const [authority, rest] = slash < 0 ? [bare, ''] : [bare.slice(0, slash), bare.slice(slash)]
  const host = authority === 'docker.io' ? 'index.docker.io' : authority
  const path = rest.replace(/^\/v[12]\//, '/').replace(/^\//, '')
  return { text: path === '' ? host : `${host}/${path}`, authority: host, path: path.replace(/^v[12]$/, '') }
}

function fits({ authority, path }: Key, registry: string, repository: string): boolean {
  return hostFits(authority, registry) && repository.startsWith(path)
}

function hostFits(pattern: string, host: string): boolean {
  const [[name = '', port], [wanted = '', wantedPort]] = [pattern.split(':'), host.split(':')]
  if (port !== wantedPort) return false
  const [labels, others] = [name.split('.'), wanted.split('.')]
  return labels.length === others.length && labels.every((label, i) => globMatches(label, others[i] ?? ''))
}

function signInOf(entry: JsonObject): SignIn | undefined {
  const [identityToken, token, auth] = [stringAt(entry, 'identitytoken'), stringAt(entry, 'registrytoken'), stringAt(entry, 'auth')]
  if (identityToken) return { type: 'identityToken', identityToken }
  if (token) return { type: 'bearer', token }
  const decoded = auth ? Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '') : undefined
  const colon = decoded?.indexOf(':') ?? -1
  if (decoded !== undefined && colon > 0) return { type: 'basic', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
  const [username, password] = [stringAt(entry, 'username'), stringAt(entry, 'password')]
  return username !== undefined && password !== undefined ? { type: 'basic', username, password } : undefined
}
