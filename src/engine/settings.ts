/** What Flux's controllers take as flags. Spec: kustomization 12, sources 1.3 and 1.4. */
export interface Settings {
  readonly requeueDependencyMs: number
  readonly minRetryDelayMs: number
  readonly maxRetryDelayMs: number
  /** Percent of the interval, success path only. */
  readonly intervalJitter: number
  readonly concurrentSsa: number
  readonly noCrossNamespaceRefs: boolean
  /** Whom objects act as that name no service account; absent: as this process. */
  readonly defaultServiceAccount?: string | undefined
  /** Which service account signs in to another cluster where its ConfigMap names none; absent: this process does. */
  readonly defaultKubeconfigServiceAccount?: string | undefined
  /** Kubeconfigs in Secrets may run programs on this machine. */
  readonly insecureKubeconfigExec: boolean
  /** Kubeconfigs in Secrets may leave certificates unverified. */
  readonly insecureKubeconfigTls: boolean
  readonly overrideManagers: readonly string[]
  readonly failFast: boolean
  /** A health wait ends when its source has a newer revision. Of Flux 2.7. */
  readonly cancelHealthCheckOnNewRevision: boolean
  readonly strictSubstitution: boolean
  /** Sources sign in to clouds as the service account that they name. The gate ObjectLevelWorkloadIdentity. */
  readonly objectLevelWorkloadIdentity: boolean
  /** Trust of keyless signatures as `trusted_root.json` has it; absent: that of Sigstore's public instance as it is built in. */
  readonly sigstoreTrustedRoot?: string | undefined
  readonly artifactRetentionMs: number
  readonly artifactRetentionRecords: number
}

/** The defaults of Flux 2.6. */
export const fluxDefaults: Settings = {
  requeueDependencyMs: 30_000,
  minRetryDelayMs: 750,
  maxRetryDelayMs: 900_000,
  intervalJitter: 5,
  concurrentSsa: 4,
  noCrossNamespaceRefs: false,
  insecureKubeconfigExec: false,
  insecureKubeconfigTls: false,
  overrideManagers: [],
  failFast: true,
  cancelHealthCheckOnNewRevision: false,
  strictSubstitution: false,
  objectLevelWorkloadIdentity: false,
  artifactRetentionMs: 60_000,
  artifactRetentionRecords: 2,
}

/** Delay before retry `attempt` (0 first): 0.75 s × 2ⁿ, capped at 15 min. Spec: kustomization 12. */
export function backoffMs(attempt: number, settings: Pick<Settings, 'minRetryDelayMs' | 'maxRetryDelayMs'>): number {
  return Math.min(settings.minRetryDelayMs * 2 ** attempt, settings.maxRetryDelayMs)
}
