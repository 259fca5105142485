import { type KubeObject, type ObjectRef, refOf } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { isObject, type Json, type JsonObject, parseJson } from '../lib/json.ts'
import type { Hub } from './working.ts'

const finalizer = 'finalizers.fluxcd.io'
/** What a first pass is about to make, until the status says it. */
const unfinished = 'fluxpilot.dev/unfinished'
/** Characters that annotations may have together: half of what the API server takes. */
const mostAnnotated = 128 * 1024

/** Whether an object has the finalizer of Flux's controllers. */
export function isHeld({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(finalizer) === true
}

export function withFinalizer({ metadata }: KubeObject): string[] {
  return [...(metadata.finalizers ?? []), finalizer]
}

export function withoutFinalizer({ metadata }: KubeObject): string[] {
  return (metadata.finalizers ?? []).filter(f => f !== finalizer)
}

/** Who writes, and where. */
export interface Writer {
  readonly hub: Pick<Hub, 'patch'>
  readonly manager: string
  readonly signal: AbortSignal
}

/** Gives an object these finalizers and annotations; `undefined` when it changed since it was read. */
export async function writeMetadata(
  read: KubeObject,
  { finalizers, annotations }: { finalizers: readonly string[]; annotations?: JsonObject | undefined },
  { hub, manager, signal }: Writer,
): Promise<KubeObject | undefined> {
  const { resourceVersion } = read.metadata
  const metadata = { finalizers: [...finalizers], ...(annotations && { annotations }), ...(resourceVersion && { resourceVersion }) }
  try {
    return await hub.patch(refOf(read), { type: 'merge', body: { metadata }, manager }, signal)
  } catch (thrown) {
    if (thrown instanceof CodedError && thrown.code === 'CONFLICT') return undefined
    throw thrown
  }
}

/** The annotation that keeps fields of the status of an object; `undefined`: they are too long for one. */
export function unfinishedWith({ metadata }: KubeObject, fields: JsonObject): JsonObject | undefined {
  const text = JSON.stringify({ uid: metadata.uid, fields })
  const others = JSON.stringify(metadata.annotations ?? {})
  return text.length + others.length > mostAnnotated ? undefined : { [unfinished]: text }
}

/** The fields that the annotation keeps: none of another object, such as one that was restored from a backup. `undefined`: there is no annotation. */
export function unfinishedOf({ metadata }: KubeObject): JsonObject | undefined {
  const text = metadata.annotations?.[unfinished]
  if (text === undefined) return undefined
  const kept = parsed(text)
  return isObject(kept) && isObject(kept.fields) && kept.uid === metadata.uid ? kept.fields : {}
}

function parsed(text: string): Json {
  try {
    return parseJson(text)
  } catch {
    return null
  }
}

/** Takes the annotation away; an object that is gone has none. */
export async function dropUnfinished(ref: ObjectRef, { hub, manager, signal }: Writer): Promise<void> {
  try {
    await hub.patch(ref, { type: 'merge', body: { metadata: { annotations: { [unfinished]: null } } }, manager }, signal)
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code !== 'NOT_FOUND') throw thrown
  }
}
