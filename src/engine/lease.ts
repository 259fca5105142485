import { createHash } from 'node:crypto'
import type { KubeObject } from '../kinds/manifest.ts'

/** What holding a lease needs of a cluster. A `Cluster` is one. */
export interface LeaseHub {
  apply(object: KubeObject, options: { manager: string; force: boolean }, signal: AbortSignal): Promise<KubeObject>
}

const [durationSeconds, renewMs] = [35, 5000]

/** The name of the Lease by which a controller is elected: each selector has one of its own. Spec: kustomization 12. */
export function leaseName(controller: string, selector: string | undefined): string {
  const name = `${controller}-leader-election`
  return selector ? `${name}-${createHash('sha256').update(selector).digest('hex').slice(0, 8)}` : name
}

/** A Lease as its holder writes it; `acquired` absent: acquired now. Times in milliseconds since the epoch. */
export function leaseOf(of: {
  readonly namespace: string
  readonly name: string
  readonly holder: string
  readonly seconds: number
  readonly now: number
  readonly acquired?: string | undefined
  readonly transitions?: number | undefined
}): KubeObject {
  const renewTime = microTime(of.now)
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: of.name, namespace: of.namespace },
    spec: {
      holderIdentity: of.holder,
      leaseDurationSeconds: of.seconds,
      acquireTime: of.acquired ?? renewTime,
      renewTime,
      ...(of.transitions === undefined ? {} : { leaseTransitions: of.transitions }),
    },
  }
}

/** Whose Lease, and where; without them that of the controller in Flux's namespace. */
export interface Holding {
  readonly holder: string
  readonly namespace?: string | undefined
  readonly name?: string | undefined
  readonly clock: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void> }
  readonly signal: AbortSignal
}

/**
 * Says in a Lease that a controller is live, as its leader does, and renews that until the signal; then the Lease is nobody's. That of a killed process
 * ends by itself 35 s later. Resolves after an abort; a refused write is tried again with the next one. Spec: kustomization 12.
 */
export async function holdLease(hub: LeaseHub, controller: string, holding: Holding): Promise<void> {
  const { holder, clock, signal, namespace = 'flux-system', name = `${controller}-leader-election` } = holding
  const acquired = microTime(clock.now())
  // A write that is given up may still happen: the last one is not begun before the one before it has ended.
  const write = async (by: string, seconds: number): Promise<void> => {
    const lease = leaseOf({ namespace, name, holder: by, seconds, now: clock.now(), acquired })
    await hub.apply(lease, { manager: controller, force: true }, AbortSignal.timeout(renewMs)).catch(() => {})
  }
  while (!signal.aborted) {
    await write(holder, durationSeconds)
    await clock.sleep(renewMs, signal).catch(() => {})
  }
  await write('', 1)
}

function microTime(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}
