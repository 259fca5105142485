import { handsBack, type Judged, type Once, runPatch, settledVerdict, unsettledVerdict } from '../../engine/request.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef } from '../../kinds/manifest.ts'
import { shortRevision } from '../../lib/digest.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import type { Call } from '../tool.ts'
import { watchOne } from './watch-one.ts'

const manager = 'fluxpilot'

/** Asks Flux for a run and watches the object until a verdict is certain or the time is up. */
export async function runFlux(
  world: World,
  { cluster, ref, timeoutMs, once }: { cluster: Cluster; ref: ObjectRef; timeoutMs: number; once?: Once | undefined },
  call: Call,
): Promise<{ object: KubeObject | undefined; judged: Judged }> {
  const token = new Date(world.clock.now()).toISOString()
  const first = await cluster.patch(ref, { type: 'merge', body: runPatch(token, once), manager }, call.signal)
  const request = { token: handsBack(first) ? token : undefined }
  let told = ''
  const judge = (seen: KubeObject | undefined): Judged | undefined => {
    if (!seen) return { verdict: 'NotHandled', message: `${printRef(ref)} was deleted meanwhile` }
    const note = shortRevision((conditionOf(seen, 'Reconciling') ?? conditionOf(seen, 'Ready'))?.message ?? 'waiting for Flux')
    if (note !== told) call.progress(note)
    told = note
    return settledVerdict(seen, request)
  }
  const { last, answer } = await watchOne(world, { cluster, ref, timeoutMs, judge }, call)
  if (answer) return { object: last, judged: answer }
  const now = await cluster.get(ref, call.signal)
  return { object: now, judged: judge(now) ?? unsettledVerdict(now, { ...request, first }) }
}
