import type { KubeObject } from '../kinds/manifest.ts'
import type { Run } from './reconciler.ts'

/** What is said where a service account would sign in to a cloud and the feature gate is closed. Spec: image-helm-notification 0.9. */
export function gateClosed(field: string, what: string): string {
  return `to use ${field} for ${what} authentication please enable the ObjectLevelWorkloadIdentity feature gate in the controller`
}

/** What of an object says as whom it signs in to a cloud. */
export interface Identity {
  readonly namespace: string | undefined
  /** Absent: the identity of this process. */
  readonly serviceAccountName?: string | undefined
  readonly proxy?: string | undefined
  /** The object whose pass it is; absent: none is. */
  readonly asker?: KubeObject | undefined
}

/** Who signs in for a pass. `cluster` gives the tokens of service accounts. */
export function whoOf<C>(
  { namespace = '', serviceAccountName: name, proxy, asker }: Identity,
  { cluster, run }: { readonly cluster: C; readonly run: Pick<Run, 'signal' | 'settings'> },
): {
  serviceAccount: { cluster: C; namespace: string; name: string; allowed: boolean } | undefined
  proxy: string | undefined
  asker: { object: KubeObject; operation: 'reconcile' } | undefined
  signal: AbortSignal
} {
  return {
    serviceAccount: name ? { cluster, namespace, name, allowed: run.settings.objectLevelWorkloadIdentity } : undefined,
    proxy,
    asker: asker && { object: asker, operation: 'reconcile' },
    signal: run.signal,
  }
}
