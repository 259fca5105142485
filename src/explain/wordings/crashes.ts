import type { Wording } from './wording.ts'

/** What programs say before they end, for the fix: the cause is that they end. */
export const crashes: readonly Wording[] = [
  {
    name: 'RightMissing',
    says: /User "(?<user>[^"]+)" cannot (?<verb>[\w-]+) (?:resource "(?<resource>[^"]+)"|path)/i,
    what: '{user|its service account} has no right to {verb|do this to} {resource|what it needs}',
    fix: 'bind {user|its service account} to a Role or ClusterRole with verb {verb|named in its log} on {resource|that resource}, or correct serviceAccountName',
  },
  {
    name: 'OutOfHeap',
    says: /heap out of memory|OutOfMemoryError|MemoryError|cannot allocate memory|std::bad_alloc|Reached heap limit/i,
    what: 'it has no memory left within its own limit',
    fix: "raise the heap of the program (NODE_OPTIONS=--max-old-space-size, -Xmx) together with the container's memory limit, or lower what it uses",
  },
  {
    name: 'PortInUse',
    says: /address already in use|EADDRINUSE|port (?<port>\d+) (?:is )?(?:already )?in use/i,
    what: 'its port is taken within the pod or on its node',
    fix: 'give it another port: a second process or container of the pod, or a pod with hostNetwork on the node, listens there',
  },
  {
    name: 'HostUnknown',
    says: /no such host|host not found|name resolution|\bENOTFOUND\b|EAI_AGAIN|name or service not known|UnknownHost|No resolvable bootstrap urls|could not translate host name|getaddrinfo/i,
    what: 'it cannot resolve the name of a host that it needs',
    fix: 'correct the host in its configuration, create the Service of that name, or repair the DNS of the cluster',
  },
  {
    name: 'LoginRefused',
    says: /password authentication failed|access denied for user|authentication (?:failed|required)|login failed for user|username or password|invalid (?:password|credentials)|WRONGPASS|NOAUTH|SASL|401 Unauthorized|must be logged in|\(Unauthorized\)/i,
    what: 'a service that it needs refuses its credentials',
    fix: 'correct the credentials that the pod gets (its Secret and env), or the account at that service',
  },
  {
    name: 'TlsFailed',
    says: /x509: [\w :,.'-]+|certificate (?:has expired|verify failed|signed by unknown)|CERT_HAS_EXPIRED|UNABLE_TO_(?:VERIFY|GET)\w+|SELF_SIGNED_CERT\w*|PKIX path building failed|SSLHandshakeException/i,
    what: 'it does not trust the certificate of a service that it needs',
    fix: 'renew that certificate if it has expired, give the container the CA that signed it, or correct the host that it is asked by',
  },
  {
    name: 'TooManyConnections',
    says: /too many (?:clients|connections)|remaining connection slots|max(?:imum)? (?:number of )?(?:client )?connections (?:reached|exceeded)|ER_CON_COUNT_ERROR/i,
    what: 'a database that it needs has no connection left',
    fix: 'make the pools of its clients smaller or put a pooler between them, or raise the limit of the database (max_connections)',
  },
  {
    name: 'DatabaseMissing',
    says: /unknown database|column \S+ (?:of relation \S+ )?does not exist|database "?(?<database>[\w.-]+)"? does not exist|(?:relation|table|schema|collection) \S+ (?:does not|doesn't) exist|no such table|role "(?<role>[\w.-]+)" does not exist/i,
    what: 'the database lacks what it asks for: a database, role, schema or table',
    fix: 'create it there, let the migration that makes it run first, or correct the name in the configuration',
  },
  {
    name: 'MigrationPending',
    says: /(?:pending|unapplied|failed) migrations?\b|migrations? (?:is|are|have|has) (?:pending|not |failed)|PendingMigration|migration checksum mismatch|dirty database version|schema (?:version|is)[^\n]{0,40}(?:out of date|behind|older|mismatch)/i,
    what: 'the schema of its database is not the one that this version needs',
    fix: 'run the migrations of this version before it starts (a Job or a hook); where one failed or was changed afterwards, repair it and the history of migrations',
  },
  {
    name: 'DataIncompatible',
    says: /incompatible with (?:this |the )?(?:server|version)|(?:data|database)[^\n]{0,60}(?:initiali[sz]ed|created|written) by \S+ version|cannot (?:downgrade|be downgraded|upgrade) from|unsupported (?:redo log|data file|on-disk) format|downgrade\w* (?:is|are) not supported/i,
    what: 'its data was written by a version that this one cannot read',
    fix: 'run the version that wrote the data (image tag), or bring the data over to this one (its upgrade tool, or dump and restore)',
  },
  {
    name: 'ProviderDenied',
    says: /\bError 403\b|(?:status|code|StatusCode)[:= ]+403\b|AccessDenied(?!Exception: \/)|not authori[sz]ed to (?:access|perform)|PermissionDenied|NOT_AUTHORIZED/i,
    what: 'a service that it needs knows its identity and refuses what it asks for',
    fix: 'give the identity of the pod (its ServiceAccount with the role bound to it, or its credentials) the right that its log names',
  },
  {
    name: 'LibraryTooOld',
    says: /install or update \.NET|framework[^\n]{0,60}(?:was not found|not found)|version `?(?<library>[A-Z]+_[\d.]+)'? not found|symbol lookup error|error loading shared librar|Error relocating|UnsupportedClassVersionError/i,
    what: 'its program is built for other libraries than its image has ({library|see its log})',
    fix: 'build it on the base image that it runs on (the same libc and runtime), or take a base image that has them',
  },
  {
    name: 'PeerUnreachable',
    says: /connection refused|ECONNREFUSED|i\/o timeout|ETIMEDOUT|connection timed out|no route to host|could not connect|connection reset|NoBrokersAvailable|ServerSelection(?:Timeout)?Error|Communications link failure/i,
    what: 'it cannot reach a service that it needs',
    fix: 'make the service that its log names answer (pods, Service, NetworkPolicy), or correct the address in its configuration',
  },
  {
    name: 'SettingMissing',
    says: /(?:environment variable|env(?:ironment)? var|config(?:uration)?|setting|option|flag|argument)\b.{0,60}(?:not set|missing|required|undefined|must be)|(?<setting>[A-Z][A-Z0-9_]{2,}) (?:is|was|must be) (?:not )?(?:set|defined|missing|required|empty)|is not set|missing required|could not resolve placeholder|unknown (?:flag|option|argument)|KeyError|must be (?:set|provided)|unrecognized argument/i,
    what: 'a setting that it needs is missing or unknown',
    fix: 'give it {setting|the setting that its last words name} (env, args, ConfigMap), or take the wrong one out; its log says more',
  },
  {
    name: 'ConfigUnreadable',
    says: /unmarshal errors?|(?:error|fail\w*|cannot|could not|unable to)\b.{0,20}\b(?:pars|load|read|decod|unmarshal)\w* .{0,20}\b(?:YAML|JSON|TOML|config\w*)\b|invalid (?:config\w*|YAML|JSON)|yaml: line \d+|(?:unknown|unexpected) (?:directive|token|key|field)\b/i,
    what: 'it cannot read its configuration',
    fix: 'correct its configuration file (ConfigMap or Secret) where its last words say',
  },
  {
    name: 'FileDenied',
    says: /permission denied|\bEACCES\b|read-only file ?system|\bEROFS\b|AccessDeniedException: \/|operation not permitted/i,
    what: 'it may not read or write a file, or use a right',
    fix: 'correct securityContext (runAsUser, fsGroup, readOnlyRootFilesystem, capabilities), or mount a volume where it writes',
  },
  {
    name: 'DiskFull',
    says: /no space left on device|disk quota exceeded|\bENOSPC\b/i,
    what: 'the disk that it writes to is full',
    fix: 'enlarge the volume, or remove what is not needed from it',
  },
  {
    name: 'FileMissing',
    says: /no such file or directory|\bENOENT\b|FileNotFound|cannot find module|ModuleNotFoundError|ClassNotFound|cannot open shared object/i,
    what: 'a file or module that it needs is not there',
    fix: 'mount or build in the file that its last words name, or correct the path to it',
  },
]
