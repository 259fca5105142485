import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { Status } from '../engine/kstatus-status.ts'
import { type KubeObject, type ObjectRef, printRef, refOf, splitApiVersion } from '../kinds/manifest.ts'
import { selectorText } from '../kinds/selector.ts'
import type { Change } from './change.ts'

/** One checked object as last seen. */
export interface Checked {
  readonly ref: ObjectRef
  readonly status: string
  readonly message?: string | undefined
}

/** What is wanted healthy: everything applied with `wait`, else `healthChecks`. Spec: kustomization 9.1. */
export function wantedHealthy({ spec }: KustomizationObject, changes: readonly Change[]): ObjectRef[] {
  return spec.wait ? changes.map(c => c.ref).filter(ref => ref.name !== '') : (spec.healthChecks ?? []).map(reference)
}

/** The Kustomization never waits for itself. Spec: kustomization 9.1. */
export function toCheck({ metadata: { name, namespace } }: KustomizationObject, wanted: readonly ObjectRef[]): ObjectRef[] {
  return wanted.filter(ref => !(ref.kind === 'Kustomization' && ref.name === name && ref.namespace === namespace))
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

/** What is waited for, for whoever waits too. */
export function printWait(checked: readonly Checked[]): string {
  const open = checked.filter(c => c.status !== 'Current').map(c => printRef(c.ref))
  return `waiting for ${open.slice(0, 3).join(', ')}${open.length > 3 ? ` and ${open.length - 3} more` : ''}`
}

function line({ ref, status, message }: Checked): string {
  return `${printRef(ref)} status: '${status}'${status === 'Unknown' && message ? `: ${message}` : ''}`
}

/** The pods that a controller's own status does not tell about: those of StatefulSets and ReplicaSets. `undefined` for other kinds. Spec: kustomization 9.4. */
export function podsOf(object: KubeObject): ListQuery | undefined {
  const { group, kind, namespace } = refOf(object)
  const labelSelector = selectorText(object.spec?.selector)
  return group === 'apps' && (kind === 'StatefulSet' || kind === 'ReplicaSet') && labelSelector
    ? { group: '', version: 'v1', kind: 'Pod', namespace, labelSelector }
    : undefined
}
interface ListQuery {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string | undefined
  readonly labelSelector: string
}

/** A controller that is not done while a pod of it has failed has failed. */
export function withPods(own: Status, pods: readonly Status[]): Status {
  const failed = pods.filter(p => p.status === 'Failed').length
  return own.status === 'InProgress' && failed > 0 ? { status: 'Failed', message: `${failed} pods have failed` } : own
}

/** What a wait for a namespaced object without a namespace ends with. Spec: kustomization 9.2. */
export function unplaced({ group, kind, name }: ObjectRef): string {
  return `resource ${group ? `${kind}.${group}` : kind} ${name} is namespace scoped, but namespace is not set`
}
