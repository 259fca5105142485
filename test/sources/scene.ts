import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { drive, type Driven } from '../../src/engine/drive.ts'
import type { Reconciler } from '../../src/engine/reconciler.ts'
import { fluxDefaults, type Settings } from '../../src/engine/settings.ts'
import type { Kind } from '../../src/kinds/kind.ts'
import { conditionsOf, type KubeObject, type ObjectRef } from '../../src/kinds/manifest.ts'
import { type JsonObject, objectAt, stringAt } from '../../src/lib/json.ts'
import type { Hands } from '../../src/world/world.ts'
import { recorded } from '../support/recorded.ts'
import { secretObject } from '../support/secrets.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace, type TestWorld } from '../support/world.ts'

export const namespace = 'sources'
let names = 0

/** What one pass did. */
export interface Pass {
  readonly driven: Driven
  readonly object: KubeObject
  /** The status as each write left it, in order. */
  readonly written: readonly JsonObject[]
}

export interface Told {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly annotations: Readonly<Record<string, string>>
}

/** A world in which objects of one kind of source are passed over. */
export class SourceScene<K extends Kind> {
  readonly world: TestWorld
  readonly #reconciler: Reconciler<K, Hands>

  constructor(world: TestWorld, reconciler: Reconciler<K, Hands>) {
    this.world = world
    this.#reconciler = reconciler
  }

  /** Makes the namespace in which everything is. */
  async prepare(): Promise<void> {
    await ensureNamespace(this.world.cluster, namespace)
  }

  /** A name that no other test has, of any suite on the same server. */
  name(): string {
    return `source-${++names}`
  }

  apply(object: JsonObject): Promise<KubeObject> {
    return this.world.cluster.apply(object as unknown as KubeObject, { manager: 'test', force: true }, unending)
  }

  /** An object of the kind. */
  async object(
    name: string,
    spec: JsonObject,
    { version = 'v1', annotations = {} }: { version?: string; annotations?: Record<string, string> } = {},
  ): Promise<ObjectRef> {
    const { group, kind } = this.#reconciler.kind
    await this.apply({ apiVersion: `${group}/${version}`, kind, metadata: { name, namespace, annotations }, spec })
    return { group, version: 'v1', kind, namespace, name }
  }

  async secret(name: string, type: string, data: Record<string, string>): Promise<string> {
    await this.apply(secretObject({ namespace, name, type }, data))
    return name
  }

  async run(
    ref: ObjectRef,
    { hands = {}, settings = {}, signal = unending }: { hands?: Partial<Hands>; settings?: Partial<Settings>; signal?: AbortSignal } = {},
  ): Promise<Pass> {
    const { cluster } = this.world
    const { hub, written } = recorded(cluster)
    const all = { ...this.world.hands, ...hands }
    const driven = await drive(this.#reconciler, ref, {
      hub,
      hands: all,
      clock: all.clock,
      settings: { ...fluxDefaults, ...settings },
      signal,
    })
    return { driven, object: await this.get(ref), written }
  }

  async get(ref: ObjectRef): Promise<KubeObject> {
    return (await this.world.cluster.get(ref, unending)) ?? { apiVersion: 'v1', kind: 'Gone', metadata: { name: ref.name } }
  }

  async events({ name }: ObjectRef): Promise<Told[]> {
    const { items } = await this.world.cluster.list({ group: '', kind: 'Event', namespace }, unending)
    return items
      .filter(e => stringAt(e, 'involvedObject', 'name') === name)
      .map(e => {
        assert.equal(stringAt(e, 'source', 'component'), 'source-controller')
        const { type, reason, message, count } = e
        return {
          type: String(type),
          reason: String(reason),
          message: String(message),
          count: Number(count),
          annotations: e.metadata.annotations ?? {},
        }
      })
  }

  /** The event of a reason; fails when there is not exactly one. */
  async event(ref: ObjectRef, reason: string): Promise<Told> {
    const [found, ...more] = (await this.events(ref)).filter(e => e.reason === reason)
    assert.ok(found && more.length === 0, `${reason} is not there once`)
    return found
  }

  /** What is stored of an object: names of files and links, sorted. */
  stored({ name }: ObjectRef): string[] {
    const folder = this.folder(name)
    return existsSync(folder) ? readdirSync(folder).toSorted() : []
  }

  folder(name: string): string {
    return join(this.world.folder, this.#reconciler.kind.kind.toLowerCase(), namespace, name)
  }

  stop(): Promise<void> {
    return this.world.stop()
  }
}

/** Conditions as `status reason: message`, in the order they are kept; fails when one is not of the object's generation. */
export function judged(object: KubeObject): Record<string, string> {
  const { generation } = object.metadata
  return Object.fromEntries(
    conditionsOf(object).map(c => {
      assert.equal(c.observedGeneration, generation, `${c.type} is of generation ${c.observedGeneration}`)
      return [c.type, `${c.status} ${c.reason}: ${c.message}`]
    }),
  )
}

export function artifactOf(object: KubeObject): JsonObject {
  return objectAt(object, 'status', 'artifact')
}

export function revisionOf(object: KubeObject): string {
  return String(artifactOf(object).revision)
}
