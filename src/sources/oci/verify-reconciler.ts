import type { ConditionChange } from '../../engine/conditions.ts'
import type { Run } from '../../engine/reconciler.ts'
import { conditionOf, type KubeObject } from '../../kinds/manifest.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { durationMs } from '../../lib/duration.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { artifactIn } from '../storage-reconciler.ts'
import { type SignatureRegistry, VerificationError, verifierOf } from '../verify/verify-reconciler.ts'
import type { Resolved } from './pull-reconciler.ts'

const type = 'SourceVerified'
const gone: ConditionChange = { type, status: 'absent' }

/** A failed verification is forgotten when the next attempt begins, and so made again. Spec: sources 3.2 step 1, G14. */
export function beginVerification(run: Run): void {
  if (conditionOf(run.current(), type)?.status === 'False') run.note({ conditions: [gone] })
}

/**
 * Verifies what a revision stands for, unless that was done for this generation. Spec: sources 3.2 step 9.
 * @throws {SourceProblem} VerificationError: nothing is downloaded, and the artifact of before stays.
 */
export async function verifyRevision(
  { metadata, spec }: OCIRepositoryObject,
  {
    resolved,
    open,
    hands,
    run,
  }: { resolved: Resolved; open: () => Promise<SignatureRegistry>; hands: Pick<Hands, 'clock' | 'cluster' | 'http'>; run: Run },
): Promise<void> {
  if (!spec.verify) return run.note({ conditions: [gone] })
  if (isVerified(run.current(), resolved)) return
  const verify = verifierOf(spec.verify, {
    hands,
    registry: await open(),
    namespace: metadata.namespace,
    timeoutMs: durationMs(spec.timeout ?? '60s'),
    signal: run.signal,
    sigstoreTrustedRoot: run.settings.sigstoreTrustedRoot,
    tell: event => run.emit(event),
  })
  const { target, digest, printed, revision } = resolved
  const verdict = await verify({ target: { ...target, digest }, printed }).catch((thrown: unknown) => {
    if (!(thrown instanceof VerificationError)) throw thrown
    const { code: reason, message } = thrown
    run.note({ conditions: [{ type, status: 'False', reason, message }] })
    throw new SourceProblem(reason, message, { cause: thrown })
  })
  if (verdict === 'verified')
    run.note({ conditions: [{ type, status: 'True', reason: 'Succeeded', message: `verified signature of revision ${revision}` }] })
}

function isVerified(object: KubeObject, { revision }: Resolved): boolean {
  const condition = conditionOf(object, type)
  return (
    artifactIn(object)?.revision === revision &&
    condition?.status !== 'False' &&
    condition?.observedGeneration === (object.metadata.generation ?? 0)
  )
}
