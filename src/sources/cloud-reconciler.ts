import { StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import { gateClosed, type Identity, whoOf } from '../engine/workload-identity.ts'
import type { Cloud } from '../kinds/cloud.ts'
import { messageOf } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import { durationMs } from '../lib/duration.ts'
import type { Expiring, Who } from '../world/auth/provider.ts'
import type { Hands } from '../world/world.ts'
import { SourceProblem } from './problem.ts'

/** What of an object says how it signs in to a cloud. */
export interface CloudSpec extends Identity {
  readonly provider: Cloud
  /** Bounds the sign-in; absent: a minute. */
  readonly timeout?: string | undefined
}

/**
 * Signs in as an object says, within its timeout; `ask` says what for.
 * @throws {SourceProblem} FeatureGateDisabled for a service account without the gate. @throws {StepError} AuthenticationFailed. Spec: sources 3.2 step 4, 3.8, 9.1.
 */
export async function signedIn<T extends Expiring>(
  { provider, timeout, ...identity }: CloudSpec,
  { hands: { clock, cluster }, run }: { readonly hands: Pick<Hands, 'clock' | 'cluster'>; readonly run: Pick<Run, 'signal' | 'settings'> },
  ask: (who: Who) => Promise<T>,
): Promise<T> {
  if (identity.serviceAccountName && !run.settings.objectLevelWorkloadIdentity) throw gateDisabled()
  const deadline = { clock, ms: durationMs(timeout ?? '60s'), what: `signing in to ${provider}`, signal: run.signal }
  try {
    return await withDeadline(deadline, signal => ask(whoOf(identity, { cluster, run: { ...run, signal } })))
  } catch (thrown) {
    run.signal.throwIfAborted()
    throw new StepError('AuthenticationFailed', `failed to get credential from ${provider}: ${messageOf(thrown)}`, { cause: thrown })
  }
}

function gateDisabled(): StepError {
  return new SourceProblem('FeatureGateDisabled', gateClosed('spec.serviceAccountName', 'provider'), { stalls: true })
}
