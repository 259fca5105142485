import type { Wording } from './wording.ts'

/** What objects of widely used operators say: certificates, Secrets that are kept elsewhere, resources of clouds. */
export const operators: readonly Wording[] = [
  {
    name: 'UnsealFailed',
    says: /no key could decrypt secret/i,
    what: 'the controller has no key that opens what was sealed: it was sealed for another controller, namespace or name',
    fix: 'seal it again (kubeseal) with the certificate of this controller for this namespace and name, or give the controller its old key back',
  },
  {
    name: 'SecretNotOwned',
    says: /already exists and is not managed by|owned by another/i,
    what: 'a Secret of that name is there already and belongs to another owner',
    fix: 'delete that Secret, or let this controller take it over (annotation sealedsecrets.bitnami.com/managed: "true" on the Secret; another target name of an ExternalSecret)',
  },
  {
    name: 'SolverMissing',
    says: /no configured challenge solvers?|valid solver configuration/i,
    what: 'no solver of the issuer is for this domain',
    fix: 'add one to spec.acme.solvers of the issuer whose selector (dnsZones, dnsNames, matchLabels) fits the domain',
  },
  {
    name: 'RateLimited',
    says: /acme:error:rateLimited|too many (?:certificates|failed authorizations|new orders)/i,
    what: 'the certificate authority limits how often it is asked',
    fix: 'wait until the time that it names to retry; try out against its staging server',
  },
  {
    name: 'RequestDenied',
    says: /denied by an approval controller|request (?:was|has been) denied/i,
    what: 'an approver denied the request for the certificate',
    fix: 'change the certificate as the policy of the approver asks, or that policy',
  },
  {
    name: 'ChallengeFailed',
    says: /challenge|acme: authorization error|acme:error:(?:dns|connection|unauthorized|caa|tls)|self[- ]check/i,
    what: 'the ACME challenge is not solved: the domain does not show what the certificate authority looks for',
    fix: 'HTTP-01: let http://DOMAIN/.well-known/acme-challenge/ lead to the solver (DNS record, Ingress class, firewall); DNS-01: give the solver credentials with the right to write the record',
  },
  {
    name: 'RequestUnauthorized',
    says: /username or password|UNAUTHORIZED\b|authentication required|InvalidAccessKeyId|password authentication failed|login failed|authentication failed|invalid (?:user ?name|password|credentials)\b|WRONGPASS/i,
    what: 'who was asked does not accept the credentials',
    fix: 'correct user name and password where the object takes them from (its Secret, its authentication reference), or the account there',
  },
  {
    name: 'StateLocked',
    says: /(?:acquir|obtain)\w* (?:the )?(?:state )?lock\b|state (?:file )?(?:is )?(?:already )?locked/i,
    what: 'another run holds the lock of the state',
    fix: 'wait until that run ends; when it is dead, release its lock (force-unlock with the id that the message gives)',
  },
  {
    name: 'PathNotFound',
    says: /\bpath\b[^\n:]{0,60}(?:does not exist|not found|no such)/i,
    what: 'a path that it names is not there',
    fix: 'correct the path, or push what it names',
  },
  {
    name: 'BucketNotFound',
    says: /bucket (?:\w+:\/\/)?'?"?(?<bucket>[\w.-]+)'?"? (?:was )?(?:not found|does not exist)|NoSuchBucket/i,
    what: 'bucket {bucket|that it names} does not exist',
    fix: 'make bucket {bucket|that it names}, or correct its name where the object names it',
  },
  {
    name: 'VersionUnsupported',
    says: /unsupported [\w .]{0,40}version|supported versions are|version \S{0,40} is (?:not supported|unsupported)|downgrad\w+ (?:is|are) not (?:supported|allowed|possible)/i,
    what: 'the version that is asked for is none that the operator takes',
    fix: 'choose a version that it supports, and none older than what runs: its message names them, or the documentation of the operator',
  },
  {
    name: 'NoTraffic',
    says: /no values found for|not receiving traffic/i,
    what: 'the analysis of the new version has no metrics to judge by',
    fix: 'let requests reach the new version (a load test while it is analysed), or correct the query and the provider of the metric',
  },
  {
    name: 'AnalysisFailed',
    says: /metric "?(?<metric>[\w.-]+)"? assessed (?:failed|inconclusive|error)|(?:canary )?analysis (?:run )?(?:has )?failed|halt \S* ?advancement/i,
    what: 'the analysis of the new version failed ({metric|see the message}), so it was not rolled out',
    fix: 'look at why the new version does worse (its pods and logs), or correct query and limits of metric {metric|that the message names}; then roll out a corrected version',
  },
  {
    name: 'ExternalKeyMissing',
    says: /err: secret does not exist|ResourceNotFoundException|SecretNotFound|secrets? manager can't find|(?:key|secret|parameter) .{0,80}(?:could not be found|does not exist|not found) (?:in|at) |cannot find secret data for key|no secret data found|code = NotFound|not found or has no versions|(?:status )?code[:=] ?404/i,
    what: 'the provider has no secret under the key that is named',
    fix: 'correct the key (remoteRef.key, property, version), or make it at the provider',
  },
  {
    name: 'ProviderDenied',
    says: /AccessDenied\w*|not authorized to perform|Code: 403|status ?code[:=]? ?403|PermissionDenied|permission denied|AuthorizationFailed|unable to log in|UnauthorizedOperation|InvalidClientTokenId/i,
    what: 'the provider refuses the identity that the operator uses',
    fix: 'give that identity (role, credentials or service account that the object or its store names) the right that the message names',
  },
  {
    name: 'StoreNotReady',
    says: /(?<kind>\w*SecretStore) "?(?<name>[\w.-]+)"? is not ready/i,
    what: '{kind|the store} {name|that it names} is not ready',
    fix: 'correct {kind|the store} {name|that it names}: its provider, credentials and address (get_object tells its conditions)',
  },
]
