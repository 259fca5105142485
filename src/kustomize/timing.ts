import type { KustomizationObject } from '../kinds/kustomization.ts'
import { durationMs } from '../lib/duration.ts'

type Spec = KustomizationObject['spec']
const least = 30_000

/** Effective timeout in milliseconds: at least 30 s; without `spec.timeout` the interval less 30 s. Spec: kustomization 1.1. */
export function timeoutMs(spec: Spec): number {
  return Math.max(least, spec.timeout ? durationMs(spec.timeout) : durationMs(spec.interval) - least)
}

/** Milliseconds to the next run after success, before jitter. */
export function intervalMs(spec: Spec): number {
  return durationMs(spec.interval)
}

/** Milliseconds to the next run after a failure. */
export function retryMs(spec: Spec): number {
  return spec.retryInterval ? durationMs(spec.retryInterval) : intervalMs(spec)
}
