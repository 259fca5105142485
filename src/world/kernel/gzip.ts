const chunkBytes = 64 * 1024

/** Drives the module's stream: open, write in chunks of 64 KiB, close. The stream is closed also when the consumer stops early. */
export async function* gzipStream(
  source: AsyncIterable<Uint8Array>,
  call: (operation: string, input: Uint8Array) => Promise<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const handle = await call('open', new Uint8Array())
  let ended = false
  try {
    for await (const piece of source) {
      for (let at = 0; at < piece.length; at += chunkBytes) {
        const output = await call('write', joined(handle, piece.subarray(at, at + chunkBytes)))
        if (output.length > 0) yield output
      }
    }
    ended = true
    yield await call('close', handle)
  } finally {
    if (!ended) await call('close', handle).catch(() => undefined)
  }
}

function joined(handle: Uint8Array, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(handle.length + content.length)
  out.set(handle)
  out.set(content, handle.length)
  return out
}
