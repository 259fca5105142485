import type { KubeObject } from '../kinds/manifest.ts'

/** What holding a lease needs of a cluster. A `Cluster` is one. */
export interface LeaseHub {
  apply(object: KubeObject, options: { manager: string; force: boolean }, signal: AbortSignal): Promise<KubeObject>
}

const [durationSeconds, renewMs] = [35, 5000]

/**
 * Says in a Lease that a controller is live, as its leader does, and renews that until the signal. The lease ends by itself 35 s later.
 * Resolves on abort; a refused write is tried again with the next one. Spec: kustomization 12.
 */
export async function holdLease(
  hub: LeaseHub,
  controller: string,
  {
    holder,
    clock,
    signal,
  }: { holder: string; clock: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> }; signal: AbortSignal },
): Promise<void> {
  const acquired = microTime(clock.now())
  while (!signal.aborted) {
    const lease: KubeObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: `${controller}-leader-election`, namespace: 'flux-system' },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: durationSeconds,
        acquireTime: acquired,
        renewTime: microTime(clock.now()),
      },
    }
    await hub.apply(lease, { manager: controller, force: true }, signal).catch(() => {})
    await clock.sleep(renewMs, signal).catch(() => {})
  }
}

function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}
