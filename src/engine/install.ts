import { crdOf } from '../kinds/crd.ts'
import type { Kind } from '../kinds/kind.ts'
import { conditionOf, type KubeObject, type ObjectRef, refOf } from '../kinds/manifest.ts'
import { listAt, stringAt } from '../lib/json.ts'

/** What installing needs of a cluster. A `Cluster` is one. */
export interface Installer {
  apply(object: KubeObject, options: { manager: string; force: boolean }, signal: AbortSignal): Promise<KubeObject>
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>
  resourceOf(kind: { group: string; version: string; kind: string }, signal: AbortSignal): Promise<unknown>
}
interface Waiting {
  readonly clock: { sleep(ms: number, signal: AbortSignal): Promise<void> }
  readonly signal: AbortSignal
}

/** Applies the CRDs of kinds and waits until the API server serves them. Rejects with `signal.reason` on abort. */
export async function installKinds(cluster: Installer, kinds: readonly Kind[], waiting: Waiting): Promise<void> {
  const applied: KubeObject[] = []
  for (const kind of kinds) applied.push(await cluster.apply(crdOf(kind), { manager: 'fluxpilot', force: true }, waiting.signal))
  for (const definition of applied) await untilServed(cluster, definition, waiting)
}

/** Waits until the API server serves what a CustomResourceDefinition defines. */
export async function untilServed(
  cluster: Pick<Installer, 'get' | 'resourceOf'>,
  definition: KubeObject,
  { clock, signal }: Waiting,
): Promise<void> {
  while (!(await isServed(cluster, definition, signal))) await clock.sleep(100, signal)
}

async function isServed(cluster: Pick<Installer, 'get' | 'resourceOf'>, definition: KubeObject, signal: AbortSignal): Promise<boolean> {
  if (conditionOf(await cluster.get(refOf(definition), signal), 'Established')?.status !== 'True') return false
  const served = listAt(definition, 'spec', 'versions').flatMap(v => stringAt(v, 'name') ?? [])
  const [group, kind] = [stringAt(definition, 'spec', 'group') ?? '', stringAt(definition, 'spec', 'names', 'kind') ?? '']
  const found = await Promise.all(served.map(version => cluster.resourceOf({ group, version, kind }, signal)))
  return found.some(resource => resource !== undefined)
}
