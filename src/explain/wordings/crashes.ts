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
    says: /no such host|name resolution|ENOTFOUND|EAI_AGAIN|name or service not known|UnknownHost|could not translate host name|getaddrinfo/i,
    what: 'it cannot resolve the name of a host that it needs',
    fix: 'correct the host in its configuration, create the Service of that name, or repair the DNS of the cluster',
  },
  {
    name: 'LoginRefused',
    says: /password authentication failed|access denied for user|authentication failed|invalid (?:password|credentials)|WRONGPASS|NOAUTH|SASL|401 Unauthorized/i,
    what: 'a service that it needs refuses its credentials',
    fix: 'correct the credentials that the pod gets (its Secret and env), or the account at that service',
  },
  {
    name: 'PeerUnreachable',
    says: /connection refused|ECONNREFUSED|i\/o timeout|ETIMEDOUT|connection timed out|no route to host|could not connect|connection reset/i,
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
    name: 'FileDenied',
    says: /permission denied|EACCES|read-only file ?system|EROFS|operation not permitted/i,
    what: 'it may not read or write a file, or use a right',
    fix: 'correct securityContext (runAsUser, fsGroup, readOnlyRootFilesystem, capabilities), or mount a volume where it writes',
  },
  {
    name: 'DiskFull',
    says: /no space left on device|disk quota exceeded|ENOSPC/i,
    what: 'the disk that it writes to is full',
    fix: 'enlarge the volume, or remove what is not needed from it',
  },
  {
    name: 'FileMissing',
    says: /no such file or directory|ENOENT|FileNotFound|cannot find module|ModuleNotFoundError|ClassNotFound|cannot open shared object/i,
    what: 'a file or module that it needs is not there',
    fix: 'mount or build in the file that its last words name, or correct the path to it',
  },
]
