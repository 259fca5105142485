import * as z from 'zod'
import { isFluxGroup } from '../engine/controllers.ts'
import { holdOf, isSuspended } from '../engine/request.ts'
import { type KubeObject, printRef } from '../kinds/manifest.ts'
import { actingOn } from './run/engine.ts'
import { ToolError } from './frame/error.ts'
import { existing, type Located, locate } from './objects/locate.ts'
import { previewRun } from './preview/preview-run.ts'
import { runToVerdict } from './run/run.ts'
import { seconds, target, tool } from './tool.ts'
import { sayVerdict, verdictOutput } from './run/verdict.ts'

export const reconcile = tool({
  name: 'reconcile',
  title: 'Reconcile to a verdict',
  effect: 'changes',
  gate: 'never',
  repeatable: true,
  foreignText: true,
  description: 'Run one Flux object now and wait for its verdict with evidence. withSource fetches its source first: use it after a push.',
  input: target.extend({
    withSource: z.boolean().default(false),
    force: z.boolean().optional().describe('HelmRelease: upgrade once, changed or not'),
    reset: z.boolean().optional().describe('HelmRelease: forget failures'),
    timeoutSeconds: seconds.optional(),
  }),
  output: verdictOutput,
  preview: async (args, world, call) => previewRun(world, { ...(await locate(world, args, call.signal)), newest: args.withSource }, call),
  async run({ withSource, force, reset, timeoutSeconds, ...wanted }, world, call) {
    const located = await locate(world, wanted, call.signal)
    const before = await existing(located, call.signal)
    refuse(located, before, force === true || reset === true)
    const acting = await actingOn(world, located, call)
    return runToVerdict(world, { located, before, acting, withSource, timeoutSeconds, once: { force, reset } }, call)
  },
  say: sayVerdict,
})

/** What no controller would take. */
function refuse({ ref, resource }: Located, object: KubeObject, once: boolean): void {
  const name = printRef(ref)
  if (!isFluxGroup(ref.group))
    throw new ToolError('InvalidArgument', `${ref.kind} is no Flux kind`, { next: 'name a Flux object, such as a Kustomization' })
  if (once && ref.kind !== 'HelmRelease')
    throw new ToolError('InvalidArgument', `force and reset are for HelmReleases, and ${name} is none`, {
      next: 'leave force and reset away',
    })
  if (!resource.subresources.includes('status'))
    throw new ToolError('Unsupported', `${ref.kind} has no status, so no run of it can be judged: it takes effect with the next event`, {
      next: 'nothing to reconcile; get_object shows its spec',
      object: name,
    })
  if (isSuspended(object))
    throw new ToolError('Suspended', `${name} is suspended: ${holdOf(object)}`, {
      next: 'resume it with set_suspended suspended=false, which also runs it',
      object: name,
    })
  if (object.metadata.deletionTimestamp)
    throw new ToolError('Conflict', `${name} is being deleted, held by ${(object.metadata.finalizers ?? []).join(', ') || 'nothing'}`, {
      next: 'get_object shows how far that is',
      object: name,
    })
}
