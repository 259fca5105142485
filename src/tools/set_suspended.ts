import * as z from 'zod'
import { isFluxGroup } from '../engine/controllers.ts'
import { isSuspended, revisionOf, suspendPatch } from '../engine/request.ts'
import { printRef } from '../kinds/manifest.ts'
import { shortRevision } from '../lib/digest.ts'
import { actingOn } from './run/engine.ts'
import { ToolError } from './frame/error.ts'
import { existing, locate } from './objects/locate.ts'
import { runToVerdict } from './run/run.ts'
import { seconds, target, tool } from './tool.ts'
import { sayVerdict, verdictOutput } from './run/verdict.ts'

const manager = 'fluxpilot'

export const setSuspended = tool({
  name: 'set_suspended',
  title: 'Suspend or resume',
  effect: 'changes',
  repeatable: true,
  foreignText: true,
  gate: ({ suspended }) => (suspended === true ? 'mode' : 'never'),
  description: 'Suspend one Flux object, or resume it and wait for its verdict. To run it now use reconcile.',
  input: target.extend({ suspended: z.boolean(), timeoutSeconds: seconds.optional() }),
  output: verdictOutput,
  async preview(args, world, { signal }) {
    const located = await locate(world, args, signal)
    const object = await existing(located, signal)
    return {
      summary: `${args.suspended ? 'suspend' : 'resume'} ${printRef(located.ref)}`,
      changes: [{ action: args.suspended ? 'suspend' : 'resume', object: printRef(located.ref) }],
      live: `${object.metadata.uid ?? ''} ${object.metadata.generation ?? 0}`,
    }
  },
  async run({ suspended, timeoutSeconds, ...wanted }, world, call) {
    const located = await locate(world, wanted, call.signal)
    const { cluster, ref } = located
    if (!isFluxGroup(ref.group))
      throw new ToolError('InvalidArgument', `${ref.kind} is no Flux kind and cannot be suspended here`, { next: 'name a Flux object' })
    const before = await existing(located, call.signal)
    const waits = !suspended && located.resource.subresources.includes('status')
    const acting = waits ? await actingOn(world, located, call) : undefined
    const same = isSuspended(before) === suspended
    const after = same
      ? before
      : await cluster.patch(ref, { type: 'merge', body: suspendPatch(ref.group, suspended), manager }, call.signal)
    if (isSuspended(after) !== suspended)
      throw new ToolError('Unsupported', `${printRef(ref)} cannot be ${suspended ? 'suspended' : 'resumed'}: its kind has no such field`, {
        next: suspended ? 'suspend what it takes its input from instead' : 'get_object shows what holds it',
      })
    if (acting) return runToVerdict(world, { located, before, acting, withSource: false, timeoutSeconds }, call)
    const revision = revisionOf(after)
    const told = suspended ? ['Suspended', 'AlreadySuspended'] : ['Resumed', 'NotSuspended']
    return {
      object: printRef(ref),
      verdict: suspended ? ('Suspended' as const) : ('Ready' as const),
      ...(revision ? { revision: shortRevision(revision) } : {}),
      reason: told[same ? 1 : 0],
      engine: suspended ? 'none: it is suspended' : 'none: its kind has no status, it takes effect with the next event',
      cluster: cluster.name,
      next: nextAfter(suspended, same),
    }
  },
  say: sayVerdict,
})

function nextAfter(suspended: boolean, same: boolean): string {
  if (same) return `nothing changed: it was ${suspended ? '' : 'not '}suspended before`
  return suspended ? 'resume it with suspended=false' : 'nothing to do'
}
