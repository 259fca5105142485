import { StepError } from '../../engine/outcome.ts'
import type { OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { unpackTo } from '../../lib/untar.ts'
import type { Kernel } from '../../world/kernel/kernel.ts'
import type { Kept, Room } from '../../world/storage/scratch.ts'
import { archived } from '../archive-reconciler.ts'
import { treeOf } from '../archive.ts'
import type { Pulled } from './pull-reconciler.ts'

type Spec = OCIRepositoryObject['spec']

/** A layer beyond these bounds would fill the disk, so it is refused. Spec: sources 15. */
const limits = { maxBytes: 1024 * 1024 * 1024, maxEntries: 500_000, maxEntryBytes: 512 * 1024 * 1024 }

/**
 * The bytes to store: the layer as it is, read as it is stored, or unpacked at once, what is much of it into the room, and archived again by the ignore rules.
 * @throws {StepError} OCIArtifactLayerOperationFailed, also while the layer is read. Spec: sources 1.2, 3.2 steps 13 and 14.
 */
export async function contentOf(
  spec: Spec,
  pulled: Pulled,
  { kernel, room, signal }: { kernel: Kernel; room: Room; signal: AbortSignal },
): Promise<AsyncIterable<Uint8Array>> {
  const operation = spec.layerSelector?.operation || 'extract'
  if (operation === 'copy') return copied(pulled, signal)
  if (operation !== 'extract') throw new StepError('OCIArtifactLayerOperationFailed', `unsupported layer operation: ${String(operation)}`)
  const unpacked = await unpackTo(opened(pulled, signal), { limits, put: inRoom(room, signal) }).catch((thrown: unknown) => {
    throw problem('failed to extract layer contents from artifact', thrown, signal)
  })
  const files = new Map([...unpacked.files].map(([path, { content, mode }]) => [path, { ...content, mode }]))
  return archived(treeOf(files, unpacked.folders), { ignore: spec.ignore, kernel, signal })
}

const held = 32 * 1024 * 1024

/** Content stays in memory until there is much of it. */
function inRoom(room: Room, signal: AbortSignal): (content: Uint8Array) => Promise<Kept> {
  let size = 0
  return async content => {
    size += content.length
    return size > held ? room.keep(one(content), signal) : { size: content.length, read: () => one(content) }
  }
}

async function* one(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content
}

async function* copied(pulled: Pulled, signal: AbortSignal): AsyncIterable<Uint8Array> {
  try {
    yield* opened(pulled, signal)
  } catch (thrown) {
    throw problem('failed to copy layer from artifact', thrown, signal)
  }
}

/** The layer; what goes wrong before its first byte is told apart, as in Flux. */
async function* opened({ blob }: Pulled, signal: AbortSignal): AsyncIterable<Uint8Array> {
  let started = false
  try {
    for await (const chunk of blob) {
      started = true
      yield chunk
    }
  } catch (thrown) {
    throw started ? thrown : problem('failed to extract the first layer from artifact', thrown, signal)
  }
}

/** A step's failure; throws the reason of an aborted pass instead. */
function problem(what: string, thrown: unknown, signal: AbortSignal): StepError {
  signal.throwIfAborted()
  return thrown instanceof StepError
    ? thrown
    : new StepError('OCIArtifactLayerOperationFailed', `${what}: ${messageOf(thrown)}`, { cause: thrown })
}
