import { isFluxGroup } from '../../engine/controllers.ts'
import { type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { takesFrom } from '../../engine/source-chain.ts'

const users: readonly (readonly [group: string, kind: string])[] = [
  ['kustomize.toolkit.fluxcd.io', 'Kustomization'],
  ['helm.toolkit.fluxcd.io', 'HelmRelease'],
]

/** The Flux objects that feel it when an object changes or goes: those that take from it and those that wait for it. What cannot be read is said. */
export async function dependents(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<JsonObject[]> {
  if (!isFluxGroup(ref.group)) return []
  const found = await Promise.all(users.map(([group, kind]) => usersOf(cluster, { group, kind, ref }, signal)))
  return found.flat()
}

async function usersOf(
  cluster: Cluster,
  { group, kind, ref }: { group: string; kind: string; ref: ObjectRef },
  signal: AbortSignal,
): Promise<JsonObject[]> {
  const changes: JsonObject[] = []
  try {
    if (!(await cluster.resourceOf({ group, kind }, signal))) return []
    for await (const object of cluster.listAll({ group, kind }, signal)) {
      const detail = takesFrom(object, ref) ? 'takes from it' : waitsFor(object, ref) ? 'waits for it' : undefined
      if (detail) changes.push({ action: 'dependent', object: printRef(refOf(object)), detail })
    }
    return changes
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError)
      return [...changes, { action: 'unknown', object: `dependents of kind ${kind}`, detail: thrown.message }]
    throw thrown
  }
}

function waitsFor(object: KubeObject, ref: ObjectRef): boolean {
  return (
    object.kind === ref.kind &&
    listAt(object, 'spec', 'dependsOn').some(
      d => stringAt(d, 'name') === ref.name && (stringAt(d, 'namespace') ?? object.metadata.namespace) === ref.namespace,
    )
  )
}
