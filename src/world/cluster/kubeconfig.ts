import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { messageOf } from '../../lib/coded-error.ts'
import { isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import type { Cluster, Clusters } from './cluster.ts'
import { contextAccess } from './credentials.ts'
import { ClusterError } from './error.ts'
import { politePace, type Rate } from './pace.ts'
import { restCluster } from './rest.ts'

export interface KubeconfigOptions {
  /** `--kubeconfig`; else KUBECONFIG (a path list), else `~/.kube/config`, else the in-cluster config. */
  readonly file?: string | undefined
  /** `--context`, repeatable; absent: all contexts. */
  readonly contexts?: readonly string[] | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly http: Http
  readonly clock: Clock
  /** How often each cluster is called, where it does not see to that itself; absent: as often as there is something to ask. */
  readonly rate?: Rate | undefined
}

/** Clusters of a kubeconfig, with what a CLI needs beside them. */
export interface ConfiguredClusters extends Clusters {
  /** The current context; absent when there is none. */
  readonly current?: string | undefined
  /** The default namespace of a context. */
  namespaceOf(name?: string): string | undefined
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Reads kubeconfig files and opens their contexts lazily. Without any file there are no clusters, and tools that need none still work.
 * @throws {ClusterError} UNKNOWN_CLUSTER for a context that is not there; BAD_ANSWER for a file that is not a kubeconfig.
 */
export async function loadClusters(options: KubeconfigOptions): Promise<ConfiguredClusters> {
  const merged = mergeConfigs(await Promise.all(filesOf(options).map(readConfig)))
  if (merged.contexts.length === 0 && !options.file) await addInCluster(merged, options)
  const known = merged.contexts.map(c => c.name)
  const names = options.contexts && options.contexts.length > 0 ? options.contexts : known
  for (const name of names) if (!known.includes(name)) throw unknownCluster(name, known)
  const opened = new Map<string, Cluster>()
  const open = (name: string): Cluster => {
    const cluster = opened.get(name) ?? openContext(name, merged, options)
    opened.set(name, cluster)
    return cluster
  }
  const current = options.contexts?.[0] ?? (names.includes(merged.current ?? '') ? merged.current : names[0])
  return {
    names,
    ...(current ? { current } : {}),
    namespaceOf: name => stringAt(merged.contexts.find(c => c.name === (name ?? current))?.fields, 'namespace'),
    named(name) {
      if (name !== undefined) return names.includes(name) ? open(name) : raise(unknownCluster(name, names))
      const [only, ...others] = names
      if (only === undefined)
        throw new ClusterError('NO_CLUSTER', { cluster: '', what: 'choose a cluster', message: 'no cluster is configured' })
      if (others.length > 0)
        throw new ClusterError('AMBIGUOUS', {
          cluster: '',
          what: 'choose a cluster',
          message: `several clusters are configured: ${names.join(', ')}`,
          valid: names,
        })
      return open(only)
    },
  }
}

function raise(error: Error): never {
  throw error
}

function unknownCluster(name: string, valid: readonly string[]): ClusterError {
  return new ClusterError('UNKNOWN_CLUSTER', {
    cluster: name,
    what: 'choose a cluster',
    message: `no cluster '${name}' is configured`,
    valid,
  })
}

function filesOf({ file, env, home }: KubeconfigOptions): string[] {
  if (file) return [resolve(file)]
  if (env.KUBECONFIG) return env.KUBECONFIG.split(delimiter).filter(path => path !== '' && existsSync(path))
  const standard = join(home, '.kube', 'config')
  return existsSync(standard) ? [standard] : []
}

interface Entry {
  readonly name: string
  readonly fields: JsonObject
}
interface Config {
  readonly clusters: Entry[]
  readonly users: Entry[]
  readonly contexts: Entry[]
  current?: string | undefined
}

/** Fields that name a file, relative to the kubeconfig they stand in. */
const fileFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile']

async function readConfig(file: string): Promise<Config> {
  let document: Json
  try {
    document = parse(await readFile(file, 'utf8')) as Json
  } catch (thrown) {
    throw new ClusterError('BAD_ANSWER', {
      cluster: '',
      what: `read ${file}`,
      message: `kubeconfig '${file}' cannot be read: ${messageOf(thrown)}`,
    })
  }
  const entries = (list: string, field: string): Entry[] =>
    listAt(document, list)
      .filter(isObject)
      .map(e => ({ name: String(e.name), fields: absolute(objectAt(e, field) ?? {}, dirname(file)) }))
  return {
    clusters: entries('clusters', 'cluster'),
    users: entries('users', 'user'),
    contexts: entries('contexts', 'context'),
    current: stringAt(document, 'current-context') || undefined,
  }
}

function absolute(fields: JsonObject, folder: string): JsonObject {
  const full = (path: string): string => (isAbsolute(path) ? path : join(folder, path))
  const files = fileFields.flatMap(field => (typeof fields[field] === 'string' && fields[field] ? [[field, full(fields[field])]] : []))
  const exec = objectAt(fields, 'exec')
  const command = stringAt(exec, 'command')
  return {
    ...fields,
    ...Object.fromEntries(files),
    ...(exec && command?.includes('/') ? { exec: { ...exec, command: full(command) } } : {}),
  }
}

/** Earlier files win, entry by entry, as kubectl merges them. */
function mergeConfigs(configs: Config[]): Config {
  const unique = (list: Entry[]): Entry[] => list.filter((e, i) => list.findIndex(other => other.name === e.name) === i)
  return {
    clusters: unique(configs.flatMap(c => c.clusters)),
    users: unique(configs.flatMap(c => c.users)),
    contexts: unique(configs.flatMap(c => c.contexts)),
    current: configs.find(c => c.current)?.current,
  }
}

async function addInCluster(config: Config, { env }: KubeconfigOptions): Promise<void> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  if (!host || !existsSync(`${serviceAccount}/token`)) return
  const namespace = await readFile(`${serviceAccount}/namespace`, 'utf8').catch(() => 'default')
  const entry = (fields: JsonObject): Entry => ({ name: 'in-cluster', fields })
  config.clusters.push(
    entry({ server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, 'certificate-authority': `${serviceAccount}/ca.crt` }),
  )
  config.users.push(entry({ tokenFile: `${serviceAccount}/token` }))
  config.contexts.push(entry({ cluster: 'in-cluster', user: 'in-cluster', namespace: namespace.trim() }))
  config.current = 'in-cluster'
}

function openContext(name: string, config: Config, { http, clock, rate }: KubeconfigOptions): Cluster {
  const context = config.contexts.find(c => c.name === name)?.fields
  const cluster = config.clusters.find(c => c.name === stringAt(context, 'cluster'))?.fields
  const user = config.users.find(u => u.name === stringAt(context, 'user'))?.fields ?? {}
  const server = stringAt(cluster, 'server')
  if (!cluster || !server)
    throw new ClusterError('UNKNOWN_CLUSTER', {
      cluster: name,
      what: 'open a context',
      message: `context '${name}' names a cluster without a server address`,
    })
  const at = { server, clock, ...contextAccess({ name, cluster, user }, { http, clock }) }
  return restCluster({ name, ...at, pace: rate && politePace(rate, at) })
}
