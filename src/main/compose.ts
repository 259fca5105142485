import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { join } from 'node:path'
import { docFiles } from '../world/docs/files.ts'
import { assets } from './assets.ts'
import { startProgram } from './programs.ts'
import type { Session } from '../cli/run-verb.ts'
import { gatedSettings } from '../cli/feature-gates.ts'
import { tokenCache } from '../cli/options.ts'
import { tenancyOf } from '../cli/tenancy.ts'
import { trustedRootOf } from '../cli/trusted-root.ts'
import { address, UsageError } from '../cli/usage.ts'
import { fluxDefaults } from '../engine/settings.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import type { JsonObject } from '../lib/json.ts'
import { messageOf } from '../lib/coded-error.ts'
import { isDigestAlgorithm } from '../lib/digest.ts'
import { opening } from '../lib/opened.ts'
import { secretsOf } from '../lib/mask.ts'
import { RecentSecrets } from '../lib/recent-secrets.ts'
import { Redactor } from '../lib/safe.ts'
import type { Sandbox, SandboxOptions } from '../sandbox/sandbox.ts'
import type { EngineOptions } from '../tools/tool.ts'
import type { CacheTold } from '../world/auth/cache.ts'
import { lazyAuth } from '../world/auth/lazy.ts'
import { realClock } from '../world/clock/real.ts'
import type { Clusters } from '../world/cluster/cluster.ts'
import { ClusterError } from '../world/cluster/error.ts'
import { loadClusters } from '../world/cluster/kubeconfig.ts'
import { observedClusters } from '../world/cluster/observe.ts'
import { openRemotes } from '../world/cluster/remote.ts'
import { workspaceFiles } from '../world/files/disk.ts'
import { gitOrigin } from '../world/files/git-origin.ts'
import { ownCheckouts } from '../world/files/own-checkouts.ts'
import { lazyGit } from '../world/git/lazy.ts'
import { lazyHttp } from '../world/http/lazy.ts'
import type { Http } from '../world/http/http.ts'
import { type Sent, tellingHttp } from '../world/http/told.ts'
import { lazyKms } from '../world/kms/lazy.ts'
import { openKernel } from '../world/kernel/pool.ts'
import type { Kernel } from '../world/kernel/kernel.ts'
import { pinoLog, type LogLevel } from '../world/log/pino.ts'
import { openObjects } from '../world/objects/open.ts'
import { openRegistries } from '../world/registry/open.ts'
import { diskScratch } from '../world/storage/disk-scratch.ts'
import { diskArtifacts } from '../world/storage/disk.ts'
import { sqliteTags } from '../world/tags/sqlite.ts'
import { artifactFetcher } from '../world/storage/fetch.ts'
import { serveArtifacts, type StorageServer } from '../world/storage/serve.ts'
import type { World } from '../world/world.ts'
import { privateFolder } from '../world/private-folder.ts'

const keyBytes = 32

/** A composed process: what tools run with, and how it ends. */
export interface Composed extends Session {
  readonly sandbox: Sandbox | undefined
}

export interface Mode {
  readonly files: boolean
  /** Whether a person sits here, whose `aws` and `az` may be asked who they are; absent: no. */
  readonly vendorTools?: boolean
  readonly planChanges: boolean
  readonly personDestroys: boolean
  isApproved(handle: string): boolean
  /** Who counts what this process does; absent: nobody. */
  readonly told?: { readonly tokens: CacheTold; sent(this: void, sent: Sent): void }
  /** Ends the start. */
  readonly signal?: AbortSignal | undefined
}

const text = (options: JsonObject, name: string): string | undefined => (typeof options[name] === 'string' ? options[name] : undefined)
const texts = (options: JsonObject, name: string): string[] | undefined =>
  Array.isArray(options[name]) ? options[name].map(String) : undefined

/** Puts the world together from options and environment. When that fails nothing stays open. */
export async function compose(options: JsonObject, env: NodeJS.ProcessEnv, mode: Mode): Promise<Composed> {
  const key = keyOf(text(options, 'keyFile'))
  const redactor = new Redactor(options.fingerprints === 'off' ? undefined : key)
  const gates = { key, planChanges: mode.planChanges, personDestroys: mode.personDestroys, isApproved: mode.isApproved.bind(mode) }
  return opening(async opened => {
    const http = opened.keep(lazyHttp(env), h => h.close())
    const kernel = opened.keep(openKernel(assets), k => k.close())
    const { artifacts, tags } = opened.keep(await openStorage(options), s => s.close())
    const ports = { port: 0, registryPort: 0, gitPort: 0, signal: mode.signal }
    const sandbox = options.sandbox === true ? opened.keep(await openSandbox({ kernel, http }, ports), s => s.close()) : undefined
    const { clusters, current, namespaceOf } = await clustersFor(options, { env, http: httpOfClusters(http, mode), sandbox })
    const world = worldOf(options, { env, http, kernel, redactor, artifacts, tags, clusters, mode })
    const close = (): Promise<void> => opened.close()
    return { service: { world, redactor, gates }, sandbox, cluster: current, namespaceOf, engine: engineOf(options), close }
  }, mode.signal)
}

/** @throws {UsageError} for a key that cannot be read, or that could be guessed. */
function keyOf(file: string | undefined): Buffer {
  if (file === undefined) return randomBytes(keyBytes)
  try {
    const key = readFileSync(file)
    if (key.length >= keyBytes) return key
  } catch (thrown) {
    throw new UsageError(`--key-file '${file}' cannot be read: ${messageOf(thrown)}`, { cause: thrown })
  }
  throw new UsageError(
    `--key-file '${file}' is too short: a key has at least ${keyBytes} bytes, such as from openssl rand -out FILE ${keyBytes}`,
  )
}

interface Parts extends Pick<World, 'http' | 'kernel' | 'artifacts' | 'tags' | 'clusters'> {
  readonly env: NodeJS.ProcessEnv
  readonly redactor: Redactor
  readonly mode: Mode
}

/** Teaches a redactor the secrets of each object that is read or written. */
export function learning(redactor: Redactor): (object: KubeObject) => void {
  return object => {
    for (const value of secretsOf(object)) redactor.learn(value)
  }
}

function httpOfClusters(http: Http, { told }: Mode): Http {
  return told ? tellingHttp(http, told.sent) : http
}

function logOf(options: JsonObject, redactor: Redactor): World['log'] {
  const level = (text(options, 'logLevel') ?? 'warn') as LogLevel
  return pinoLog({ level, censor: line => redactor.censor(line), console: options.logEncoding === 'console' })
}

/** The hands that options choose, over those that are open. */
function worldOf(options: JsonObject, { env, http, kernel, redactor, artifacts, tags, clusters, mode }: Parts): World {
  const seen = observedClusters(clusters, learning(redactor))
  const recent = new RecentSecrets(redactor)
  const auth = lazyAuth({
    http,
    clock: realClock,
    env,
    home: homedir(),
    vendorTools: mode.vendorTools,
    cache: { ...tokenCache(options), told: mode.told?.tokens },
    learn: s => recent.learn(s),
  })
  const oras = (text(options, 'oras') ?? 'auto') as 'auto' | 'required' | 'off'
  return {
    clusters: seen,
    remotes: openRemotes({ http: httpOfClusters(http, mode), clock: realClock, learn: s => recent.learn(s), seen: learning(redactor) }),
    registries: openRegistries({ http, clock: realClock, env, home: homedir(), oras, start: startProgram }),
    auth,
    kms: lazyKms({ http, clock: realClock, env, home: homedir(), auth, learn: s => recent.learn(s) }),
    objects: openObjects({ http, clock: realClock, env }),
    git: lazyGit({ http, env, tunnel: assets.tunnel, start: startProgram }),
    docs: docFiles(assets.docs),
    artifacts,
    tags,
    scratch: diskScratch(),
    kernel,
    http,
    clock: realClock,
    log: logOf(options, redactor),
    fetcher: artifactFetcher({
      http,
      own: artifacts,
      clock: realClock,
      retries: typeof options.httpRetry === 'number' ? options.httpRetry : undefined,
      ...(seen.names.length === 1 ? { cluster: () => seen.named() } : {}),
    }),
    ...(mode.files ? ownFiles(options, env) : {}),
  }
}

function engineOf(options: JsonObject): EngineOptions {
  const shard = text(options, 'shard')
  const settings = {
    ...fluxDefaults,
    ...gatedSettings(text(options, 'featureGates')),
    ...tenancyOf(options),
    ...trustedRootOf(text(options, 'sigstoreTrustedRoot')),
  }
  return { mode: (text(options, 'engine') ?? 'auto') as EngineOptions['mode'], ...(shard ? { shard } : {}), settings }
}

export async function openSandbox(
  { kernel, http }: { kernel: Kernel; http: Http },
  ports: Pick<SandboxOptions, 'port' | 'registryPort' | 'gitPort' | 'data' | 'signal'>,
): Promise<Sandbox> {
  const [{ startSandbox }, { kinds }] = await Promise.all([import('../sandbox/sandbox.ts'), import('../tools/run/reconcilers.ts')])
  return startSandbox({
    kernel,
    http,
    clock: realClock,
    definitions: (await kernel.definitions()).all,
    kinds,
    start: startProgram,
    ...ports,
  })
}

async function clustersFor(
  options: JsonObject,
  { env, http, sandbox }: { env: NodeJS.ProcessEnv; http: Http; sandbox: Sandbox | undefined },
): Promise<{ clusters: Clusters; current: string | undefined; namespaceOf: Composed['namespaceOf'] }> {
  if (sandbox) return { clusters: sandboxAlone(sandbox), current: 'sandbox', namespaceOf: () => undefined }
  const loaded = await loadClusters({
    file: text(options, 'kubeconfig'),
    contexts: texts(options, 'context'),
    env,
    home: homedir(),
    http,
    clock: realClock,
    rate: rateOf(options),
  })
  return { clusters: loaded, current: loaded.current, namespaceOf: name => loaded.namespaceOf(name) }
}

/** How often `controller` calls its cluster. */
function rateOf({ kubeApiQps: qps, kubeApiBurst: burst }: JsonObject): { qps: number; burst: number } | undefined {
  return typeof qps === 'number' && typeof burst === 'number' ? { qps, burst } : undefined
}

/** The user's files, where tools may use them. */
function ownFiles(options: JsonObject, env: NodeJS.ProcessEnv): Pick<World, 'files' | 'origin' | 'checkouts'> {
  return { files: workspaceFiles(texts(options, 'workspace') ?? [process.cwd()]), origin: gitOrigin(env), checkouts: ownCheckouts(env) }
}

function sandboxAlone({ cluster }: Sandbox): Clusters {
  return {
    names: [cluster.name],
    named(name = cluster.name) {
      if (name === cluster.name) return cluster
      const message = `no cluster '${name}' is configured`
      throw new ClusterError('UNKNOWN_CLUSTER', { cluster: name, what: 'choose a cluster', message, valid: [cluster.name] })
    },
  }
}

/** Where artifacts are kept and served, and tags of images kept. @throws {ListenError} for an address that is taken. */
export function openStorage(options: JsonObject) {
  return opening(async opened => {
    const folder =
      text(options, 'storagePath') ?? opened.keep(await privateFolder('artifacts'), made => rmSync(made, { recursive: true, force: true }))
    const wanted = address('--storage-addr', text(options, 'storageAddr') ?? '127.0.0.1:0')
    const server = opened.keep(await serveArtifacts({ folder, ...wanted }), s => s.close())
    const advertised = text(options, 'storageAdvAddr') ?? advertisedOf(wanted.host, server)
    const algorithm = text(options, 'artifactDigestAlgo')
    const made = isDigestAlgorithm(algorithm) ? { algorithm } : {}
    const tags = opened.keep(sqliteTags({ file: join(folder, '.images', 'tags.sqlite') }), t => t.close())
    return { artifacts: diskArtifacts({ folder, advertised, clock: realClock, ...made }), tags, close: () => opened.close() }
  })
}

/** An address that others reach: of a server on every interface, this machine's name, as Flux has it. */
function advertisedOf(host: string, { address: own, port }: StorageServer): string {
  return host === '0.0.0.0' ? `${hostname()}:${port}` : host === '' || host === '::' ? `localhost:${port}` : own
}
