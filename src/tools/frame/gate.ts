import { createHmac, timingSafeEqual } from 'node:crypto'
import { type JsonObject, stringAt } from '../../lib/json.ts'
import type { World } from '../../world/world.ts'
import { foreign } from '../../lib/safe.ts'
import { ToolError } from './error.ts'
import type { Answered, Asked, Call, Finished, Preview, Question, Running, Tool } from '../tool.ts'

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
  { args, call }: { args: JsonObject; call: Running },
): Promise<Finished | Asked | undefined> {
  const { world, gates } = service
  if (!tool.preview) return undefined
  const given = typeof args.plan === 'string' ? args.plan : undefined
  const gate = typeof tool.gate === 'function' ? tool.gate(args) : tool.gate
  const always = tool.effect === 'destroys' || (gates.planChanges && gate !== 'never')
  if (given === undefined && !always && gate !== 'judged') return undefined
  const preview = await tool.preview(args, world, call)
  if (given === undefined && (preview.onlyReads || (!always && !preview.mustPlan))) return undefined
  if (given === undefined)
    return planAnswer(tool, { preview, handle: handleOf({ tool, args, call, preview }, gates.key, world.clock.now() + lifeMs) })
  check(given, { tool, args, call, preview }, { gates, now: world.clock.now() })
  if (tool.effect === 'destroys' && gates.personDestroys && !gates.isApproved(given)) return person(tool, { handle: given, call, preview })
  return undefined
}

const decision: Question['form'] = {
  type: 'object',
  properties: { decision: { type: 'string', title: 'Decision', enum: ['approve', 'refuse'] } },
  required: ['decision'],
}

/**
 * Asks a person; `undefined` when one approved this very plan. An answer counts only with the state of the round that asked.
 * @throws {ToolError} Declined; ApprovalRequired when nobody can be asked.
 */
function person(tool: Tool, { handle, call, preview }: { handle: string; call: Call; preview: Preview }): Asked | undefined {
  const said: Answered =
    stringAt(call.state, 'approves') === handle ? (call.answered?.('approval') ?? { action: 'missing' }) : { action: 'missing' }
  if (said.action === 'accept' && said.value?.decision === 'approve') return undefined
  if (said.action !== 'missing')
    throw new ToolError('Declined', `the person did not approve ${tool.name}`, { next: 'do not try again unless the person asks for it' })
  if (call.canAsk?.form)
    return { ask: { approval: { message: `${tool.title}: ${preview.summary}. Approve?`, form: decision } }, state: { approves: handle } }
  throw new ToolError('ApprovalRequired', `a person must approve ${tool.name}`, {
    next:
      call.caller.via === 'http'
        ? `a person runs: fluxpilot approve ${handle} --server URL --token-file FILE; then call again with this plan`
        : 'this client cannot ask a person: use one that can, or serve over HTTP, where fluxpilot approve works',
  })
}

/** The plan of a call, as the plan tool gives it. */
export function planAnswer(tool: Tool, { preview, handle }: { preview: Preview; handle: string }): Finished & { data: Planned } {
  const data: Planned = {
    planned: true,
    tool: tool.name,
    summary: preview.summary,
    changes: preview.changes.map(({ action, object, detail }) => ({
      action,
      object,
      ...(detail === undefined ? {} : { untrusted: detail }),
    })),
    plan: handle,
    next: `show this to the user, then call ${tool.name} again with the same arguments and plan=${handle} (10 minutes)`,
  }
  const say = (shown: JsonObject): string => sayPlan(shown as unknown as Planned)
  return { data: data as JsonObject & Planned, text: sayPlan(data), say }
}

/** A plan as clients see it. Changes carry texts of the API server, so they are fenced. */
export interface Planned {
  readonly planned: boolean
  readonly tool: string
  readonly summary: string
  readonly changes: JsonObject[]
  readonly plan: string
  readonly next: string
}

/** A plan in words. */
export function sayPlan({ summary, changes, plan, next }: Omit<Planned, 'tool' | 'planned'>): string {
  const lines = changes.map(c => `${String(c.action)} ${String(c.object)}${c.untrusted === undefined ? '' : ` (${String(c.untrusted)})`}`)
  return [
    `Plan, nothing done yet: ${summary}`,
    ...(lines.length > 0 ? [foreign('plan', lines.join('\n'))] : []),
    `plan=${plan}`,
    `Next: ${next}`,
  ].join('\n')
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
  const canonical = JSON.stringify(['plan', tool.name, sorted(rest), call.caller.key, preview.live, preview.changes, until])
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
    { next: `call plan for ${bound.tool.name} again and show the new plan` },
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
