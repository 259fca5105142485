import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { withDeadline } from '../lib/deadline.ts'
import { at, stringAt } from '../lib/json.ts'
import { leaseOf } from './lease.ts'

/** What an election needs of a cluster. A `Cluster` is one. */
export interface ElectionHub {
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>
  create(object: KubeObject, options: { manager: string }, signal: AbortSignal): Promise<KubeObject>
  replace(object: KubeObject, options: { manager: string }, signal: AbortSignal): Promise<KubeObject>
}

/** Times are in milliseconds, and Flux's flags name them. */
export interface Election {
  readonly namespace: string
  /** Of the Lease, such as `source-controller-leader-election`. */
  readonly name: string
  /** Who we are: no other process may have it. */
  readonly holder: string
  /** For how long a Lease that nobody renews keeps others out. */
  readonly leaseMs: number
  /** For how long a leader tries to renew before it gives up. */
  readonly renewDeadlineMs: number
  /** The pause between two tries. */
  readonly retryMs: number
  /** The Lease is only looked at until this aborts. Absent: it may be taken from the start. */
  readonly after?: AbortSignal | undefined
  /** Told who holds the Lease, when it is another than before. */
  readonly waits?: ((holder: string) => void) | undefined
  /** Told why a try failed that the server refused. */
  readonly refused?: ((thrown: CodedError) => void) | undefined
  readonly clock: { now(): number; elapsed(): number; sleep(ms: number, signal: AbortSignal): Promise<void> }
}

/** This process leads. `lost` aborts when it does no more. */
export interface Leading {
  readonly lost: AbortSignal
  /** Leads no more. `frees` lets others lead at once; else they wait until the Lease ends. */
  leave(frees: boolean): Promise<void>
}

const manager = 'leader-election'
const freeTries = 3

/**
 * Waits until this process holds the Lease, and renews it from then on. Who holds it otherwise is judged by our own clock: a Lease that did not change
 * for as long as it lasts is free. Rejects with `signal.reason` on abort. Follows client-go's leader election.
 */
export async function lead(hub: ElectionHub, election: Election, signal: AbortSignal): Promise<Leading> {
  const { clock, retryMs, renewDeadlineMs, after } = election
  const candidate = new Candidate(hub, election)
  const rest = async (): Promise<void> => {
    const woken = after && !after.aborted ? AbortSignal.any([signal, after]) : signal
    await clock.sleep(Math.min(retryMs, candidate.leftMs), woken).catch(() => signal.throwIfAborted())
  }
  let since = clock.elapsed()
  for (; (await candidate.tryFor(renewDeadlineMs, signal)) !== 'held'; since = clock.elapsed()) await rest()
  const lost = new AbortController()
  const ended = new AbortController()
  const renewing = candidate.keep(since, { lost, signal: AbortSignal.any([signal, ended.signal]) })
  return {
    lost: lost.signal,
    async leave(frees) {
      ended.abort(new Error('the leader leaves'))
      await renewing
      if (frees && !lost.signal.aborted) await candidate.free(AbortSignal.timeout(election.renewDeadlineMs)).catch(() => {})
    },
  }
}

interface Together {
  readonly signal: AbortSignal
  /** Whether those that are held are freed when the signal ends the wait for the others. */
  readonly frees: boolean
  readonly holds?: (name: string, held: boolean) => void
}

/**
 * Leads by several Leases. They are taken in the order of their names, so that no two processes wait for what the other holds, and looked at from the
 * start, so that those of a process that is gone end together. `lost` aborts with the first of them, and has when that was before all were held.
 */
export async function leadAll(hub: ElectionHub, elections: readonly Election[], { signal, frees, holds }: Together): Promise<Leading> {
  const lost = new AbortController()
  const ordered = elections.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const turns = ordered.map(election => ({ election, held: new AbortController(), over: new AbortController() }))
  const stopWaiting = (reason: unknown): void => {
    for (const { held, over } of turns) if (!held.signal.aborted) over.abort(reason)
  }
  const wait = async ({ election, held, over }: (typeof turns)[number], i: number): Promise<Leading> => {
    const led = await lead(hub, { ...election, after: turns[i - 1]?.held.signal }, AbortSignal.any([signal, over.signal]))
    held.abort()
    holds?.(election.name, true)
    led.lost.addEventListener('abort', () => {
      holds?.(election.name, false)
      lost.abort(led.lost.reason)
      stopWaiting(led.lost.reason)
    })
    return led
  }
  const ended = await Promise.allSettled(turns.map(wait))
  const led = ended.flatMap(t => (t.status === 'fulfilled' ? [t.value] : []))
  const failed = ended.find(t => t.status === 'rejected')
  const leave = async (free: boolean): Promise<void> => void (await Promise.all(led.map(l => l.leave(free))))
  if (failed && !lost.signal.aborted) {
    await leave(frees)
    throw failed.reason
  }
  return { lost: lost.signal, leave }
}

/** How a try ended: the Lease is ours, somebody else's, or that is not known. */
type Tried = 'held' | 'taken' | 'failed'

/** One process that would lead. */
class Candidate {
  readonly #hub: ElectionHub
  readonly #election: Election
  #seen: { readonly renewed: string; readonly holder: string; readonly at: number; readonly lasts: number } | undefined

  constructor(hub: ElectionHub, election: Election) {
    this.#hub = hub
    this.#election = election
  }

  /** How long the Lease of another lasts yet; no bound where there is none that lasts. */
  get leftMs(): number {
    const left = this.#seen ? this.#seen.at + this.#seen.lasts - this.#election.clock.elapsed() : 0
    return left > 0 ? left : Infinity
  }

  /** Takes or renews the Lease, if that works in so much time. */
  async tryFor(ms: number, signal: AbortSignal): Promise<Tried> {
    const { name, clock } = this.#election
    try {
      return await withDeadline({ clock, ms, what: `the try to hold the Lease ${name}`, signal }, until => this.#holds(until))
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof CodedError)) throw thrown
      if (thrown.code !== 'CONFLICT' && thrown.code !== 'ALREADY_EXISTS') this.#election.refused?.(thrown)
      return 'failed'
    }
  }

  async #holds(signal: AbortSignal): Promise<Tried> {
    const { namespace, name, holder, leaseMs, clock, after } = this.#election
    const ref = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name }
    const found = await this.#hub.get(ref, signal)
    if (found && !this.#isFree(found)) return 'taken'
    if (after && !after.aborted) return 'taken'
    const mine = found && stringAt(found, 'spec', 'holderIdentity') === holder
    const acquired = mine ? stringAt(found, 'spec', 'acquireTime') : undefined
    const transitions = Number(at(found, 'spec', 'leaseTransitions') ?? 0) + (found && !mine ? 1 : 0)
    const lease = leaseOf({ namespace, name, holder, seconds: Math.ceil(leaseMs / 1000), now: clock.now(), acquired, transitions })
    const { resourceVersion } = found?.metadata ?? {}
    await (found
      ? this.#hub.replace(
          { ...lease, metadata: { ...lease.metadata, ...(resourceVersion ? { resourceVersion } : {}) } },
          { manager },
          signal,
        )
      : this.#hub.create(lease, { manager }, signal))
    return 'held'
  }

  #isFree(found: KubeObject): boolean {
    const { holder, clock, waits } = this.#election
    const by = stringAt(found, 'spec', 'holderIdentity') ?? ''
    const renewed = stringAt(found, 'spec', 'renewTime') ?? ''
    if (this.#seen?.holder !== by && by !== '' && by !== holder) waits?.(by)
    const lasts = Number(at(found, 'spec', 'leaseDurationSeconds') ?? 15) * 1000
    const isNew = this.#seen?.renewed !== renewed || this.#seen.holder !== by
    this.#seen = { renewed, holder: by, at: isNew || !this.#seen ? clock.elapsed() : this.#seen.at, lasts }
    return by === '' || by === holder || clock.elapsed() - this.#seen.at >= lasts
  }

  /**
   * Renews until the signal, until that did not work for too long, or until somebody else holds the Lease. A Lease lasts from when a try began:
   * others may have seen it before its answer came.
   */
  async keep(since: number, { lost, signal }: { lost: AbortController; signal: AbortSignal }): Promise<void> {
    const { clock, retryMs, renewDeadlineMs, name } = this.#election
    const left = (): number => since + renewDeadlineMs - clock.elapsed()
    while (left() > 0) {
      await clock.sleep(Math.min(retryMs, left()), signal).catch(() => {})
      if (signal.aborted) return
      const began = clock.elapsed()
      const tried = left() > 0 ? await this.tryFor(left(), signal).catch(() => 'failed') : 'failed'
      if (tried === 'taken') return lost.abort(new Error(`somebody else holds the Lease ${name}`))
      if (tried === 'held') since = began
    }
    if (!signal.aborted) lost.abort(new Error(`the Lease ${name} could not be renewed in time`))
  }

  /** Frees the Lease. A renewal that was given up may still happen meanwhile: then once more. */
  async free(signal: AbortSignal): Promise<void> {
    const { namespace, name, holder } = this.#election
    for (let attempt = 1; ; attempt++) {
      const found = await this.#hub.get({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name }, signal)
      if (!found || stringAt(found, 'spec', 'holderIdentity') !== holder) return
      const spec = { ...(found.spec as object), holderIdentity: '', leaseDurationSeconds: 1 }
      try {
        return void (await this.#hub.replace({ ...found, spec }, { manager }, signal))
      } catch (thrown) {
        if (!(thrown instanceof CodedError && thrown.code === 'CONFLICT') || attempt >= freeTries) throw thrown
      }
    }
  }
}
