import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'

/** Where an object looks for what it names: always its own namespace. Spec: sources 1.7. */
export interface Nearby {
  readonly namespace: string | undefined
  /** A `Cluster` is one. */
  readonly cluster: { get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined> }
  readonly signal: AbortSignal
}

/** The Secret of this name. Throws Flux's text when it is not there. */
export async function secretOf(name: string, { namespace, cluster, signal }: Nearby): Promise<KubeObject> {
  if (name === '') throw new Error('resource name may not be empty')
  const found = await cluster.get({ group: '', version: 'v1', kind: 'Secret', name, namespace }, signal)
  if (!found) throw new Error(`secrets "${name}" not found`)
  return found
}

/** The ServiceAccount of this name. Throws Flux's text when it is not there. */
export async function accountOf(name: string, { namespace, cluster, signal }: Nearby): Promise<KubeObject> {
  const found = await cluster.get({ group: '', version: 'v1', kind: 'ServiceAccount', name, namespace }, signal)
  if (!found) throw new Error(`ServiceAccount "${name}" not found`)
  return found
}
