import type { Condition } from '../kinds/manifest.ts'
import { conditionsOf, printRef } from '../kinds/manifest.ts'
import { type Evidence, eventEvidence, fieldEvidence, type Found, warning } from './facts.ts'
import { allConditions, isOfOperator, type State, stateIn } from './states.ts'
import { smells, smellsReason } from './telling.ts'

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
  const state = found.object && stateIn(found.object)
  const ofOperator = found.object !== undefined && isOfOperator(found.object)
  const bad = allConditions(found.object).filter(ofOperator ? isBadOfOperator : isBad)
  const rank = ofOperator ? tellingOf : rankOf
  const said = bad.toSorted((a, b) => rank(a) - rank(b)).map(c => statement(found, c))
  if (state?.is === 'resting') return []
  const word = state && (state.is === 'failing' || state.why !== '') ? [stateStatement(found, state)] : []
  if (said.length > 0)
    return said.some(s => smells(s.message)) || word.some(s => !smells(s.message)) ? [...said, ...word] : [...word, ...said]
  if (word.length > 0) return word
  const last = retries(found) || state ? warning(found, /./) : undefined
  return last ? [{ reason: last.reason, message: last.message, evidence: eventEvidence(found, last) }] : []
}

/** Conditions of operators whose True is bad news, by how their type ends. */
const negativeEnd =
  /(?:Fail(?:ed|ure|ing)?|Errors?|Terminal|Recoverable|Degraded|Unhealthy|NotReady|Conflict\w*|Invalid|Denied|Stalled|Lost|Blocked|Unschedulable)$/
const denial = /^(?:No|Not|Without)[A-Z]/

/** Operators have types of their own: what is False counts when it is a known good, or when its reason or message speaks of a failure. */
function isBadOfOperator(condition: Condition): boolean {
  const { type, status, reason = '', message = '' } = condition
  if (isBad(condition)) return true
  if (denial.test(type)) return false
  if (status === 'True') return negativeEnd.test(type)
  return status === 'False' && !negativeEnd.test(type) && (smellsReason(reason) || smells(message))
}

function stateStatement(found: Found, { word, why, field }: State): Statement {
  const quote = [word, why].filter(Boolean).join(': ')
  return { reason: capital(word), message: why, evidence: fieldEvidence(found, field, quote) }
}

/** What speaks of a failure comes first, then Ready. */
function tellingOf({ type, reason = '', message = '' }: Condition): number {
  return (smells(message) ? 0 : message === '' ? 4 : 2) + (smellsReason(reason) ? 0 : 1) + (type === 'Ready' ? 0 : 0.5)
}

/** Ready comes first, unless it says nothing, or only that the tries are over or undone. */
function rankOf({ type, reason = '', message = '' }: Condition): number {
  const isLate = reason === 'RetriesExceeded' || /\bsucceeded\b/.test(message)
  return (message === '' ? 4 : isLate ? 2 : 0) + (type === 'Ready' ? 0 : 1)
}

/** What an object of an operator says further in its last warning: often more than its conditions tell. */
export function warnedBy(found: Found, { message }: Statement): Statement | undefined {
  const last = found.object && isOfOperator(found.object) ? warning(found, /./) : undefined
  return last && !message.includes(last.message)
    ? { reason: last.reason, message: last.message, evidence: eventEvidence(found, last) }
    : undefined
}

/** A word of state as a reason: `SUBMISSION_FAILED` is SubmissionFailed. */
function capital(word: string): string {
  const parts = /^[A-Z0-9_]+$/.test(word) ? word.toLowerCase().split('_') : word.split(/[_\s-]+/)
  return parts.map(part => part.charAt(0).toUpperCase() + part.slice(1)).join('')
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

/** All that an object says went wrong, and its warnings. */
export function saidBy(found: Found): string {
  return [...statementsOf(found).map(s => s.message), ...found.events.filter(e => e.type !== 'Normal').map(e => e.message)].join('\n')
}

/** Whether it says that something was waited for until the time was over. */
export function timedOut({ message }: Pick<Statement, 'message'>): boolean {
  return /timed? ?out|deadline exceeded/i.test(message)
}

/** Reasons that only tell of another object: what is wrong is there. */
export function passesOn({ reason, message }: Statement, { ref }: Found): boolean {
  if (reason.startsWith('HealthCheck') && /\bCEL\b/.test(message)) return false
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
