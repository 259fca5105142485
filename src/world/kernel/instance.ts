import { isObject, type Json } from '../../lib/json.ts'
import { KernelError } from './error.ts'
import { type HostInputs, liveInputs, wasiImports } from './host.ts'
import { fillMemory } from './image.ts'

interface Exports {
  memory: WebAssembly.Memory
  alloc(size: number): number
  call(nameLength: number, size: number): number
  result(): number
  release(): void
  warm(): void
  _initialize(): void
}

/** One instance of a kernel module: bytes in, bytes out. After a trap it must be thrown away. */
export interface Instance {
  /** @throws {KernelError} the operation's own failure; any other throw means that the instance is broken. */
  call(operation: string, input: Uint8Array): Uint8Array
  /** What the module wrote to stderr: Go's reason when it dies. */
  printed(): string
  /** Bytes of linear memory; it never shrinks. */
  memoryBytes(): number
  readonly exports: Exports & Record<string, unknown>
}

const encoder = new TextEncoder()

/** Instantiates a module. With an image of its memory, which is given away, it is a pre-initialised one, which must not run its initialiser again. */
export async function instantiate(module: WebAssembly.Module, options: { image?: ArrayBuffer; inputs?: HostInputs }): Promise<Instance> {
  let memory: WebAssembly.Memory | undefined
  const host = wasiImports(options.inputs ?? liveInputs, () => {
    if (!memory) throw new TypeError('the module called its host before it was instantiated')
    return memory
  })
  const { exports } = await WebAssembly.instantiate(module, host.imports)
  const api = exports as unknown as Exports & Record<string, unknown>
  memory = api.memory
  if (options.image) {
    fillMemory(api.memory, new Uint8Array(options.image))
    // Freed now: a thread that does little does not collect for long.
    options.image.transfer(0)
  } else api._initialize()
  return {
    exports: api,
    memoryBytes: () => api.memory.buffer.byteLength,
    printed: host.printed,
    call: (operation, input) => call(api, operation, input),
  }
}

function call(api: Exports, operation: string, input: Uint8Array): Uint8Array {
  const name = encoder.encode(operation)
  const size = name.length + input.length
  const at = api.alloc(size)
  const target = new Uint8Array(api.memory.buffer, at, size)
  target.set(name)
  target.set(input, name.length)
  const length = api.call(name.length, size)
  const answer = new Uint8Array(api.memory.buffer, api.result(), length).slice()
  api.release()
  if (answer[0] === 0) return answer.subarray(1)
  throw failureOf(answer.subarray(1))
}

function failureOf(bytes: Uint8Array): KernelError {
  const parsed = JSON.parse(new TextDecoder().decode(bytes)) as Json
  const { code, message, detail } = isObject(parsed) ? parsed : {}
  return new KernelError(String(code), String(message), detail)
}

/** What a throw of {@link Instance.call} says about the instance: its own failure leaves it usable, anything else breaks it. */
export function verdictOn(thrown: unknown, printed: string): { readonly error: KernelError; readonly broken: boolean } {
  if (thrown instanceof KernelError && thrown.message.includes('stack overflow')) return { error: thrown, broken: true }
  if (thrown instanceof KernelError) return { error: thrown, broken: false }
  const text = printed || (thrown instanceof Error ? thrown.message : String(thrown))
  const memory = /out of memory|memory access out of bounds|cannot allocate/i.test(text)
  const first = text.split('\n')[0] ?? ''
  return {
    broken: true,
    error: memory
      ? new KernelError('OUT_OF_MEMORY', 'the call needs more memory than the 512 MiB it may have: make the input smaller')
      : new KernelError('CRASHED', `the call broke its module: ${first}`),
  }
}
