import type { FieldValidation } from './body.ts'
import { ApiProblem, type Cause, forbiddenValue, invalidValue, notSupported, requiredValue, listed } from './problem.ts'

/** What the query of a write asks for. */
export interface WriteOptions {
  readonly manager: string
  readonly dryRun: boolean
  readonly force: boolean
  readonly validation: FieldValidation
}

/** The kinds of options, as their refusals name them. */
export type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions'

const longest = 128

/** Reads the options of a write. `apply` wants a manager and may force. @throws {ApiProblem} Invalid */
export function writeOptions(
  query: URLSearchParams,
  { kind, agent, apply }: { kind: OptionsKind; agent: string; apply: boolean },
): WriteOptions {
  const manager = query.get('fieldManager') ?? ''
  const force = query.get('force')
  const validation = query.get('fieldValidation') ?? ''
  refuse(kind, [
    ...(apply && manager === '' ? [requiredValue('fieldManager', 'is required for apply patch')] : []),
    ...(!apply && force !== null && kind === 'PatchOptions' ? [forbiddenValue('force', 'may not be specified for non-apply patch')] : []),
    ...managerProblems(manager),
    ...dryRunProblems(query.getAll('dryRun')),
    ...(['', 'Ignore', 'Strict', 'Warn'].includes(validation)
      ? []
      : [notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn'])]),
  ])
  return {
    manager: manager || agent,
    dryRun: query.get('dryRun') === 'All',
    force: force === 'true' || force === '1',
    validation: validation === 'Strict' || validation === 'Ignore' ? validation : 'Warn',
  }
}

function managerProblems(manager: string): Cause[] {
  const bytes = Buffer.byteLength(manager)
  if (bytes > longest)
    return [{ field: 'fieldManager', reason: 'FieldValueTooLong', message: `Too long: may not be more than ${longest} bytes` }]
  const at = [...manager].findIndex(c => /[\p{C}\p{Zl}\p{Zp}]/u.test(c) || (/\p{Zs}/u.test(c) && c !== ' '))
  return at < 0 ? [] : [invalidValue('fieldManager', manager, 'should only contain printable characters')]
}

/** What is wrong with the values of `dryRun`. */
export function dryRunProblems(values: readonly string[]): Cause[] {
  return values.every(v => v === 'All') ? [] : [notSupported('dryRun', [...values], ['All'])]
}

/** @throws {ApiProblem} Invalid when there are causes. */
export function refuse(kind: OptionsKind, causes: readonly Cause[]): void {
  if (causes.length === 0) return
  throw new ApiProblem([422, 'Invalid'], `${kind}.meta.k8s.io "" is invalid: ${listed(causes)}`, {
    group: 'meta.k8s.io',
    kind,
    causes: causes.map(c => ({ reason: c.reason, message: c.message, field: c.field })),
  })
}
