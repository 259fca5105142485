import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { drive, type Driven } from '../../../src/engine/drive.ts'
import { fluxDefaults, type Settings } from '../../../src/engine/settings.ts'
import { conditionsOf, type KubeObject, type ObjectRef } from '../../../src/kinds/manifest.ts'
import { isObject, type JsonObject, objectAt, stringAt } from '../../../src/lib/json.ts'
import { ociRepositories } from '../../../src/sources/oci/reconciler.ts'
import type { Kernel } from '../../../src/world/kernel/kernel.ts'
import type { Registry } from '../../../src/world/registry/registry.ts'
import type { Hands } from '../../../src/world/world.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { pushFiles } from '../../support/push.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../../support/world.ts'
import { unending } from '../../support/unending.ts'

export const namespace = 'sources'
const group = 'source.toolkit.fluxcd.io'

/** What one pass did. */
export interface Pass {
  readonly driven: Driven
  readonly object: KubeObject
  /** The status as each write left it, in order. */
  readonly written: readonly JsonObject[]
  /** The calls to the registry, in order. */
  readonly calls: readonly string[]
}

export interface Told {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly annotations: Readonly<Record<string, string>>
}

/** A world with one registry, and OCIRepositories in it. */
export class Scene {
  readonly world: TestWorld
  #count = 0

  private constructor(world: TestWorld) {
    this.world = world
  }

  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<Scene> {
    const world = await startWorld(open, kernel)
    await ensureNamespace(world.cluster, namespace)
    return new Scene(world)
  }

  /** A name that no other test has. */
  name(): string {
    return `repo-${++this.#count}`
  }

  url(name: string): string {
    return `oci://${this.world.registry}/${name}`
  }

  push(name: string, tag: string, files: Record<string, string>, annotations: Record<string, string> = {}): Promise<string> {
    return pushFiles(this.world.hands, `${this.url(name)}:${tag}`, files, annotations)
  }

  apply(object: JsonObject): Promise<KubeObject> {
    return this.world.cluster.apply(object as unknown as KubeObject, { manager: 'test', force: true }, this.#signal())
  }

  /** An OCIRepository of the repository of its name, unless the spec names another. */
  async repository(
    name: string,
    spec: JsonObject = {},
    { version = 'v1', annotations = {} }: { version?: string; annotations?: Record<string, string> } = {},
  ): Promise<ObjectRef> {
    await this.apply({
      apiVersion: `${group}/${version}`,
      kind: 'OCIRepository',
      metadata: { name, namespace, annotations },
      spec: { url: this.url(name), interval: '10m', ...spec },
    })
    return { group, version: 'v1', kind: 'OCIRepository', namespace, name }
  }

  async secret(name: string, type: string, data: Record<string, string>): Promise<string> {
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
    await this.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type, data: encoded })
    return name
  }

  async pass(ref: ObjectRef, { hands = {}, settings = {} }: { hands?: Partial<Hands>; settings?: Partial<Settings> } = {}): Promise<Pass> {
    const [written, calls]: [JsonObject[], string[]] = [[], []]
    const { cluster } = this.world
    const hub = {
      get: cluster.get.bind(cluster),
      create: cluster.create.bind(cluster),
      async patch(...[at, change, signal]: Parameters<typeof cluster.patch>): Promise<KubeObject> {
        const stored = await cluster.patch(at, change, signal)
        if (change.subresource === 'status' && isObject(stored.status)) written.push(stored.status)
        return stored
      },
    }
    const all = { ...this.world.hands, ...hands }
    const registries = recorded(all.registries, calls)
    const driven = await drive(ociRepositories, ref, {
      hub,
      hands: { ...all, registries },
      clock: all.clock,
      settings: { ...fluxDefaults, ...settings },
      signal: this.#signal(),
    })
    return { driven, object: await this.get(ref), written, calls }
  }

  async get(ref: ObjectRef): Promise<KubeObject> {
    return (await this.world.cluster.get(ref, this.#signal())) ?? { apiVersion: 'v1', kind: 'Gone', metadata: { name: ref.name } }
  }

  async events({ name }: ObjectRef): Promise<Told[]> {
    const { items } = await this.world.cluster.list({ group: '', kind: 'Event', namespace }, this.#signal())
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
    return join(this.world.folder, 'ocirepository', namespace, name)
  }

  stop(): Promise<void> {
    return this.world.stop()
  }

  #signal(): AbortSignal {
    return unending
  }
}

function recorded(registries: Hands['registries'], calls: string[]): Hands['registries'] {
  return {
    async open(access, purpose) {
      const registry = await registries.open(access, purpose)
      return new Proxy(registry, {
        get(target, key: keyof Registry) {
          const value = target[key]
          if (typeof value !== 'function') return value
          return (...args: unknown[]): unknown => {
            calls.push(key)
            return Reflect.apply(value, target, args)
          }
        },
      })
    },
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
