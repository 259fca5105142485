import type { EventDraft } from '../engine/events.ts'
import type { Artifact } from '../kinds/artifact.ts'
import type { Condition } from '../kinds/manifest.ts'

/** What a pass found and left. `failures` are the condition types that a failure sets. */
export interface Passed {
  readonly before: { readonly artifact: Artifact | undefined; readonly conditions: readonly Condition[] }
  readonly after: { readonly artifact: Artifact; readonly conditions: readonly Condition[] }
  readonly failures: readonly string[]
}

/** The event of a pass that succeeded: new bytes, or the end of a failure; `undefined` for neither. Spec: sources 1.6. */
export function newsOf({ before, after, failures }: Passed, message: string): EventDraft | undefined {
  const { artifact } = after
  const isNew = before.artifact?.digest !== artifact.digest
  if (!isNew && !recovered(before.conditions, after.conditions, failures)) return undefined
  return {
    severity: 'info',
    reason: isNew ? 'NewArtifact' : 'Succeeded',
    message,
    annotations: {
      'source.toolkit.fluxcd.io/revision': artifact.revision,
      'source.toolkit.fluxcd.io/digest': artifact.digest ?? '',
    },
  }
}

/** Whether a failure was there before and none is now, whatever the conditions' status. */
export function recovered(before: readonly Condition[], after: readonly Condition[], failures: readonly string[]): boolean {
  const fails = (conditions: readonly Condition[]): boolean => conditions.some(c => failures.includes(c.type))
  return fails(before) && !fails(after)
}
