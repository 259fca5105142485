import { overNow } from '../lib/aborted.ts'
import { CodedError } from '../lib/coded-error.ts'
import { type KubeObject, refOf } from '../kinds/manifest.ts'
import type { Hub, Pass } from './working.ts'

/** How long an event lets passes go before it, and how long what still waits at the end may take. */
const [patienceMs, endMs] = [10_000, 2000]
/** How many are written at a time while nothing is reconciled, and how many wait: of more the oldest are lost, as where the API server is away for long. */
const [mostAtOnce, mostWaiting] = [4, 10_000]

export interface RecorderOptions {
  readonly clock: Pass<unknown>['clock']
  /** Whether something is reconciled now, or is due. */
  isBusy(): boolean
}

/** Writes events beside the passes that they are of: what is to be reconciled comes first, for as long as an event may wait. */
export class Recorder {
  readonly #hub: Hub
  readonly #options: RecorderOptions
  readonly #waiting: { readonly event: KubeObject; readonly since: number }[] = []
  #working: Promise<void> | undefined
  #bell = new AbortController()
  readonly #over = new AbortController()
  #ending = false

  constructor(hub: Hub, options: RecorderOptions) {
    this.#hub = hub
    this.#options = options
  }

  add(event: KubeObject): void {
    this.#waiting.push({ event, since: this.#options.clock.elapsed() })
    if (this.#waiting.length > mostWaiting) this.#waiting.shift()
    this.#working ??= this.#work()
  }

  /** Nothing is reconciled any more. */
  idle(): void {
    if (this.#waiting.length > 0) this.#bell.abort(overNow)
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

  async #work(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#over.signal.aborted) {
      const alone = await this.#turn()
      const some = this.#next(alone ? mostAtOnce : 1)
      await Promise.all(some.map(event => record(this.#hub, event, this.#over.signal).catch(() => {})))
    }
    this.#working = undefined
  }

  /** The first that wait; never equal ones together, as each counts up the one before it. */
  #next(most: number): KubeObject[] {
    const events = this.#waiting.slice(0, most).map(({ event }) => event)
    const seen = new Set<string>()
    const again = events.findIndex(event => seen.size === seen.add(keyOf(event)).size)
    this.#waiting.splice(0, again === -1 ? most : again)
    return again === -1 ? events : events.slice(0, again)
  }

  /** Until nothing is reconciled, or the first has waited long enough; says which. */
  async #turn(): Promise<boolean> {
    const { clock, isBusy } = this.#options
    for (;;) {
      if (this.#ending || !isBusy()) return true
      const left = (this.#waiting[0]?.since ?? 0) + patienceMs - clock.elapsed()
      if (left <= 0) return false
      await clock.sleep(left, AbortSignal.any([this.#over.signal, this.#bell.signal])).catch(() => {})
      if (this.#bell.signal.aborted) this.#bell = new AbortController()
    }
  }
}

function keyOf({ metadata: { namespace, name } }: KubeObject): string {
  return `${namespace}/${name}`
}

/** Creates the event, or counts it up when an equal one exists. Events are best effort: a refusal never fails a pass. */
export async function record(hub: Hub, event: KubeObject, signal: AbortSignal): Promise<void> {
  const manager = String(event.reportingComponent)
  try {
    await hub.create(event, { manager }, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (thrown instanceof CodedError && thrown.code === 'ALREADY_EXISTS') await countUp(hub, event, signal).catch(() => {})
    signal.throwIfAborted()
  }
}

async function countUp(hub: Hub, event: KubeObject, signal: AbortSignal): Promise<void> {
  const earlier = await hub.get(refOf(event), signal)
  const count = typeof earlier?.count === 'number' ? earlier.count + 1 : 2
  const body = { count, lastTimestamp: event.lastTimestamp }
  await hub.patch(refOf(event), { type: 'merge', body, manager: String(event.reportingComponent) }, signal)
}
