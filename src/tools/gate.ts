import { createHmac, timingSafeEqual } from 'node:crypto'
import type { JsonObject } from '../lib/json.ts'
import type { World } from '../world/world.ts'
import { ToolError } from './error.ts'
import type { Call, Preview, Tool } from './tool.ts'

/** What a call must bring, by the mode the server runs in. `key` signs handles. */
export interface Gates {
  readonly key: Uint8Array
  /** Changes need a plan: over HTTP, and with `--approve`. */
  readonly planChanges: boolean
  /** Destruction needs a person beside the plan: over HTTP, and with `--approve`. */
  readonly personDestroys: boolean
  /** Handles that a person approved. */
  isApproved(handle: string): boolean
}

const lifeMs = 10 * 60_000

/**
 * Holds a call back that needs a plan: its answer is then the plan. `undefined` lets the call through.
 * @throws {ToolError} StalePlan for a handle that does not fit any more; ApprovalRequired. Spec: mcp 2.8.
 */
export async function gated(
  service: { world: World; gates: Gates },
  tool: Tool,
  { args, call }: { args: JsonObject; call: Call },
): Promise<{ data: JsonObject; text: string } | undefined> {
  const { world, gates } = service
  if (!tool.preview) return undefined
  const given = typeof args.plan === 'string' ? args.plan : undefined
  const always = tool.effect === 'destroys' || (gates.planChanges && tool.gate !== 'never')
  if (given === undefined && !always && tool.gate !== 'judged') return undefined
  const preview = await tool.preview(args, world, call)
  if (given === undefined && !always && !preview.mustPlan) return undefined
  if (given === undefined)
    return planAnswer(tool, { preview, handle: handleOf({ tool, args, call, preview }, gates.key, world.clock.now() + lifeMs) })
  check(given, { tool, args, call, preview }, { gates, now: world.clock.now() })
  if (tool.effect === 'destroys' && gates.personDestroys && !gates.isApproved(given)) {
    throw new ToolError('ApprovalRequired', `a person must approve ${tool.name}`, {
      next: `a person runs: fluxpilot approve ${given} --server URL --token-file FILE; then call again with this plan`,
    })
  }
  return undefined
}

/** The plan of a call, as the plan tool gives it. */
export function planAnswer(tool: Tool, { preview, handle }: { preview: Preview; handle: string }): { data: JsonObject; text: string } {
  const lines = preview.changes.map(c =>
    [String(c.action), String(c.object), c.detail === undefined ? '' : `(${String(c.detail)})`].join(' ').trim(),
  )
  return {
    data: {
      planned: true,
      tool: tool.name,
      summary: preview.summary,
      changes: [...preview.changes],
      plan: handle,
      next: `show this to the user, then call ${tool.name} again with the same arguments and plan=${handle}`,
    },
    text: `Plan, nothing done yet: ${preview.summary}\n${lines.join('\n')}\nplan=${handle} (10 minutes). Show this to the user, then call ${tool.name} with the same arguments and this plan.`,
  }
}

interface Bound {
  readonly tool: Tool
  readonly args: JsonObject
  readonly call: Call
  readonly preview: Preview
}

/** `p1-<expiry>-<20 hex>`, bound to tool, arguments, caller and live state. @param expiry Milliseconds since the epoch. */
export function handleOf({ tool, args, call, preview }: Bound, key: Uint8Array, expiry: number): string {
  const { plan: _plan, ...rest } = args
  const until = Math.floor(expiry / 1000)
  const canonical = JSON.stringify([tool.name, sorted(rest), call.caller.key, preview.live, until])
  return `p1-${until}-${createHmac('sha256', key).update(canonical).digest('hex').slice(0, 20)}`
}

function check(handle: string, bound: Bound, { gates, now }: { gates: Gates; now: number }): void {
  const [, until = ''] = /^p1-(\d{1,12})-[0-9a-f]{20}$/.exec(handle) ?? []
  const expected = handleOf(bound, gates.key, Number(until) * 1000)
  const same = expected.length === handle.length && timingSafeEqual(Buffer.from(expected), Buffer.from(handle))
  if (until !== '' && same && Number(until) * 1000 > now) return
  throw new ToolError(
    'StalePlan',
    'the plan does not fit this call any more: it expired, or the arguments, the caller or the live state changed',
    { next: `call plan for ${bound.tool.name} again and show the new plan`, retryable: true },
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([k, v]) => [k, sorted(v)]),
  )
}
