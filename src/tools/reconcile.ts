import * as z from 'zod'
import { isSuspended, type Judged, revisionOf, verdicts } from '../engine/request.ts'
import { isFluxGroup } from '../engine/controllers.ts'
import { type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import { shortRevision } from '../lib/digest.ts'
import { type JsonObject, listAt, objectAt, stringAt } from '../lib/json.ts'
import { foreign, plain } from '../lib/safe.ts'
import { refOfEntry } from '../kustomize/inventory.ts'
import type { World } from '../world/world.ts'
import { type Acting, actingOn } from './engine.ts'
import { ToolError } from './error.ts'
import { evidenceFor } from './evidence.ts'
import { runFlux } from './flux-run.ts'
import { existing, type Located, locate } from './locate.ts'
import { runOwn } from './own-run.ts'
import { previewKustomization } from './preview-kustomization.ts'
import { type Call, seconds, target, tool } from './tool.ts'

const defaultSeconds = 50

/** What a verdict answers. */
export const verdictOutput = z.looseObject({
  object: z.string(),
  verdict: z.enum(verdicts),
  revision: z.string().optional(),
  before: z.string().optional(),
  reason: z.string().optional(),
  untrusted: z.string().optional(),
  added: z.array(z.string()).optional(),
  pruned: z.array(z.string()).optional(),
  failing: z.array(z.looseObject({})).optional(),
  blockedBy: z.looseObject({}).optional(),
  incomplete: z.string().optional(),
  engine: z.string(),
  cluster: z.string(),
  next: z.string(),
})
export type VerdictAnswer = z.infer<typeof verdictOutput>

export const reconcile = tool({
  name: 'reconcile',
  title: 'Reconcile to a verdict',
  effect: 'changes',
  gate: 'never',
  repeatable: true,
  foreignText: true,
  description: 'Run one Flux object now and wait for its verdict with evidence. withSource fetches its source first: use it after a push.',
  input: target.extend({ withSource: z.boolean().default(false), timeoutSeconds: seconds.optional() }),
  output: verdictOutput,
  preview: async (args, world, call) =>
    previewKustomization(world, { ...(await locate(world, args, call.signal)), newest: args.withSource }, call),
  async run(args, world, call) {
    const located = await locate(world, args, call.signal)
    if (!isFluxGroup(located.ref.group))
      throw new ToolError('InvalidArgument', `${located.ref.kind} is no Flux kind`, { next: 'name a Flux object, such as a Kustomization' })
    const before = await existing(located, call.signal)
    if (isSuspended(before))
      throw new ToolError('Suspended', `${printRef(located.ref)} is suspended`, {
        next: 'resume it with set_suspended suspended=false, which also runs it',
        object: printRef(located.ref),
      })
    const acting = await actingOn(world, located, call)
    return runToVerdict(world, { located, before, acting, withSource: args.withSource, timeoutSeconds: args.timeoutSeconds }, call)
  },
  say: sayVerdict,
})

interface Run {
  readonly located: Located
  readonly before: KubeObject
  readonly acting: Acting
  readonly withSource: boolean
  readonly timeoutSeconds: number | undefined
  readonly request?: boolean
}

/** Runs an object by whoever acts on it, and judges the result. */
export async function runToVerdict(
  world: World,
  { located: { cluster, ref }, before, acting, withSource, timeoutSeconds, request = true }: Run,
  call: Call,
): Promise<VerdictAnswer> {
  const timeoutMs = (timeoutSeconds ?? defaultSeconds) * 1000
  const { object, judged } =
    acting.engine === 'own'
      ? await bounded(world, timeoutMs, { call, work: inTime => runOwn(world, { cluster, ref, withSource }, inTime) })
      : await delegated(world, { cluster, ref, timeoutMs, withSource, before, request }, call)
  const evidence = object && judged.verdict !== 'Ready' ? await evidenceFor(cluster, object, call.signal) : undefined
  return {
    object: printRef(ref),
    verdict: judged.verdict,
    revision: short(judged.revision),
    before: short(revisionOf(before)),
    reason: judged.reason,
    untrusted: judged.message === undefined ? undefined : plain(judged.message.trimEnd()).slice(0, 1200),
    ...(object ? inventoryChanges(before, object) : {}),
    ...evidence,
    engine: `${acting.engine === 'own' ? 'fluxpilot' : 'flux'}: ${acting.why}`,
    cluster: cluster.name,
    next: nextStep(judged, ref),
  }
}

/** What joined and what left the inventory; nothing for kinds without one. */
function inventoryChanges(before: KubeObject, after: KubeObject): { added?: string[]; pruned?: string[] } {
  const names = (object: KubeObject): string[] =>
    listAt(object, 'status', 'inventory', 'entries').flatMap(e => {
      const ref = refOfEntry({ id: stringAt(e, 'id') ?? '', v: '' })
      return ref ? [printRef(ref)] : []
    })
  const [was, is] = [names(before), names(after)]
  const [added, pruned] = [is.filter(n => !was.includes(n)), was.filter(n => !is.includes(n))]
  return { ...(added.length > 0 ? { added } : {}), ...(pruned.length > 0 ? { pruned } : {}) }
}

/** Our own run ends with the time: what it wrote stays and the next run goes on from there. */
async function bounded(
  world: World,
  timeoutMs: number,
  { call, work }: { call: Call; work: (inTime: Call) => ReturnType<typeof runOwn> },
): ReturnType<typeof runOwn> {
  const timer = new AbortController()
  const signal = AbortSignal.any([call.signal, timer.signal])
  const ended = new AbortController()
  const late = world.clock.sleep(timeoutMs, ended.signal).then(
    () => timer.abort(new Error('time is up')),
    () => {},
  )
  try {
    return await work({ ...call, signal })
  } catch (thrown) {
    call.signal.throwIfAborted()
    if (!timer.signal.aborted) throw thrown
    return { object: undefined, judged: { verdict: 'TimedOut', message: `not finished after ${timeoutMs / 1000} s` } }
  } finally {
    ended.abort(new Error('done'))
    await late
  }
}

async function delegated(
  world: World,
  {
    cluster,
    ref,
    timeoutMs,
    withSource,
    before,
    request,
  }: { cluster: Located['cluster']; ref: ObjectRef; timeoutMs: number; withSource: boolean; before: KubeObject; request: boolean },
  call: Call,
): ReturnType<typeof runFlux> {
  const source = withSource ? sourceRefOf(before) : undefined
  if (source) {
    const { judged } = await runFlux(world, { cluster, ref: source, timeoutMs, request: true }, call)
    if (judged.verdict !== 'Ready')
      return { object: before, judged: { ...judged, message: `its source ${printRef(source)}: ${judged.message ?? ''}` } }
  }
  return runFlux(world, { cluster, ref, timeoutMs, request }, call)
}

/** The source that an object names, in the ways that Flux's kinds do. */
function sourceRefOf(object: KubeObject): ObjectRef | undefined {
  const spec = objectAt(object, 'spec')
  const named = [objectAt(spec, 'sourceRef'), objectAt(spec, 'chartRef'), objectAt(spec, 'chart', 'spec', 'sourceRef')].find(
    s => typeof s.kind === 'string',
  )
  if (!named) return undefined
  return {
    group: 'source.toolkit.fluxcd.io',
    kind: String(named.kind),
    name: String(named.name),
    namespace: typeof named.namespace === 'string' ? named.namespace : object.metadata.namespace,
  }
}

function short(revision: string | undefined): string | undefined {
  return revision === undefined ? undefined : shortRevision(revision)
}

function nextStep({ verdict, reason }: Judged, ref: ObjectRef): string {
  switch (verdict) {
    case 'Ready':
      return 'nothing to do'
    case 'Failed':
      return reason === 'HealthCheckFailed'
        ? 'correct what the failing objects need and push again'
        : reason === 'DependencyNotReady' || reason === 'ArtifactFailed'
          ? 'see blockedBy: make that ready first'
          : 'correct what the message names and push again'
    case 'Stalled':
      return 'no retry will happen: change the field that the message names'
    case 'Suspended':
      return 'resume it with set_suspended'
    case 'NotHandled':
      return `no controller took the request: check that one for ${ref.kind} runs`
    case 'TimedOut':
      return 'retries go on: call reconcile again with a larger timeoutSeconds, or get_object'
  }
}

/** A verdict as text. */
export function sayVerdict(data: VerdictAnswer): string {
  const failing = (data.failing ?? []).map(f => {
    const [message = '', ...events] = listAt(f, 'untrusted').map(String)
    return [`failing: ${String(f.object)} ${String(f.status)}: ${message}`, ...events].join('\n  ')
  })
  const blocked = data.blockedBy as JsonObject | undefined
  const told = [
    ...(data.untrusted ? [data.untrusted] : []),
    ...failing,
    ...(blocked ? [`blocked by ${String(blocked.object)}: ${String(blocked.state)} ${String(blocked.untrusted ?? '')}`] : []),
  ]
  return [
    `${data.verdict}: ${data.object}${data.revision ? ` at ${data.revision}` : ''}${data.before && data.before !== data.revision ? ` (was ${data.before})` : ''} [${data.cluster}, ${data.engine}]`,
    ...(data.reason ? [`reason: ${data.reason}`] : []),
    ...list('added', data.added),
    ...list('pruned', data.pruned),
    ...(told.length > 0 ? [foreign('messages and events', told.join('\n'))] : []),
    ...(data.incomplete ? [`incomplete: ${data.incomplete}`] : []),
    `Next: ${data.next}`,
  ].join('\n')
}

const mostNames = 12

function list(label: string, names: readonly string[] | undefined): string[] {
  if (!names || names.length === 0) return []
  return [`${label}: ${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`]
}
