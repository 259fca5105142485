import { join } from 'node:path'
import { installKinds } from '../engine/install.ts'
import type { Kind } from '../kinds/kind.ts'
import type { JsonObject } from '../lib/json.ts'
import { type Opened, opening } from '../lib/opened.ts'
import type { Clock } from '../world/clock/clock.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import { restCluster } from '../world/cluster/rest.ts'
import type { Http } from '../world/http/http.ts'
import type { Kernel } from '../world/kernel/kernel.ts'
import { GitError } from '../world/git/error.ts'
import { openJournal } from './api/store/journal.ts'
import { type ApiServer, listenApiServer } from './api/server.ts'
import { seed } from './api/store/seed.ts'
import { Store } from './api/store/store.ts'
import type { StartProgram } from '../world/programs/program.ts'
import { listenGit, type SandboxGit } from './git.ts'
import { lockFolder } from './lock.ts'
import { listenRegistry } from './registry.ts'
import { startWorkloads } from './workloads.ts'

export interface SandboxOptions {
  readonly kernel: Kernel
  readonly clock: Clock
  readonly http: Http
  /** OpenAPI v3 definitions of the built-in kinds. */
  readonly definitions: JsonObject
  /** Flux kinds whose CRDs are there from the start. */
  readonly kinds: readonly Kind[]
  /** 0 takes a free port. */
  readonly port: number
  readonly registryPort: number
  readonly gitPort: number
  readonly start?: StartProgram | undefined
  /** A folder that keeps everything; absent: memory. */
  readonly data?: string | undefined
  /** Ends the start. */
  readonly signal?: AbortSignal | undefined
}

/** A Kubernetes API, its simulated controllers, an OCI registry and a Git server on loopback. */
export interface Sandbox {
  readonly apiUrl: string
  /** `host:port`. */
  readonly registry: string
  /** Where a push to NAME.git makes a repository, `http://host:port`; without git on this machine why there is none. */
  readonly git: string | GitError
  readonly cluster: Cluster
  /** A kubeconfig for kubectl and others, as JSON, which is YAML. */
  readonly kubeconfig: string
  close(): Promise<void>
}

/** Starts a sandbox. No RBAC; nothing outside this process is needed. @throws {ListenError} for a port that is taken, {DataError} for a folder in use. */
export function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  return opening(async opened => {
    const { clock, http, data, registryPort, signal = new AbortController().signal } = options
    const api = await openApi(options, opened)
    const kept = data === undefined ? {} : { data: join(data, 'registry') }
    const registry = opened.keep(await listenRegistry({ port: registryPort, ...kept }), r => r.close())
    const git = opened.keep(await openGitServer(options), g => (g instanceof GitError ? undefined : g.close()))
    const cluster = restCluster({ name: 'sandbox', server: api.url, http, clock })
    await installKinds(cluster, options.kinds, { clock, signal })
    opened.keep(startWorkloads({ cluster, clock }), w => w.stop())
    return {
      apiUrl: api.url,
      registry: registry.address,
      git: git instanceof GitError ? git : `http://${git.address}`,
      cluster,
      kubeconfig: kubeconfigFor(api.url),
      close: () => opened.close(),
    }
  }, options.signal)
}

async function openApi({ kernel, clock, data, definitions, port }: SandboxOptions, opened: Opened): Promise<ApiServer> {
  if (data !== undefined) opened.keep(await lockFolder(data), unlock => unlock())
  const journal = data === undefined ? undefined : opened.keep(await openJournal(join(data, 'api')), j => j.close())
  const store = new Store(journal)
  if (journal) store.restore(journal.kept.objects, journal.kept.revision)
  const api = opened.keep(await listenApiServer({ kernel, clock, store, definitions, port }), a => a.close())
  await seed(api.store, clock)
  return api
}

/** Nothing else of a sandbox needs git: it starts without it. */
async function openGitServer({ gitPort, data, start }: SandboxOptions): Promise<SandboxGit | GitError> {
  try {
    return await listenGit({ port: gitPort, start, ...(data === undefined ? {} : { data: join(data, 'git') }) })
  } catch (thrown) {
    if (thrown instanceof GitError) return thrown
    throw thrown
  }
}

/** A kubeconfig with one context, `sandbox`. */
export function kubeconfigFor(server: string): string {
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'sandbox',
      clusters: [{ name: 'sandbox', cluster: { server } }],
      users: [{ name: 'sandbox', user: {} }],
      contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox', namespace: 'flux-system' } }],
    },
    null,
    2,
  )}\n`
}
