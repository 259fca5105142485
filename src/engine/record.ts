import { CodedError } from '../lib/coded-error.ts'
import { type KubeObject, refOf } from '../kinds/manifest.ts'
import type { LateWrite } from './later.ts'
import type { Hub } from './pass.ts'

/** An event as a write that can wait: equal ones, of which each counts up the one before it, have one key. */
export function recording(hub: Hub, event: KubeObject): LateWrite {
  const { namespace, name } = event.metadata
  return { key: `Event ${namespace}/${name}`, patienceMs: 30_000, write: signal => record(hub, event, signal) }
}

/** Creates the event, or counts it up when an equal one exists. Events are best effort: a refusal never fails a pass. */
export async function record(hub: Hub, event: KubeObject, signal: AbortSignal): Promise<void> {
  const manager = String(event.reportingComponent)
  try {
    await hub.create(event, { manager }, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError && thrown.code === 'ALREADY_EXISTS') await countUp(hub, event, signal).catch(() => {})
    signal.throwIfAborted()
  }
}

async function countUp(hub: Hub, event: KubeObject, signal: AbortSignal): Promise<void> {
  const earlier = await hub.get(refOf(event), signal)
  const count = typeof earlier?.count === 'number' ? earlier.count + 1 : 2
  const body = { count, lastTimestamp: event.lastTimestamp }
  await hub.patch(refOf(event), { type: 'merge', body, manager: String(event.reportingComponent) }, signal)
}
