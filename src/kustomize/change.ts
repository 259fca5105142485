import { type KubeObject, type ObjectRef, printRef, refOf } from '../kinds/manifest.ts'

export type Action = 'created' | 'configured' | 'unchanged' | 'skipped' | 'deleted'

/** What happened to one object. */
export interface Change {
  readonly ref: ObjectRef
  readonly action: Action
}

/** The lines of an event: `Kind/ns/name created`. Spec: kustomization 10.2. */
export function changeLines(changes: readonly Change[], actions: readonly Action[]): string {
  return changes
    .filter(c => actions.includes(c.action))
    .map(c => `${printRef(c.ref)} ${c.action}`)
    .join('\n')
}

export function changeOf(object: KubeObject, action: Action): Change {
  return { ref: refOf(object), action }
}
