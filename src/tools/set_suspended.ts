import * as z from 'zod'
import { isFluxGroup } from '../engine/controllers.ts'
import { isSuspended, revisionOf, suspendPatch } from '../engine/request.ts'
import { type KubeObject, printRef } from '../kinds/manifest.ts'
import { shortRevision } from '../lib/digest.ts'
import type { JsonObject } from '../lib/json.ts'
import { actingOn } from './engine.ts'
import { ToolError } from './error.ts'
import { existing, locate } from './locate.ts'
import { runToVerdict, sayVerdict, verdictOutput } from './reconcile.ts'
import { seconds, target, tool } from './tool.ts'

const operatorKey = 'fluxcd.controlplane.io/reconcile'
const manager = 'fluxpilot'

export const setSuspended = tool({
  name: 'set_suspended',
  title: 'Suspend or resume',
  effect: 'changes',
  repeatable: true,
  foreignText: true,
  gate: 'never',
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
  async run(args, world, call) {
    const located = await locate(world, args, call.signal)
    const { cluster, ref } = located
    if (!isFluxGroup(ref.group))
      throw new ToolError('InvalidArgument', `${ref.kind} is no Flux kind and cannot be suspended here`, { next: 'name a Flux object' })
    const before = await existing(located, call.signal)
    const same = isHeld(before) === args.suspended
    if (!same) await cluster.patch(ref, { type: 'merge', body: patchFor(ref.group, args.suspended), manager }, call.signal)
    if (!args.suspended)
      return runToVerdict(
        world,
        { located, before, acting: await actingOn(world, located, call), withSource: false, timeoutSeconds: args.timeoutSeconds },
        call,
      )
    const after = await existing(located, call.signal)
    if (!isHeld(after))
      throw new ToolError('Conflict', `${printRef(ref)} was not suspended: its kind dropped the field`, {
        next: 'this kind cannot be suspended',
      })
    const revision = revisionOf(after)
    return {
      object: printRef(ref),
      verdict: 'Suspended' as const,
      ...(revision ? { revision: shortRevision(revision) } : {}),
      reason: same ? 'AlreadySuspended' : 'Suspended',
      engine: 'none: it is suspended',
      cluster: cluster.name,
      next: same ? 'nothing changed: it was suspended before' : 'resume it with suspended=false',
    }
  },
  say: sayVerdict,
})

function isHeld(object: KubeObject): boolean {
  return isSuspended(object) || object.metadata.annotations?.[operatorKey] === 'disabled'
}

/** The Flux Operator's kinds are held by annotation, all others by `spec.suspend`. */
function patchFor(group: string, suspended: boolean): JsonObject {
  return group === 'fluxcd.controlplane.io'
    ? { metadata: { annotations: { [operatorKey]: suspended ? 'disabled' : 'enabled' } } }
    : suspendPatch(suspended)
}
