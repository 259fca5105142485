import { type Judged, requestedAtKey, revisionOf, runPatch, settledVerdict } from '../engine/request.ts'
import { conditionOf, type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import type { Cluster } from '../world/cluster/cluster.ts'
import type { World } from '../world/world.ts'
import type { Call } from './tool.ts'

const manager = 'fluxpilot'

/** Asks Flux for a run and watches the object until a verdict is certain or the time is up: no polling. */
export async function runFlux(
  world: World,
  { cluster, ref, timeoutMs, request }: { cluster: Cluster; ref: ObjectRef; timeoutMs: number; request: boolean },
  call: Call,
): Promise<{ object: KubeObject | undefined; judged: Judged }> {
  const token = request ? new Date(world.clock.now()).toISOString() : undefined
  if (token !== undefined) await cluster.patch(ref, { type: 'merge', body: runPatch(token), manager }, call.signal)
  const timer = new AbortController()
  const stop = AbortSignal.any([call.signal, timer.signal])
  const late = world.clock.sleep(timeoutMs, stop).then(
    () => timer.abort(new Error('time is up')),
    () => {},
  )
  let last: KubeObject | undefined
  try {
    for await (const event of cluster.watch({ ...ref, fieldSelector: `metadata.name=${ref.name}` }, stop)) {
      last = event.type === 'gap' ? event.objects[0] : event.type === 'deleted' ? undefined : event.object
      const judged = last && settledVerdict(last, { token: token ?? last.metadata.annotations?.[requestedAtKey] })
      if (judged) return { object: last, judged }
      call.progress(
        last
          ? (conditionOf(last, 'Reconciling')?.message ?? conditionOf(last, 'Ready')?.message ?? 'waiting for Flux')
          : `${printRef(ref)} is gone`,
      )
      if (!last) return { object: undefined, judged: { verdict: 'NotHandled', message: `${printRef(ref)} does not exist` } }
    }
  } catch (thrown) {
    call.signal.throwIfAborted()
    if (!timer.signal.aborted) throw thrown
  } finally {
    timer.abort(new Error('done'))
    await late
  }
  return { object: last, judged: unanswered(last, token) }
}

function unanswered(object: KubeObject | undefined, token: string | undefined): Judged {
  const handled = token === undefined || object?.status?.lastHandledReconcileAt === token
  const ready = conditionOf(object, 'Ready')
  const revision = object && revisionOf(object)
  const seen = conditionOf(object, 'Reconciling') !== undefined || handled
  return { verdict: seen ? 'TimedOut' : 'NotHandled', reason: ready?.reason, message: ready?.message ?? 'no controller answered', revision }
}
