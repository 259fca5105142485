/** A value with a tag, as 18 for COSE_Sign1 and 1 for a time. */
export class Tagged {
  readonly tag: number
  readonly value: Cbor
  constructor(tag: number, value: Cbor) {
    this.tag = tag
    this.value = value
  }
}

export type Cbor = number | bigint | string | boolean | null | Uint8Array | readonly Cbor[] | ReadonlyMap<Cbor, Cbor> | Tagged

const deepest = 16

/**
 * One CBOR value, as strict as COSE wants it: lengths are given, keys are integers or text and stand once, and nothing comes after.
 * Nothing is allocated by what a length says, and nesting has an end. Throws text for anything else. https://www.rfc-editor.org/rfc/rfc8949
 */
export function parseCbor(bytes: Uint8Array): Cbor {
  const reader = new Reader(bytes)
  const value = reader.value(0)
  if (!reader.atEnd()) throw new Error('cbor: bytes after the end of the value')
  return value
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  value(depth: number): Cbor {
    if (depth > deepest) throw new Error(`cbor: nested deeper than ${deepest}`)
    const first = this.#take(1)[0] ?? 0
    const major = first >> 5
    if (major === 7) return this.#simple(first & 31)
    const argument = this.#argument(first & 31)
    if (major === 0) return argument
    if (major === 1) return typeof argument === 'bigint' ? -1n - argument : -1 - argument
    const count = Number(argument)
    if (major === 2) return this.#take(count)
    if (major === 3) return new TextDecoder('utf-8', { fatal: true }).decode(this.#take(count))
    if (major === 4) return this.#list(count, depth)
    if (major === 5) return this.#map(count, depth)
    return new Tagged(count, this.value(depth + 1))
  }

  #list(count: number, depth: number): Cbor[] {
    this.#affords(count)
    const items: Cbor[] = []
    for (let i = 0; i < count; i++) items.push(this.value(depth + 1))
    return items
  }

  #map(count: number, depth: number): Map<Cbor, Cbor> {
    this.#affords(count)
    const map = new Map<Cbor, Cbor>()
    for (let i = 0; i < count; i++) {
      const key = this.value(depth + 1)
      if (typeof key !== 'string' && typeof key !== 'number') throw new Error('cbor: a key is neither an integer nor text')
      if (map.has(key)) throw new Error(`cbor: the key ${JSON.stringify(key)} stands twice`)
      map.set(key, this.value(depth + 1))
    }
    return map
  }

  /** Each item takes a byte at least. */
  #affords(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new Error('cbor: ends too early')
  }

  #simple(info: number): Cbor {
    if (info === 20 || info === 21) return info === 21
    if (info === 22 || info === 23) return null
    if (info === 26) return this.#number(4, at => this.#view.getFloat32(at))
    if (info === 27) return this.#number(8, at => this.#view.getFloat64(at))
    throw new Error(`cbor: a value of the kind 7/${info} is not taken`)
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info
    if (info === 24) return this.#number(1, at => this.#view.getUint8(at))
    if (info === 25) return this.#number(2, at => this.#view.getUint16(at))
    if (info === 26) return this.#number(4, at => this.#view.getUint32(at))
    if (info === 27) {
      const large = this.#number(8, at => this.#view.getBigUint64(at))
      return large <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(large) : large
    }
    throw new Error('cbor: a length that is not given beforehand is not taken')
  }

  #number<T>(size: number, read: (at: number) => T): T {
    const at = this.#at
    this.#take(size)
    return read(at)
  }

  #take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw new Error('cbor: ends too early')
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }
}
