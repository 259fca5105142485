import { type KubeObject, type ObjectRef, conditionsOf, refOf } from '../kinds/manifest.ts'
import { type FluxEvent, fluxEventOf } from '../kinds/flux-event.ts'
import type { Kind, ObjectOf } from '../kinds/kind.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { mergePatchFrom } from '../lib/merge-patch.ts'
import { inOrder, type StatusChange, withCondition } from './conditions.ts'
import { eventFor, type EventDraft } from './events.ts'
import { failed, type Outcome, StepError } from './outcome.ts'
import type { Reconciler, Run, Settled } from './reconciler.ts'
import type { Settings } from './settings.ts'
import { refused, unsupportedField } from './unsupported.ts'

/** What the engine itself needs of a cluster. A `Cluster` is one. */
export interface Hub {
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | undefined>
  patch(
    ref: ObjectRef,
    patch: { type: 'merge'; body: JsonObject; manager: string; subresource?: string | undefined },
    signal: AbortSignal,
  ): Promise<KubeObject>
  create(object: KubeObject, options: { manager: string }, signal: AbortSignal): Promise<KubeObject>
}

export interface Pass<Hands> {
  readonly hub: Hub
  readonly hands: Hands
  readonly clock: { now(): number; elapsed(): number; random(): number }
  readonly settings: Settings
  readonly signal: AbortSignal
  readonly progress?: ((message: string) => void) | undefined
  /** Told of each event that is forwarded, as often as it comes. */
  readonly forward?: ((event: FluxEvent) => void) | undefined
}

/** How a pass ended: the object as it stands now, and when to look again. */
export type Driven =
  | { readonly is: 'gone' }
  | { readonly is: 'static'; readonly object: KubeObject }
  | { readonly is: 'suspended'; readonly object: KubeObject }
  | { readonly is: 'done'; readonly object: KubeObject; readonly outcome: Outcome; readonly settled: Settled }

const finalizer = 'finalizers.fluxcd.io'

/**
 * One level-based pass over one object: finalizer, suspension, unsupported fields, the reconciler, then status and events.
 * Status is always written at the end, also on failure; an abort writes nothing more and rejects. Spec: kustomization 2.2, sources 1.4.
 */
export async function drive<K extends Kind, Hands>(reconciler: Reconciler<K, Hands>, ref: ObjectRef, pass: Pass<Hands>): Promise<Driven> {
  const found = await pass.hub.get(ref, pass.signal)
  if (!found) return { is: 'gone' }
  const state = new Working(found, reconciler, pass)
  if (found.metadata.deletionTimestamp) return finalize(reconciler, state, pass)
  if (reconciler.isStatic?.(found as ObjectOf<K>)) return leaveAlone(reconciler, state, pass)
  const unsupported = unsupportedField(reconciler.kind, found)
  const holds = found.metadata.finalizers?.includes(finalizer) === true
  if (!unsupported && !holds && !(await state.addFinalizer())) return drive(reconciler, ref, pass)
  if (isObject(found.spec) && found.spec.suspend === true) {
    await state.save(reconciler.convention.suspended(state.current(), { now: pass.clock.now() }))
    return { is: 'suspended', object: state.current() }
  }
  const outcome = unsupported
    ? refused(unsupported)
    : await attempt(() => reconciler.reconcile(state.current() as ObjectOf<K>, pass.hands, state.run()), pass.signal)
  return conclude(reconciler, state, { pass, outcome })
}

async function finalize<K extends Kind, Hands>(
  reconciler: Reconciler<K, Hands>,
  state: Working<K, Hands>,
  pass: Pass<Hands>,
): Promise<Driven> {
  if (!state.current().metadata.finalizers?.includes(finalizer)) return { is: 'gone' }
  const outcome = await attempt(() => reconciler.finalize(state.current() as ObjectOf<K>, pass.hands, state.run()), pass.signal)
  if (outcome.is !== 'ready')
    return conclude(reconciler, state, { pass, outcome: outcome.is === 'failed' ? { ...outcome, retry: 'backoff' } : outcome })
  for (const event of outcome.events ?? []) await state.emit(event)
  await state.dropFinalizer()
  return { is: 'gone' }
}

/** An object that became static loses what it had before: once, as nothing of it is left afterwards. */
async function leaveAlone<K extends Kind, Hands>(
  reconciler: Reconciler<K, Hands>,
  state: Working<K, Hands>,
  pass: Pass<Hands>,
): Promise<Driven> {
  const { status } = state.current()
  if (isObject(status) && conditionsOf(state.current()).length > 0)
    await state.save({ fields: Object.fromEntries(Object.keys(status).map(field => [field, null])) })
  const driven = await finalize(reconciler, state, pass)
  return driven.is === 'gone' ? { is: 'static', object: state.current() } : driven
}

async function attempt(work: () => Promise<Outcome>, signal: AbortSignal): Promise<Outcome> {
  try {
    return await work()
  } catch (thrown) {
    if (signal.aborted) throw signal.reason
    if (thrown instanceof StepError)
      return failed(thrown.code, thrown.message, { events: [{ severity: 'error', message: thrown.message }] })
    return failed('ReconciliationFailed', messageOf(thrown), {
      retry: 'backoff',
      events: [{ severity: 'error', message: messageOf(thrown) }],
    })
  }
}

async function conclude<K extends Kind, Hands>(
  reconciler: Reconciler<K, Hands>,
  state: Working<K, Hands>,
  { pass, outcome }: { pass: Pass<Hands>; outcome: Outcome },
): Promise<Driven> {
  if (outcome.change) state.merge(outcome.change)
  const tookMs = pass.clock.elapsed() - state.startedAt
  const at = { now: pass.clock.now(), tookMs, random: pass.clock.random(), settings: pass.settings }
  const settled = reconciler.convention.settle(state.current(), outcome, at)
  await state.save(settled.status)
  for (const event of settled.events) await state.emit(event)
  return { is: 'done', object: state.current(), outcome, settled }
}

/** The object of a pass with its status as changed so far; writes only what differs from the last write. */
class Working<K extends Kind, Hands> {
  /** By the clock's `elapsed`. */
  readonly startedAt: number
  #object: KubeObject
  #saved: JsonObject
  #annotations: Readonly<Record<string, string>> = {}
  readonly #manager: string
  readonly #reconciler: Reconciler<K, Hands>
  readonly #pass: Pass<Hands>

  constructor(object: KubeObject, reconciler: Reconciler<K, Hands>, pass: Pass<Hands>) {
    this.#object = object
    this.#saved = isObject(object.status) ? object.status : {}
    this.#manager = `gotk-${reconciler.convention.controller}`
    this.#reconciler = reconciler
    this.#pass = pass
    this.startedAt = pass.clock.elapsed()
  }

  current(): KubeObject {
    return this.#object
  }

  run(): Run {
    const { signal, settings, progress } = this.#pass
    return {
      signal,
      settings,
      startedAt: this.startedAt,
      current: () => this.#object,
      note: change => this.merge(change),
      save: change => this.save(change),
      emit: event => this.emit(event),
      annotate: annotations => {
        this.#annotations = { ...this.#annotations, ...annotations }
      },
      progress: message => progress?.(message),
    }
  }

  /** Merges a change into the working status without writing it. */
  merge({ fields, conditions }: StatusChange): void {
    const status: JsonObject = { ...(isObject(this.#object.status) ? this.#object.status : {}) }
    for (const [key, value] of Object.entries(fields ?? {})) {
      if (value === null) delete status[key]
      else status[key] = value
    }
    if (conditions) {
      const at = { now: this.#pass.clock.now(), generation: this.#object.metadata.generation ?? 0 }
      const next = conditions.reduce((list, change) => withCondition(list, change, at), conditionsOf(this.#object))
      status.conditions = inOrder(next).map(c => ({ ...c }))
    }
    this.#object = { ...this.#object, status }
  }

  async save(change: StatusChange): Promise<void> {
    this.merge(change)
    const status = isObject(this.#object.status) ? this.#object.status : {}
    const body = mergePatchFrom(this.#saved, status)
    if (Object.keys(body).length === 0) return
    const stored = await this.#pass.hub.patch(
      refOf(this.#object),
      { type: 'merge', body: { status: body }, manager: this.#manager, subresource: 'status' },
      this.#pass.signal,
    )
    this.#saved = status
    this.#took(stored, status)
  }

  async emit(draft: EventDraft): Promise<void> {
    const readyReason = conditionsOf(this.#object).find(c => c.type === 'Ready')?.reason
    const reason = draft.reason ?? readyReason ?? draft.severity
    const event = eventFor(
      this.#object,
      { ...draft, reason, annotations: { ...this.#annotations, ...draft.annotations } },
      { controller: this.#reconciler.convention.controller, now: this.#pass.clock.now() },
    )
    if (draft.severity !== 'trace') this.#pass.forward?.(fluxEventOf(event, draft.message))
    await record(this.#pass.hub, event, this.#pass.signal)
  }

  /** `false` when the object changed since it was read. */
  async addFinalizer(): Promise<boolean> {
    return this.#finalizers([...(this.#object.metadata.finalizers ?? []), finalizer])
  }

  async dropFinalizer(): Promise<void> {
    const without = (object: KubeObject): string[] => (object.metadata.finalizers ?? []).filter(f => f !== finalizer)
    for (let live: KubeObject | undefined = this.#object; live; live = await this.#pass.hub.get(refOf(live), this.#pass.signal)) {
      this.#object = { ...this.#object, metadata: live.metadata }
      if (await this.#finalizers(without(live))) return
    }
  }

  async #finalizers(finalizers: string[]): Promise<boolean> {
    const { resourceVersion } = this.#object.metadata
    const body = { metadata: { finalizers, ...(resourceVersion ? { resourceVersion } : {}) } }
    try {
      this.#took(await this.#pass.hub.patch(refOf(this.#object), { type: 'merge', body, manager: this.#manager }, this.#pass.signal))
      return true
    } catch (thrown) {
      if (thrown instanceof CodedError && thrown.code === 'CONFLICT') return false
      throw thrown
    }
  }

  /** What a pass judges is the object as it was read: a spec or a request that came since is for the next pass. */
  #took({ metadata }: KubeObject, status = this.#object.status): void {
    const { resourceVersion, finalizers } = metadata
    const kept = { ...this.#object.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(finalizers ? { finalizers } : {}) }
    this.#object = { ...this.#object, metadata: kept, ...(status ? { status } : {}) }
  }
}

/** Creates the event, or counts it up when an equal one exists. Events are best effort: a refusal never fails a pass. */
async function record(hub: Hub, event: KubeObject, signal: AbortSignal): Promise<void> {
  try {
    const earlier = await hub.get(refOf(event), signal)
    if (!earlier) return void (await hub.create(event, { manager: String(event.reportingComponent) }, signal))
    const count = typeof earlier.count === 'number' ? earlier.count + 1 : 2
    await hub.patch(
      refOf(event),
      { type: 'merge', body: { count, lastTimestamp: event.lastTimestamp }, manager: String(event.reportingComponent) },
      signal,
    )
  } catch {
    signal.throwIfAborted()
  }
}
