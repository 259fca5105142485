import { StepError } from '../engine/outcome.ts'
import { type KubeObject, printRef, refOf } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import { stringAt } from '../lib/json.ts'

/**
 * Whether a refused dry run is one that recreating the object may mend: a conflict, anything invalid, or words of webhooks and validation rules
 * that say a field cannot change. Spec: kustomization 7.5.
 */
export function needsRecreation(thrown: unknown): boolean {
  if (!(thrown instanceof CodedError)) return false
  const reason = reasonOf(thrown)
  return reason === 'Conflict' || reason === 'Invalid' || /is\simmutable|immutable\sfield/.test(thrown.message)
}

/** What a failed dry run is called; what is no API failure passes unchanged. Spec: kustomization 7.6. */
export function dryRunFailure(desired: KubeObject, thrown: unknown): unknown {
  if (!(thrown instanceof CodedError) || thrown instanceof StepError) return thrown
  const id = printRef(refOf(desired))
  const reason = reasonOf(thrown)
  const message = withoutData(desired, thrown.message)
  const text =
    thrown.code === 'NOT_FOUND'
      ? `${id} ${desired.metadata.namespace ? 'not found' : 'namespace not specified'}: ${message}`
      : `${id} dry-run failed${reason ? ` (${reason})` : ''}: ${message}`
  return new StepError('ReconciliationFailed', text, { cause: thrown })
}

/** What a failed write is called. Spec: kustomization 7.6. */
export function applyFailure(desired: KubeObject, thrown: unknown): StepError {
  const text = `${printRef(refOf(desired))} apply failed: ${withoutData(desired, messageOf(thrown))}`
  return new StepError('ReconciliationFailed', text, { cause: thrown })
}

/** What a Secret that is still encrypted fails a run with, before anything is written. Spec: kustomization 6.2. */
export function encryptedFailure(secret: KubeObject): StepError {
  const text = `${printRef(refOf(secret))} is SOPS encrypted, configuring decryption is required for this secret to be reconciled`
  return new StepError('ReconciliationFailed', text)
}

/** The reason of the API status behind an error; `undefined` when it had none. */
function reasonOf(thrown: CodedError): string | undefined {
  return stringAt(thrown, 'call', 'reason')
}

/** Of a Secret's value that is no text the server prints all. */
function withoutData(desired: KubeObject, message: string): string {
  return desired.kind === 'Secret' ? message.replace(/\{Value:.*\}/s, '{Value:***}') : message
}
