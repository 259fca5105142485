import { overNow } from '../lib/aborted.ts'
import { type FluxEvent, fluxEventOf } from '../kinds/flux-event.ts'
import { type KubeObject, type ObjectRef, conditionsOf, printRef, refOf } from '../kinds/manifest.ts'
import type { Kind, ObjectOf } from '../kinds/kind.ts'
import { CodedError } from '../lib/coded-error.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { mergePatchFrom } from '../lib/merge-patch.ts'
import { inOrder, type StatusChange, withCondition } from './conditions.ts'
import { eventFor, type EventDraft } from './events.ts'
import type { Later } from './later.ts'
import { record, recording } from './record.ts'
import type { Reconciler, Run } from './reconciler.ts'
import type { Settings } from './settings.ts'

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
  readonly clock: { now(): number; elapsed(): number; random(): number; sleep(ms: number, signal: AbortSignal): Promise<void> }
  readonly settings: Settings
  readonly signal: AbortSignal
  /** How long a pass goes on before what it shows is written by itself; absent: at once. */
  readonly showAfterMs?: number | undefined
  readonly progress?: ((message: string) => void) | undefined
  /** Takes what no pass has to wait for, as events that are no failures; absent: each is written at once. */
  readonly later?: Pick<Later, 'add'> | undefined
  /** Asks for one more pass. */
  readonly again?: (() => void) | undefined
  /** Told of each event that is forwarded, as often as it comes. */
  readonly forward?: ((event: FluxEvent) => void) | undefined
}

const finalizer = 'finalizers.fluxcd.io'
/** How often a finalizer is written anew when the object has changed meanwhile. */
const mostTries = 10

/** Whether an object has the finalizer of Flux's controllers. */
export function isHeld({ metadata }: KubeObject): boolean {
  return metadata.finalizers?.includes(finalizer) === true
}

function withFinalizer({ metadata }: KubeObject): string[] {
  return [...(metadata.finalizers ?? []), finalizer]
}

/** The object of a pass with its status as changed so far; writes only what differs from the last write. */
export class Working<K extends Kind, Hands> {
  /** By the clock's `elapsed`. */
  readonly startedAt: number
  #object: KubeObject
  #saved: JsonObject
  #annotations: Readonly<Record<string, string>> = {}
  #writing: Promise<void> = Promise.resolve()
  #showing = false
  readonly #ended = new AbortController()
  readonly #manager: string
  readonly #reconciler: Reconciler<K, Hands>
  readonly #pass: Pass<Hands>

  constructor(object: KubeObject, reconciler: Reconciler<K, Hands>, pass: Pass<Hands>) {
    this.#object = object
    this.#saved = isObject(object.status) ? object.status : {}
    this.#manager = reconciler.convention.manager ?? reconciler.convention.controller
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
      show: change => this.show(change),
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

  /** Writes are one after the other, and each has what was merged until it began. */
  save(change: StatusChange): Promise<void> {
    this.merge(change)
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write())
    return this.#writing
  }

  async show(change: StatusChange): Promise<void> {
    const { showAfterMs = 0 } = this.#pass
    if (showAfterMs === 0) return this.save(change)
    this.merge(change)
    if (this.#showing) return
    this.#showing = true
    void this.#writeAfter(showAfterMs)
  }

  /** What fails here is written by the next save. */
  async #writeAfter(ms: number): Promise<void> {
    const { clock, signal } = this.#pass
    try {
      await clock.sleep(ms, AbortSignal.any([signal, this.#ended.signal]))
      this.#showing = false
      await this.save({})
    } catch {}
  }

  /** The pass ends: nothing more is written by itself. */
  end(): void {
    this.#ended.abort(overNow)
  }

  async #write(): Promise<void> {
    const status = isObject(this.#object.status) ? this.#object.status : {}
    const body = mergePatchFrom(this.#saved, status)
    if (Object.keys(body).length === 0) return
    const stored = await this.#pass.hub.patch(
      refOf(this.#object),
      { type: 'merge', body: { status: body }, manager: this.#manager, subresource: 'status' },
      this.#pass.signal,
    )
    this.#saved = status
    this.#took(stored)
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
    const { hub, later, signal } = this.#pass
    if (draft.severity === 'error' || !later?.add(recording(hub, event))) await record(hub, event, signal)
  }

  holds(): boolean {
    return isHeld(this.#object)
  }

  /** `false` when the object changed since it was read. */
  async addFinalizer(): Promise<boolean> {
    const stored = await this.#finalizers(this.#object, withFinalizer(this.#object), this.#pass.signal)
    if (stored) this.#took(stored)
    return stored !== undefined
  }

  /** Adds the finalizer when there is time; `false`: it is to be added now, as there is no time later, or it could not be added then. */
  addFinalizerLater(): boolean {
    const ref = refOf(this.#object)
    const write = (signal: AbortSignal): Promise<void> => this.#hold(ref, signal)
    return (
      this.#pass.later?.add({ key: `${ref.group} ${printRef(ref)}`, patienceMs: 60_000, write, failed: () => this.#pass.again?.() }) ===
      true
    )
  }

  /** Gives the finalizer to the object as it is by then, where that is still to have one. */
  async #hold(ref: ObjectRef, signal: AbortSignal): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      const live = await this.#pass.hub.get(ref, signal)
      if (!live || live.metadata.deletionTimestamp || isHeld(live) || this.#reconciler.isStatic?.(live as ObjectOf<K>)) return
      if (await this.#finalizers(live, withFinalizer(live), signal)) return
    }
    throw new Error(`${printRef(ref)} changes all the time`)
  }

  async dropFinalizer(): Promise<void> {
    const { hub, signal } = this.#pass
    const without = (object: KubeObject): string[] => (object.metadata.finalizers ?? []).filter(f => f !== finalizer)
    for (let live: KubeObject | undefined = this.#object; live; live = await hub.get(refOf(live), signal)) {
      this.#object = { ...this.#object, metadata: live.metadata }
      const stored = await this.#finalizers(live, without(live), signal)
      if (stored) return this.#took(stored)
    }
  }

  /** The object as written; `undefined` when it changed since it was read. */
  async #finalizers(read: KubeObject, finalizers: string[], signal: AbortSignal): Promise<KubeObject | undefined> {
    const { resourceVersion } = read.metadata
    const body = { metadata: { finalizers, ...(resourceVersion ? { resourceVersion } : {}) } }
    try {
      return await this.#pass.hub.patch(refOf(read), { type: 'merge', body, manager: this.#manager }, signal)
    } catch (thrown) {
      if (thrown instanceof CodedError && thrown.code === 'CONFLICT') return undefined
      throw thrown
    }
  }

  /** What a pass judges is the object as it was read: a spec or a request that came since is for the next pass. */
  #took({ metadata }: KubeObject): void {
    const { resourceVersion, finalizers } = metadata
    const kept = { ...this.#object.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(finalizers ? { finalizers } : {}) }
    this.#object = { ...this.#object, metadata: kept }
  }
}
