import { type Condition, conditionsOf } from '../kinds/manifest.ts'
import { type Evidence, eventEvidence, type Found, warning } from './facts.ts'
import { printRef } from '../kinds/manifest.ts'

/** Something that an object says went wrong. */
export interface Statement {
  readonly reason: string
  readonly message: string
  readonly evidence: Evidence
}

/** Conditions whose True is bad news. */
const negative =
  /^(Stalled|FetchFailed|BuildFailed|StorageOperationFailed|IncludeUnavailable|ArtifactOutdated|InvalidPolicySelector|NotReady|Unhealthy|Degraded|Failed|Failing|\w*Error|\w+Failure)$/
/** Conditions whose False is bad news. */
const positive = /^(Ready|SourceVerified|Healthy|Released|TestSuccess|Available|Established|NamesAccepted|Synced|Succeeded|Approved|Valid)$/
const weak = new Set(['ArtifactOutdated'])

/** What an object's conditions say that is wrong, Ready first; of one that tries again, its last warning. */
export function statementsOf(found: Found): Statement[] {
  const bad = conditionsOf(found.object).filter(isBad)
  const ordered = bad.toSorted((a, b) => Number(b.type === 'Ready') - Number(a.type === 'Ready'))
  const said = ordered.map(c => statement(found, c))
  if (said.length > 0 || !retries(found)) return said
  const last = warning(found, /./)
  return last ? [{ reason: last.reason, message: last.message, evidence: eventEvidence(found, last) }] : []
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
    evidence: { object: printRef(found.ref), at: `status.conditions[${type}]`, quote: `${status} ${reason}: ${message}` },
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
