import type { FileChange } from '../../images/update.ts'
import type { Running } from '../tool.ts'

/** One changed field, as answers show it. */
export interface ShownChange {
  /** Relative to the path that is updated. */
  readonly file: string
  /** The object that the field is of. */
  readonly object: string
  readonly from: string
  readonly to: string
  /** The marker that says so. */
  readonly policy: string
}

const mostValue = 300

/** Changes with what they are in; old values of a Secret hidden. */
export function shownChanges(changes: readonly FileChange[], { show }: Pick<Running, 'show'>): ShownChange[] {
  return changes.map(({ file, object: { kind, namespace, name }, oldValue, newValue, setter }) => ({
    file,
    object: [kind, namespace, name].filter(Boolean).join('/') || 'no object',
    from: kind === 'Secret' && oldValue !== '' ? show(oldValue) : oldValue.slice(0, mostValue),
    to: newValue,
    policy: setter.name,
  }))
}
