import type { Judged, Once } from '../engine/request.ts'
import { conditionOf, type KubeObject, type ObjectRef } from '../kinds/manifest.ts'
import type { World } from '../world/world.ts'
import type { Acting } from './engine.ts'
import { runFlux } from './flux-run.ts'
import type { Located } from './locate.ts'
import { runOwn } from './own-run.ts'
import type { Call } from './tool.ts'

/** How a run ended. `source` is the source that failed instead, when it did. */
export interface Ended {
  readonly object: KubeObject | undefined
  readonly judged: Judged
  readonly source?: ObjectRef | undefined
}

/** Runs one object by whoever acts on it, within the time. */
export async function runBy(world: World, { cluster, ref, acting, timeoutMs, once }: Asked, call: Call): Promise<Ended> {
  if (acting.engine === 'flux') return runFlux(world, { cluster, ref, timeoutMs, once }, call)
  let said = 'nothing yet'
  const progress = (note: string): void => {
    said = note
    call.progress(note)
  }
  return bounded(world, timeoutMs, {
    call,
    work: inTime => runOwn(world, { cluster, ref }, { ...inTime, progress }),
    late: async () => {
      const object = await cluster.get(ref, call.signal)
      const reason = conditionOf(object, 'Ready')?.reason
      return { object, judged: { verdict: 'TimedOut', reason, message: `not finished after ${Math.round(timeoutMs / 1000)} s: ${said}` } }
    },
  })
}

/** One object to run. */
interface Asked extends Pick<Located, 'cluster' | 'ref'> {
  readonly acting: Acting
  readonly timeoutMs: number
  readonly once?: Once | undefined
}

/** Our own run ends with the time: what it wrote stays and the next run goes on from there. */
async function bounded(
  world: World,
  timeoutMs: number,
  { call, work, late }: { call: Call; work: (inTime: Call) => Promise<Ended>; late: () => Promise<Ended> },
): Promise<Ended> {
  const timer = new AbortController()
  const signal = AbortSignal.any([call.signal, timer.signal])
  const ended = new AbortController()
  const ticking = world.clock.sleep(timeoutMs, ended.signal).then(
    () => timer.abort(new Error('time is up')),
    () => {},
  )
  try {
    return await work({ ...call, signal })
  } catch (thrown) {
    call.signal.throwIfAborted()
    if (!timer.signal.aborted) throw thrown
    return await late()
  } finally {
    ended.abort(new Error('done'))
    await ticking
  }
}
