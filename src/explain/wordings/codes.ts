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
    says: /code = AlreadyExists|\b409\b|\(AlreadyExists\)|\balready exists\b/,
    what: 'what it would make is there already and belongs to somebody else',
    fix: 'take over or remove what is there, or choose another name',
  },
  {
    name: 'ProviderQuotaExceeded',
    says: /code = ResourceExhausted|quota ?exceeded|(?:limit|quota)\w* ?exceeded|exceeded (?:your|the) [\w -]*(?:limit|quota)|LimitExceeded|InsufficientCapacity|out of (?:capacity|stock)/i,
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
