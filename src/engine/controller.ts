import type { Kind } from '../kinds/kind.ts'
import { type KubeObject, printRef, refOf, splitApiVersion } from '../kinds/manifest.ts'
import { drive, type Hub, type Pass } from './drive.ts'
import { type Again, type Item, Queue } from './queue.ts'
import type { Reconciler } from './reconciler.ts'
import { asksForRun } from './triggers.ts'

/** What a controller needs of a cluster beside what a pass does. A `Cluster` is one. */
export interface WatchedHub extends Hub {
  watch(
    query: { group: string; version: string; kind: string },
    signal: AbortSignal,
  ): AsyncIterable<
    | { readonly type: 'added' | 'modified' | 'deleted'; readonly object: KubeObject }
    | { readonly type: 'gap'; readonly objects: readonly KubeObject[] }
  >
}

export interface ControllerOptions<Hands> extends Omit<Pass<Hands>, 'hub' | 'progress' | 'clock'> {
  readonly hub: WatchedHub
  readonly clock: Pass<Hands>['clock'] & { sleep(ms: number, signal: AbortSignal): Promise<void> }
  /** How many objects of one kind run at a time. */
  readonly concurrency: number
  /** A pass over an object or the watch of a kind threw: it is tried again. */
  readonly failed: (what: string, thrown: unknown) => void
}

const [longestRestMs, watchAgainMs] = [3_600_000, 5000]

/**
 * Reconciles every object of some kinds until the signal: when it appears, its spec or its request changes, a kind that it follows wakes it, or its time has come.
 * Resolves when the last pass has ended. Spec: kustomization 2.1, sources 1.4.
 */
export async function control<Hands>(
  reconcilers: readonly Reconciler<Kind, NoInfer<Hands>>[],
  options: ControllerOptions<Hands>,
): Promise<void> {
  const controller = new Controller(reconcilers, options)
  await Promise.all([...reconcilers.map(({ kind }) => controller.watch(kind)), controller.run()])
}

class Controller<Hands> {
  readonly #reconcilers: ReadonlyMap<string, Reconciler<Kind, Hands>>
  readonly #options: ControllerOptions<Hands>
  readonly #queue: Queue
  readonly #objects: ReadonlyMap<string, Map<string, KubeObject>>
  readonly #passes = new Set<Promise<void>>()
  #bell = new AbortController()

  constructor(reconcilers: readonly Reconciler<Kind, Hands>[], options: ControllerOptions<Hands>) {
    this.#reconcilers = new Map(reconcilers.map(r => [r.kind.kind, r]))
    this.#objects = new Map(reconcilers.map(r => [r.kind.kind, new Map()]))
    this.#options = options
    this.#queue = new Queue(options)
  }

  /** A watch that breaks for good, as where the kind is served no more or rights are gone, is begun anew. */
  async watch(kind: Kind): Promise<void> {
    const { clock, signal, failed } = this.#options
    while (!signal.aborted) {
      try {
        await this.#watch(kind)
      } catch (thrown) {
        if (signal.aborted) return
        failed(kind.kind, thrown)
        await clock.sleep(watchAgainMs, signal).catch(() => {})
      }
    }
  }

  async #watch({ group, version, kind }: Kind): Promise<void> {
    const { hub, signal } = this.#options
    for await (const event of hub.watch({ group, version, kind }, signal)) {
      if (event.type === 'gap') this.#listed(kind, event.objects)
      else if (event.type === 'deleted') this.#gone(kind, keyOf(event.object))
      else this.#changed(event.object)
      this.#ring()
    }
  }

  async run(): Promise<void> {
    const { clock, signal } = this.#options
    while (!signal.aborted) {
      for (let item = this.#queue.take(clock.now()); item; item = this.#queue.take(clock.now())) this.#start(item)
      await this.#rest()
    }
    await Promise.all(this.#passes)
  }

  #listed(kind: string, objects: readonly KubeObject[]): void {
    const there = new Set(objects.map(keyOf))
    for (const key of this.#objects.get(kind)?.keys() ?? []) if (!there.has(key)) this.#gone(kind, key)
    for (const object of objects) this.#changed(object)
  }

  #gone(kind: string, key: string): void {
    this.#objects.get(kind)?.delete(key)
    this.#queue.forget(key)
  }

  #changed(after: KubeObject): void {
    const known = this.#objects.get(after.kind)
    const before = known?.get(keyOf(after))
    known?.set(keyOf(after), after)
    if (asksForRun(before, after)) this.#queue.ask(itemOf(after))
    for (const { kind, wokenBy } of this.#reconcilers.values()) {
      const all = [...(this.#objects.get(kind.kind)?.values() ?? [])]
      for (const woken of after.kind === kind.kind ? [] : (wokenBy?.({ before, after }, all) ?? [])) this.#queue.ask(itemOf(woken))
    }
  }

  #start(item: Item): void {
    const pass = this.#pass(item).then(again => {
      this.#queue.ended(item, again, this.#options.clock.now())
      this.#passes.delete(pass)
      this.#ring()
    })
    this.#passes.add(pass)
  }

  async #pass({ lane, key }: Item): Promise<Again> {
    const object = this.#objects.get(lane)?.get(key)
    const reconciler = this.#reconcilers.get(lane)
    if (!object || !reconciler) return {}
    try {
      const driven = await drive(reconciler, refOf(object), this.#options)
      return driven.is === 'done' ? driven.settled : {}
    } catch (thrown) {
      if (!this.#options.signal.aborted) this.#options.failed(printRef(refOf(object)), thrown)
      return { backoff: true }
    }
  }

  /** Until a timer fires or the bell rings. */
  async #rest(): Promise<void> {
    const { clock, signal } = this.#options
    const at = this.#queue.nextAt()
    const ms = at === undefined ? longestRestMs : Math.min(longestRestMs, Math.max(0, at - clock.now()))
    await clock.sleep(ms, AbortSignal.any([signal, this.#bell.signal])).catch(() => {})
    if (this.#bell.signal.aborted) this.#bell = new AbortController()
  }

  #ring(): void {
    this.#bell.abort()
  }
}

function itemOf(object: KubeObject): Item {
  return { lane: object.kind, key: keyOf(object) }
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return `${kind}.${splitApiVersion(apiVersion).group} ${metadata.namespace ?? ''}/${metadata.name}`
}
