import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
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

/**
 * Waits until this process holds the Lease, and renews it from then on. Who holds it otherwise is judged by our own clock: a Lease that did not change
 * for as long as it lasts is free. Rejects with `signal.reason` on abort. Follows client-go's leader election.
 */
export async function lead(hub: ElectionHub, election: Election, signal: AbortSignal): Promise<Leading> {
  const candidate = new Candidate(hub, election)
  while (!(await candidate.holds(signal))) await election.clock.sleep(election.retryMs, signal)
  const lost = new AbortController()
  const ended = new AbortController()
  const renewing = candidate.keep(lost, AbortSignal.any([signal, ended.signal]))
  return {
    lost: lost.signal,
    async leave(frees) {
      ended.abort(new Error('the leader leaves'))
      await renewing
      if (frees && !lost.signal.aborted) await candidate.free(AbortSignal.timeout(election.renewDeadlineMs)).catch(() => {})
    },
  }
}

/** One process that would lead. */
class Candidate {
  readonly #hub: ElectionHub
  readonly #election: Election
  #seen: { readonly renewed: string; readonly holder: string; readonly at: number } | undefined

  constructor(hub: ElectionHub, election: Election) {
    this.#hub = hub
    this.#election = election
  }

  /** Takes or renews the Lease; false when somebody else has it, or the server would not have it now. */
  async holds(signal: AbortSignal): Promise<boolean> {
    const { namespace, name, holder, leaseMs, clock } = this.#election
    const ref = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name }
    try {
      const found = await this.#hub.get(ref, signal)
      if (found && !this.#isFree(found)) return false
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
      return true
    } catch (thrown) {
      signal.throwIfAborted()
      if (!(thrown instanceof CodedError)) throw thrown
      if (thrown.code !== 'CONFLICT' && thrown.code !== 'ALREADY_EXISTS') this.#election.refused?.(thrown)
      return false
    }
  }

  #isFree(found: KubeObject): boolean {
    const { holder, clock } = this.#election
    const by = stringAt(found, 'spec', 'holderIdentity') ?? ''
    const renewed = stringAt(found, 'spec', 'renewTime') ?? ''
    if (this.#seen?.renewed !== renewed || this.#seen.holder !== by) this.#seen = { renewed, holder: by, at: clock.elapsed() }
    const lasts = Number(at(found, 'spec', 'leaseDurationSeconds') ?? 15) * 1000
    return by === '' || by === holder || clock.elapsed() - this.#seen.at >= lasts
  }

  /** Renews until the signal, or until that did not work for too long. */
  async keep(lost: AbortController, signal: AbortSignal): Promise<void> {
    const { clock, retryMs, renewDeadlineMs, name } = this.#election
    for (let renewed = clock.elapsed(); !signal.aborted;) {
      await clock.sleep(retryMs, signal).catch(() => {})
      if (signal.aborted) return
      if (await this.holds(signal).catch(() => false)) renewed = clock.elapsed()
      else if (clock.elapsed() - renewed >= renewDeadlineMs) return lost.abort(new Error(`the Lease ${name} could not be renewed in time`))
    }
  }

  /** Frees the Lease. */
  async free(signal: AbortSignal): Promise<void> {
    const { namespace, name, holder } = this.#election
    const found = await this.#hub.get({ group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name }, signal)
    if (!found || stringAt(found, 'spec', 'holderIdentity') !== holder) return
    const spec = { ...(found.spec as object), holderIdentity: '', leaseDurationSeconds: 1 }
    await this.#hub.replace({ ...found, spec }, { manager }, signal)
  }
}
