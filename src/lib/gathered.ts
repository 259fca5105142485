/** A stream as one piece. Throws what `tooLarge` makes as soon as there are more than `limit` bytes, and reads no further. */
export async function gathered(
  stream: AsyncIterable<Uint8Array>,
  { limit, tooLarge }: { readonly limit: number; readonly tooLarge: () => Error },
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of bounded(stream, { limit, tooLarge })) parts.push(part)
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
}

/** Pieces that are there already, as a stream. */
export async function* each(parts: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* parts
}

/** A stream of which some pieces have been taken: those, then the rest. */
export async function* resumed(begun: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield* begun
  yield* rest
}

/** The same stream, which ends with what `tooLarge` makes as soon as there are more than `limit` bytes. */
export async function* bounded(
  stream: AsyncIterable<Uint8Array>,
  { limit, tooLarge }: { readonly limit: number; readonly tooLarge: () => Error },
): AsyncIterable<Uint8Array> {
  let size = 0
  for await (const part of stream) {
    size += part.length
    if (size > limit) throw tooLarge()
    yield part
  }
}
