import { overNow } from '../../lib/aborted.ts'
import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import type { ObjectWatcher } from './cluster.ts'

/**
 * Watches one object until `settled` answers something. `undefined` object: it does not exist (any more).
 * Rejects with `signal.reason` on abort. `onChange` sees every state.
 */
export async function until<T>(
  watcher: ObjectWatcher,
  ref: ObjectRef,
  { settled, signal }: { settled: (object: KubeObject | undefined) => T | undefined; signal: AbortSignal },
): Promise<T> {
  const done = new AbortController()
  const both = AbortSignal.any([signal, done.signal])
  const query = {
    group: ref.group,
    version: ref.version,
    kind: ref.kind,
    namespace: ref.namespace,
    fieldSelector: `metadata.name=${ref.name}`,
  }
  try {
    for await (const event of watcher.watch(query, both)) {
      const object = event.type === 'gap' ? event.objects[0] : event.type === 'deleted' ? undefined : event.object
      const answer = settled(object)
      if (answer !== undefined) return answer
    }
  } finally {
    done.abort(overNow)
  }
  throw signal.reason
}
