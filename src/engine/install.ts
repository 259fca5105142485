import { crdOf } from '../kinds/crd.ts'
import type { Kind } from '../kinds/kind.ts'
import { conditionOf, type KubeObject, type ObjectRef, refOf } from '../kinds/manifest.ts'

/** What installing needs of a cluster. A `Cluster` is one. */
export interface Installer {
  apply(object: KubeObject, options: { manager: string; force: boolean }, signal: AbortSignal): Promise<KubeObject>
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>
  resourceOf(kind: { group: string; version: string; kind: string }, signal: AbortSignal): Promise<unknown>
}

/** Applies the CRDs of kinds and waits until the API server serves them. Rejects with `signal.reason` on abort. */
export async function installKinds(
  cluster: Installer,
  kinds: readonly Kind[],
  { clock, signal }: { clock: { sleep(ms: number, signal: AbortSignal): Promise<void> }; signal: AbortSignal },
): Promise<void> {
  const applied: { kind: Kind; definition: KubeObject }[] = []
  for (const kind of kinds)
    applied.push({ kind, definition: await cluster.apply(crdOf(kind), { manager: 'fluxpilot', force: true }, signal) })
  for (const one of applied) while (!(await isServed(cluster, one, signal))) await clock.sleep(100, signal)
}

async function isServed(
  cluster: Installer,
  { kind, definition }: { kind: Kind; definition: KubeObject },
  signal: AbortSignal,
): Promise<boolean> {
  const live = await cluster.get(refOf(definition), signal)
  return (
    conditionOf(live, 'Established')?.status === 'True' &&
    (await cluster.resourceOf({ group: kind.group, version: kind.version, kind: kind.kind }, signal)) !== undefined
  )
}
