import type { Condition } from '../kinds/manifest.ts'
import { conditionsOf, printRef } from '../kinds/manifest.ts'
import { type Evidence, eventEvidence, fieldEvidence, type Found, warning } from './facts.ts'
import { allConditions, isOfOperator, stateIn } from './states.ts'

/** Something that an object says went wrong. */
export interface Statement {
  readonly reason: string
  readonly message: string
  readonly evidence: Evidence
}

/** Conditions whose True is bad news. */
const negative =
  /^(Stalled|FetchFailed|BuildFailed|StorageOperationFailed|IncludeUnavailable|ArtifactOutdated|InvalidPolicySelector|NotReady|Unhealthy|Degraded|Failed|Failing|Denied|InvalidRequest|\w*Error|\w+Failure)$/
/** Conditions whose False is bad news. */
const positive =
  /^(Ready|SourceVerified|Healthy|Released|TestSuccess|Available|Established|NamesAccepted|Synced|Succeeded|Approved|Valid|Issuing|Accepted|ResolvedRefs|Programmed)$/
const weak = new Set(['ArtifactOutdated'])

/** What an object's conditions say that is wrong, Ready first unless it says nothing more; else its state; of one that tries again, its last warning. */
export function statementsOf(found: Found): Statement[] {
  const bad = allConditions(found.object).filter(isBad)
  const said = bad.toSorted((a, b) => rankOf(a) - rankOf(b)).map(c => statement(found, c))
  if (said.length > 0) return said
  const state = found.object && stateIn(found.object)
  if (state && (state.is === 'failing' || state.why !== ''))
    return [
      {
        reason: capital(state.word),
        message: state.why,
        evidence: fieldEvidence(found, state.field, [state.word, state.why].filter(Boolean).join(': ')),
      },
    ]
  const last = retries(found) || state ? warning(found, /./) : undefined
  return last ? [{ reason: last.reason, message: last.message, evidence: eventEvidence(found, last) }] : []
}

function rankOf({ type, message = '' }: Condition): number {
  return (message === '' ? 2 : 0) + (type === 'Ready' ? 0 : 1)
}

/** What an object of an operator says further in its last warning: often more than its conditions tell. */
export function warnedBy(found: Found, { message }: Statement): Statement | undefined {
  const last = found.object && isOfOperator(found.object) ? warning(found, /./) : undefined
  return last && !message.includes(last.message)
    ? { reason: last.reason, message: last.message, evidence: eventEvidence(found, last) }
    : undefined
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function isBad({ type, status }: Condition): boolean {
  return !weak.has(type) && ((status === 'True' && negative.test(type)) || (status === 'False' && positive.test(type)))
}

function retries({ object }: Found): boolean {
  return conditionsOf(object).some(c => c.type === 'Reconciling' && c.status === 'True' && c.reason === 'ProgressingWithRetry')
}

function statement(found: Found, { type, status, reason = '', message = '' }: Condition): Statement {
  return {
    reason,
    message,
    evidence: {
      object: printRef(found.ref),
      at: `status.conditions[${type}]`,
      quote: `${[status, reason].filter(Boolean).join(' ')}: ${message}`,
    },
  }
}

/** Reasons that only tell of another object: what is wrong is there. */
export function passesOn({ reason, message }: Statement, { ref }: Found): boolean {
  if (/^(DependencyNotReady|HealthCheckFailed|HealthCheckCanceled|SourceNotReady)$/.test(reason)) return true
  if (
    /^(Source artifact not found|Source is not ready)|^\w+\.source\.toolkit\.fluxcd\.io ".*" not found|failed to get source: |could not get Source object|no artifact available for \w+ source/.test(
      message,
    )
  )
    return true
  return (
    ref.kind === 'HelmRelease' &&
    /is not ready|latest generation .* not been reconciled/.test(message) &&
    /^(ArtifactFailed|SourceNotReady)$/.test(reason)
  )
}
