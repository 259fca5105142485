import { type KubeObject, refOf } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { isObject, type Json, type JsonObject, parseJson } from '../lib/json.ts'
import type { Hub } from './pass.ts'

const finalizer = 'finalizers.fluxcd.io'
/** What a first pass is about to make, until the status says it. */
const unfinished = 'fluxpilot.dev/unfinished'
/** Bytes that annotations may have together: half of what the API server takes. */
const mostAnnotated = 128 * 1024

/** Whether an object has the finalizer of Flux's controllers. */
export function isHeld({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(finalizer) === true
}

export function withFinalizer({ metadata }: KubeObject): string[] {
  return [...new Set([...(metadata.finalizers ?? []), finalizer])]
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

/** The object is not what was read, or is there no more. */
function isAnother(thrown: unknown): boolean {
  return thrown instanceof CodedError && (thrown.code === 'CONFLICT' || thrown.code === 'NOT_FOUND')
}

/** The API server takes a uid in a patch for a change of it. */
function isForAnother(thrown: unknown): boolean {
  return thrown instanceof CodedError && thrown.code === 'INVALID'
}

/** Gives an object these finalizers and annotations; `undefined` when it changed since it was read, or is gone. */
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
    if (isAnother(thrown)) return undefined
    throw thrown
  }
}

/** The annotation that keeps fields of the status of an object; `undefined`: they are too long for one. */
export function unfinishedWith({ metadata }: KubeObject, fields: JsonObject): JsonObject | undefined {
  const text = JSON.stringify({ uid: metadata.uid, fields })
  const others = JSON.stringify(metadata.annotations ?? {})
  return Buffer.byteLength(text) + Buffer.byteLength(others) > mostAnnotated ? undefined : { [unfinished]: text }
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

/** Takes the annotation away from this object; none that came after it in its name loses its own. */
export async function dropUnfinished(object: KubeObject, { hub, manager, signal }: Writer): Promise<void> {
  const { uid } = object.metadata
  const metadata = { annotations: { [unfinished]: null }, ...(uid && { uid }) }
  try {
    await hub.patch(refOf(object), { type: 'merge', body: { metadata }, manager }, signal)
  } catch (thrown) {
    if (!isAnother(thrown) && !isForAnother(thrown)) throw thrown
  }
}
