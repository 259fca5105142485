import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import type { Call } from '../tool.ts'

/** What was seen last of an object, and the answer when one was found in time. */
export interface Watched<T> {
  readonly last: KubeObject | undefined
  readonly answer: T | undefined
}

/**
 * Watches one object until `judge` answers something or the time is up: no polling. `judge` sees every state, `undefined` when the object is gone.
 * Rejects with the call's reason on abort.
 */
export async function watchOne<T>(
  world: World,
  {
    cluster,
    ref,
    timeoutMs,
    judge,
  }: { cluster: Cluster; ref: ObjectRef; timeoutMs: number; judge: (seen: KubeObject | undefined) => T | undefined },
  { signal }: Call,
): Promise<Watched<T>> {
  const timer = new AbortController()
  const stop = AbortSignal.any([signal, timer.signal])
  const late = world.clock.sleep(timeoutMs, stop).then(
    () => timer.abort(new Error('time is up')),
    () => {},
  )
  let last: KubeObject | undefined
  try {
    for await (const event of cluster.watch({ ...ref, fieldSelector: `metadata.name=${ref.name}` }, stop)) {
      last = event.type === 'gap' ? event.objects[0] : event.type === 'deleted' ? undefined : event.object
      const answer = judge(last)
      if (answer !== undefined) return { last, answer }
    }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!timer.signal.aborted) throw thrown
  } finally {
    timer.abort(new Error('done'))
    await late
  }
  return { last, answer: undefined }
}
