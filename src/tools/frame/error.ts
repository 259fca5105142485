import { StepError } from '../../engine/outcome.ts'
import { CodedError } from '../../lib/coded-error.ts'
import { listAt, stringAt } from '../../lib/json.ts'

export type ToolErrorCode =
  | 'InvalidArgument'
  | 'AmbiguousCluster'
  | 'NotFound'
  | 'NoMatch'
  | 'Forbidden'
  | 'Unauthenticated'
  | 'Unreachable'
  | 'Timeout'
  | 'RateLimited'
  | 'Suspended'
  | 'NotReady'
  | 'Stalled'
  | 'BuildFailed'
  | 'ApplyFailed'
  | 'HealthCheckFailed'
  | 'VerificationFailed'
  | 'ManagedByFlux'
  | 'Conflict'
  | 'StalePlan'
  | 'ApprovalRequired'
  | 'Declined'
  | 'ReadOnly'
  | 'CursorExpired'
  | 'TooLarge'
  | 'Unsupported'
  | 'Cancelled'
  | 'Internal'

export interface Advice {
  readonly next: string
  readonly object?: string | undefined
  readonly valid?: readonly string[] | undefined
  readonly missing?: string | undefined
  readonly cause?: unknown
}

/** A failure as a tool tells it: what failed and why in the message, then what to do. Spec: mcp 2.6. */
export class ToolError extends CodedError<ToolErrorCode> {
  override readonly name = 'ToolError'
  readonly told: Advice
  constructor(code: ToolErrorCode, message: string, { cause, ...told }: Advice) {
    super(code, message, { cause })
    this.told = told
  }
  /** Whether the same call may succeed later, when others have done their part. */
  get retryable(): boolean {
    return retryable.has(this.code)
  }
}

/** Codes of the hands in the tools' words. */
export const toolCodes: Readonly<Record<string, ToolErrorCode | undefined>> = {
  FORBIDDEN: 'Forbidden',
  UNAUTHENTICATED: 'Unauthenticated',
  NOT_FOUND: 'NotFound',
  NO_MATCH: 'NoMatch',
  CONFLICT: 'Conflict',
  ALREADY_EXISTS: 'Conflict',
  INVALID: 'ApplyFailed',
  EXPIRED: 'CursorExpired',
  RATE_LIMITED: 'RateLimited',
  UNAVAILABLE: 'Unreachable',
  UNREACHABLE: 'Unreachable',
  TIMEOUT: 'Timeout',
  BAD_ANSWER: 'Unreachable',
  BAD_KUBECONFIG: 'InvalidArgument',
  NO_KUBECONFIG: 'NotFound',
  AMBIGUOUS: 'AmbiguousCluster',
  UNKNOWN_CLUSTER: 'InvalidArgument',
  NO_CLUSTER: 'InvalidArgument',
  DENIED: 'Unauthenticated',
  AUTH: 'Unauthenticated',
  HOST_KEY: 'Unauthenticated',
  NO_IDENTITY: 'Unauthenticated',
  NO_ACCOUNT: 'NotFound',
  GATE_DISABLED: 'Unsupported',
  WRONG_INPUT: 'InvalidArgument',
  TLS: 'Unreachable',
  CUT_OFF: 'Unreachable',
  SUPERSEDED: 'NotReady',
  GIT_MISSING: 'Unsupported',
  GIT_TOO_OLD: 'Unsupported',
  REDIRECTED: 'InvalidArgument',
  MOVED: 'Conflict',
  SIGNING: 'Unauthenticated',
  BROKEN: 'VerificationFailed',
  NO_DATABASE: 'Unsupported',
  NO_FOLDER: 'Internal',
  DIGEST_MISMATCH: 'VerificationFailed',
  SIZE_MISMATCH: 'VerificationFailed',
  TOO_LARGE: 'TooLarge',
  REFUSED: 'ApplyFailed',
  ORAS_MISSING: 'Unsupported',
  ORAS_TOO_OLD: 'Unsupported',
  ORAS_FAILED: 'Unreachable',
  INVALID_URL: 'InvalidArgument',
  INVALID_REFERENCE: 'InvalidArgument',
  BAD_RANGE: 'InvalidArgument',
  BAD_FILTER: 'InvalidArgument',
  BAD_REGEX: 'InvalidArgument',
  TOO_SLOW: 'TooLarge',
  NO_PATH: 'NotFound',
  LOOP: 'InvalidArgument',
  IMAGE_INVALID: 'BuildFailed',
  NO_CHECKOUT: 'InvalidArgument',
  NO_AUTHOR: 'InvalidArgument',
  NO_VERSION: 'NotFound',
  OUTSIDE_WORKSPACE: 'Forbidden',
  NOT_ALLOWED: 'Forbidden',
  IN_THE_WAY: 'Conflict',
  BUILD_FAILED: 'BuildFailed',
  REMOTE_BASE: 'BuildFailed',
  BuildFailed: 'BuildFailed',
  ArtifactFailed: 'NotReady',
  OCIArtifactPullFailed: 'NotReady',
  ReadOperationFailed: 'NotReady',
  OCIArtifactLayerOperationFailed: 'BuildFailed',
  AuthenticationFailed: 'Unauthenticated',
  BucketOperationFailed: 'NotReady',
  ClientError: 'InvalidArgument',
  InvalidSTSConfiguration: 'InvalidArgument',
  InvalidSpec: 'InvalidArgument',
  URLInvalid: 'InvalidArgument',
  FeatureGateDisabled: 'Unsupported',
  CREDENTIALS: 'InvalidArgument',
  ADDRESS: 'InvalidArgument',
  CHANGED: 'Conflict',
  MALFORMED: 'InvalidArgument',
  DEADLINE: 'TooLarge',
  OUT_OF_MEMORY: 'TooLarge',
  OUTPUT_TOO_LARGE: 'TooLarge',
  NOT_GZIP: 'VerificationFailed',
  ESCAPES: 'VerificationFailed',
  NOT_TAR: 'VerificationFailed',
  TRUNCATED: 'VerificationFailed',
  CLASH: 'VerificationFailed',
  LINK: 'VerificationFailed',
  TOO_MANY: 'TooLarge',
  UNSUPPORTED: 'Unsupported',
  DISK_FULL: 'Internal',
  FILE_LIMIT: 'Internal',
  DIGEST_UNSUPPORTED: 'Unsupported',
  WRITE_FAILED: 'Internal',
  ADDRESS_IN_USE: 'Conflict',
  ADDRESS_DENIED: 'Forbidden',
  ADDRESS_NOT_HERE: 'InvalidArgument',
  ADDRESS_FAILED: 'Unreachable',
}

const retryable: ReadonlySet<ToolErrorCode> = new Set<ToolErrorCode>(['Unreachable', 'Timeout', 'RateLimited', 'NotReady', 'Conflict'])

/** What to do where nothing closer is known. */
export const fallbackAdvice: Partial<Record<ToolErrorCode, string>> = {
  BuildFailed: 'correct the file or field named above and push again',
  NotReady: 'reconcile the source first',
  TooLarge: 'ask for less, or split the input',
  VerificationFailed: 'do not use the content: push it again',
  InvalidArgument: 'correct the argument',
  Unreachable: 'check the address, and whether what is there runs',
  Timeout: 'call again; where it stays so, allow more time in spec.timeout of the object',
  RateLimited: 'wait and call again',
  Conflict: 'call again once nobody else writes there',
  ApplyFailed: 'correct what the message names',
  Forbidden: 'ask for the right that the message names',
  Unsupported: 'leave what the message names away',
  NotFound: 'check the name; get_status lists what is there',
  Unauthenticated: 'correct the credentials that the message names, in the Secret or the service account of the spec',
}

/** What is known of a failure: its code, what to do, and what would have been right. */
interface Known {
  readonly code: ToolErrorCode
  readonly next: string
  readonly valid?: readonly string[] | undefined
}

function adviceOf({ next, valid = [] }: Known): Pick<Advice, 'next' | 'valid'> {
  return { next, ...(valid.length > 0 ? { valid } : {}) }
}

/** What a hand says of its own failure. */
function handIn(thrown: CodedError): Known | undefined {
  const [code, advice] = [toolCodes[thrown.code], stringAt(thrown, 'advice')]
  const valid = listAt(thrown, 'call', 'valid').map(String)
  return code && advice ? { code, next: valid.length > 0 ? `${advice}: ${valid.join(', ')}` : advice, valid } : undefined
}

/** The same of what is behind a failed step. */
function handBehind(step: StepError): Known | undefined {
  for (let cause: unknown = step.cause; cause instanceof Error; cause = cause.cause) {
    const known = cause instanceof CodedError ? handIn(cause) : undefined
    if (known) return known
  }
  return undefined
}

function knownOf(thrown: CodedError): Known | undefined {
  const isStep = thrown instanceof StepError
  const known = isStep ? handBehind(thrown) : handIn(thrown)
  if (known) return known
  const code = toolCodes[thrown.code] ?? (isStep ? 'NotReady' : undefined)
  const usual = isStep && !(thrown.code in toolCodes) ? 'create or correct what the message names: get_object shows the spec' : undefined
  return code && { code, next: usual ?? fallbackAdvice[code] ?? 'see the message' }
}

/** What failed for an object in the tools' words: of which object, why, and what to do. `known`: what no hand says of it. Others as they are. */
export function stepError(thrown: unknown, object: string, known?: Known): unknown {
  if (!(thrown instanceof CodedError) || thrown instanceof ToolError) return thrown
  const told = (thrown instanceof StepError ? handBehind(thrown) : undefined) ?? known ?? knownOf(thrown)
  return told ? new ToolError(told.code, `${object}: ${thrown.message}`, { ...adviceOf(told), object, cause: thrown }) : thrown
}

/** Any thrown value as a {@link ToolError}; what nobody foresaw keeps its text out and carries a report id. */
export function toolErrorOf(thrown: unknown, reportId: string): ToolError {
  if (thrown instanceof ToolError) return thrown
  const known = thrown instanceof CodedError ? knownOf(thrown) : undefined
  if (!(thrown instanceof CodedError) || !known)
    return new ToolError('Internal', `something went wrong that should not; report id ${reportId}`, {
      next: `look for ${reportId} in the server's log`,
      cause: thrown,
    })
  return new ToolError(known.code, thrown.message, { ...adviceOf(known), cause: thrown })
}
