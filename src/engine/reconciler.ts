import type { Kind, ObjectOf } from '../kinds/kind.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import type { Json } from '../lib/json.ts'
import type { StatusChange } from './conditions.ts'
import type { EventDraft } from './events.ts'
import type { Outcome } from './outcome.ts'
import type { Settings } from './settings.ts'

/** One pass over one object, as its reconciler sees it. */
export interface Run {
  readonly signal: AbortSignal
  readonly settings: Settings
  /** When the pass began, by the clock's `elapsed`. */
  readonly startedAt: number
  /** The object with the status as saved so far in this pass. */
  current(): KubeObject
  /** Changes the status of this pass without writing it: the next `save`, or the end of the pass, writes it. */
  note(change: StatusChange): void
  /** Changes the status for whoever looks on: the next `save` writes it, or it is written by itself when the pass goes on for a while. */
  show(change: StatusChange): Promise<void>
  /** Writes status at once; an interrupted pass keeps what was saved. */
  save(change: StatusChange): Promise<void>
  /**
   * To be awaited before anything is made, changed or deleted: the finalizer is there then, and what is about to be made is saved, beside the status where both are
   * one write. Of {@link Reconciler.secures} alone. @throws {StepError} CONFLICT when the object is another one by now: the pass begins anew.
   */
  secure(change?: Pick<StatusChange, 'fields'>): Promise<void>
  /** Annotations that every later event of this pass carries. */
  annotate(annotations: Readonly<Record<string, string>>): void
  /** Records an event. */
  emit(event: EventDraft): Promise<void>
  /** A short line for whoever waits. */
  progress(message: string): void
}

/** What finishing a pass writes and when the object is looked at next; `requeueMs` absent: only when something changes. */
export interface Settled {
  readonly status: StatusChange
  readonly events: readonly EventDraft[]
  readonly requeueMs?: number | undefined
  /** Retry with growing delay, instead of `requeueMs`. */
  readonly backoff?: boolean | undefined
}

/** How a Flux controller words status: pure. */
export interface Convention {
  /** `kustomize-controller`: the event source. */
  readonly controller: string
  /** The field manager that writes status and finalizers; absent: named as the controller. */
  readonly manager?: string
  /** From the outcome to status, events and requeue. `random` is uniform in [0, 1), for jitter. */
  settle(object: KubeObject, outcome: Outcome, at: { now: number; tookMs: number; random: number; settings: Settings }): Settled
  /** What a pass over a suspended object writes. */
  suspended(object: KubeObject, at: { now: number }): StatusChange
}

/** A change of an object that others follow. */
export interface Followed {
  /** Absent: it is new. */
  readonly before: KubeObject | undefined
  readonly after: KubeObject
  /** It is no more: `before` and `after` are what it was. */
  readonly gone?: boolean | undefined
}

/** The contract of a reconciler. `Hands` is what it needs of the world. */
export interface Reconciler<K extends Kind = Kind, Hands = never> {
  readonly kind: K
  readonly convention: Convention
  /** Brings the world to what the spec says. Throws StepError (→ failed) or anything (→ failed, back-off). */
  reconcile(object: ObjectOf<K>, hands: Hands, run: Run): Promise<Outcome>
  /** Whether an object is only read by others: it gets no finalizer and no status, and loses those that it had as another. */
  isStatic?(object: ObjectOf<K>): boolean
  /** The kinds whose changes `wokenBy` is told of. Absent: none. */
  readonly follows?: readonly Kind[]
  /** Which of all objects of this kind a change of an object of those kinds asks to run, in order. Absent: none. */
  wokenBy?(change: Followed, all: readonly KubeObject[]): readonly KubeObject[]
  /** The object that is to be reconciled before this one, where both are due and this one never was. Absent: none. */
  after?(object: KubeObject): ObjectRef | undefined
  /** Names what an object may have to wait for that others do not, such as another cluster: it never takes the turn of those. Absent: nothing. */
  laneOf?(object: KubeObject): string | undefined
  /**
   * Whether what `finalize` undoes is only with this controller, which sees every deletion while it runs: the finalizer is then written when there is time, and
   * `finalize` is also called for an object that was deleted before.
   */
  readonly holdsLater?: boolean
  /**
   * The field of the status that names what an object made, and whether a value is one for it. The first write of a first pass brings the finalizer: mostly that is
   * `secure`. Absent: the finalizer is written before the pass.
   */
  readonly secures?: { readonly field: string; isSound(value: Json): boolean }
  /** Undoes what the object made, before its finalizer goes. A returned `failed` keeps the finalizer. */
  finalize(object: ObjectOf<K>, hands: Hands, run: Run): Promise<Outcome>
}

/** Puts a reconciler together, with the types of its kind kept. */
export function reconciler<K extends Kind, Hands>(kind: K, rest: Omit<Reconciler<K, Hands>, 'kind'>): Reconciler<K, Hands> {
  return { kind, ...rest }
}
