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

/** An object that was left alone, named as it lives; one that is not there has no name, as in Flux 2.6. Spec: kustomization 7.3. */
export function skipped(desired: KubeObject, live: KubeObject | undefined): Change {
  const { group, version, kind } = refOf(desired)
  return live ? changeOf(live, 'skipped') : { ref: { group, version, kind, name: '' }, action: 'skipped' }
}
