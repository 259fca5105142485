import { messageOf } from '../lib/coded-error.ts'
import type { Kind } from '../kinds/kind.ts'
import { conditionsOf, type KubeObject, type ObjectRef, printRef, refOf } from '../kinds/manifest.ts'
import { Bell } from './bell.ts'
import { drive, driveGone } from './drive.ts'
import { isHeld } from './holding.ts'
import { Later } from './later.ts'
import { type Again, type Item, Queue, type QueueTold } from './queue.ts'
import type { Followed, Reconciler } from './reconciler.ts'
import { asksForRun } from './triggers.ts'
import type { Hub, Pass } from './pass.ts'

/** Which objects are ours; without a field, all. */
export interface Scope {
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
}

/** What a controller needs of a cluster beside what a pass does. A `Cluster` is one. */
export interface WatchedHub extends Hub {
  /** `undefined` when a kind is not served; needed for kinds that are read in several versions. */
  resourceOf?(kind: { group: string; version: string; kind: string }, signal: AbortSignal): Promise<unknown>
  watch(
    query: { group: string; version: string; kind: string } & Scope,
    signal: AbortSignal,
  ): AsyncIterable<
    | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
    | { readonly type: 'gap'; readonly objects: readonly KubeObject[] }
  >
}

export interface ControllerOptions<Hands> extends Omit<Pass<Hands>, 'hub' | 'progress' | 'clock' | 'later' | 'again'> {
  readonly hub: WatchedHub
  readonly clock: Pass<Hands>['clock']
  /** How many objects of one kind run at a time; those that wait for another cluster are counted apart. */
  readonly concurrency: number
  readonly scope?: Scope | undefined
  /** Kinds whose every object is watched to be told of, as what is ours may follow what is not: within the namespace, whatever the labels. */
  readonly follows?: readonly Kind[] | undefined
  /** Told when a pass ended, `ms` after it began; `again` is what it asked for. */
  readonly passed?: ((pass: { readonly object: KubeObject; readonly ms: number; readonly again: Again }) => void) | undefined
  readonly queue?: QueueTold | undefined
  /** Told of each object of ours, as it is when it appears and after each change. */
  readonly seen?: ((object: KubeObject) => void) | undefined
  /** Told of an object that is there no more; once more when a pass over it ends later. */
  readonly gone?: ((object: KubeObject) => void) | undefined
  /** A pass over an object or the watch of a kind threw: it is tried again. */
  readonly failed: (what: string, thrown: unknown) => void
}

const watchAgainMs = 5000
/** How long a new object waits for another one that is to be reconciled first. */
const mostHeldMs = 10_000

/**
 * Reconciles every object of some kinds until the signal: when it appears, its spec or its request changes, a kind that it follows wakes it, or its time has come.
 * Resolves when the last pass has ended. Spec: kustomization 2.1, sources 1.4.
 */
export async function control<Hands>(
  reconcilers: readonly Reconciler<Kind, NoInfer<Hands>>[],
  options: ControllerOptions<Hands>,
): Promise<void> {
  const controller = new Controller(reconcilers, options)
  const { scope = {}, follows = [] } = options
  const whole = { namespace: scope.namespace }
  await Promise.all([
    ...reconcilers.map(({ kind }) => controller.watch(kind, { scope, ours: true })),
    ...follows.map(kind => controller.watch(kind, { scope: whole, ours: false })),
    controller.run(),
  ])
}

/** The kinds that have to be watched for these reconcilers beside their own: those that they follow and of which they do not see every object. */
export function followedBy(reconcilers: readonly Pick<Reconciler, 'kind' | 'follows'>[], { labelSelector }: Scope): Kind[] {
  const seen = labelSelector === undefined ? reconcilers.map(r => r.kind) : []
  return [...new Set(reconcilers.flatMap(r => r.follows ?? []))].filter(kind => !seen.includes(kind))
}

/** One watch: of what is ours to reconcile, or only of what ours may follow. */
interface Watched {
  readonly scope: Scope
  readonly ours: boolean
}

class Controller<Hands> {
  readonly #reconcilers: ReadonlyMap<string, Reconciler<Kind, Hands>>
  readonly #options: ControllerOptions<Hands>
  readonly #queue: Queue
  readonly #later: Later
  readonly #objects: ReadonlyMap<string, Map<string, KubeObject>>
  readonly #followed: ReadonlyMap<string, Map<string, KubeObject>>
  /** Objects that were deleted before they had a finalizer, and may have left something. */
  readonly #left = new Map<string, KubeObject>()
  /** By the key of an object, the changes that woke it during a pass over it. */
  readonly #meanwhile = new Map<string, Followed[]>()
  readonly #passes = new Set<Promise<void>>()
  readonly #bell: Bell

  constructor(reconcilers: readonly Reconciler<Kind, Hands>[], options: ControllerOptions<Hands>) {
    this.#reconcilers = new Map(reconcilers.map(r => [r.kind.kind, r]))
    this.#objects = new Map(reconcilers.map(r => [r.kind.kind, new Map()]))
    this.#followed = new Map((options.follows ?? []).map(({ kind }) => [kind, new Map()]))
    this.#options = options
    this.#queue = new Queue(options)
    this.#bell = new Bell(options.clock, options.signal)
    this.#later = new Later({ clock: options.clock, isBusy: () => this.#queue.isBusy() })
  }

  /** A watch that breaks for good, as where the kind is not served or rights are gone, is begun anew; why is told once, until it is another reason. */
  async watch(kind: Kind, watched: Watched): Promise<void> {
    const { clock, signal, failed } = this.#options
    let told: string | undefined
    const works = (): void => {
      told = undefined
    }
    while (!signal.aborted) {
      try {
        await this.#watch(kind, watched, works)
      } catch (thrown) {
        if (signal.aborted) return
        if (messageOf(thrown) !== told) failed(kind.kind, thrown)
        told = messageOf(thrown)
        await clock.sleep(watchAgainMs, signal).catch(() => {})
      }
    }
  }

  async #watch(watched: Kind, { scope, ours }: Watched, works: () => void): Promise<void> {
    const { hub, signal, seen, gone: forgotten } = this.#options
    const { group, kind } = watched
    const version = await this.#served(watched)
    const wakes = !ours || !this.#followed.has(kind)
    const known = (ours ? this.#objects : this.#followed).get(kind) ?? new Map<string, KubeObject>()
    const changed = (object: KubeObject): void => {
      const before = known.get(keyOf(object))
      known.set(keyOf(object), object)
      if (ours) this.#left.delete(keyOf(object))
      if (ours) seen?.(object)
      if (ours && asksForRun(before, object)) this.#queue.ask(this.#itemOf(object))
      if (wakes) this.#wake({ before, after: object })
    }
    const gone = (key: string): void => {
      const object = known.get(key)
      known.delete(key)
      if (ours) this.#queue.forget(key)
      if (ours && object) forgotten?.(object)
      if (ours && object && this.#reconcilers.get(kind)?.holdsLater && !isHeld(object)) this.#leave(object)
      if (wakes && object) this.#wake({ before: object, after: object, gone: true })
    }
    for await (const event of hub.watch({ group, version, kind, ...scope }, signal)) {
      works()
      if (event.type === 'gap') {
        const there = new Set(event.objects.map(keyOf))
        for (const key of known.keys()) if (!there.has(key)) gone(key)
        for (const object of event.objects) changed(object)
      } else if (event.type === 'deleted') gone(keyOf(event.object))
      else changed(event.object)
      this.#bell.ring()
    }
  }

  /** The version that a kind is read in: its own, else one that means the same. */
  async #served({ group, version, alsoReads = [], kind }: Kind): Promise<string> {
    const { hub, signal } = this.#options
    for (const one of alsoReads.length > 0 ? [version, ...alsoReads] : [])
      if (await hub.resourceOf?.({ group, version: one, kind }, signal)) return one
    return version
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      for (let item = this.#queue.take(clock.elapsed()); item; item = this.#queue.take(clock.elapsed())) this.#start(item)
      if (!this.#queue.isBusy()) this.#later.idle()
      await this.#bell.wait(this.#queue.nextAt())
    }
    await Promise.all(this.#passes)
    await this.#later.end()
  }

  /** What follows the changed object runs. */
  #wake(change: Followed): void {
    for (const { kind, follows, wokenBy } of this.#reconcilers.values()) {
      if (!wokenBy || !follows?.some(f => f.kind === change.after.kind)) continue
      const all = [...(this.#objects.get(kind.kind)?.values() ?? [])]
      for (const woken of wokenBy(change, all)) {
        const key = keyOf(woken)
        if (this.#queue.isRunning(key)) this.#meanwhile.set(key, [...(this.#meanwhile.get(key) ?? []), change])
        else this.#queue.ask(this.#itemOf(woken))
      }
    }
  }

  /** A change that came during a pass asks for one more, unless the object as the pass left it shows that it had seen the change. */
  #wakeAgain(object: KubeObject): void {
    const changes = this.#meanwhile.get(keyOf(object)) ?? []
    this.#meanwhile.delete(keyOf(object))
    const { wokenBy } = this.#reconcilers.get(object.kind) ?? {}
    if (changes.some(change => wokenBy?.(change, [object]).length)) this.#queue.ask(this.#itemOf(object))
  }

  #start(item: Item): void {
    const { clock, passed, gone } = this.#options
    const [began, object] = [clock.elapsed(), this.#objects.get(item.kind)?.get(item.key)]
    const pass = this.#pass(item).then(again => {
      if (object) passed?.({ object, ms: clock.elapsed() - began, again })
      if (object && !this.#objects.get(item.kind)?.has(item.key)) gone?.(object)
      this.#queue.ended(item, again, clock.elapsed())
      this.#passes.delete(pass)
      this.#bell.ring()
    })
    this.#passes.add(pass)
  }

  async #pass({ kind, key }: Item): Promise<Again> {
    const object = this.#objects.get(kind)?.get(key)
    const reconciler = this.#reconcilers.get(kind)
    if (!reconciler) return {}
    if (!object) return this.#clean(reconciler, key)
    try {
      const again = (): void => {
        this.#queue.ask(this.#itemOf(object))
        this.#bell.ring()
      }
      const driven = await drive(reconciler, refOf(object), { ...this.#options, later: this.#later, again })
      this.#wakeAgain('object' in driven ? driven.object : object)
      return driven.is === 'done' ? driven.settled : {}
    } catch (thrown) {
      this.#wakeAgain(object)
      return this.#broke(object, thrown)
    }
  }

  #broke(object: KubeObject, thrown: unknown): Again {
    if (!this.#options.signal.aborted) this.#options.failed(printRef(refOf(object)), thrown)
    return { backoff: true }
  }

  /** What it left goes when no pass over it is on. */
  #leave(object: KubeObject): void {
    this.#left.set(keyOf(object), object)
    this.#queue.ask(this.#itemOf(object))
  }

  async #clean(reconciler: Reconciler<Kind, Hands>, key: string): Promise<Again> {
    const object = this.#left.get(key)
    if (!object) return {}
    try {
      await driveGone(reconciler, object, { ...this.#options, later: this.#later })
      this.#left.delete(key)
      return {}
    } catch (thrown) {
      return this.#broke(object, thrown)
    }
  }

  #itemOf(object: KubeObject): Item {
    const { kind } = object
    const reconciler = this.#reconcilers.get(kind)
    const lane = reconciler?.laneOf?.(object)
    const isNew = conditionsOf(object).length === 0 && object.metadata.deletionTimestamp === undefined
    const first = isNew ? reconciler?.after?.(object) : undefined
    return {
      kind,
      lane: lane === undefined ? kind : `${kind} ${lane}`,
      key: keyOf(object),
      ...(first ? { after: { key: keyOfRef(first), until: this.#options.clock.elapsed() + mostHeldMs } } : {}),
    }
  }
}

function keyOf(object: KubeObject): string {
  return keyOfRef(refOf(object))
}

function keyOfRef({ group, kind, namespace = '', name }: ObjectRef): string {
  return `${kind}.${group} ${namespace}/${name}`
}
