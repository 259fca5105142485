import { webcrypto } from 'node:crypto'

/** The clock and randomness a module sees. */
export interface HostInputs {
  nowNs(): bigint
  monotonicNs(): bigint
  fillRandom(bytes: Uint8Array): void
}

/** A live machine's inputs. The monotonic clock starts an hour ahead: it must not run behind the one of the pre-initialisation. */
export const liveInputs: HostInputs = {
  nowNs: () => BigInt(Date.now()) * 1_000_000n,
  monotonicNs: () => BigInt(Math.round((performance.now() + 3_600_000) * 1e6)),
  fillRandom: bytes => {
    for (let i = 0; i < bytes.length; i += 65536) webcrypto.getRandomValues(bytes.subarray(i, i + 65536))
  },
}

const badDescriptor = 8
const notSupported = 52
type WasiCall = (...args: number[]) => number

/**
 * The smallest WASI host: a clock, random bytes, an argv of one word, stderr kept in memory. Every other call answers ENOSYS, so a
 * module has no files and no network by construction.
 */
export function wasiImports(
  inputs: HostInputs,
  memory: () => WebAssembly.Memory,
): { readonly imports: WebAssembly.Imports; printed(): string } {
  let printed = ''
  const view = (): DataView => new DataView(memory().buffer)
  const bytes = (at: number, size: number): Uint8Array => new Uint8Array(memory().buffer, at, size)
  const pair = (a: number, b: number, values: [number, number]): number => {
    view().setUint32(a, values[0], true)
    view().setUint32(b, values[1], true)
    return 0
  }
  const calls: Record<string, WasiCall> = {
    args_sizes_get: (count = 0, size = 0) => pair(count, size, [1, 2]),
    args_get: (list = 0, text = 0) => {
      view().setUint32(list, text, true)
      bytes(text, 2).set([0x6b, 0])
      return 0
    },
    environ_sizes_get: (count = 0, size = 0) => pair(count, size, [0, 0]),
    environ_get: () => 0,
    random_get: (at = 0, size = 0) => {
      inputs.fillRandom(bytes(at, size))
      return 0
    },
    fd_write: (_fd, vectors = 0, count = 0, written = 0) => {
      let total = 0
      for (let i = 0; i < count; i++) {
        const size = view().getUint32(vectors + 8 * i + 4, true)
        if (printed.length < 65536) printed += new TextDecoder().decode(bytes(view().getUint32(vectors + 8 * i, true), size))
        total += size
      }
      view().setUint32(written, total, true)
      return 0
    },
    fd_fdstat_get: () => badDescriptor,
    fd_prestat_get: () => badDescriptor,
    proc_exit: (status = 0) => {
      throw new Error(`module exited with ${status}`)
    },
    sched_yield: () => 0,
    poll_oneoff: (_in, _out, _count, events = 0) => {
      view().setUint32(events, 0, true)
      return 0
    },
  }
  const clock = (id: number, _precision: bigint, at: number): number => {
    view().setBigUint64(at, id === 0 ? inputs.nowNs() : inputs.monotonicNs(), true)
    return 0
  }
  const all: Record<string, unknown> = { ...calls, clock_time_get: clock }
  const functions = new Proxy({}, { get: (_t, name) => all[String(name)] ?? (() => notSupported) }) as WebAssembly.ModuleImports
  return { imports: { wasi_snapshot_preview1: functions }, printed: () => printed }
}
