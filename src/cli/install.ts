import { installKinds } from '../engine/install.ts'
import { crdOf } from '../kinds/crd.ts'
import type { Kind } from '../kinds/kind.ts'
import { refOf } from '../kinds/manifest.ts'
import { listAt, stringAt } from '../lib/json.ts'
import type { Cluster } from '../world/cluster/cluster.ts'

type Waiting = Parameters<typeof installKinds>[2]

/** Installs the CRDs of kinds, but leaves those alone that Flux brought; answers a line for each. */
export async function installOwn(cluster: Cluster, kinds: readonly Kind[], waiting: Waiting): Promise<string> {
  const theirs = new Map<Kind, boolean>()
  for (const kind of kinds) theirs.set(kind, await isOfFlux(cluster, kind, waiting.signal))
  await installKinds(
    cluster,
    kinds.filter(k => !theirs.get(k)),
    waiting,
  )
  return kinds
    .map(k => `✔ ${k.plural}.${k.group} is served by ${cluster.name}${theirs.get(k) ? ", by Flux's own CRD, which stays as it is" : ''}\n`)
    .join('')
}

/** Ours is told by who applied it: the labels are the same. */
async function isOfFlux(cluster: Cluster, kind: Kind, signal: AbortSignal): Promise<boolean> {
  const live = await cluster.get(refOf(crdOf(kind)), signal)
  return live !== undefined && !listAt(live, 'metadata', 'managedFields').some(entry => stringAt(entry, 'manager') === 'fluxpilot')
}
