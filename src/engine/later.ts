import { overNow } from '../lib/aborted.ts'
import { Bell } from './bell.ts'
import type { Pass } from './pass.ts'

/** How long what still waits at the end may take. */
const endMs = 2000
/** How many are done at a time while nothing is reconciled, and how many wait: of more the oldest of those that can wait longest are lost, as where the API server is away for long. */
const [mostAtOnce, mostWaiting] = [4, 10_000]

/** A write to the cluster for which no pass has to wait. */
export interface LateWrite {
  /** Those of one key are done one after the other. */
  readonly key: string
  /** How long it lets passes go before it. */
  readonly patienceMs: number
  write(signal: AbortSignal): Promise<void>
  /** Told when `write` threw. */
  failed?(): void
}

export interface LaterOptions {
  readonly clock: Pass<unknown>['clock']
  /** Whether something is reconciled now, or is due. */
  isBusy(): boolean
}

/** Writes beside the passes that the writes are of: what is to be reconciled comes first, for as long as a write may wait. */
export class Later {
  readonly #options: LaterOptions
  /** By when they are due. */
  readonly #waiting: { readonly late: LateWrite; readonly until: number }[] = []
  readonly #failed = new Set<string>()
  #working: Promise<void> | undefined
  readonly #over = new AbortController()
  readonly #bell: Bell
  #ending = false

  constructor(options: LaterOptions) {
    this.#options = options
    this.#bell = new Bell(options.clock, this.#over.signal)
  }

  /** `false` from when a write of that key threw: they are for whoever asks to do, and to see why they fail. */
  add(late: LateWrite): boolean {
    if (this.#failed.has(late.key)) return false
    const until = this.#options.clock.elapsed() + late.patienceMs
    const place = this.#waiting.findLastIndex(w => w.until <= until) + 1
    this.#waiting.splice(place, 0, { late, until })
    if (place === 0) this.#bell.ring()
    if (this.#waiting.length > mostWaiting) this.#lose()
    this.#working ??= this.#work()
    return true
  }

  /** Nothing is reconciled any more. */
  idle(): void {
    if (this.#waiting.length > 0) this.#bell.ring()
  }

  /** Writes what waits, as far as there is time. */
  async end(): Promise<void> {
    this.#ending = true
    this.idle()
    const { clock } = this.#options
    const late = clock.sleep(endMs, this.#over.signal).catch(() => {})
    await Promise.race([this.#working, late])
    this.#over.abort(overNow)
    await this.#working
  }

  #lose(): void {
    const last = this.#waiting.at(-1)
    const oldest = this.#waiting.findIndex(w => w.late.patienceMs === last?.late.patienceMs)
    this.#waiting.splice(oldest, 1)
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#over.signal.aborted) {
      const alone = await this.#turn()
      await Promise.all(this.#next(alone ? mostAtOnce : 1).map(late => this.#write(late)))
    }
    this.#working = undefined
  }

  async #write(late: LateWrite): Promise<void> {
    try {
      await late.write(this.#over.signal)
    } catch {
      if (this.#over.signal.aborted) return
      this.#failed.add(late.key)
      late.failed?.()
    }
  }

  /** The first that wait, up to a second one of a key. */
  #next(most: number): LateWrite[] {
    const some = this.#waiting.slice(0, most).map(({ late }) => late)
    const seen = new Set<string>()
    const again = some.findIndex(({ key }) => seen.size === seen.add(key).size)
    this.#waiting.splice(0, again === -1 ? most : again)
    return again === -1 ? some : some.slice(0, again)
  }

  /** Until nothing is reconciled, or the first is due; says which. */
  async #turn(): Promise<boolean> {
    const { clock, isBusy } = this.#options
    for (;;) {
      if (this.#ending || !isBusy()) return true
      const until = this.#waiting[0]?.until ?? 0
      if (until <= clock.elapsed()) return false
      await this.#bell.wait(until)
    }
  }
}
