import type { KubeObject } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { unlessLate } from '../tools/objects/completions.ts'
import type { World } from '../world/world.ts'
import { type Resource, variablesIn, type Watched } from './resource.ts'

/** Bounds of what one caller watches. Times in milliseconds. */
export interface WatchBounds {
  readonly urisPerCaller: number
  readonly pauseMs: number
  readonly recheckMs: number
  readonly admitMs: number
}
export const watchBounds: WatchBounds = { urisPerCaller: 32, pauseMs: 2_000, recheckMs: 5 * 60_000, admitMs: 2_000 }

/** An address that a caller may watch. */
export interface Admitted {
  readonly uri: string
  /** Absent for a resource that never changes by itself. */
  readonly watched: Watched | undefined
}

/** Why an address cannot be watched. */
export type Refusal = 'unknown' | 'forbidden' | 'full'

/**
 * Watches on behalf of clients: one for each caller, cluster, kind and namespace, shared and counted. A change is told when it means
 * something to a reader, at most once in two seconds for each address. Spec: mcp 3.3.
 */
export class Watches {
  readonly #resources: readonly Resource[]
  readonly #world: World
  readonly #bounds: WatchBounds
  readonly #shared = new Map<string, Shared>()
  readonly #held = new Map<string, number>()

  constructor(resources: readonly Resource[], world: World, bounds: WatchBounds = watchBounds) {
    this.#resources = resources
    this.#world = world
    this.#bounds = bounds
  }

  /** How many watches are open at API servers. */
  get open(): number {
    return this.#shared.size
  }

  /** Whether a caller may watch an address. What cannot be found out in time counts as forbidden. */
  async admit(caller: string, uri: string): Promise<Admitted | Refusal> {
    if ((this.#held.get(caller) ?? 0) >= this.#bounds.urisPerCaller) return 'full'
    for (const resource of this.#resources) {
      const vars = variablesIn(resource.uri, uri)
      if (!vars || !resource.watched) continue
      return this.#unlessLate(async signal => {
        const watched = await resource.watched?.(vars, this.#world, signal)
        if (!watched) return resource.raw ? { uri, watched } : 'unknown'
        return (await allowed(watched, signal)) ? { uri, watched } : 'forbidden'
      })
    }
    return 'unknown'
  }

  /** The addresses of those asked for that this caller may watch, as many as it may hold. */
  async admitAll(caller: string, uris: readonly string[]): Promise<Admitted[]> {
    const room = this.#bounds.urisPerCaller - (this.#held.get(caller) ?? 0)
    const answers = await Promise.all([...new Set(uris)].slice(0, Math.max(0, room)).map(uri => this.admit(caller, uri)))
    return answers.filter(a => typeof a !== 'string')
  }

  /** Tells changes of an address until stopped. */
  hold(caller: string, { uri, watched }: Admitted, changed: (uri: string) => void): () => void {
    this.#held.set(caller, (this.#held.get(caller) ?? 0) + 1)
    const stop = watched ? this.#listen(caller, { uri, watched, changed }) : (): void => {}
    let stopped = false
    return () => {
      if (stopped) return
      stopped = true
      stop()
      const left = (this.#held.get(caller) ?? 1) - 1
      if (left > 0) this.#held.set(caller, left)
      else this.#held.delete(caller)
    }
  }

  #listen(caller: string, { uri, watched, changed }: { uri: string; watched: Watched; changed: (uri: string) => void }): () => void {
    const { cluster, resource, namespace } = watched
    const key = JSON.stringify([caller, cluster.name, resource.group, resource.kind, namespace ?? null])
    const known = this.#shared.get(key)
    const shared = known && !known.ended ? known : new Shared(watched, this.#world, this.#bounds)
    this.#shared.set(key, shared)
    const listener = new Listener(watched, { world: this.#world, pauseMs: this.#bounds.pauseMs, tell: () => changed(uri) })
    shared.add(listener)
    return () => {
      listener.stop()
      if (shared.remove(listener) && this.#shared.get(key) === shared) this.#shared.delete(key)
    }
  }

  async #unlessLate(work: (signal: AbortSignal) => Promise<Admitted | Refusal>): Promise<Admitted | Refusal> {
    try {
      return (await unlessLate(this.#world.clock, this.#bounds.admitMs, work)) ?? 'forbidden'
    } catch (thrown) {
      return thrown instanceof CodedError && thrown.code === 'NO_MATCH' ? 'unknown' : 'forbidden'
    }
  }
}

function allowed({ cluster, resource: { group, plural }, namespace }: Watched, signal: AbortSignal): Promise<boolean> {
  return cluster.allowed({ verb: 'watch', group, resource: plural, namespace }, signal)
}

/** One watch at an API server with those who listen to it. */
class Shared {
  readonly #listeners = new Set<Listener>()
  readonly #ended = new AbortController()
  readonly #watched: Watched
  readonly #world: World
  #listed = false

  constructor(watched: Watched, world: World, { recheckMs }: WatchBounds) {
    this.#watched = watched
    this.#world = world
    void this.#run()
    void this.#recheck(recheckMs)
  }

  get ended(): boolean {
    return this.#ended.signal.aborted
  }

  add(listener: Listener): void {
    this.#listeners.add(listener)
    if (this.#listed) void this.#baseline(listener)
  }

  /** True when nobody listens any more: the watch has ended. */
  remove(listener: Listener): boolean {
    this.#listeners.delete(listener)
    if (this.#listeners.size > 0) return false
    this.#ended.abort(new Error('nobody listens'))
    return true
  }

  async #run(): Promise<void> {
    const { cluster, resource, namespace } = this.#watched
    const { signal } = this.#ended
    try {
      for await (const event of cluster.watch(
        { group: resource.group, version: resource.version, kind: resource.kind, namespace },
        signal,
      )) {
        if (event.type === 'gap') this.#relisted(event.objects)
        else
          for (const listener of this.#listeners)
            if (listener.isAbout(event.object)) listener.see(event.type === 'deleted' ? undefined : event.object)
      }
    } catch (thrown) {
      if (!signal.aborted) this.#world.log.info('a watch ended', { kind: resource.kind, why: messageOf(thrown) })
      this.#ended.abort(thrown)
    }
  }

  #relisted(objects: readonly KubeObject[]): void {
    for (const listener of this.#listeners) {
      const object = objects.find(o => listener.isAbout(o))
      if (this.#listed) listener.see(object)
      else listener.begin(object)
    }
    this.#listed = true
  }

  /** Where one that joins a running watch begins. */
  async #baseline(listener: Listener): Promise<void> {
    const { cluster, resource } = this.#watched
    const ref = { group: resource.group, version: resource.version, kind: resource.kind, ...listener.at }
    try {
      listener.begin(await cluster.get(ref, this.#ended.signal))
    } catch (thrown) {
      if (!this.#ended.signal.aborted) this.#world.log.debug('no baseline for a subscription', { why: messageOf(thrown) })
    }
  }

  /** A right that was lost ends the watch. */
  async #recheck(everyMs: number): Promise<void> {
    const { signal } = this.#ended
    try {
      for (;;) {
        await this.#world.clock.sleep(everyMs, signal)
        const may = await allowed(this.#watched, signal).catch((thrown: unknown) => {
          if (thrown instanceof CodedError && thrown.code === 'FORBIDDEN') return false
          return true
        })
        if (!may) this.#ended.abort(new Error('the right to watch was lost'))
      }
    } catch {
      // The sleep ends with the watch.
    }
  }
}

/** One address of one client. */
class Listener {
  readonly #watched: Watched
  readonly #options: { readonly world: World; readonly pauseMs: number; readonly tell: () => void }
  readonly #stopped = new AbortController()
  #last: string | undefined
  #told = Number.NEGATIVE_INFINITY
  #pending = false

  constructor(watched: Watched, options: { world: World; pauseMs: number; tell: () => void }) {
    this.#watched = watched
    this.#options = options
  }

  get at(): { name: string; namespace: string | undefined } {
    return { name: this.#watched.name, namespace: this.#watched.namespace }
  }

  isAbout({ metadata: { name, namespace } }: KubeObject): boolean {
    return name === this.#watched.name && namespace === this.#watched.namespace
  }

  begin(object: KubeObject | undefined): void {
    this.#last ??= this.#watched.print(object)
  }

  see(object: KubeObject | undefined): void {
    const print = this.#watched.print(object)
    if (print === this.#last) return
    this.#last = print
    this.#tell()
  }

  stop(): void {
    this.#stopped.abort(new Error('nobody listens'))
  }

  #tell(): void {
    const { world, pauseMs, tell } = this.#options
    if (this.#pending || this.#stopped.signal.aborted) return
    const wait = this.#told + pauseMs - world.clock.elapsed()
    if (wait <= 0) {
      this.#told = world.clock.elapsed()
      tell()
      return
    }
    this.#pending = true
    world.clock.sleep(wait, this.#stopped.signal).then(
      () => {
        this.#pending = false
        this.#told = world.clock.elapsed()
        tell()
      },
      () => {},
    )
  }
}
