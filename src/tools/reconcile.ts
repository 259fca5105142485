import * as z from 'zod'
import { actingOn } from './run/engine.ts'
import { existing, locate } from './objects/locate.ts'
import { previewRun } from './preview/preview-run.ts'
import { refuse } from './run/refusal.ts'
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
