import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type ObjectRef, printRef, splitApiVersion } from '../kinds/manifest.ts'
import type { Change } from './change.ts'

/** One checked object as last seen. */
export interface Checked {
  readonly ref: ObjectRef
  readonly status: string
  readonly message?: string | undefined
}

/** What must get healthy: everything applied with `wait`, else `healthChecks`; never the object itself. Spec: kustomization 9.1. */
export function toCheck(ks: KustomizationObject, changes: readonly Change[]): ObjectRef[] {
  const wanted = ks.spec.wait ? changes.map(c => c.ref) : (ks.spec.healthChecks ?? []).map(reference)
  return wanted.filter(ref => !(ref.kind === 'Kustomization' && ref.name === ks.metadata.name && ref.namespace === ks.metadata.namespace))
}

function reference({
  apiVersion,
  kind,
  name,
  namespace,
}: {
  apiVersion?: string | undefined
  kind: string
  name: string
  namespace?: string | undefined
}): ObjectRef {
  return { ...splitApiVersion(apiVersion || 'apps/v1'), kind, name, ...(namespace ? { namespace } : {}) }
}

/** How a wait stands: `undefined` while it goes on. `failed` ends it early only with fail-fast. Spec: kustomization 9.2. */
export function verdictOf(
  checked: readonly Checked[],
  { failFast }: { failFast: boolean },
): { is: 'healthy' } | { is: 'failed'; message: string } | undefined {
  if (checked.every(c => c.status === 'Current')) return { is: 'healthy' }
  const stalled = checked.filter(c => c.status === 'Failed')
  return failFast && stalled.length > 0
    ? { is: 'failed', message: `failed early due to stalled resources: [${stalled.map(line).join(', ')}]` }
    : undefined
}

/** What a wait that ran out of time says. */
export function timedOut(checked: readonly Checked[]): string {
  return `timeout waiting for: [${checked
    .filter(c => c.status !== 'Current')
    .map(line)
    .join(', ')}]`
}

function line({ ref, status }: Checked): string {
  return `${printRef(ref)} status: '${status}'`
}
