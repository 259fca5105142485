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
const printedLimit = 65536
type WasiCalls = Record<string, (...args: number[]) => number>

/**
 * The smallest WASI host: a clock, random bytes, an argv of one word, stderr kept in memory. Every other call answers ENOSYS, so a
 * module has no files and no network by construction.
 */
export function wasiImports(
  inputs: HostInputs,
  memory: () => WebAssembly.Memory,
): { readonly imports: WebAssembly.Imports; printed(): string } {
  const reach: Reach = {
    view: () => new DataView(memory().buffer),
    bytes: (at, size) => new Uint8Array(memory().buffer, at, size),
  }
  const stderr = new Stderr(reach)
  const clock = (id: number, _precision: bigint, at: number): number => {
    reach.view().setBigUint64(at, id === 0 ? inputs.nowNs() : inputs.monotonicNs(), true)
    return 0
  }
  const random = (at = 0, size = 0): number => {
    inputs.fillRandom(reach.bytes(at, size))
    return 0
  }
  const all: Record<string, unknown> = {
    ...argumentCalls(reach),
    ...processCalls(reach),
    fd_write: (_fd = 0, vectors = 0, count = 0, written = 0) => stderr.write({ vectors, count, written }),
    clock_time_get: clock,
    random_get: random,
  }
  const functions = new Proxy({}, { get: (_t, name) => all[String(name)] ?? (() => notSupported) }) as WebAssembly.ModuleImports
  return { imports: { wasi_snapshot_preview1: functions }, printed: () => stderr.printed }
}

/** Windows on the module's memory, which moves when it grows. */
interface Reach {
  view(): DataView
  bytes(at: number, size: number): Uint8Array
}

/** argv is one word: Go packages read os.Args[0] when they are initialised. The environment is empty. */
function argumentCalls({ view, bytes }: Reach): WasiCalls {
  const pair = (at: readonly [number, number], values: readonly [number, number]): number => {
    view().setUint32(at[0], values[0], true)
    view().setUint32(at[1], values[1], true)
    return 0
  }
  return {
    args_sizes_get: (count = 0, size = 0) => pair([count, size], [1, 2]),
    args_get: (list = 0, text = 0) => {
      view().setUint32(list, text, true)
      bytes(text, 2).set([0x6b, 0])
      return 0
    },
    environ_sizes_get: (count = 0, size = 0) => pair([count, size], [0, 0]),
    environ_get: () => 0,
  }
}

function processCalls({ view }: Reach): WasiCalls {
  return {
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
}

/** Keeps the beginning of what a module prints. */
class Stderr {
  readonly #reach: Reach
  printed = ''

  constructor(reach: Reach) {
    this.#reach = reach
  }

  write({ vectors, count, written }: { vectors: number; count: number; written: number }): number {
    const view = this.#reach.view()
    let total = 0
    for (let i = 0; i < count; i++) {
      const size = view.getUint32(vectors + 8 * i + 4, true)
      if (this.printed.length < printedLimit)
        this.printed += new TextDecoder().decode(this.#reach.bytes(view.getUint32(vectors + 8 * i, true), size))
      total += size
    }
    view.setUint32(written, total, true)
    return 0
  }
}
