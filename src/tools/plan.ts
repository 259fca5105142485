import * as z from 'zod'
import type { JsonObject } from '../lib/json.ts'
import { planEnvelope } from './frame/answer.ts'
import { ToolError } from './frame/error.ts'
import { type Gates, handleOf, planAnswer, sayPlan } from './frame/gate.ts'
import { type Tool, tool } from './tool.ts'

const lifeMs = 10 * 60_000

/** The tool that answers what another would do. `tools` are those that are registered. */
export function planTool(tools: readonly Tool[], gates: Pick<Gates, 'key'>): Tool {
  const planned = tools.filter(t => t.preview !== undefined)
  return tool({
    name: 'plan',
    title: 'What a call would do',
    effect: 'reads',
    description: 'What a changing tool would do, per object, with the handle to pass it as plan.',
    input: z.object({ tool: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) }),
    output: planEnvelope,
    async run({ tool: wanted, arguments: given }, world, call) {
      const named = planned.find(t => t.name === wanted)
      if (!named?.preview)
        throw new ToolError('InvalidArgument', `'${wanted}' has no plan`, {
          next: `use one of ${planned.map(t => t.name).join(', ')}`,
          valid: planned.map(t => t.name),
        })
      const parsed = named.input.safeParse(given)
      if (!parsed.success)
        throw new ToolError(
          'InvalidArgument',
          `arguments.${parsed.error.issues[0]?.path.join('.') ?? ''}: ${parsed.error.issues[0]?.message ?? ''}`,
          { next: `correct it; arguments of ${wanted} are ${Object.keys(named.input.shape).join(', ')}` },
        )
      const args = parsed.data as JsonObject
      const preview = await named.preview(args, world, call)
      return planAnswer(named, { preview, handle: handleOf({ tool: named, args, call, preview }, gates.key, world.clock.now() + lifeMs) })
        .data
    },
    say: d => sayPlan({ summary: d.summary, changes: d.changes as JsonObject[], plan: d.plan, next: d.next }),
  })
}
