import { type KubeObject, printRef, refOf } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Show } from '../../lib/mask.ts'
import { drifted } from '../../kustomize/apply.ts'
import { inParallel } from '../../lib/parallel.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import { liveOf } from './deletion.ts'
import { objectDiff, sayDiff } from './object-diff.ts'
import { guardOwnership } from '../objects/ownership.ts'
import type { Running } from '../tool.ts'
import { comesWith, type Together, together } from './together.ts'

export const manager = 'fluxpilot'
const readsAtOnce = 8

/** What applying one object would do. `refused` is why the server would not take it. */
export interface Judgement {
  readonly object: KubeObject
  readonly action: 'create' | 'configure' | 'unchanged' | 'takes fields' | 'recreate' | 'refused'
  readonly detail?: string | undefined
  /** Which state of the live object this was judged by; absent when there is none. */
  readonly seen?: string | undefined
  readonly refused?: CodedError | undefined
}

/** Judges objects by a dry run each. @throws {ToolError} ManagedByFlux for the first that Flux owns. */
export async function judgeAll(
  cluster: Cluster,
  objects: readonly KubeObject[],
  { signal, show }: Pick<Running, 'signal' | 'show'>,
): Promise<Judgement[]> {
  const made = together(objects)
  return inParallel(objects, readsAtOnce, object => judge(cluster, object, { made, signal, show }))
}

interface Judging extends Pick<Running, 'signal' | 'show'> {
  readonly made: Together
}

async function judge(cluster: Cluster, object: KubeObject, { made, signal, show }: Judging): Promise<Judgement> {
  const live = await liveOf(cluster, refOf(object), signal)
  await guardOwnership(cluster, live, signal)
  const seen = live && stateOf(live)
  try {
    const dryRun = await cluster.apply(object, { manager, dryRun: true }, signal)
    if (!live) return { object, action: 'create' }
    return drifted(live, dryRun)
      ? { object, action: 'configure', detail: diffOf(live, dryRun, show), seen }
      : { object, action: 'unchanged', seen }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof CodedError)) throw thrown
    if (!live && comesWith(made, object, thrown.code)) return { object, action: 'create' }
    if (live && thrown.code === 'CONFLICT') {
      const forced = await cluster.apply(object, { manager, force: true, dryRun: true }, signal)
      return { object, action: 'takes fields', detail: `${firstLine(thrown.message)}; ${diffOf(live, forced, show)}`, seen }
    }
    if (live && isImmutable(thrown)) return { object, action: 'recreate', detail: firstLine(thrown.message), seen }
    return { object, action: 'refused', detail: firstLine(thrown.message), seen, refused: thrown }
  }
}

/** Changes with what people and controllers order, not with what they report. */
function stateOf({ metadata: { uid, generation, resourceVersion } }: KubeObject): string {
  return `${uid ?? ''}/${generation ?? resourceVersion ?? ''}`
}

function diffOf(live: KubeObject, next: KubeObject, show: Show): string {
  return sayDiff(objectDiff(live, next, { manager, repeats: false, show }).map(d => ({ ...d, by: undefined })))
}

/** A refusal that only a new object gets around. */
function isImmutable({ code, message }: CodedError): boolean {
  return code === 'INVALID' && /immutable|fields other than|may not (be )?change/i.test(message)
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** A judgement as a plan shows it. */
export function shownJudgement({ object, action, detail }: Judgement): JsonObject {
  return { action, object: printRef(refOf(object)), ...(detail ? { detail } : {}) }
}
