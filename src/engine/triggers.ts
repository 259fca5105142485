import type { KubeObject } from '../kinds/manifest.ts'
import { requestOf } from './conditions.ts'

/** Whether a change of an object asks for a run of it: it is new, its spec or its request changed, or its deletion began. Status alone never does. Spec: kustomization 2.1. */
export function asksForRun(before: KubeObject | undefined, after: KubeObject): boolean {
  if (!before || before.metadata.uid !== after.metadata.uid) return true
  return (
    before.metadata.generation !== after.metadata.generation ||
    (requestOf(after) !== undefined && requestOf(before) !== requestOf(after)) ||
    (before.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined)
  )
}
