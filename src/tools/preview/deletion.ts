import { isSuspended } from '../../engine/request.ts'
import { type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { type JsonObject, objectAt, stringAt } from '../../lib/json.ts'
import { isKept } from '../../kustomize/apply.ts'
import { elsewhere } from '../../kustomize/identity.ts'
import { inParallel } from '../../lib/parallel.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { dependents } from './dependents.ts'
import { inventoryRefs } from '../objects/inventory-refs.ts'
import { fluxKinds } from '../objects/locate.ts'
import { ownerOf } from '../objects/ownership.ts'

const [readsAtOnce, mostLevels] = [8, 6]

/** What goes along when an object is deleted, what stays of it, and who depends on it; the object itself first. */
export async function deletionOf(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<JsonObject[]> {
  return [
    { action: 'delete', object: printRef(refOf(object)) },
    ...(await taken(cluster, object, { signal, level: 0 })),
    ...(await dependents(cluster, refOf(object), signal)),
  ]
}

interface Descent {
  readonly signal: AbortSignal
  readonly level: number
}

async function taken(cluster: Cluster, object: KubeObject, descent: Descent): Promise<JsonObject[]> {
  switch (object.kind) {
    case 'HelmRelease':
      return [released(object)]
    case 'Namespace':
      return insideOf(cluster, object.metadata.name, descent.signal)
    case 'CustomResourceDefinition':
      return instancesOf(cluster, object, descent.signal)
    default:
      return inventoryOf(cluster, object, descent)
  }
}

function released(release: KubeObject): JsonObject {
  const { name, namespace = '' } = release.metadata
  const target = stringAt(release, 'spec', 'targetNamespace')
  const releaseName = stringAt(release, 'spec', 'releaseName') ?? (target ? `${target}-${name}` : name)
  const helm = `Helm release ${target ?? namespace}/${releaseName}`
  return isSuspended(release)
    ? { action: 'kept', object: helm, detail: `${printRef(refOf(release))} is suspended` }
    : { action: 'uninstall', object: helm, detail: 'with every object of it' }
}

/** The objects of an inventory and what they take along in turn. */
async function inventoryOf(cluster: Cluster, object: KubeObject, { signal, level }: Descent): Promise<JsonObject[]> {
  const refs = inventoryRefs(object)
  if (refs.length === 0 || level > mostLevels) return []
  const held = heldBack(object)
  if (held) return [{ action: 'kept', object: `${refs.length} objects that it applied`, detail: held }]
  const where = elsewhere(object)
  if (where)
    return [
      {
        action: 'prune',
        object: `${refs.length} objects in the cluster of ${where}`,
        detail: 'that cluster was not read: view inventory names them',
      },
    ]
  const changes = await inParallel(refs, readsAtOnce, ref => oneOf(cluster, { ref, owner: object }, { signal, level }))
  return changes.flat()
}

/** Why a deleted object leaves what it applied; `undefined` when it does not. Spec: kustomization 8.4. */
function heldBack(object: KubeObject): string | undefined {
  if (isSuspended(object)) return 'it is suspended'
  if (object.kind !== 'Kustomization') return undefined
  const policy = stringAt(object, 'spec', 'deletionPolicy') ?? 'MirrorPrune'
  if (policy === 'MirrorPrune') return object.spec?.prune === true ? undefined : 'prune is off'
  return policy === 'Orphan' ? 'deletionPolicy is Orphan' : undefined
}

async function oneOf(
  cluster: Cluster,
  { ref, owner }: { ref: ObjectRef; owner: KubeObject },
  { signal, level }: Descent,
): Promise<JsonObject[]> {
  const live = await liveOf(cluster, ref, signal)
  if (!live) return []
  const theirs = ownerOf(live)
  const ours = owner.kind !== 'Kustomization' || (theirs?.name === owner.metadata.name && theirs.namespace === owner.metadata.namespace)
  if (!ours)
    return [{ action: 'kept', object: printRef(ref), detail: theirs ? `it is owned by ${printRef(theirs)}` : 'its owner labels are gone' }]
  if (isKept(live)) return [{ action: 'kept', object: printRef(ref), detail: 'its prune is disabled' }]
  return [{ action: 'prune', object: printRef(ref) }, ...(await taken(cluster, live, { signal, level: level + 1 }))]
}

/** The live object; a kind that is no longer served has none. */
export async function liveOf(cluster: Cluster, ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    return await cluster.get(ref, signal)
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'NO_MATCH') return undefined
    throw thrown
  }
}

/** A namespace takes all in it along; the Flux objects are named. */
async function insideOf(cluster: Cluster, namespace: string, signal: AbortSignal): Promise<JsonObject[]> {
  const { kinds } = await fluxKinds(cluster, signal)
  const lists = await Promise.all(kinds.filter(k => k.namespaced).map(k => cluster.list({ ...k, namespace, limit: 100 }, signal)))
  return [
    { action: 'delete', object: `everything in namespace ${namespace}` },
    ...lists.flatMap(l => l.items.map(o => ({ action: 'delete', object: printRef(refOf(o)) }))),
  ]
}

async function instancesOf(cluster: Cluster, definition: KubeObject, signal: AbortSignal): Promise<JsonObject[]> {
  const group = stringAt(definition, 'spec', 'group') ?? ''
  const { kind } = objectAt(definition, 'spec', 'names')
  let count = 0
  for await (const _object of cluster.listAll({ group, kind: String(kind) }, signal)) count++
  return [{ action: 'delete', object: `all ${count} objects of kind ${String(kind)}` }]
}
