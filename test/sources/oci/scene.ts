import type { Settings } from '../../../src/engine/settings.ts'
import type { OCIRepository } from '../../../src/kinds/oci-repository.ts'
import type { ObjectRef } from '../../../src/kinds/manifest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { ociRepositories } from '../../../src/sources/oci/reconciler.ts'
import type { Kernel } from '../../../src/world/kernel/kernel.ts'
import type { Registry } from '../../../src/world/registry/registry.ts'
import type { Hands } from '../../../src/world/world.ts'
import type { Started } from '../../world/cluster/contract.ts'
import { pushFiles } from '../../support/push.ts'
import { startWorld } from '../../support/world.ts'
import { type Pass as SourcePass, SourceScene } from '../scene.ts'

export { artifactOf, judged, namespace, revisionOf, type Told } from '../scene.ts'

/** What one pass did. */
export interface Pass extends SourcePass {
  /** The calls to the registry, in order. */
  readonly calls: readonly string[]
}

/** A world with one registry, and OCIRepositories in it. */
export class Scene extends SourceScene<typeof OCIRepository> {
  static async open(open: () => Promise<Started>, kernel: Kernel): Promise<Scene> {
    const scene = new Scene(await startWorld(open, kernel), ociRepositories)
    await scene.prepare()
    return scene
  }

  url(name: string): string {
    return `oci://${this.world.registry}/${name}`
  }

  push(name: string, tag: string, files: Record<string, string>, annotations: Record<string, string> = {}): Promise<string> {
    return pushFiles(this.world.hands, `${this.url(name)}:${tag}`, files, annotations)
  }

  /** An OCIRepository of the repository of its name, unless the spec names another. */
  repository(
    name: string,
    spec: JsonObject = {},
    more: { version?: string; annotations?: Record<string, string> } = {},
  ): Promise<ObjectRef> {
    return this.object(name, { url: this.url(name), interval: '10m', ...spec }, more)
  }

  async pass(ref: ObjectRef, { hands = {}, settings = {} }: { hands?: Partial<Hands>; settings?: Partial<Settings> } = {}): Promise<Pass> {
    const calls: string[] = []
    const registries = recorded(hands.registries ?? this.world.hands.registries, calls)
    return { ...(await this.run(ref, { hands: { ...hands, registries }, settings })), calls }
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
