import { parentPort, workerData } from 'node:worker_threads'
import { type Instance, instantiate, verdictOn } from './instance.ts'

/** What the pool asks of a worker. */
export interface Ask {
  readonly id: number
  readonly operation: string
  readonly input: Uint8Array
}

/** What a worker answers. A broken one is replaced. */
export type Answer =
  | { readonly id: number; readonly output: Uint8Array; readonly memoryBytes: number }
  | {
      readonly id: number
      readonly code: string
      readonly message: string
      readonly detail: unknown
      readonly broken: boolean
      readonly memoryBytes: number
    }

/** How a worker starts. */
export interface WorkerStart {
  readonly module: WebAssembly.Module
  /** What its memory holds at first. */
  readonly image: ArrayBuffer
}

/** The body of a kernel worker: one instance, one call at a time. */
export function serve(): void {
  const port = parentPort
  if (!port) return
  let instance: Promise<Instance> | undefined
  port.on('message', async (ask: Ask) => {
    const { module, image } = workerData as WorkerStart
    instance ??= instantiate(module, { image })
    const live = await instance
    try {
      const output = live.call(ask.operation, ask.input)
      const answer: Answer = { id: ask.id, output, memoryBytes: live.memoryBytes() }
      port.postMessage(
        answer,
        output.byteOffset === 0 && output.buffer.byteLength === output.byteLength ? [output.buffer as ArrayBuffer] : [],
      )
    } catch (thrown) {
      const { error, broken } = verdictOn(thrown, live.printed())
      const answer: Answer = {
        id: ask.id,
        code: error.code,
        message: error.message,
        detail: error.detail,
        broken,
        memoryBytes: live.memoryBytes(),
      }
      port.postMessage(answer)
    }
  })
}

if (parentPort && (workerData as { kernel?: boolean } | null)?.kernel === true) serve()
