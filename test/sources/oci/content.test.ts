import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '../../../src/kinds/oci.ts'
import type { OCIRepositoryObject } from '../../../src/kinds/oci-repository.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { tar } from '../../../src/lib/tar.ts'
import { readTree } from '../../../src/lib/untar.ts'
import { contentOf } from '../../../src/sources/oci/content-reconciler.ts'
import { diskScratch } from '../../../src/world/storage/disk-scratch.ts'
import type { Room } from '../../../src/world/storage/scratch.ts'
import { end, entry } from '../../support/archives.ts'
import { testKernel } from '../../support/kernel.ts'

const kernel = testKernel()
const signal = new AbortController().signal
const { room, leave } = await stay()
after(leave)
const mebibyte = 1024 ** 2

/** A room for the whole file. */
async function stay(): Promise<{ room: Room; leave(): Promise<void> }> {
  const [opened, left] = [Promise.withResolvers<Room>(), Promise.withResolvers<void>()]
  const gone = diskScratch().during(found => {
    opened.resolve(found)
    return left.promise
  })
  const leave = async (): Promise<void> => {
    left.resolve()
    await gone
  }
  return { room: await opened.promise, leave }
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
/** The tar of empty files. */
const tarOf = (names: readonly string[]): Promise<Buffer> =>
  whole(
    tar(
      (async function* () {
        for (const path of names) yield { path, type: 'file', mode: 0o644, size: 0 } as const
      })(),
    ),
  )
/** Gzip data may be put one after the other: the same plain bytes over and over. */
async function* repeated(plain: Buffer, times: number): AsyncIterable<Uint8Array> {
  const packed = gzipSync(plain)
  for (let i = 0; i < times; i++) yield packed
}
async function* behind(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield first
  yield* rest
}
const open = (blob: AsyncIterable<Uint8Array>, layerSelector: JsonObject = {}, into: Room = room) =>
  contentOf(
    { url: 'oci://registry.test/app', interval: '1m', layerSelector } as unknown as OCIRepositoryObject['spec'],
    { annotations: {}, layer: { mediaType: mediaTypes.fluxContent, digest: sha256(''), size: 0 }, blob },
    { kernel, room: into, signal },
  )
async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

test('a layer of a million entries is refused', async () => {
  const thousand = (await tarOf(Array.from({ length: 1000 }, (_, i) => `f${i}`))).subarray(0, 512 * 1000)
  await assert.rejects(open(repeated(thousand, 1000)), {
    code: 'OCIArtifactLayerOperationFailed',
    message: 'failed to extract layer contents from artifact: tar has more than 500000 entries',
  })
})
test('a bomb behind the end of an archive is refused', async () => {
  const blob = behind(gzipSync(await tarOf(['a'])), repeated(Buffer.alloc(16 * mebibyte), 65))
  await assert.rejects(open(blob), { code: 'OCIArtifactLayerOperationFailed', message: /after its end$/ })
})
test('an artifact with too many patterns for its files is refused, one with many is not', async () => {
  const withPatterns = (count: number): AsyncIterable<Uint8Array> => {
    const list = Array.from({ length: count }, (_, i) => `*${i}?`).join('\n')
    const files = Array.from({ length: 2000 }, (_, i) => entry(`some/folder/f${i}`))
    return repeated(Buffer.concat([entry('.sourceignore', { content: list }), ...files, end]), 1)
  }
  await assert.rejects(open(withPatterns(10_000)), {
    code: 'SourceIgnoreError',
    message: 'unable to archive artifact to storage: 10004 ignore patterns are too many for 2003 files and folders',
  })
  assert.ok((await whole(await open(withPatterns(500)))).length > 0)
})
test('an operation that nobody knows is refused before anything is read', async () => {
  const read = (async function* (): AsyncIterable<Uint8Array> {
    assert.fail('it was read')
  })()
  await assert.rejects(open(read, { operation: 'move' }), {
    code: 'OCIArtifactLayerOperationFailed',
    message: 'unsupported layer operation: move',
  })
})
test('an abort is an abort, not a failure of the layer', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const blob = (async function* (): AsyncIterable<Uint8Array> {
    stop.abort(reason)
    throw reason
  })()
  const spec = { url: 'oci://registry.test/app', interval: '1m' } as unknown as OCIRepositoryObject['spec']
  const layer = { mediaType: mediaTypes.fluxContent, digest: sha256(''), size: 0 }
  await assert.rejects(
    contentOf(spec, { annotations: {}, layer, blob }, { kernel, room, signal: stop.signal }),
    thrown => thrown === reason,
  )
})

test('of a layer with more than is held, the rest is put aside and comes out the same', async () => {
  const part = Buffer.alloc(mebibyte, 7)
  const names = Array.from({ length: 40 }, (_, i) => `f${i}`)
  const large = tar(
    (async function* () {
      for (const path of names)
        yield {
          path,
          type: 'file',
          mode: 0o644,
          size: part.length,
          content: (async function* () {
            yield part
          })(),
        } as const
    })(),
  )
  const kept: number[] = []
  const counting: Room = {
    keep(content, until) {
      kept.push(1)
      return room.keep(content, until)
    },
  }
  const stored = await open(one(gzipSync(await whole(large))), {}, counting)
  const again = await readTree(one(await whole(stored)), { maxBytes: 64 * mebibyte, maxEntries: 100, maxEntryBytes: 2 * mebibyte })
  assert.deepEqual([...again.keys()].toSorted(), names.toSorted())
  assert.ok([...again.values()].every(content => part.equals(content)))
  assert.equal(kept.length, 8)
})
