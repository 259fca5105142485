import type { Wording } from './wording.ts'

/** What programs say of services that they need: names, credentials, certificates, and what those lack. */
export const peers: readonly Wording[] = [
  {
    name: 'HostUnknown',
    says: /no such host|host not found|name resolution|\bENOTFOUND\b|EAI_AGAIN|name or service not known|UnknownHost|No resolvable bootstrap urls|could not translate host name|getaddrinfo|server misbehaving|(?:could not|cannot|can't|unable to|failed to) resolve (?:address|host|the host|name)/i,
    what: 'it cannot resolve the name of a host that it needs',
    fix: 'correct the host in its configuration, create the Service of that name, or repair the DNS of the cluster',
  },
  {
    name: 'DatabaseRightMissing',
    says: /permission denied (?:for|to) (?:table|relation|schema|database|sequence|function|view|create|set)|command denied to user|must be owner of|not authorized on \S+ to execute|must be superuser/i,
    what: 'its account at the database has no right to what it does',
    fix: 'grant the account that right at the database (GRANT), or let it sign in with an account that has it',
  },
  {
    name: 'LoginRefused',
    says: /password authentication failed|access denied for user|authentication (?:failed|required)|login failed for user|username or password|invalid (?:password|credentials)|WRONGPASS|NOAUTH|SASL|401 Unauthorized|must be logged in|\(Unauthorized\)|ACCESS_REFUSED|no pg_hba\.conf entry|(?:token|secret|password|credentials?) (?:is |has |have )?(?:been )?expired|expired ?token|invalid client secret|invalid (?:bearer )?token|password (?:was |is )?incorrect|incorrect password|issuer did not match/i,
    what: 'a service that it needs refuses its credentials',
    fix: 'correct the credentials that the pod gets (its Secret and env), or the account at that service',
  },
  {
    name: 'IdentityMissing',
    says: /unable to locate credentials|NoCredential|default credentials were not found|CredentialUnavailable|failed to retrieve (?:a )?(?:token|credentials)|no EC2 IMDS role|(?:no|missing) (?:valid )?credentials? (?:found|provided|in chain)|could not load the default credentials/i,
    what: 'it finds no credentials for a service that it needs',
    fix: 'give the pod an identity: a ServiceAccount that is bound to the role at the provider (its annotation, and serviceAccountName), or credentials by env or a mounted Secret',
  },
  {
    name: 'TlsFailed',
    says: /x509: [\w :,.'-]+|invalid peer certificate|certificate (?:has expired|verify failed|signed by unknown)|CERT_HAS_EXPIRED|UNABLE_TO_(?:VERIFY|GET)\w+|SELF_SIGNED_CERT\w*|PKIX path building failed|SSLHandshakeException|self-signed certificate|tls: bad certificate|HTTP response to HTTPS client|first record does not look like a TLS handshake|private key does not match|WRONG_VERSION_NUMBER|failed to load TLS/i,
    what: 'it does not trust the certificate of a service that it needs',
    fix: 'renew that certificate if it has expired, give the container the CA that signed it, or correct the host that it is asked by',
  },
  {
    name: 'TooManyConnections',
    says: /too many (?:clients|connections)|remaining connection slots|max(?:imum)? (?:number of )?(?:client )?connections (?:reached|exceeded)|ER_CON_COUNT_ERROR|max(?:imum)? number of clients reached/i,
    what: 'a database that it needs has no connection left',
    fix: 'make the pools of its clients smaller or put a pooler between them, or raise the limit of the database (max_connections)',
  },
  {
    name: 'DatabaseMissing',
    says: /unknown database|column \S+ (?:of relation \S+ )?does not exist|database "?(?<database>[\w.-]+)"? does not exist|(?:relation|table|schema|collection) \S+ (?:does not|doesn't) exist|no such table|role "(?<role>[\w.-]+)" does not exist|could not find your database|missing (?:table|column|sequence)\b/i,
    what: 'the database lacks what it asks for: a database, role, schema or table',
    fix: 'create it there, let the migration that makes it run first, or correct the name in the configuration',
  },
  {
    name: 'PeerLacks',
    says: /NoSuch(?:Bucket|Key)|specified (?:bucket|key|queue) does not exist|\b(?:topic|queue|exchange|index(?!\.)|stream|subject|bucket)\b[^\n]{0,60}(?:not found|does not exist|no such)|does not host this topic/i,
    what: 'a service that it needs lacks what it asks for: a bucket, topic, queue or index',
    fix: 'make there what its log names, let what makes it run first, or correct the name in the configuration',
  },
  {
    name: 'ProviderDenied',
    says: /\bError 403\b|(?:status|code|StatusCode)[:= ]+403\b|AccessDenied(?!Exception: \/)|not authori[sz]ed to (?:access|perform)|PermissionDenied|NOT_AUTHORIZED/i,
    what: 'a service that it needs knows its identity and refuses what it asks for',
    fix: 'give the identity of the pod (its ServiceAccount with the role bound to it, or its credentials) the right that its log names',
  },
  {
    name: 'PeerNotReady',
    says: /\bis sealed\b|database system is (?:starting|shutting)|LOADING Redis|(?:is )?not yet (?:ready|initiali[sz]ed)|unable to persist to disk|in a read[- ]only transaction|cluster_block_exception|\bREADONLY\b|read[- ]only replica|in recovery mode|not (?:a member of|the leader|a leader)/i,
    what: 'a service that it needs runs and does not serve yet, or not for writing',
    fix: 'make that service ready (unseal or initialise it, free its disk, wait for its recovery, ask its primary)',
  },
  {
    name: 'PeerUnreachable',
    says: /connection refused|ECONNREFUSED|connection to \S+ refused|connection to [^\n]* could not be established|i\/o timeout|ETIMEDOUT|connection timed out|no route to host|could not connect|connection reset|NoBrokersAvailable|ServerSelection(?:Timeout)?Error|Communications link failure|can't reach|failed to connect to|connect timed out|TLS handshake timeout|timed out waiting for a node|ConnectionNotEstablished|connection to server [^\n]*failed|server closed the connection|(?:cannot|can't|unable to|could not|failed to) (?:connect|reach)\b/i,
    what: 'it cannot reach a service that it needs',
    fix: 'make the service that its log names answer (pods, Service, NetworkPolicy), or correct the address in its configuration',
  },
]
