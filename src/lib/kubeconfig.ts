import { parse } from 'yaml'
import { CodedError } from './coded-error.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from './json.ts'

/** A text is no kubeconfig that can be used. Nothing of it is in the message but names of its entries. */
export class KubeconfigError extends CodedError<'BAD_KUBECONFIG'> {
  override readonly name = 'KubeconfigError'
  constructor(why: string) {
    super('BAD_KUBECONFIG', `invalid kubeconfig: ${why}`)
  }
}

/** What a stranger's kubeconfig may do beyond holding credentials. */
export interface Allowed {
  /** Run programs on this machine. */
  readonly exec: boolean
  /** Leave certificates unverified. */
  readonly insecureTls: boolean
}

/** What is left of a context. `secrets` are the credentials in it. */
export interface StrangersContext {
  readonly cluster: JsonObject
  readonly user: JsonObject
  readonly secrets: readonly string[]
}

const clusterFields = ['certificate-authority-data', 'tls-server-name', 'proxy-url']
const userFields = ['client-certificate-data', 'client-key-data', 'token', 'username', 'password']
const mostAliases = 100

/** The current context of a kubeconfig that somebody else wrote. Its text is in no error. @throws {KubeconfigError} Spec: kustomization 11. */
export function strangersContext(text: string, { exec, insecureTls }: Allowed): StrangersContext {
  const document = documentOf(text)
  const current = stringAt(document, 'current-context')
  if (!current) throw new KubeconfigError('it has no current-context')
  const context = entry(document, { list: 'contexts', name: current, field: 'context' })
  const given = entry(document, { list: 'clusters', name: stringAt(context, 'cluster'), field: 'cluster' })
  const userName = stringAt(context, 'user')
  const user = userName ? entry(document, { list: 'users', name: userName, field: 'user' }) : {}
  const cluster = {
    ...picked(given, clusterFields),
    ...(insecureTls && given['insecure-skip-tls-verify'] === true ? { 'insecure-skip-tls-verify': true } : {}),
    server: serverOf(given, user),
  }
  checkProxy(stringAt(cluster, 'proxy-url'))
  const kept = { ...picked(user, userFields), ...(exec && isObject(user.exec) ? { exec: user.exec } : {}) }
  return { cluster, user: kept, secrets: secretsOf(kept) }
}

function documentOf(text: string): JsonObject {
  let document: Json
  try {
    document = parse(text, { maxAliasCount: mostAliases, logLevel: 'error' }) as Json
  } catch {
    throw new KubeconfigError('it is no YAML')
  }
  if (isObject(document)) return document
  throw new KubeconfigError('it is no YAML object')
}

function entry(document: JsonObject, { list, name, field }: { list: string; name: string | undefined; field: string }): JsonObject {
  const found = listAt(document, list).find(e => isObject(e) && e.name === name)
  const value = isObject(found) ? objectAt(found, field) : undefined
  if (found && isObject(value)) return value
  throw new KubeconfigError(`${field} ${JSON.stringify(name ?? '')} does not exist`)
}

/** Texts only: what the API has as text cannot be anything else. */
function picked(fields: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.flatMap(name => (typeof fields[name] === 'string' && fields[name] ? [[name, fields[name]]] : [])))
}

/** Without a scheme it is https where there are certificates. */
function serverOf(cluster: JsonObject, user: JsonObject): string {
  const given = stringAt(cluster, 'server') ?? ''
  if (given === '') throw new KubeconfigError('its cluster has no server')
  const secure = [cluster['certificate-authority-data'], user['client-certificate-data'], cluster['insecure-skip-tls-verify']].some(Boolean)
  const server = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `${secure ? 'https' : 'http'}://${given}`
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new KubeconfigError('the server of its cluster is no http or https address')
  if (url.username || url.password || url.search || url.hash) throw new KubeconfigError('the server of its cluster is more than an address')
  return server
}

function checkProxy(proxy: string | undefined): void {
  if (proxy === undefined) return
  const url = URL.canParse(proxy) ? new URL(proxy) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw new KubeconfigError('its proxy-url is no http or https address')
}

function secretsOf(user: JsonObject): string[] {
  const key = stringAt(user, 'client-key-data')
  const texts = ['token', 'password'].flatMap(name => stringAt(user, name) ?? [])
  return [...texts, ...(key ? [key, Buffer.from(key, 'base64').toString('utf8')] : [])]
}
