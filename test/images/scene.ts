import assert from 'node:assert/strict'
import { drive, type Driven } from '../../src/engine/drive.ts'
import { fluxDefaults, type Settings } from '../../src/engine/settings.ts'
import { imagePolicies } from '../../src/images/policy-reconciler.ts'
import { imageRepositories, ownerOf } from '../../src/images/repository-reconciler.ts'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { type JsonObject, stringAt } from '../../src/lib/json.ts'
import { manualClock } from '../../src/world/clock/manual.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import type { Hands } from '../../src/world/world.ts'
import { pushFiles } from '../support/push.ts'
import { recorded } from '../support/recorded.ts'
import { secretObject } from '../support/secrets.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import type { Started } from '../world/cluster/contract.ts'

export { judged } from '../sources/scene.ts'
export const namespace = 'images'
const group = 'image.toolkit.fluxcd.io'
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
}
interface Options {
  readonly hands?: Partial<Hands>
  readonly settings?: Partial<Settings>
}

/** A world with a registry in which images are scanned and chosen from; its clock moves when told. */
export class Scene {
  readonly world: TestWorld
  readonly clock = manualClock(Date.now())

  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<Scene> {
    const scene = new Scene(await startWorld(open, kernel))
    await ensureNamespace(scene.world.cluster, namespace)
    return scene
  }
  constructor(world: TestWorld) {
    this.world = world
  }

  /** A name that no other test has, of any suite on the same server. */
  name(): string {
    return `image-${++names}`
  }
  image(name: string): string {
    return `${this.world.registry}/${name}`
  }
  apply(object: JsonObject): Promise<KubeObject> {
    return this.world.cluster.apply(object as unknown as KubeObject, { manager: 'test', force: true }, unending)
  }
  /** Pushes something under tags; answers its digest. */
  async push(name: string, tags: readonly string[], content = 'a'): Promise<string> {
    let digest = ''
    for (const tag of tags) digest = await pushFiles(this.world.hands, `oci://${this.image(name)}:${tag}`, { content })
    return digest
  }

  async repository(
    name: string,
    spec: JsonObject = {},
    {
      version = 'v1beta2',
      annotations = {},
      namespace: own = namespace,
    }: { version?: string; annotations?: Record<string, string>; namespace?: string } = {},
  ): Promise<ObjectRef> {
    const metadata = { name, namespace: own, annotations }
    await this.apply({
      apiVersion: `${group}/${version}`,
      kind: 'ImageRepository',
      metadata,
      spec: { image: this.image(name), interval: '10m', ...spec },
    })
    return { group, version, kind: 'ImageRepository', namespace: own, name }
  }
  async policy(
    name: string,
    spec: JsonObject,
    { version = 'v1beta2', namespace: own = namespace }: { version?: string; namespace?: string } = {},
  ): Promise<ObjectRef> {
    await this.apply({
      apiVersion: `${group}/${version}`,
      kind: 'ImagePolicy',
      metadata: { name, namespace: own },
      spec: { imageRepositoryRef: { name }, ...spec },
    })
    return { group, version, kind: 'ImagePolicy', namespace: own, name }
  }
  async secret(name: string, type: string, data: Record<string, string>): Promise<string> {
    await this.apply(secretObject({ namespace, name, type }, data))
    return name
  }

  /** One pass over an object. */
  async pass(ref: ObjectRef, { hands = {}, settings = {} }: Options = {}): Promise<Pass> {
    const { cluster } = this.world
    const { hub, written } = recorded(cluster)
    const all = { ...this.world.hands, clock: this.clock, ...hands }
    const pass = { hub, hands: all, clock: this.clock, settings: { ...fluxDefaults, ...settings }, signal: unending }
    const driven = ref.kind === 'ImagePolicy' ? await drive(imagePolicies, ref, pass) : await drive(imageRepositories, ref, pass)
    return { driven, object: await this.get(ref), written }
  }
  async get(ref: ObjectRef): Promise<KubeObject> {
    return (await this.world.cluster.get(ref, unending)) ?? { apiVersion: 'v1', kind: 'Gone', metadata: { name: ref.name } }
  }
  async events({ kind, name }: ObjectRef): Promise<Told[]> {
    const { items } = await this.world.cluster.list({ group: '', kind: 'Event', namespace }, unending)
    return items
      .filter(e => stringAt(e, 'involvedObject', 'name') === name && stringAt(e, 'involvedObject', 'kind') === kind)
      .map(e => {
        assert.equal(stringAt(e, 'source', 'component'), 'image-reflector-controller')
        return { type: String(e.type), reason: String(e.reason), message: String(e.message), count: Number(e.count) }
      })
  }
  /** The tags that are kept of an ImageRepository. */
  async kept(ref: ObjectRef): Promise<readonly string[]> {
    const object = await this.get(ref)
    const { hands, cluster } = this.world
    return hands.tags.read(ownerOf(object, cluster.server), stringAt(object, 'status', 'canonicalImageName') ?? '')
  }
  stop(): Promise<void> {
    return this.world.stop()
  }
}

/** When a pass asked to be looked at again. */
export function again({ driven }: Pass): { requeueMs: number | undefined; backoff: boolean } {
  assert.ok(driven.is === 'done')
  return { requeueMs: driven.settled.requeueMs, backoff: driven.settled.backoff === true }
}
