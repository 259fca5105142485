import { overNow } from '../lib/aborted.ts'
import { fluxEventOf } from '../kinds/flux-event.ts'
import { type KubeObject, type ObjectRef, conditionsOf, printRef, refOf } from '../kinds/manifest.ts'
import type { Kind, ObjectOf } from '../kinds/kind.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { mergePatchFrom } from '../lib/merge-patch.ts'
import { inOrder, type StatusChange, withCondition } from './conditions.ts'
import { eventFor, type EventDraft } from './events.ts'
import {
  dropUnfinished,
  isHeld,
  unfinishedOf,
  unfinishedWith,
  withFinalizer,
  withoutFinalizer,
  type Writer,
  writeMetadata,
} from './holding.ts'
import { StepError } from './outcome.ts'
import type { Pass } from './pass.ts'
import { record, recording } from './record.ts'
import type { Reconciler, Run } from './reconciler.ts'

/** How often a finalizer is written anew when the object has changed meanwhile. */
const mostTries = 10

const changesAllTheTime = (object: KubeObject): string => `${printRef(refOf(object))} changes all the time`

/** Whether a pass would judge both alike. */
function isSame({ metadata }: KubeObject, { metadata: { uid, generation } }: KubeObject): boolean {
  return metadata.uid === uid && metadata.generation === generation && generation !== undefined && !metadata.deletionTimestamp
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
  /** The finalizer is still to come: with the first write of the pass, whatever that is. */
  #isOpen = false
  /** Somebody changed the object before that: the pass is to begin anew. */
  #isOvertaken = false
  /** The object has the annotation that keeps what its status does not say yet. */
  #isUnfinished = false
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
    this.#recall()
  }

  /** What an interrupted first pass was about to make counts as made. */
  #recall(): void {
    const [fields, { secures }] = [unfinishedOf(this.#object), this.#reconciler]
    this.#isUnfinished = fields !== undefined
    const kept = secures && fields?.[secures.field]
    if (kept !== undefined && secures?.isSound(kept) && !this.#has(secures.field)) this.merge({ fields: { [secures.field]: kept } })
  }

  #has(field: string): boolean {
    const { status } = this.#object
    return isObject(status) && status[field] !== undefined
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
      secure: change => this.#secure(change),
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

  /** A write has what was merged until it began. */
  save(change: StatusChange): Promise<void> {
    this.merge(change)
    return this.#queued(() => this.#write())
  }

  /** Writes are one after the other. */
  #queued(write: () => Promise<void>): Promise<void> {
    const queued = this.#writing.then(write)
    this.#writing = queued.catch(() => {})
    return queued
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
      this.#ended.signal.throwIfAborted()
      this.#showing = false
      await this.save({})
    } catch {}
  }

  /** The pass ends: nothing more is written by itself. Resolves when nothing is on its way. */
  async end(): Promise<void> {
    this.#ended.abort(overNow)
    await this.#writing
  }

  async #write(): Promise<void> {
    await this.#held()
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

  /** Leaves the finalizer to the first write of the pass, or to {@link hold}. */
  open(): void {
    this.#isOpen = true
  }

  /** Whether what is about to be made can be written together with the finalizer. */
  canSecure(): boolean {
    const [{ secures }, { later, holdsFirst }] = [this.#reconciler, this.#pass]
    return secures !== undefined && later !== undefined && !holdsFirst && !this.#has(secures.field) && !this.#isUnfinished
  }

  /** Brings the finalizer, where it is still to come. `false`: the object changed since it was read, and nothing was made. */
  async hold(): Promise<boolean> {
    await this.#queued(() => this.#held()).catch((thrown: unknown) => {
      if (!this.#isOvertaken) throw thrown
    })
    return !this.#isOvertaken
  }

  #secure({ fields }: Pick<StatusChange, 'fields'> = {}): Promise<void> {
    return this.#queued(async () => {
      const annotations = this.#isOpen && fields ? unfinishedWith(this.#object, fields) : undefined
      await this.#held(annotations)
      this.merge({ fields })
      if (annotations) this.#isUnfinished = true
      else if (fields) await this.#write()
    })
  }

  /** @throws {StepError} CONFLICT when the object changed since it was read. */
  async #held(annotations?: JsonObject): Promise<void> {
    if (!this.#isOpen) return
    this.#isOvertaken ||= !(await this.#addFinalizer(annotations))
    if (this.#isOvertaken) throw new StepError('CONFLICT', 'the object changed since it was read')
    this.#isOpen = false
  }

  /** `false` when the object is another one than was read, or was held by a pass that it was read before; what others wrote beside the spec is no matter. */
  async #addFinalizer(annotations?: JsonObject): Promise<boolean> {
    const { hub, signal } = this.#pass
    for (let tries = 0; tries < mostTries; tries++) {
      const stored = await writeMetadata(this.#object, { finalizers: withFinalizer(this.#object), annotations }, this.#writer(signal))
      if (stored) {
        this.#took(stored)
        return true
      }
      const live = await hub.get(refOf(this.#object), signal)
      if (!live || isHeld(live) || !isSame(live, this.#object)) return false
      this.#took({ ...live, metadata: { finalizers: [], ...live.metadata } })
    }
    throw new Error(changesAllTheTime(this.#object))
  }

  /** What the status says now is kept beside it no longer; where that fails, the next pass does it. */
  async tidy(): Promise<void> {
    if (!this.#isUnfinished) return
    const [object, { later, signal }] = [this.#object, this.#pass]
    const write = (until: AbortSignal): Promise<void> => dropUnfinished(object, this.#writer(until))
    const ref = refOf(object)
    if (!later?.add({ key: `unfinished ${ref.group} ${printRef(ref)}`, patienceMs: 300_000, write }))
      await write(signal).catch(() => signal.throwIfAborted())
  }

  #writer(signal: AbortSignal): Writer {
    return { hub: this.#pass.hub, manager: this.#manager, signal }
  }

  /** Adds the finalizer when there is time; `false`: it is to be added now, as there is no time later, or it could not be added then. */
  addFinalizerLater(): boolean {
    const ref = refOf(this.#object)
    const write = (signal: AbortSignal): Promise<void> => this.#holdLive(ref, signal)
    return (
      this.#pass.later?.add({ key: `${ref.group} ${printRef(ref)}`, patienceMs: 60_000, write, failed: () => this.#pass.again?.() }) ===
      true
    )
  }

  /** Gives the finalizer to the object as it is by then, where that is still to have one. */
  async #holdLive(ref: ObjectRef, signal: AbortSignal): Promise<void> {
    for (let tries = 0; tries < mostTries; tries++) {
      const live = await this.#pass.hub.get(ref, signal)
      if (!live || live.metadata.deletionTimestamp || isHeld(live) || this.#reconciler.isStatic?.(live as ObjectOf<K>)) return
      if (await writeMetadata(live, { finalizers: withFinalizer(live) }, this.#writer(signal))) return
    }
    throw new Error(changesAllTheTime(this.#object))
  }

  async dropFinalizer(): Promise<void> {
    const { hub, signal } = this.#pass
    let live: KubeObject | undefined = this.#object
    for (let tries = 0; live; live = await hub.get(refOf(live), signal)) {
      if (tries++ === mostTries) throw new Error(changesAllTheTime(live))
      this.#object = { ...this.#object, metadata: live.metadata }
      const stored = await writeMetadata(live, { finalizers: withoutFinalizer(live) }, this.#writer(signal))
      if (stored) return this.#took(stored)
    }
  }

  /** What a pass judges is the object as it was read: a spec or a request that came since is for the next pass. */
  #took({ metadata }: KubeObject): void {
    const { resourceVersion, finalizers } = metadata
    const kept = { ...this.#object.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(finalizers ? { finalizers } : {}) }
    this.#object = { ...this.#object, metadata: kept }
  }
}
