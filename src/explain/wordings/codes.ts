import type { Wording } from './wording.ts'

/** What the codes of gRPC, of HTTP and of the Kubernetes API say, whatever words stand around them. The more telling comes first. */
export const codes: readonly Wording[] = [
  {
    name: 'RequestUnauthorized',
    says: /code = Unauthenticated|\b401\b|\(Unauthorized\)|invalid_grant|InvalidClientTokenId|ExpiredToken/,
    what: 'who was asked does not accept the credentials',
    fix: 'renew the credentials that the object, or what it names for signing in, gives',
  },
  {
    name: 'ProviderDenied',
    says: /code = PermissionDenied|\b403\b|Access ?Denied|Unauthorized(?:Operation|Access)|not authori[sz]ed to perform|AuthorizationFailed/,
    what: 'who was asked knows the identity and refuses what it asks for',
    fix: 'give that identity the right that the message names',
  },
  {
    name: 'AlreadyExists',
    says: /code = AlreadyExists|\b409\b|\(AlreadyExists\)|\w+AlreadyExists\b|\balready (?:exists|in use|taken)\b|name is not available/,
    what: 'what it would make is there already and belongs to somebody else',
    fix: 'take over or remove what is there, or choose another name',
  },
  {
    name: 'ProviderQuotaExceeded',
    says: /code = ResourceExhausted|quota ?exceeded|(?:limit|quota)\w* ?exceeded|exceeded (?:your|the) [\w -]*(?:limit|quota)|LimitExceeded|quota '[^']*' exceeded|Insufficient\w*Capacity|do not have sufficient|out of (?:capacity|stock)/i,
    what: 'who was asked has no room for it: a quota or limit is reached',
    fix: 'raise that quota or limit, ask for less, or remove what is not needed',
  },
  {
    name: 'RequestInvalid',
    says: /code = (?:InvalidArgument|OutOfRange)|\b(?:400|422)\b|\((?:Invalid|BadRequest)\)|Invalid(?:Parameter|Argument|Request)\w*|ValidationException/,
    what: 'who was asked finds the request invalid',
    fix: 'correct the field or parameter that the message names',
  },
  {
    name: 'NotSupported',
    says: /code = Unimplemented|\b(?:405|501)\b|not (?:implemented|supported)\b/i,
    what: 'who was asked cannot do this at all',
    fix: 'ask for what it can do, or put a version in its place that can',
  },
  {
    name: 'NotFoundThere',
    says: /code = NotFound|\b404\b|\(NotFound\)/,
    what: 'who was asked knows nothing of that name',
    fix: 'correct the name, id or path that the message gives, or make what it names',
  },
  {
    name: 'NoAnswer',
    says: /code = DeadlineExceeded|\b(?:408|504)\b|\(Timeout\)/,
    what: 'who was asked gave no answer in time',
    fix: 'look whether it is up, and at networks and load on the way',
  },
  {
    name: 'ServerError',
    says: /code = (?:Unavailable|Internal|DataLoss)|\b50[0-3]\b|\((?:InternalError|ServiceUnavailable)\)/,
    what: 'who was asked failed itself',
    fix: 'look at what answers there: its pods and their logs',
  },
]

/** How messages of any operator put what is wrong, for the fix alone: rough, so that it names no cause. */
export const shapes: readonly Wording[] = [
  {
    name: 'ApprovalMissing',
    says: /(?:requires?|waiting for|needs) (?:manual )?approval/i,
    what: 'it waits for somebody to approve it',
    fix: 'approve it where its operator asks for that, or let it be approved by itself',
  },
  {
    name: 'EvictionBlocked',
    says: /disruption budget|cannot evict/i,
    what: 'a PodDisruptionBudget does not let a pod go',
    fix: 'make the other pods of that budget ready, run one replica more, or loosen the PodDisruptionBudget',
  },
  {
    name: 'StorageShort',
    says: /insufficient storage|flood-stage|low on (?:available )?space|no space left|disk (?:usage|space)|free storage/i,
    what: 'it has no room left on its storage',
    fix: 'enlarge its volumes or add disks, or remove what is not needed; then take off the block that was set for it, if there is one',
  },
  {
    name: 'ReferenceUnresolved',
    says: /resolve references?|referenced (?:field|resource|object)|get referenced/i,
    what: 'what it refers to is not there or not ready',
    fix: 'make the object that it refers to, or get that one ready first (explain tells why it is not), or correct the reference',
  },
  {
    name: 'PodsNotReady',
    says: /\bpods?\b[^\n]{0,80}(?:become ready|not (?:stable|ready|running)|in ready state|stuck|CrashLoopBackOff|ImagePullBackOff)|waiting for Pods?\b/i,
    what: 'pods that it made do not get ready',
    fix: 'look at those pods: explain on the pod that the message names tells why, and get_logs what it printed',
  },
  {
    name: 'StepFailed',
    says: /exited with (?:exit )?code \d+|\bstep\b[^\n]{0,60}(?:failed|exited)|(?:script|task|hook|command) [^\n]{0,40}failed/i,
    what: 'a step of its work failed',
    fix: 'read the log of that step (get_logs on its pod), correct what it needs, and run it again',
  },
  {
    name: 'RequestInvalid',
    says: /\binvalid\b|must (?:be|have|not)|larger than|(?:unknown|unsupported|unexpected) (?:field|argument|value|type|key)|no \w+ found for type|error parsing|(?:not|wasn't|isn't) specified|is required|conflicts? with|conflict:/i,
    what: 'a field of its spec has a value that cannot be used',
    fix: 'correct the field of the spec that the message names, to a value that the operator takes',
  },
  {
    name: 'NotFoundThere',
    says: /not found|no \w+ found|found no|does(?:n't| not) exist|could(?:n't| not) find|no such/i,
    what: 'what it needs is not there',
    fix: 'make what the message names, or correct the name, path or reference by which the object asks for it',
  },
  {
    name: 'NoAnswer',
    says: /timed? ?out|deadline|timeout|ttl exceeded|did not (?:register|finish|respond)|in time\b/i,
    what: 'what it waited for did not come in time',
    fix: 'look whether what it waits for is up (its pods, events and logs), then at networks and load on the way; give it more time where it is only slow',
  },
]
