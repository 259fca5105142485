import * as z from 'zod'
import { controllerOf } from '../../engine/controllers.ts'
import { type Judged, verdicts } from '../../engine/request.ts'
import type { ObjectRef } from '../../kinds/manifest.ts'
import { type JsonObject, listAt } from '../../lib/json.ts'
import { foreign } from '../../lib/safe.ts'
import { sayCause } from '../explain/first-cause.ts'
import type { Acting } from './engine.ts'

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
  kept: z.array(z.string()).optional(),
  failing: z.array(z.looseObject({})).optional(),
  blockedBy: z.looseObject({}).optional(),
  cause: z.object({ cause: z.string(), object: z.string(), fix: z.string() }).optional(),
  incomplete: z.string().optional(),
  engine: z.string(),
  cluster: z.string(),
  next: z.string(),
})
export type VerdictAnswer = z.infer<typeof verdictOutput>

/** What to do after a verdict. */
export function nextStep({ verdict, reason, message = '' }: Judged, ref: ObjectRef, engine: Acting['engine']): string {
  switch (verdict) {
    case 'Ready':
      return 'nothing to do'
    case 'Failed':
      return message.includes('cannot get sops data key') ? keyStep : failedStep(reason)
    case 'Stalled':
      return reason === 'RetriesExceeded'
        ? 'no retry will happen: correct the chart or its values, then reconcile with reset=true'
        : 'no retry will happen: change the field that the message names'
    case 'Suspended':
      return 'resume it with set_suspended'
    case 'NotHandled':
      return `no controller took the request: check with get_status that ${controllerOf(ref.group, ref.kind) ?? `the controller of ${ref.kind}`} runs and watches this namespace`
    case 'TimedOut':
      return engine === 'own'
        ? 'this run ended with the time and nothing goes on: call reconcile again with a larger timeoutSeconds'
        : 'retries go on: call reconcile again with a larger timeoutSeconds, or get_object'
  }
}

const keyStep =
  'put a key for one of the recipients that the message names into the Secret of spec.decryption.secretRef, or encrypt the file for one that is there'

function failedStep(reason: string | undefined): string {
  switch (reason) {
    case 'HealthCheckFailed':
      return 'correct what the failing objects need and push again'
    case 'DependencyNotReady':
    case 'ArtifactFailed':
    case 'SourceNotReady':
      return 'see blockedBy: make that ready first'
    default:
      return 'correct what the message names and push again'
  }
}

/** A verdict as text. */
export function sayVerdict(data: VerdictAnswer): string {
  const failing = (data.failing ?? []).map(f => {
    const [message = '', ...events] = listAt(f, 'untrusted').map(String)
    return [`failing: ${String(f.object)} ${String(f.status)}: ${message}`, ...events].join('\n  ')
  })
  const told = [
    ...(data.untrusted ? [data.untrusted] : []),
    ...failing,
    ...(data.blockedBy ? [sayBlocker(data.blockedBy as JsonObject)] : []),
  ]
  return [
    `${data.verdict}: ${data.object}${data.revision ? ` at ${data.revision}` : ''}${data.before && data.before !== data.revision ? ` (was ${data.before})` : ''} [${data.cluster}, ${data.engine}]`,
    ...(data.reason ? [`reason: ${data.reason}`] : []),
    ...list('added', data.added),
    ...list('pruned', data.pruned),
    ...list('left the inventory and kept', data.kept),
    ...(told.length > 0 ? [foreign('messages and events', told.join('\n'))] : []),
    ...(data.incomplete ? [`incomplete: ${data.incomplete}`] : []),
    ...(data.cause ? [sayCause(data.cause)] : []),
    `Next: ${data.next}`,
  ].join('\n')
}

function sayBlocker({ object, state, reason, untrusted, through }: JsonObject): string {
  const passed = Array.isArray(through) ? `, through ${through.map(String).join(', ')}` : ''
  const why = reason ? ` ${String(reason)}: ${String(untrusted ?? '')}` : ''
  return `blocked by ${String(object)}: ${String(state)}${why}${passed}`
}

const mostNames = 12

function list(label: string, names: readonly string[] | undefined): string[] {
  if (!names || names.length === 0) return []
  return [`${label}: ${names.slice(0, mostNames).join(', ')}${names.length > mostNames ? ` and ${names.length - mostNames} more` : ''}`]
}
