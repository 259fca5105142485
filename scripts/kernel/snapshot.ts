// Pre-initialises a module: runs its initialiser and its warm-up once with a fixed clock and fixed randomness, then writes
// memory and globals back into the module, with a ceiling on its memory. The same input gives the same bytes.
import { sectionsIn, unsignedAt } from '../../src/world/kernel/image.ts'
import { instantiate } from '../../src/world/kernel/instance.ts'

interface Section {
  readonly id: number
  body: Uint8Array
}
interface Global {
  readonly type: number
  readonly mutable: number
}

const memorySection = 5,
  globalSection = 6,
  exportSection = 7,
  dataSection = 11,
  dataCountSection = 12
const page = 65536
const i32 = 0x7f

function unsigned(value: number): number[] {
  const out: number[] = []
  do {
    out.push((value & 127) | (value > 127 ? 128 : 0))
    value = Math.floor(value / 128)
  } while (value > 0)
  return out
}

function signed(value: bigint): number[] {
  const out: number[] = []
  for (;;) {
    const low = Number(value & 127n)
    value >>= 7n
    if ((value === 0n && !(low & 64)) || (value === -1n && low & 64)) return [...out, low]
    out.push(low | 128)
  }
}

function sectionsOf(module: Uint8Array): Section[] {
  return Array.from(sectionsIn(module), ({ id, body }) => ({ id, body }))
}

function moduleOf(sections: Section[]): Uint8Array {
  return Buffer.concat([
    Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
    ...sections.flatMap(s => [Buffer.from([s.id, ...unsigned(s.body.length)]), s.body]),
  ])
}

function sectionIn(sections: Section[], id: number): Section {
  const found = sections.find(s => s.id === id)
  if (!found) throw new Error(`the module has no section ${id}`)
  return found
}

function globalsIn(body: Uint8Array): Global[] {
  let [count, at] = unsignedAt(body, 0)
  const globals: Global[] = []
  for (; count > 0; count--) {
    globals.push({ type: body[at] ?? 0, mutable: body[at + 1] ?? 0 })
    at += 3
    while ((body[at] ?? 0) & 128) at++
    if (body[++at] !== 0x0b) throw new Error('a global has an initialiser of an unknown form')
    at++
  }
  return globals
}

function withExportedGlobals(module: Uint8Array, count: number): Uint8Array {
  const sections = sectionsOf(module)
  const exports = sectionIn(sections, exportSection)
  const [before, start] = unsignedAt(exports.body, 0)
  const added = Array.from({ length: count }, (_, i) => {
    const name = Buffer.from(`__g${i}`)
    return Buffer.from([...unsigned(name.length), ...name, 3, ...unsigned(i)])
  })
  exports.body = Buffer.concat([Buffer.from(unsigned(before + count)), exports.body.subarray(start), ...added])
  return moduleOf(sections)
}

function segmentsOf(memory: Uint8Array): [start: number, end: number][] {
  const block = 1024
  const segments: [number, number][] = []
  let start = -1
  for (let at = 0; at < memory.length; at += block) {
    const used = memory.subarray(at, at + block).some(byte => byte !== 0)
    if (used && start < 0) start = at
    if (!used && start >= 0) {
      segments.push([start, at])
      start = -1
    }
  }
  if (start >= 0) segments.push([start, memory.length])
  return segments
}

/** @param ceilingMiB The most linear memory the module may have. */
export async function snapshot(module: Uint8Array, ceilingMiB: number): Promise<Uint8Array> {
  const sections = sectionsOf(module)
  const globals = globalsIn(sectionIn(sections, globalSection).body)
  let ticks = 0n
  const tick = (): bigint => 1_700_000_000_000_000_000n + (ticks += 1000n)
  const exporting = await WebAssembly.compile(withExportedGlobals(module, globals.length) as Uint8Array<ArrayBuffer>)
  const instance = await instantiate(exporting, {
    inputs: {
      nowNs: tick,
      monotonicNs: () => (ticks += 1000n),
      fillRandom: bytes => {
        bytes.fill(7)
      },
    },
  })
  instance.exports.warm()
  const memory = new Uint8Array(instance.exports.memory.buffer)
  sectionIn(sections, globalSection).body = Buffer.from([
    ...unsigned(globals.length),
    ...globals.flatMap(({ type, mutable }, i) => {
      const { value } = instance.exports[`__g${i}`] as WebAssembly.Global
      return [type, mutable, type === i32 ? 0x41 : 0x42, ...signed(BigInt(value as number | bigint)), 0x0b]
    }),
  ])
  sectionIn(sections, memorySection).body = Buffer.from([
    1,
    1,
    ...unsigned(memory.length / page),
    ...unsigned((ceilingMiB * 1024 * 1024) / page),
  ])
  const segments = segmentsOf(memory)
  sectionIn(sections, dataSection).body = Buffer.concat([
    Buffer.from(unsigned(segments.length)),
    ...segments.flatMap(([start, end]) => [
      Buffer.from([0, 0x41, ...signed(BigInt(start | 0)), 0x0b, ...unsigned(end - start)]),
      memory.subarray(start, end),
    ]),
  ])
  return moduleOf(sections.filter(s => s.id !== dataCountSection))
}
