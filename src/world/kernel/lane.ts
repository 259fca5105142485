import { Worker } from 'node:worker_threads'
import type { Json } from '../../lib/json.ts'
import { KernelError } from './error.ts'
import type { LoadedModule } from './modules.ts'
import type { Answer, Ask } from './worker.ts'

/** Memory past which an idle worker is replaced: linear memory never shrinks. */
const retireAboveBytes = 160 * 1024 * 1024
/** A call that runs for this long holds up others. A worker's first call has its start in it. */
const slowMs = { first: 3000, later: 500 }

interface Job {
  readonly operation: string
  readonly input: Uint8Array
  readonly deadlineMs: number
  readonly signal: AbortSignal
  resolve(output: Uint8Array): void
  reject(reason: unknown): void
}
interface Running {
  readonly job: Job
  readonly id: number
  /** When its worker got it; `undefined` before. */
  beganAt: number | undefined
  /** Its time counts from here: loading the module is not the call's. */
  limit(): void
  end(): void
}

/** What a worker runs, and its script. */
interface LaneStart {
  readonly loaded: LoadedModule
  readonly url: URL
}

/** One worker with a queue: calls run one at a time, each with a deadline; a worker that traps, hangs or grows is replaced. */
export class Lane {
  readonly #start: () => Promise<LaneStart>
  readonly #keepsState: boolean
  readonly #queue: Job[] = []
  #worker: Promise<Worker> | undefined
  #running: Running | undefined
  #answered = false
  #ids = 0

  /** `keepsState`: the worker holds what later calls need, and is not replaced while it is whole. */
  constructor(start: () => Promise<LaneStart>, { keepsState = false }: { keepsState?: boolean } = {}) {
    this.#start = start
    this.#keepsState = keepsState
  }

  /** Calls waiting or running. */
  get load(): number {
    return this.#queue.length + (this.#running ? 1 : 0)
  }

  /** Whether what comes would wait for a long call. */
  get isHeldUp(): boolean {
    const beganAt = this.#running?.beganAt
    return beganAt !== undefined && performance.now() - beganAt > (this.#answered ? slowMs.later : slowMs.first)
  }

  call(operation: string, input: Uint8Array, { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal }): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      this.#queue.push({ operation, input, deadlineMs, signal, resolve, reject })
      void this.#next()
    })
  }

  async close(): Promise<void> {
    for (const job of this.#queue.splice(0)) job.reject(new KernelError('CRASHED', 'the kernel was closed'))
    await this.#retire()
  }

  async #next(): Promise<void> {
    if (this.#running) return
    const job = this.#queue.shift()
    if (!job) return
    if (job.signal.aborted) {
      job.reject(job.signal.reason)
      return this.#next()
    }
    const running = this.#begin(job)
    try {
      const worker = await (this.#worker ??= this.#spawn())
      if (!this.#isRunning(running)) return
      running.limit()
      worker.ref()
      worker.postMessage({ id: running.id, operation: job.operation, input: job.input } satisfies Ask)
    } catch (thrown) {
      this.#finish(running)
      job.reject(thrown)
    }
  }

  #begin(job: Job): Running {
    const id = ++this.#ids
    const stop = (reason: unknown): void => {
      this.#finish(running)
      void this.#retire()
      job.reject(reason)
      void this.#next()
    }
    let timer: NodeJS.Timeout | undefined
    const late = (): void =>
      stop(new KernelError('DEADLINE', `the call did not end within ${job.deadlineMs / 1000} s: make the input smaller`))
    const aborted = (): void => stop(job.signal.reason)
    job.signal.addEventListener('abort', aborted, { once: true })
    const running: Running = {
      job,
      id,
      beganAt: undefined,
      limit() {
        running.beganAt = performance.now()
        timer = setTimeout(late, job.deadlineMs)
      },
      end: () => {
        clearTimeout(timer)
        job.signal.removeEventListener('abort', aborted)
      },
    }
    this.#running = running
    return running
  }

  #isRunning(running: Running): boolean {
    return this.#running === running
  }

  #finish(running: Running): void {
    running.end()
    if (this.#running === running) this.#running = undefined
  }

  async #spawn(): Promise<Worker> {
    const { loaded, url } = await this.#start()
    const image = await loaded.image()
    const workerData = { module: loaded.module, image, kernel: true }
    const worker = new Worker(url, { workerData, transferList: [image], stdout: false, execArgv: [] })
    worker.unref()
    worker.on('message', (answer: Answer) => this.#take(worker, answer))
    worker.on('error', thrown => this.#died(worker, thrown))
    worker.on('exit', () => this.#died(worker, undefined))
    return worker
  }

  #take(worker: Worker, answer: Answer): void {
    const running = this.#running
    if (running?.id !== answer.id) return
    this.#answered = true
    this.#finish(running)
    worker.unref()
    const broken = 'broken' in answer && answer.broken
    if (broken || (!this.#keepsState && answer.memoryBytes > retireAboveBytes)) void this.#retire()
    if ('output' in answer) running.job.resolve(answer.output)
    else running.job.reject(new KernelError(answer.code, answer.message, answer.detail as Json | undefined))
    void this.#next()
  }

  #died(worker: Worker, thrown: unknown): void {
    void this.#worker?.then(current => {
      if (current !== worker) return
      this.#worker = undefined
      const running = this.#running
      if (!running) return
      this.#finish(running)
      running.job.reject(
        new KernelError('CRASHED', `the call ended its worker: ${thrown instanceof Error ? thrown.message : 'no reason given'}`),
      )
      void this.#next()
    })
  }

  async #retire(): Promise<void> {
    const retired = this.#worker
    this.#worker = undefined
    this.#answered = false
    await (await retired?.catch(() => undefined))?.terminate()
  }
}
