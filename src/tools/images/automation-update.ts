import { StepError, type Outcome } from '../../engine/outcome.ts'
import { foreseen, type Foreseen } from '../../images/automation-preview-reconciler.ts'
import { ImageUpdateAutomation, type ImageUpdateAutomationObject } from '../../kinds/image-update-automation.ts'
import { type KubeObject, printRef } from '../../kinds/manifest.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { counted } from '../../lib/counted.ts'
import { stringAt } from '../../lib/json.ts'
import type { World } from '../../world/world.ts'
import { stepError, ToolError } from '../frame/error.ts'
import { existing, type Located, locate } from '../objects/locate.ts'
import { automationSources } from '../run/automations.ts'
import { actingOn } from '../run/engine.ts'
import { refuse } from '../run/refusal.ts'
import { runToVerdict } from '../run/run.ts'
import type { VerdictAnswer } from '../run/verdict.ts'
import type { Preview, Running } from '../tool.ts'
import { shownChanges } from './shown-changes.ts'

export interface AutomationWanted {
  readonly name: string
  readonly namespace?: string | undefined
  readonly cluster?: string | undefined
}

async function runnable(
  { name, namespace, cluster }: AutomationWanted,
  world: World,
  signal: AbortSignal,
): Promise<{ located: Located; object: KubeObject }> {
  const located = await locate(world, { kind: ImageUpdateAutomation.kind, name, namespace, cluster }, signal)
  const object = await existing(located, signal)
  refuse(located, object, false)
  return { located, object }
}

/** What the next run of an automation would commit and push; nothing is written. Always to be shown before the run. */
export async function previewAutomation(wanted: AutomationWanted, world: World, call: Running): Promise<Preview> {
  const { located, object } = await runnable(wanted, world, call.signal)
  const hands = { ...world, cluster: located.cluster }
  const run = { signal: call.signal, settings: call.engine.settings }
  const printed = printRef(located.ref)
  const found = await foreseen(object as ImageUpdateAutomationObject, { sources: automationSources, hands, run }).catch(
    (thrown: unknown) => {
      throw told(thrown, printed)
    },
  )
  if (found && 'is' in found) throw ended(found, printed)
  const seen = [object.metadata.uid, object.metadata.generation]
  if (!found) return { summary: `${printed}: nothing to commit`, changes: [], live: JSON.stringify(seen), mustPlan: true }
  return {
    summary: `${printed}: commit ${counted(found.changes.length, 'change')} onto ${shortHash(found.onto)} and push to ${found.branch}`,
    changes: changesOf(found, call),
    live: JSON.stringify([...seen, found.onto, found.message]),
    mustPlan: true,
  }
}

const hashLength = 8
const shortHash = (hash: string): string => hash.slice(0, hashLength)

function changesOf({ changes, branch, message, refspec }: Foreseen, call: Running): Preview['changes'] {
  return [
    ...shownChanges(changes, call).map(({ file, object, from, to, policy }) => ({
      action: 'change',
      object: file,
      detail: `${object}: ${from} → ${to} by ${policy}`,
    })),
    { action: 'commit', object: branch, detail: message },
    { action: 'push', object: `branch ${branch}` },
    ...(refspec ? [{ action: 'push', object: `refspec ${refspec}` }] : []),
  ]
}

/** Runs an automation by whoever acts on it. */
export async function runAutomation(wanted: AutomationWanted, world: World, call: Running): Promise<VerdictAnswer & { commit?: string }> {
  const { located, object: before } = await runnable(wanted, world, call.signal)
  const acting = await actingOn(world, located, call)
  const verdict = await runToVerdict(world, { located, before, acting, withSource: false, timeoutSeconds: undefined }, call)
  const after = await located.cluster.get(located.ref, call.signal)
  const [was, commit] = [before, after].map(object => stringAt(object, 'status', 'lastPushCommit'))
  return { ...verdict, ...(commit && commit !== was ? { commit } : {}) }
}

/** A run that would end without looking at files. */
function ended({ reason, message }: Outcome, object: string): ToolError {
  return new ToolError(reason === 'AccessDenied' ? 'Forbidden' : 'Stalled', `${object}: ${message}`, {
    next: reason === 'AccessDenied' ? 'name a GitRepository of its own namespace' : 'change the field that the message names',
    object,
  })
}

/** What a failed step is in the tools' words; others as they are. */
function told(thrown: unknown, object: string): unknown {
  if (!(thrown instanceof StepError)) return stepError(thrown, object)
  const isTemplate = thrown.cause instanceof CodedError && thrown.cause.code === 'TEMPLATE_INVALID'
  if (isTemplate) return stepError(thrown, object, { code: 'BuildFailed', next: 'correct spec.git.commit.messageTemplate' })
  if (thrown.code !== 'UpdateFailed') return stepError(thrown, object)
  return stepError(thrown, object, { code: 'BuildFailed', next: 'correct spec.update.path, or the file that the message names' })
}
