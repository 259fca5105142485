import { datas } from './crash-data.ts'
import { peers } from './crash-peers.ts'
import type { Wording } from './wording.ts'

/** What programs say of limits, rights and ports. */
const bounds: readonly Wording[] = [
  {
    name: 'RightMissing',
    says: /User "(?<user>[^"]+)" cannot (?<verb>[\w-]+) (?:resource "(?<resource>[^"]+)"|path)/i,
    what: '{user|its service account} has no right to {verb|do this to} {resource|what it needs}',
    fix: 'bind {user|its service account} to a Role or ClusterRole with verb {verb|named in its log} on {resource|that resource}, or correct serviceAccountName',
  },
  {
    name: 'SystemLimit',
    says: /vm\.max_map_count|too many open files|\bEMFILE\b|inotify (?:instances|watches|limit)|max file descriptors|unable to create (?:new )?native thread|pthread_create failed|can't start new thread|fork: (?:retry: )?resource temporarily unavailable|ENOSPC: System limit/i,
    what: 'it comes to a limit of its node or of its process: open files, watches, threads or memory maps',
    fix: 'raise that limit where it is set (a sysctl of the node such as vm.max_map_count or fs.inotify.max_user_instances, nofile of the container runtime, the pids limit of the kubelet), or let it use fewer',
  },
  {
    name: 'MemoryLock',
    says: /failed to lock memory|mlock(?:all)?\b[^\n]*(?:fail|not permitted|cannot)/i,
    what: 'it may not lock memory',
    fix: 'give the container capability IPC_LOCK (securityContext.capabilities.add), or turn the locking of memory off in its configuration',
  },
  {
    name: 'GpuUnusable',
    says: /CUDA out of memory|no kernel image is available|NVIDIA driver|CUDA driver version|no CUDA-capable device|nvidia-smi has failed/i,
    what: 'it cannot use the GPU as it wants',
    fix: 'let it use less of the memory of the GPU or give it a larger one; where driver and CUDA do not fit, take an image built for the driver of the node',
  },
  {
    name: 'OutOfHeap',
    says: /heap out of memory|OutOfMemoryError|MemoryError|cannot allocate memory|std::bad_alloc|Reached heap limit|allowed memory size of \d+ bytes exhausted|could not reserve enough space|\bout of memory\b/i,
    what: 'it has no memory left within its own limit',
    fix: "raise the heap of the program (NODE_OPTIONS=--max-old-space-size, -Xmx) together with the container's memory limit, or lower what it uses",
  },
  {
    name: 'PortInUse',
    says: /address already in use|EADDRINUSE|port (?<port>\d+) (?:is )?(?:already )?in use|port (?<port2>\d+) (?:is|was) (?:already )?in use|\baddress in use\b/i,
    what: 'its port is taken within the pod or on its node',
    fix: 'give it another port: a second process or container of the pod, or a pod with hostNetwork on the node, listens there',
  },
]

/** What programs say of files of keys that a password locks. */
const keystores: readonly Wording[] = [
  {
    name: 'KeystoreLocked',
    says: /(?:key|trust) ?store\b[^\n]{0,80}\bpassword\b[^\n]{0,20}(?:incorrect|wrong|invalid)|(?:wrong|incorrect|invalid)[^\n]{0,20}\bpassword\b[^\n]{0,40}(?:key|trust) ?store|failed to decrypt safe contents entry|UnrecoverableKeyException/i,
    what: 'its password does not open a file of keys that it has (a keystore)',
    fix: 'correct the password of that file (its Secret and env), or make the file anew with this password',
  },
]

/** What programs say of what they are given: libraries, settings, files; last of themselves. */
const givens: readonly Wording[] = [
  {
    name: 'LibraryTooOld',
    says: /install or update \.NET|framework[^\n]{0,60}(?:was not found|not found)|version `?(?<library>[A-Z]+_[\d.]+)'? not found|symbol lookup error|error loading shared librar|Error relocating|UnsupportedClassVersionError|ERR_REQUIRE_ESM|(?:DECODER|envelope) routines::unsupported|requires (?:at least )?(?:node|python|java|ruby|php|glibc)\b[^\n]{0,30}\d/i,
    what: 'its program is built for other libraries than its image has ({library|see its log})',
    fix: 'build it on the base image that it runs on (the same libc and runtime), or take a base image that has them',
  },
  {
    name: 'SettingMissing',
    says: /(?:environment variable|env(?:ironment)? var|config(?:uration)?|setting|option|flag|argument)\b.{0,60}(?:not set|missing|required|undefined|must be)|(?<setting>[A-Z][A-Z0-9_]{2,}) (?:is|was|must be) (?:not )?(?:set|defined|missing|required|empty)|is not set|config(?:uration)? (?:key|property|option|value) \S+ (?:does not|doesn't) exist|missing required|could not resolve placeholder|unknown (?:flag|option|argument)|KeyError|must be (?:set|provided)|unrecognized argument|not found: [A-Z][A-Z0-9_]{2,}|[Ss]etting must not be empty|field required|missing `\w+`|unknown shorthand flag|flag provided but not defined|unexpected argument|you need to specify|(?:password|option) (?:option )?is not specified|ImproperlyConfigured|failed to determine a suitable|unknown command|no such option|must have a value|Value cannot be null[^\n]{0,12}Parameter '?\w*(?:connection ?string|url|uri|key|secret|token|host|setting|option)|ConnectionString property has not been initialized/i,
    what: 'a setting that it needs is missing or unknown',
    fix: 'give it {setting|the setting that its last words name} (env, args, ConfigMap), or take the wrong one out; its log says more',
  },
  {
    name: 'KindMissing',
    says: /no matches for kind "?(?<kind>\w+)|caches? (?:\w+ )?to (?:be )?sync|could not find the requested resource/i,
    what: 'the API server does not serve a kind that it watches, or does not let it list it',
    fix: 'install the CustomResourceDefinitions that this version of it needs ({kind|see its log}), and give its service account the right to list and watch them',
  },
  {
    name: 'ConfigUnreadable',
    says: /unmarshal errors?|(?:error|fail\w*|cannot|could not|unable to)\b.{0,20}\b(?:pars|load|read|decod|unmarshal)\w* .{0,20}\b(?:YAML|JSON|TOML|config\w*)\b|invalid (?:config\w*|YAML|JSON)|yaml: line \d+|(?:unknown|unexpected) (?:directive|token|key|keyword|field)\b|unrecognized (?:directive|option|key)|\[emerg\] invalid number of arguments|(?:error|fail\w*) (?:while )?parsing/i,
    what: 'it cannot read its configuration',
    fix: 'correct its configuration file (ConfigMap or Secret) where its last words say',
  },
  {
    name: 'LicenseInvalid',
    says: /licen[cs]e\b[^\n]{0,40}(?:invalid|expired|missing|not found|required|exceeded)|invalid licen[cs]e/i,
    what: 'its licence is missing, not valid or at its end',
    fix: 'renew the licence, and put it where the program reads it (its Secret or env)',
  },
  {
    name: 'FileDenied',
    says: /permission denied|wrong ownership|must be (?:owned|accessible|readable) (?:only )?by|(?:insecure|unsafe|invalid|bad|too open) (?:file )?(?:permissions|ownership)|permissions [\w' ]{0,30}(?:too open|group or world)|\bEACCES\b|read-only file ?system|\bEROFS\b|AccessDeniedException: \/|operation not permitted/i,
    what: 'it may not read or write a file, or use a right',
    fix: 'correct securityContext (runAsUser, fsGroup, readOnlyRootFilesystem, capabilities) or the owner and mode of the file (defaultMode), or mount a volume where it writes',
  },
  {
    name: 'DiskFull',
    says: /no space left on device|disk quota exceeded|\bENOSPC\b/i,
    what: 'the disk that it writes to is full',
    fix: 'enlarge the volume, or remove what is not needed from it',
  },
  {
    name: 'FileMissing',
    says: /no such file or directory|\bENOENT\b|FileNotFound|cannot find (?:module|package)|ModuleNotFoundError|ClassNotFound|could not find or load main class|unable to access jarfile|GemNotFound|could not find \S+ in (?:locally installed gems|any of the sources)|cannot load such file|no such (?:module|package)|cannot open shared object|could(?:n't| not) (?:find|load) (?:a valid |file )|(?:to execute|file|directory) does not exist|^\S*sh: [^\n]*: not found|missing script|could not find gem|file "?[\w./-]+"? (?:was )?not found|cannot import name/i,
    what: 'a file or module that it needs is not there',
    fix: 'mount or build in the file that its last words name, or correct the path to it',
  },
  {
    name: 'SettingInvalid',
    says: /invalid (?:port|URL|URI|DSN|value|address|duration|argument|log level|format|cron|JSON|boolean|integer|key (?:size|length))\b|missing protocol scheme|missing the slash separating|Parse(?:Int|Float|Bool)Error|NumberFormatException|invalid literal for|must be \d+ (?:bytes|characters)|is not a valid\b|cannot parse|failed to parse/i,
    what: 'a setting that it reads has a value that it cannot use',
    fix: 'correct the setting that its last words name (env, args, ConfigMap, Secret): look for quotes, line ends and types',
  },
  {
    name: 'ProgramBug',
    says: /nil pointer dereference|index out of (?:range|bounds)|IndexOutOfBounds|concurrent map|all goroutines are asleep|segmentation (?:fault|violation)|SIGSEGV|NullPointerException|NullReferenceException|cannot read propert(?:y|ies) of|is not a function|AttributeError|undefined method|assertion (?:failed|error)|stack overflow|StackOverflow|RecursionError|unable to resolve service for type/i,
    what: 'it fails by a fault of its own code or of how it is put together',
    fix: 'take its image back to the last version that ran, and correct the program where the trace in its log points',
  },
]

/** What programs say before they end, for the fix: the cause is that they end. */
export const crashes: readonly Wording[] = [...bounds, ...datas, ...keystores, ...peers, ...givens]

/** How programs of any kind put what is wrong, for the fix alone: rough, so that it says no cause. */
export const endingShapes: readonly Wording[] = [
  {
    name: 'NoAnswer',
    says: /timed? ?out|deadline|timeout|did not respond/i,
    what: 'what it waited for gave no answer in time',
    fix: 'look whether the service that its last words name is up (its pods and their logs), then at networks and load on the way; get_logs with previous=true tells more',
  },
  {
    name: 'Denied',
    says: /denied|not permitted|unauthori[sz]ed|forbidden|must be (?:root|suid)/i,
    what: 'it is refused something',
    fix: 'give it the right or the credentials that its last words name (securityContext, ServiceAccount, Secret); get_logs with previous=true tells more',
  },
  {
    name: 'Limit',
    says: /quota|rate limit|too many|exceed/i,
    what: 'it comes to a limit',
    fix: 'raise the limit or quota that its last words name, or let it ask for less; get_logs with previous=true tells more',
  },
  {
    name: 'SettingInvalid',
    says: /invalid|incorrect|unexpected|unsupported|unknown|mismatch|did not match|cannot assign|bad \w+/i,
    what: 'something that it is given has a value that it cannot use',
    fix: 'correct the setting, argument or file that its last words name (env, args, ConfigMap, Secret); get_logs with previous=true tells more',
  },
  {
    name: 'Missing',
    says: /not found|missing|no such|not exist|is not set|cannot find|could not find/i,
    what: 'something that it needs is not there',
    fix: 'give it what its last words name: a file, a module, a setting or an object; get_logs with previous=true tells more',
  },
]
