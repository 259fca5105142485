/** One entry of an archive. `mode` holds permission bits, setuid, setgid and sticky; `size` is in bytes and must be what `content` yields. */
export interface TarEntry {
  readonly path: string
  readonly type: 'file' | 'folder'
  readonly mode: number
  readonly size: number
  readonly content?: AsyncIterable<Uint8Array> | undefined
}

const block = 512

/** An archive byte for byte as Go's archive/tar writes it for Flux: USTAR, PAX where a name does not fit, no owner, all times 0. Spec: sources 10.5. */
export async function* tar(entries: AsyncIterable<TarEntry>): AsyncIterable<Uint8Array> {
  for await (const entry of entries) {
    yield* headers(entry)
    if (entry.type === 'folder') continue
    let size = 0
    for await (const chunk of entry.content ?? []) {
      size += chunk.length
      yield chunk
    }
    if (size !== entry.size) throw new RangeError(`'${entry.path}' has ${size} bytes, not ${entry.size}: it changed while it was read`)
    if (size % block > 0) yield new Uint8Array(block - (size % block))
  }
  yield new Uint8Array(2 * block)
}

function* headers(entry: TarEntry): Iterable<Uint8Array> {
  const split = splitName(entry.path)
  if (split) return yield header({ ...split, mode: entry.mode, size: entry.size, type: entry.type === 'file' ? '0' : '5' })
  const record = paxRecord('path', entry.path)
  const base = ascii(entry.path.slice(entry.path.lastIndexOf('/') + 1))
  yield header({ name: ascii(`PaxHeaders.0/${base}`).slice(0, 100), prefix: '', mode: 0, size: record.length, type: 'x' })
  yield record
  if (record.length % block > 0) yield new Uint8Array(block - (record.length % block))
  yield header({ name: ascii(entry.path).slice(0, 100), prefix: '', mode: entry.mode, size: entry.size, type: entry.type === 'file' ? '0' : '5' })
}

/** A name of up to 100 bytes, or split at a slash into prefix and name. `undefined` when USTAR cannot hold it. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (path !== ascii(path)) return undefined
  if (path.length <= 100) return { name: path, prefix: '' }
  const cut = path.slice(0, 156).lastIndexOf('/')
  if (cut <= 0 || cut > 155 || path.length - cut - 1 > 100 || path.length - cut - 1 === 0) return undefined
  return { name: path.slice(cut + 1), prefix: path.slice(0, cut) }
}

function ascii(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[^\x01-\x7f]/g, '')
}

function paxRecord(key: string, value: string): Uint8Array {
  const body = Buffer.from(` ${key}=${value}\n`)
  let length = body.length
  while (length !== body.length + String(length).length) length = body.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), body])
}

interface Header { readonly name: string; readonly prefix: string; readonly mode: number; readonly size: number; readonly type: '0' | '5' | 'x' }

function header({ name, prefix, mode, size, type }: Header): Uint8Array {
  const bytes = Buffer.alloc(block)
  const octal = (value: number, at: number, digits: number): void => void bytes.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  bytes.write(name, 0, 'latin1')
  octal(mode, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(size, 124, 11)
  octal(0, 136, 11)
  bytes.fill(0x20, 148, 156)
  bytes.write(type, 156, 'latin1')
  bytes.write('ustar\u000000', 257, 'latin1')
  octal(0, 329, 7)
  octal(0, 337, 7)
  bytes.write(prefix, 345, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}
