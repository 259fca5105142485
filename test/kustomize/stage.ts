import { gzipSync } from 'node:zlib'
import { drive, type Driven } from '../../src/engine/drive.ts'
import type { Later } from '../../src/engine/later.ts'
import { fluxDefaults, type Settings } from '../../src/engine/settings.ts'
import { conditionOf, type KubeObject, type ObjectRef, refOf } from '../../src/kinds/manifest.ts'
import type { Applied } from '../../src/kustomize/applied-reconciler.ts'
import { kustomizations } from '../../src/kustomize/reconciler.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import { sha256 } from '../../src/lib/digest.ts'
import { tar } from '../../src/lib/tar.ts'
import { archiveEntries, memoryTree } from '../../src/sources/archive.ts'
import type { Auth } from '../../src/world/auth/provider.ts'
import type { Clock } from '../../src/world/clock/clock.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { openRemotes, type Remotes } from '../../src/world/cluster/remote.ts'
import { lazyHttp } from '../../src/world/http/lazy.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import type { Kms } from '../../src/world/kms/kms.ts'
import type { ArtifactFetcher } from '../../src/world/storage/artifacts.ts'
import { ensureNamespace } from '../support/world.ts'
import { bareKms } from '../support/kms.ts'
import { timeless } from '../support/texts.ts'
import { unending } from '../support/unending.ts'

export const manager = 'test'
export const signal = unending
const toolkit = 'kustomize.toolkit.fluxcd.io'

/** What one pass may be given instead of the usual. */
export interface Turn {
  readonly settings?: Partial<Settings>
  readonly clock?: Clock
  readonly signal?: AbortSignal
  readonly progress?: (message: string) => void
  /** Between the reconciler and the cluster. */
  readonly cluster?: Cluster
  /** What earlier runs left. */
  readonly applied?: Applied | undefined
  readonly remotes?: Remotes
  readonly auth?: Auth
  /** Instead of the stage's own. */
  readonly fetcher?: ArtifactFetcher
  readonly kms?: Kms
  /** Takes what the pass does not wait for; a pass with it writes its steps together. */
  readonly later?: Pick<Later, 'add'>
  /** Fields that the engine is said not to have. */
  readonly unsupported?: readonly string[]
}

const noCloud = (): Promise<never> => Promise.reject(new Error('there is no cloud here'))
export const noAuth: Auth = { registry: noCloud, git: noCloud, bucket: noCloud, cluster: noCloud, keyService: noCloud, githubApp: noCloud }

const remotes = openRemotes({ http: lazyHttp({}), clock: realClock, learn: () => {} })

/** Content by URL. */
const artifacts = new Map<string, Buffer>()

/** One case of a suite: a namespace with one Kustomization, whose artifacts are kept in memory. */
export class Stage {
  readonly namespace: string
  readonly ref: ObjectRef
  readonly #cluster: Cluster
  readonly #kernel: Kernel
  #n = 0

  private constructor(cluster: Cluster, kernel: Kernel, { namespace, name }: { namespace: string; name: string }) {
    this.#cluster = cluster
    this.#kernel = kernel
    this.namespace = namespace
    this.ref = { group: toolkit, version: 'v1', kind: 'Kustomization', namespace, name }
  }

  static async open({ cluster, kernel }: { cluster: Cluster; kernel: Kernel }, namespace: string): Promise<Stage> {
    await ensureNamespace(cluster, namespace)
    return new Stage(cluster, kernel, { namespace, name: 'app' })
  }

  /** Offers objects (or files) as the next revision, sets the spec, and reconciles. Answers the Kustomization. */
  async ship(
    content: readonly KubeObject[] | Readonly<Record<string, string>>,
    spec: Record<string, unknown> = {},
    turn: Turn = {},
  ): Promise<KubeObject> {
    await this.offer(content)
    await this.declare(spec)
    return this.again(turn)
  }

  /** Sets the spec. */
  declare(spec: Record<string, unknown> = {}): Promise<KubeObject> {
    return this.apply({
      apiVersion: `${toolkit}/v1`,
      kind: 'Kustomization',
      metadata: { name: 'app', namespace: this.namespace },
      spec: { interval: '10m', prune: true, sourceRef: { kind: 'OCIRepository', name: 'app' }, ...spec } as never,
    })
  }

  /** Makes a revision, as a source would. */
  async offer(content: readonly KubeObject[] | Readonly<Record<string, string>>): Promise<string> {
    const files = Array.isArray(content) ? filesOf(content) : (content as Record<string, string>)
    const revision = `v${++this.#n}`
    const url = `http://artifacts.invalid/${this.namespace}/${revision}.tar.gz`
    const archived = await archive(files)
    artifacts.set(url, archived)
    const source = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata: { name: 'app', namespace: this.namespace },
    }
    await this.apply({ ...source, spec: { url: 'oci://registry.invalid/app', interval: '10m' } })
    const artifact = { url, revision, path: revision, lastUpdateTime: '2026-01-01T00:00:00Z', digest: sha256(archived) }
    await this.#cluster.patch(refOf(source), { type: 'merge', body: { status: { artifact } }, manager, subresource: 'status' }, signal)
    return revision
  }

  /** The same stage for another Kustomization in it. */
  of(name: string): Stage {
    return new Stage(this.#cluster, this.#kernel, { namespace: this.namespace, name })
  }

  /** The same stage with another kernel. */
  with(kernel: Kernel): Stage {
    return new Stage(this.#cluster, kernel, this.ref as { namespace: string; name: string })
  }

  /** Reconciles once more and answers the Kustomization. */
  async again(turn: Turn = {}): Promise<KubeObject> {
    await this.pass(turn)
    const found = await this.#cluster.get(this.ref, signal)
    if (!found) throw new Error('the Kustomization is gone')
    return found
  }

  pass(turn: Turn = {}): Promise<Driven> {
    const cluster = turn.cluster ?? this.#cluster
    const clock = turn.clock ?? realClock
    const fetcher: ArtifactFetcher = { fetch: async ({ url }) => one(artifacts.get(url)) }
    const kind = { ...kustomizations.kind, unsupported: turn.unsupported ?? kustomizations.kind.unsupported }
    return drive({ ...kustomizations, kind }, this.ref, {
      hub: cluster,
      hands: {
        cluster,
        remotes: turn.remotes ?? remotes,
        auth: turn.auth ?? noAuth,
        clock,
        fetcher: turn.fetcher ?? fetcher,
        kernel: this.#kernel,
        kms: turn.kms ?? bareKms(),
        applied: turn.applied,
      },
      clock,
      settings: { ...fluxDefaults, ...turn.settings },
      signal: turn.signal ?? unending,
      progress: turn.progress,
      later: turn.later,
      showAfterMs: turn.later && 60_000,
    })
  }

  apply(object: KubeObject): Promise<KubeObject> {
    return this.#cluster.apply(object, { manager, force: true }, signal)
  }

  /** The live object of a manifest, or of a kind and name in this namespace. */
  get(like: KubeObject): Promise<KubeObject | undefined> {
    return this.#cluster.get(refOf(like), signal)
  }

  /** Changes a live object as `kubectl annotate` would, under another manager's name. */
  edit(like: KubeObject, body: Record<string, unknown>, as = 'someone'): Promise<KubeObject> {
    return this.#cluster.patch(refOf(like), { type: 'merge', body: body as never, manager: as }, signal)
  }

  /** Messages of the Kustomization's events, oldest first, with their type and reason; durations are `T`. */
  async events(): Promise<string[]> {
    const { items } = await this.#cluster.list({ group: '', kind: 'Event', namespace: this.namespace }, signal)
    return items
      .filter(e => stringAt(e, 'involvedObject', 'kind') === 'Kustomization')
      .toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
      .map(e => `${String(e.type)} ${String(e.reason)} ${timeless(String(e.message))}`)
  }
}

/** Objects as files; JSON is YAML. Their order is theirs. */
function filesOf(objects: readonly KubeObject[]): Record<string, string> {
  return Object.fromEntries(objects.map((object, i) => [`${String(i).padStart(4, '0')}.yaml`, JSON.stringify(object)]))
}

/** A path that ends in a slash is a folder. */
async function archive(content: Readonly<Record<string, string>>): Promise<Buffer> {
  const [folders, files] = [true, false].map(is => Object.entries(content).filter(([path]) => path.endsWith('/') === is))
  const tree = memoryTree(
    new Map(files?.map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o644 }])),
    new Map(folders?.map(([path]) => [path.slice(0, -1), 0o755])),
  )
  const parts: Uint8Array[] = []
  for await (const part of tar(archiveEntries(tree, { patterns: [], modes: 'kept' }))) parts.push(part)
  return gzipSync(Buffer.concat(parts), { level: 1 })
}

function one(bytes: Buffer | undefined): AsyncIterable<Uint8Array> | undefined {
  return (
    bytes &&
    (async function* () {
      yield bytes
    })()
  )
}

export const idsOf = (ks: KubeObject): string[] => listAt(ks, 'status', 'inventory', 'entries').map(e => stringAt(e, 'id') ?? '')
export const readyOf = (ks: KubeObject): string => {
  const ready = conditionOf(ks, 'Ready')
  return `${ready?.status} ${ready?.reason}: ${ready?.message}`
}

/** A clock that is real but for waiting: that takes no time, and moves it on. */
export function leaping(): Clock {
  let leapt = 0
  return {
    ...realClock,
    now: () => realClock.now() + leapt,
    elapsed: () => realClock.elapsed() + leapt,
    sleep: async (ms, s) => {
      s.throwIfAborted()
      leapt += ms
      await new Promise(resolve => setImmediate(resolve))
    },
  }
}

/** A cluster some of whose methods are others. */
export function over(cluster: Cluster, methods: Partial<Cluster>): Cluster {
  return new Proxy(cluster, {
    get(target, key) {
      const value: unknown = Reflect.get(key in methods ? methods : target, key)
      return typeof value === 'function' && !(key in methods) ? value.bind(target) : value
    },
  })
}
