import { kstatus } from '../engine/kstatus.ts'
import { StepError } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import { type ObjectRef, printRef } from '../kinds/manifest.ts'
import { messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'
import { type Checked, timedOut, verdictOf } from './health.ts'
import { inParallel } from './parallel.ts'

interface Wait {
  readonly hands: Pick<Hands, 'cluster' | 'clock'>
  readonly run: Run
  readonly timeoutMs: number
}

const [firstPauseMs, longestPauseMs, readsAtOnce] = [100, 2000, 8]

/** Waits until all are Current. @throws {StepError} ReconciliationFailed when the time is up. Spec: kustomization 7.2. */
export async function waitCurrent(refs: readonly ObjectRef[], wait: Wait): Promise<void> {
  const failure = await waited(refs, { ...wait, failFast: false })
  if (failure) throw new StepError('ReconciliationFailed', failure)
}

/** Waits until all are healthy. Answers why not, in Flux's words; `undefined` when they are. Spec: kustomization 9.2. */
export function waitHealthy(refs: readonly ObjectRef[], wait: Wait): Promise<string | undefined> {
  return waited(refs, { ...wait, failFast: wait.run.settings.failFast })
}

async function waited(
  refs: readonly ObjectRef[],
  { hands, run, timeoutMs, failFast }: Wait & { failFast: boolean },
): Promise<string | undefined> {
  const until = hands.clock.now() + timeoutMs
  for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
    const checked = await inParallel(refs, readsAtOnce, ref => check(ref, { hands, run }))
    const verdict = verdictOf(checked, { failFast })
    if (verdict) return verdict.is === 'failed' ? verdict.message : undefined
    const left = until - hands.clock.now()
    if (left <= 0) return timedOut(checked)
    const open = checked.filter(c => c.status !== 'Current')
    run.progress(
      `waiting for ${open
        .slice(0, 3)
        .map(c => printRef(c.ref))
        .join(', ')}${open.length > 3 ? ` and ${open.length - 3} more` : ''}`,
    )
    await hands.clock.sleep(Math.min(pause, left), run.signal)
  }
}

async function check(ref: ObjectRef, { hands, run }: Pick<Wait, 'hands' | 'run'>): Promise<Checked> {
  try {
    const object = await hands.cluster.get(ref, run.signal)
    if (!object) return { ref, status: 'NotFound' }
    const { status, message } = kstatus(object)
    return { ref, status, message }
  } catch (thrown) {
    run.signal.throwIfAborted()
    return { ref, status: 'Unknown', message: messageOf(thrown) }
  }
}
