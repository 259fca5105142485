import { type KubeObject, type ObjectRef, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { stringAt } from '../../lib/json.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { ToolError } from '../frame/error.ts'
import { sourceRefOf } from '../../engine/source-chain.ts'

const owners = [
  ['Kustomization', 'kustomize.toolkit.fluxcd.io', 'kustomize.toolkit.fluxcd.io'],
  ['HelmRelease', 'helm.toolkit.fluxcd.io', 'helm.toolkit.fluxcd.io'],
  ['ResourceSet', 'resourceset.fluxcd.controlplane.io', 'fluxcd.controlplane.io'],
  ['FluxInstance', 'fluxcd.controlplane.io', 'fluxcd.controlplane.io'],
] as const

/** The Flux object that an object belongs to, by its labels; `undefined` when it is nobody's. */
export function ownerOf({ metadata: { labels } }: KubeObject): ObjectRef | undefined {
  const found = owners.find(([, prefix]) => labels?.[`${prefix}/name`] !== undefined)
  if (!found) return undefined
  const [kind, prefix, group] = found
  return { group, kind, name: labels?.[`${prefix}/name`] ?? '', namespace: labels?.[`${prefix}/namespace`] ?? '' }
}

/** Refuses to write what Flux owns. @throws {ToolError} ManagedByFlux with the owner, its source and its path. */
export async function guardOwnership(cluster: Cluster, live: KubeObject | undefined, signal: AbortSignal): Promise<void> {
  const owner = live && ownerOf(live)
  if (!live || !owner) return
  const { where, isHere } = await placeOf(cluster, owner, signal)
  const name = printRef(owner)
  throw new ToolError('ManagedByFlux', `${printRef(refOf(live))} is owned by ${name}${where}`, {
    next: isHere
      ? `change it in that source and push, then reconcile ${name}; a direct change would be reverted`
      : `look for ${name} in the cluster whose Flux applies here; if there is none, remove the labels that name it`,
    object: name,
  })
}

async function placeOf(cluster: Cluster, owner: ObjectRef, signal: AbortSignal): Promise<{ where: string; isHere: boolean }> {
  try {
    const found = await cluster.get(owner, signal)
    if (!found) return { where: ', which does not exist in this cluster', isHere: false }
    const ref = sourceRefOf(found)
    const url = ref && stringAt(await cluster.get(ref, signal), 'spec', 'url')
    const path = stringAt(found, 'spec', 'path') ?? stringAt(found, 'spec', 'chart', 'spec', 'chart')
    return { where: ref ? `: path ${path ?? './'} of ${printRef(ref)}${url ? ` (${url})` : ''}` : '', isHere: true }
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError) return { where: `, which cannot be read: ${thrown.message}`, isHere: true }
    throw thrown
  }
}
