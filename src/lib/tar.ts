/** One entry of an archive. `mode` holds permission bits, setuid, setgid and sticky; `size` is in bytes and must be what `content` yields. */
export interface TarEntry {
  readonly path: string
  readonly type: 'file' | 'folder'
  readonly mode: number
  readonly size: number
  readonly content?: AsyncIterable<Uint8Array> | undefined
}

/** Bytes of a block: headers are one, content is padded to whole ones. */
export const tarBlock = 512
const greatestSize = 0o77777777777

/**
 * An archive byte for byte as Go's archive/tar writes it for Flux: USTAR, PAX where a name or a size does not fit, no owner, all times 0.
 * @throws {RangeError} for a name that no archive holds, and for content of another size than its entry says. Spec: sources 10.5.
 */
export async function* tar(entries: AsyncIterable<TarEntry>): AsyncIterable<Uint8Array> {
  for await (const entry of entries) {
    if (entry.path === '' || entry.path.includes('\0'))
      throw new RangeError(`${JSON.stringify(entry.path)} cannot be the name of a tar entry`)
    yield* headers(entry)
    if (entry.type === 'file') yield* contentOf(entry)
  }
  yield new Uint8Array(2 * tarBlock)
}

async function* contentOf(entry: TarEntry): AsyncIterable<Uint8Array> {
  let size = 0
  const check = (wrong: boolean): void => {
    if (wrong) throw new RangeError(`'${entry.path}' has ${size} bytes, not ${entry.size}: it changed while it was read`)
  }
  for await (const chunk of entry.content ?? []) {
    size += chunk.length
    check(size > entry.size)
    yield chunk
  }
  check(size !== entry.size)
  yield padding(size)
}

function padding(size: number): Uint8Array {
  return new Uint8Array((tarBlock - (size % tarBlock)) % tarBlock)
}

function* headers({ path, type, mode, size: given }: TarEntry): Iterable<Uint8Array> {
  const size = type === 'file' ? given : 0
  const flag = type === 'file' ? '0' : '5'
  const split = splitName(path)
  if (split && size <= greatestSize) return yield header({ ...split, mode, size, flag })
  const records = Buffer.concat([
    ...(split?.prefix === '' ? [] : [paxRecord('path', path)]),
    ...(size > greatestSize ? [paxRecord('size', String(size))] : []),
  ])
  const slash = path.lastIndexOf('/') + 1
  const name = ascii(`${path.slice(0, slash)}PaxHeaders.0/${path.slice(slash)}`)
    .slice(0, 100)
    .replace(/\/+$/, '')
  yield header({ name, prefix: '', mode: 0, size: records.length, flag: 'x' })
  yield records
  yield padding(records.length)
  yield header({ name: cutName(ascii(path)), prefix: '', mode, size: size > greatestSize ? 0 : size, flag })
}

/** A name of up to 100 bytes, or split at a slash into prefix and name. `undefined` when USTAR cannot hold it. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (path !== ascii(path)) return undefined
  if (path.length <= 100) return { name: path, prefix: '' }
  const cut = path.slice(0, 156).lastIndexOf('/')
  if (cut <= 0 || path.length - cut - 1 > 100 || path.length - cut - 1 === 0) return undefined
  return { name: path.slice(cut + 1), prefix: path.slice(0, cut) }
}

/** The first 100 bytes; a slash at their end would make readers take a file for a folder. */
function cutName(name: string): string {
  const cut = name.slice(0, 100)
  return name.length > 100 && cut.endsWith('/') ? cut.replace(/\/+$/, '') : cut
}

function ascii(text: string): string {
  return text.replaceAll(/[^\u0001-\u007f]/g, '')
}

function paxRecord(key: string, value: string): Uint8Array {
  const body = Buffer.from(` ${key}=${value}\n`)
  let length = body.length
  while (length !== body.length + String(length).length) length = body.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), body])
}

/** `flag` is `0` for a file, `5` for a folder, `x` for the records of what follows, which have no device fields. */
interface Header {
  readonly name: string
  readonly prefix: string
  readonly mode: number
  readonly size: number
  readonly flag: '0' | '5' | 'x'
}

function header({ name, prefix, mode, size, flag }: Header): Uint8Array {
  const bytes = Buffer.alloc(tarBlock)
  const octal = (value: number, at: number, digits: number): void => void bytes.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  bytes.write(name, 0, 'latin1')
  octal(mode, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(size, 124, 11)
  octal(0, 136, 11)
  bytes.fill(0x20, 148, 156)
  bytes.write(flag, 156, 'latin1')
  bytes.write('ustar\u000000', 257, 'latin1')
  if (flag !== 'x') {
    octal(0, 329, 7)
    octal(0, 337, 7)
  }
  bytes.write(prefix, 345, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

/** What one header says. `flag` is the type as a character; a name is not yet extended by what came before. */
export interface TarHead {
  readonly name: string
  readonly flag: string
  readonly mode: number
  readonly size: number
  /** What a link points at; empty for others. */
  readonly link: string
}

/** Reads a header of any dialect (V7, USTAR, PAX, GNU, STAR). `undefined` when it is none: Go calls it an invalid tar header. */
export function readHeader(bytes: Buffer): TarHead | undefined {
  const { unsigned, signed } = sumsOf(bytes)
  const sum = numberAt(bytes, 148, 8)
  if (sum !== unsigned && sum !== signed) return undefined
  const isPosix = bytes.toString('latin1', 257, 263) === 'ustar\0'
  const hasDevice = isPosix || bytes.toString('latin1', 257, 265) === 'ustar  \0'
  const [mode, size] = [numberAt(bytes, 100, 8), numberAt(bytes, 124, 12)]
  const unused = (
    [
      [108, 8],
      [116, 8],
      [136, 12],
      ...(hasDevice
        ? ([
            [329, 8],
            [337, 8],
          ] as const)
        : []),
    ] as const
  ).map(([at, length]) => numberAt(bytes, at, length))
  if (mode === undefined || size === undefined || size < 0 || unused.includes(undefined)) return undefined
  const prefix = isPosix ? tarText(bytes.subarray(345, bytes.toString('latin1', 508) === 'tar\0' ? 476 : 500)) : ''
  const name = tarText(bytes.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    flag: String.fromCharCode(bytes[156] ?? 0),
    mode,
    size,
    link: tarText(bytes.subarray(157, 257)),
  }
}

/** The sum of a header's bytes, its own field as spaces: of unsigned ones, and of signed ones as some old programs have it. */
function sumsOf(bytes: Buffer): { unsigned: number; signed: number } {
  let [unsigned, high] = [8 * 0x20, 0]
  for (let i = 0; i < bytes.length; i++) {
    if (i === 148) i = 156
    const byte = bytes[i] ?? 0
    unsigned += byte
    if (byte > 127) high++
  }
  return { unsigned, signed: unsigned - 256 * high }
}

/** Octal digits, or two's complement when the first bit is set. `undefined` when it is neither, or has more than 53 bits. */
function numberAt(bytes: Buffer, at: number, length: number): number | undefined {
  const value = (bytes[at] ?? 0) >= 0x80 ? binaryIn(bytes.subarray(at, at + length)) : octalIn(bytes, at, at + length)
  return Number.isSafeInteger(value) ? value : undefined
}

function binaryIn(field: Buffer): number {
  return Number(BigInt.asIntN(field.length * 8 - 1, BigInt(`0x${field.toString('hex')}`)))
}

/** Digits up to a NUL, spaces and NULs around them; nothing at all is 0. `NaN` for anything else. */
function octalIn(bytes: Buffer, from: number, to: number): number {
  const isBlank = (at: number): boolean => bytes[at] === 0x20 || bytes[at] === 0
  let [start, end, value] = [from, to, 0]
  while (start < end && isBlank(start)) start++
  while (end > start && isBlank(end - 1)) end--
  for (; start < end && bytes[start] !== 0; start++) {
    const digit = (bytes[start] ?? 0) - 0x30
    if (digit < 0 || digit > 7) return Number.NaN
    value = value * 8 + digit
  }
  return value
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** A field of text, up to its first NUL. What is not UTF-8 becomes U+FFFD. */
export function tarText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** The records of a PAX header: `length key=value` and a line end each. `undefined` when they are malformed. */
export function readRecords(content: Buffer): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>()
  for (let rest = content; rest.length > 0;) {
    const space = rest.subarray(0, 20).indexOf(0x20)
    const digits = rest.toString('latin1', 0, Math.max(0, space))
    const length = /^\+?[0-9]+$/.test(digits) ? Number(digits) : 0
    const body = rest.subarray(space + 1, Math.max(0, length - 1))
    const equals = body.indexOf(0x3d)
    if (length < Math.max(5, space + 3) || length > rest.length || rest[length - 1] !== 0x0a || equals <= 0) return undefined
    const key = body.toString('utf8', 0, equals)
    const value = body.subarray(equals + 1)
    if ((['path', 'linkpath', 'uname', 'gname'].includes(key) ? value : body.subarray(0, equals)).includes(0)) return undefined
    records.set(key, tarText(value))
    rest = rest.subarray(length)
  }
  return records
}
