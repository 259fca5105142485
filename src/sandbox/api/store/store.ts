import type { KubeObject } from '../../../kinds/manifest.ts'
import { ApiProblem } from '../problem.ts'
import { storageKey, type Stored } from '../schema/resource.ts'

/** One change of one object. `previous` is what it replaced. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly key: string
  readonly object: KubeObject
  readonly previous?: KubeObject | undefined
  readonly revision: number
}

/** Where changes are made durable before they are acknowledged. */
export interface Journal {
  append(change: Change): Promise<void>
}

const historyLength = 20_000

/** All objects by storage key and `namespace/name`, with one revision counter and a bounded history for watches. */
export class Store {
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #history: Change[] = []
  readonly #turns = new Map<string, Promise<void>>()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #journal: Journal | undefined
  #revision = 1

  constructor(journal?: Journal) {
    this.#journal = journal
  }

  get revision(): number {
    return this.#revision
  }

  get(resource: Stored, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(storageKey(resource))?.get(nameKey(namespace, name))
  }

  /** In the order of namespace and name. */
  list(resource: Stored, namespace?: string): KubeObject[] {
    const all = [...(this.#objects.get(storageKey(resource)) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return all.map(([, object]) => object).filter(o => namespace === undefined || o.metadata.namespace === namespace)
  }

  /** Every stored object with its storage key. */
  *all(): Iterable<{ key: string; object: KubeObject }> {
    for (const [key, objects] of this.#objects) for (const object of objects.values()) yield { key, object }
  }

  /** Stores an object if the live one is still `live`; answers it with its new resourceVersion, or `undefined` when somebody was faster. */
  async put(resource: Stored, live: KubeObject | undefined, object: KubeObject): Promise<KubeObject | undefined> {
    const { namespace, name } = object.metadata
    if (this.get(resource, namespace, name) !== live) return undefined
    const stored: KubeObject = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision + 1) } }
    await this.#record({
      type: live ? 'MODIFIED' : 'ADDED',
      key: storageKey(resource),
      object: stored,
      ...(live ? { previous: live } : {}),
      revision: this.#revision + 1,
    })
    return stored
  }

  /** Removes an object if it is still `live`. */
  async remove(resource: Stored, live: KubeObject): Promise<KubeObject | undefined> {
    if (this.get(resource, live.metadata.namespace, live.metadata.name) !== live) return undefined
    const last: KubeObject = { ...live, metadata: { ...live.metadata, resourceVersion: String(this.#revision + 1) } }
    await this.#record({ type: 'DELETED', key: storageKey(resource), object: last, previous: live, revision: this.#revision + 1 })
    return last
  }

  /** Runs work on one object after the work that came before it: who reads, merges and writes need not do so again and again. */
  async inTurn<T>(
    resource: Stored,
    { namespace, name }: { namespace: string | undefined; name: string },
    work: () => Promise<T>,
  ): Promise<T> {
    const key = `${storageKey(resource)} ${nameKey(namespace, name)}`
    const before = this.#turns.get(key)
    const mine = (before ?? Promise.resolve()).then(work)
    const settled = mine.then(
      () => undefined,
      () => undefined,
    )
    this.#turns.set(key, settled)
    try {
      return await mine
    } finally {
      if (this.#turns.get(key) === settled) this.#turns.delete(key)
    }
  }

  /** Takes over what a journal kept. */
  restore(objects: Iterable<{ key: string; object: KubeObject }>, revision: number): void {
    for (const { key, object } of objects) this.#bucket(key).set(nameKey(object.metadata.namespace, object.metadata.name), object)
    this.#revision = revision
  }

  /** The objects as they were at a revision, in the order of namespace and name. `undefined` when history does not go back that far. */
  at(resource: Stored, revision: number): KubeObject[] | undefined {
    if (revision + 1 < (this.#history[0]?.revision ?? this.#revision + 1)) return undefined
    const key = storageKey(resource)
    const objects = new Map(this.#objects.get(key))
    for (const change of this.#history.toReversed()) {
      if (change.revision <= revision) break
      if (change.key !== key) continue
      const name = nameKey(change.object.metadata.namespace, change.object.metadata.name)
      if (change.previous) objects.set(name, change.previous)
      else objects.delete(name)
    }
    return [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  /** Changes of a storage key after `revision`. @throws {ApiProblem} 410 when history does not go back that far. */
  since(key: string, revision: number): Change[] {
    const oldest = this.#history[0]?.revision ?? this.#revision + 1
    if (revision + 1 < oldest && revision < this.#revision)
      throw new ApiProblem([410, 'Expired'], `too old resource version: ${revision} (${oldest})`)
    return this.#history.filter(c => c.key === key && c.revision > revision)
  }

  /** Calls back on every change until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #record(change: Change): Promise<void> {
    this.#revision = change.revision
    const { namespace, name } = change.object.metadata
    const bucket = this.#bucket(change.key)
    if (change.type === 'DELETED') bucket.delete(nameKey(namespace, name))
    else bucket.set(nameKey(namespace, name), change.object)
    this.#history.push(change)
    if (this.#history.length > historyLength) this.#history.splice(0, historyLength / 2)
    const durable = this.#journal?.append(change)
    for (const listener of this.#listeners) listener(change)
    await durable
  }

  #bucket(key: string): Map<string, KubeObject> {
    const bucket = this.#objects.get(key) ?? new Map<string, KubeObject>()
    this.#objects.set(key, bucket)
    return bucket
  }
}

function nameKey(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`
}
