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
