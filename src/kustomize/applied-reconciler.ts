import { createHash } from 'node:crypto'
import type { Artifact } from '../kinds/artifact.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, type ObjectRef, refOf } from '../kinds/manifest.ts'
import type { LiveVersions } from '../world/cluster/versions.ts'
import type { Change } from './change.ts'

/** An object as it was left: what was wanted, and the resourceVersion that had it. */
export interface Left {
  /** Of the object as it is wanted. */
  readonly id: string
  /** Of the object as it is served. */
  readonly ref: ObjectRef
  readonly digest: string
  readonly resourceVersion: string
}

/** What became of objects. */
export interface AppliedObjects {
  readonly changes: readonly Change[]
  /** How they were left; those that were skipped are not among them. */
  readonly left: readonly Left[]
}

interface Memory {
  /** What all of it was rendered from; absent where that is not the artifact and the spec alone. */
  readonly from: string | undefined
  readonly objects: ReadonlyMap<string, Left>
}

/**
 * What the last runs applied, for as long as this process lives. An object that is wanted as before and whose resourceVersion is still the
 * one that the last run left is as it should be: nobody wrote to it since, neither through another field manager nor by hand.
 */
export class Applied {
  readonly #versions: LiveVersions
  readonly #memories = new Map<string, Memory>()

  constructor(versions: LiveVersions) {
    this.#versions = versions
  }

  /** The changes of a run that has nothing to do: the same artifact and spec, and every object as it was left. `undefined` where that is not so, or not known. */
  async unchanged(ks: KustomizationObject, artifact: Artifact, signal: AbortSignal): Promise<Change[] | undefined> {
    const memory = this.#memories.get(keyOf(ks))
    if (memory?.from === undefined || memory.from !== originOf(ks, artifact)) return undefined
    const left = [...memory.objects.values()]
    const standing = await this.#standing(left, ks, signal)
    return standing.length === left.length ? left.map(({ ref }) => ({ ref, action: 'unchanged' })) : undefined
  }

  /** Of the objects that are wanted, those that stand as they are wanted. */
  async standing(ks: KustomizationObject, objects: readonly KubeObject[], signal: AbortSignal): Promise<ReadonlyMap<KubeObject, Left>> {
    const memory = this.#memories.get(keyOf(ks))
    const wanted = objects.flatMap(object => {
      const left = memory?.objects.get(idOf(object))
      return left?.digest === digestOf(object) ? [{ object, left }] : []
    })
    const standing = new Set(
      await this.#standing(
        wanted.map(w => w.left),
        ks,
        signal,
      ),
    )
    return new Map(wanted.filter(w => standing.has(w.left)).map(({ object, left }) => [object, left]))
  }

  /** Keeps what a run left. */
  remember(ks: KustomizationObject, artifact: Artifact, { left, changes }: AppliedObjects): void {
    const from = left.length === changes.length ? originOf(ks, artifact) : undefined
    this.#memories.set(keyOf(ks), { from, objects: new Map(left.map(l => [l.id, l])) })
  }

  /** The object is gone. */
  forget(ks: KubeObject): void {
    this.#memories.delete(keyOf(ks))
  }

  async #standing(left: readonly Left[], ks: KustomizationObject, signal: AbortSignal): Promise<Left[]> {
    const since = ks.metadata.resourceVersion
    if (left.length === 0 || since === undefined) return []
    const versions = await this.#versions.of(
      left.map(l => l.ref),
      since,
      signal,
    )
    return versions ? left.filter((l, i) => versions[i] === l.resourceVersion) : []
  }
}

/** An object as it is left. */
export function leftOf(desired: KubeObject, live: KubeObject): Left | undefined {
  const { resourceVersion } = live.metadata
  return resourceVersion === undefined ? undefined : { id: idOf(desired), ref: refOf(live), digest: digestOf(desired), resourceVersion }
}

/** What a render is made from, where nothing but the artifact and the spec goes into it. */
function originOf({ metadata, spec }: KustomizationObject, artifact: Artifact): string | undefined {
  const outside = (spec.postBuild?.substituteFrom ?? []).length > 0 || spec.decryption !== undefined
  return outside || artifact.digest === undefined
    ? undefined
    : hash(JSON.stringify([metadata.namespace, metadata.name, spec, artifact.digest, artifact.revision]))
}

function digestOf(object: KubeObject): string {
  return hash(JSON.stringify(object))
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name} ${metadata.uid ?? ''}`
}

function idOf(object: KubeObject): string {
  const { group, kind, namespace = '', name } = refOf(object)
  return `${kind}.${group} ${namespace}/${name}`
}
