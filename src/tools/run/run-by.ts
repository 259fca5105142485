import type { Judged, Once } from '../../engine/request.ts'
import { conditionOf, type KubeObject, type ObjectRef } from '../../kinds/manifest.ts'
import type { World } from '../../world/world.ts'
import type { Acting } from './engine.ts'
import { runFlux } from './flux-run.ts'
import { inTime, tooLate } from './in-time.ts'
import type { Located } from '../objects/locate.ts'
import { runOwn } from './own-run.ts'
import type { Call } from '../tool.ts'

/** How a run ended. `source` is the source that failed instead, when it did. */
export interface Ended {
  readonly object: KubeObject | undefined
  readonly judged: Judged
  readonly source?: ObjectRef | undefined
}

/** Runs one object by whoever acts on it, within the time. Our own run ends with it: what it wrote stays and the next run goes on from there. */
export async function runBy(world: World, { cluster, ref, acting, timeoutMs, once }: Asked, call: Call): Promise<Ended> {
  if (acting.engine === 'flux') return runFlux(world, { cluster, ref, timeoutMs, once }, call)
  let said = 'nothing yet'
  const progress = (note: string): void => {
    said = note
    call.progress(note)
  }
  const ended = await inTime({ clock: world.clock, ms: timeoutMs, signal: call.signal }, signal =>
    runOwn(world, { cluster, ref }, { ...call, signal, progress }),
  )
  if (ended !== tooLate) return ended
  const object = await cluster.get(ref, call.signal)
  const reason = conditionOf(object, 'Ready')?.reason
  return { object, judged: { verdict: 'TimedOut', reason, message: `not finished after ${Math.round(timeoutMs / 1000)} s: ${said}` } }
}

/** One object to run. */
interface Asked extends Pick<Located, 'cluster' | 'ref'> {
  readonly acting: Acting
  readonly timeoutMs: number
  readonly once?: Once | undefined
}
