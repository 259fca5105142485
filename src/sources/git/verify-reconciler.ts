import { absent } from '../../engine/conditions.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { GitRepositoryObject } from '../../kinds/git-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { secretOf } from '../../engine/nearby.ts'
import { secretData } from '../../kinds/secret.ts'
import { modeOf } from './content-config.ts'
import { type Seen, verified } from './verify.ts'

interface Step {
  readonly hands: Pick<Hands, 'clock' | 'cluster'>
  readonly run: Run
}

/** Notes whether the signatures are those that the spec wants; without a wish, that nothing is known of them. @throws {SourceProblem} Spec: sources 4.6. */
export async function checkSignatures(repository: GitRepositoryObject, seen: Seen, { hands, run }: Step): Promise<void> {
  const { spec } = repository
  const mode = modeOf(spec)
  if (mode === undefined) return run.note({ fields: { sourceVerificationMode: null }, conditions: [absent('SourceVerified')] })
  const keys = await keysOf(repository, { hands, run })
  const message = await verified(spec, seen, { keys, now: hands.clock.now() })
  const condition = { type: 'SourceVerified', status: 'True', reason: 'Succeeded', message } as const
  run.note({ fields: { sourceVerificationMode: mode }, conditions: [condition] })
  await run.emit({ severity: 'trace', reason: 'Succeeded', message })
}

async function keysOf({ metadata, spec }: GitRepositoryObject, { hands, run }: Step): Promise<Record<string, string>> {
  try {
    const { cluster } = hands
    return secretData(await secretOf(spec.verify?.secretRef.name ?? '', { namespace: metadata.namespace, cluster, signal: run.signal }))
  } catch (cause) {
    run.signal.throwIfAborted()
    const message = `PGP public keys secret error: ${messageOf(cause)}`
    throw new SourceProblem('VerificationError', message, { cause, condition: 'SourceVerified' })
  }
}
