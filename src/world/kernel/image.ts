const [customSection, dataSection] = [0, 11]
const headerBytes = 8

/** A module in two: the engine keeps its bytes for as long as it lives, but what its memory holds at first is needed once an instance. */
export interface Split {
  /** The module without its data section, and without the notes that follow it. */
  readonly code: Uint8Array
  /** The body of that section. */
  readonly image: Uint8Array
}

/** Takes a pre-initialised module apart: data is the last of its sections but for custom ones, and no code refers to it. @throws {TypeError} for another one. */
export function splitModule(bytes: Uint8Array): Split {
  let split: Split | undefined
  for (const { id, at, body } of sectionsIn(bytes)) {
    if (id === dataSection) split = { code: bytes.subarray(0, at), image: body }
    else if (id !== customSection) split = undefined
  }
  if (!split) throw new TypeError('the module does not end with its data')
  return split
}

/** The sections of a module in their order: where each begins, and its body, as a view. */
export function* sectionsIn(module: Uint8Array): Iterable<{ id: number; at: number; body: Uint8Array }> {
  for (let at = headerBytes; at < module.length;) {
    const [size, start] = unsignedAt(module, at + 1)
    yield { id: module[at] ?? 0, at, body: module.subarray(start, start + size) }
    at = start + size
  }
}

/** Writes a data section into a memory that is all zeros. */
export function fillMemory(memory: WebAssembly.Memory, image: Uint8Array): void {
  const target = new Uint8Array(memory.buffer)
  let [count, at] = unsignedAt(image, 0)
  for (; count > 0; count--) {
    // Each segment: its flag, `i32.const` with where it begins, `end`, how long it is, and its bytes.
    const [begin, afterBegin] = signedAt(image, at + 2)
    const [size, start] = unsignedAt(image, afterBegin + 1)
    target.set(image.subarray(start, start + size), begin >>> 0)
    at = start + size
  }
}

/** An unsigned LEB128 number, and where what follows it begins. */
export function unsignedAt(bytes: Uint8Array, at: number): [value: number, next: number] {
  let [value, shift] = [0, 0]
  for (;;) {
    const byte = bytes[at++] ?? 0
    value += (byte & 127) * 2 ** shift
    shift += 7
    if (byte < 128) return [value, at]
  }
}

/** Of 32 bits. */
function signedAt(bytes: Uint8Array, at: number): [value: number, next: number] {
  const [value, next] = unsignedAt(bytes, at)
  const bits = 7 * (next - at)
  return [bits < 32 && (bytes[next - 1] ?? 0) & 64 ? value - 2 ** bits : value | 0, next]
}
