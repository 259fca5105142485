import { overNow } from '../../lib/aborted.ts'
import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import type { Clock } from '../clock/clock.ts'
import type { Cluster, ListQuery } from './cluster.ts'
import { numberOf } from './resource-version.ts'
import { Shared } from './shared.ts'

/** The resourceVersions that objects have now, by a watch of each kind that all who ask share. */
export interface LiveVersions {
  /**
   * The resourceVersion of each object, in the order of `refs`, as it was when an object with the resourceVersion `since` was written, or
   * later; `undefined` in place of one that is not there. `undefined` for all where that is not known for less than the objects' own reads.
   */
  of(refs: readonly ObjectRef[], since: string, signal: AbortSignal): Promise<readonly (string | undefined)[] | undefined>
}

interface Options {
  /** Which objects are watched: every one that is asked for must match. */
  readonly labelSelector: string
  readonly clock: Pick<Clock, 'elapsed'>
  /** Ends the watches. */
  readonly signal: AbortSignal
}

/** A kind that could not be watched is tried again after this. */
const againMs = 60_000

/** Watches kinds from when they are first asked for. */
export function liveVersions(cluster: Cluster, options: Options): LiveVersions {
  const kinds = new Map<string, KindVersions>()
  const kindOf = ({ group, version, kind }: ObjectRef): KindVersions => {
    const id = `${kind}.${group}`
    const known = kinds.get(id)
    if (known && !known.isOver()) return known
    const query = { group, version, kind, labelSelector: options.labelSelector, metadataOnly: true }
    const begun = new KindVersions(cluster, query, options)
    kinds.set(id, begun)
    return begun
  }
  return {
    async of(refs, since, signal) {
      const position = numberOf(since)
      if (position === undefined) return undefined
      const all = [...new Set(refs.map(kindOf))]
      const known = await Promise.all(all.map(kind => kind.upTo(position, signal)))
      return known.every(Boolean) ? refs.map(ref => kindOf(ref).versionOf(ref)) : undefined
    },
  }
}

/** What a list may cost: so many objects for each who asks for less than it would read itself, saved up to a limit. */
const [creditEach, creditAtFirst, creditAtMost] = [400, 5000, 20_000]
const pageSize = 1000

/** One kind. Its position is a point in the history of the cluster up to which everything is known. */
class KindVersions {
  readonly #cluster: Cluster
  readonly #query: ListQuery
  readonly #clock: Options['clock']
  readonly #versions = new Map<string, string>()
  /** What the watch told of since the last list began. */
  #since: WatchedChange[] = []
  readonly #listing: Shared<string>
  readonly #ended = new AbortController()
  #position: bigint | undefined
  #credit = creditAtFirst
  #failedAt: number | undefined

  constructor(cluster: Cluster, query: ListQuery, { clock, signal }: Options) {
    this.#cluster = cluster
    this.#query = query
    this.#clock = clock
    this.#listing = new Shared(until => this.#list(until))
    void this.#run(AbortSignal.any([signal, this.#ended.signal]))
  }

  /** Whether it failed long enough ago to be tried anew. */
  isOver(): boolean {
    return this.#failedAt !== undefined && this.#clock.elapsed() - this.#failedAt > againMs
  }

  versionOf({ namespace = '', name }: ObjectRef): string | undefined {
    return this.#versions.get(`${namespace}/${name}`)
  }

  /** Whether everything up to a position is known, after a list where that pays. */
  async upTo(position: bigint, signal: AbortSignal): Promise<boolean> {
    if (this.#isAt(position)) return true
    this.#credit = Math.min(creditAtMost, this.#credit + creditEach)
    while (this.#failedAt === undefined && !this.#isAt(position)) {
      if (this.#credit < this.#versions.size) return false
      await this.#listing.get(signal).catch(() => {
        signal.throwIfAborted()
        this.#fail()
      })
    }
    return this.#isAt(position)
  }

  #isAt(position: bigint): boolean {
    return this.#failedAt === undefined && this.#position !== undefined && this.#position >= position
  }

  /** Lists once and watches from there. */
  async #run(signal: AbortSignal): Promise<void> {
    try {
      const resourceVersion = await this.#listing.get(signal)
      for await (const event of this.#cluster.watch({ ...this.#query, resourceVersion }, signal)) {
        if (event.type === 'gap') break
        const change = { key: keyOf(event.object), version: event.object.metadata.resourceVersion ?? '', gone: event.type === 'deleted' }
        this.#since.push(change)
        this.#take(change)
      }
    } catch {}
    this.#fail()
  }

  #fail(): void {
    this.#failedAt ??= this.#clock.elapsed()
    this.#ended.abort(overNow)
  }

  async #list(signal: AbortSignal): Promise<string> {
    this.#since = []
    const { items, resourceVersion, ...first } = await this.#cluster.list({ ...this.#query, limit: pageSize }, signal)
    for (let next = first.continue; next;) {
      const page = await this.#cluster.list({ ...this.#query, limit: pageSize, continue: next }, signal)
      items.push(...page.items)
      next = page.continue
    }
    this.#credit -= items.length
    this.#versions.clear()
    for (const object of items) this.#versions.set(keyOf(object), object.metadata.resourceVersion ?? '')
    const position = numberOf(resourceVersion)
    for (const change of this.#since) if (position === undefined || (numberOf(change.version) ?? 0n) > position) this.#take(change)
    this.#moveTo(position)
    return resourceVersion
  }

  #take({ key, version, gone }: WatchedChange): void {
    if (gone) this.#versions.delete(key)
    else this.#versions.set(key, version)
    this.#moveTo(numberOf(version))
  }

  #moveTo(position: bigint | undefined): void {
    if (position !== undefined && position > (this.#position ?? -1n)) this.#position = position
  }
}

interface WatchedChange {
  readonly key: string
  readonly version: string
  readonly gone: boolean
}

function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`
}
