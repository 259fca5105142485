import { type KubeObject, type ObjectRef, conditionsOf, refOf } from '../kinds/manifest.ts'
import type { Kind, ObjectOf } from '../kinds/kind.ts'
import { messageOf } from '../lib/coded-error.ts'
import { isObject } from '../lib/json.ts'
import { failed, type Outcome, StepError } from './outcome.ts'
import type { Reconciler, Settled } from './reconciler.ts'
import { refused, unsupportedField } from './unsupported.ts'
import type { Pass } from './pass.ts'
import { Working } from './working.ts'

/** How a pass ended: the object as it stands now, and when to look again. */
export type Driven =
  | { readonly is: 'gone' }
  | { readonly is: 'static'; readonly object: KubeObject }
  | { readonly is: 'suspended'; readonly object: KubeObject }
  | { readonly is: 'done'; readonly object: KubeObject; readonly outcome: Outcome; readonly settled: Settled }

/**
 * One level-based pass over one object: finalizer (or with the first write), suspension, unsupported fields, the reconciler, then status and events.
 * Status is always written at the end, also on failure; an abort writes nothing more and rejects. Spec: kustomization 2.2, sources 1.4.
 */
export async function drive<K extends Kind, Hands>(reconciler: Reconciler<K, Hands>, ref: ObjectRef, pass: Pass<Hands>): Promise<Driven> {
  const found = await pass.hub.get(ref, pass.signal)
  if (!found) return { is: 'gone' }
  const state = new Working(found, reconciler, pass)
  const driven = await passOver(reconciler, state, { found, pass }).finally(() => state.end())
  return driven ?? drive(reconciler, ref, { ...pass, holdsFirst: true })
}

/** `undefined`: the object changed since it was read. */
async function passOver<K extends Kind, Hands>(
  reconciler: Reconciler<K, Hands>,
  state: Working<K, Hands>,
  { found, pass }: { found: KubeObject; pass: Pass<Hands> },
): Promise<Driven | undefined> {
  if (found.metadata.deletionTimestamp) return finalize(reconciler, state, pass)
  if (reconciler.isStatic?.(found as ObjectOf<K>)) return leaveAlone(reconciler, state, pass)
  const unsupported = unsupportedField(reconciler.kind, found)
  const isSuspended = isObject(found.spec) && found.spec.suspend === true
  if (!unsupported && !state.holds() && !(reconciler.holdsLater && state.addFinalizerLater())) {
    state.open()
    if ((isSuspended || !state.canSecure()) && !(await state.hold())) return undefined
  }
  if (isSuspended) {
    await state.save(reconciler.convention.suspended(state.current(), { now: pass.clock.now() }))
    await state.tidy()
    return { is: 'suspended', object: state.current() }
  }
  const outcome = unsupported
    ? refused(unsupported)
    : await attempt(() => reconciler.reconcile(state.current() as ObjectOf<K>, pass.hands, state.run()), pass.signal)
  if (!(await state.hold())) return undefined
  const driven = await conclude(reconciler, state, { pass, outcome })
  await state.tidy()
  return driven
}

async function finalize<K extends Kind, Hands>(
  reconciler: Reconciler<K, Hands>,
  state: Working<K, Hands>,
  pass: Pass<Hands>,
): Promise<Driven> {
  if (!state.holds() && !reconciler.holdsLater) return { is: 'gone' }
  const outcome = await attempt(() => reconciler.finalize(state.current() as ObjectOf<K>, pass.hands, state.run()), pass.signal)
  if (outcome.is !== 'ready')
    return conclude(reconciler, state, { pass, outcome: outcome.is === 'failed' ? { ...outcome, retry: 'backoff' } : outcome })
  for (const event of outcome.events ?? []) await state.emit(event)
  if (state.holds()) await state.dropFinalizer()
  return { is: 'gone' }
}

/**
 * Undoes what an object made that was deleted before it had its finalizer; nothing where it is only out of sight, as other labels are watched.
 * Throws what kept it from that.
 */
export async function driveGone<K extends Kind, Hands>(
  reconciler: Reconciler<K, Hands>,
  gone: KubeObject,
  pass: Pass<Hands>,
): Promise<void> {
  if (await pass.hub.get(refOf(gone), pass.signal)) return
  const state = new Working(gone, reconciler, pass)
  const outcome = await reconciler.finalize(gone as ObjectOf<K>, pass.hands, state.run())
  if (outcome.is !== 'ready') throw new Error(outcome.message)
  for (const event of outcome.events ?? []) await state.emit(event)
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
