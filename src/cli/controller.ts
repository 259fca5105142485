import type { Command } from 'commander'
import type { Settings } from '../engine/settings.ts'
import { fluxDefaults } from '../engine/settings.ts'
import { type DigestAlgorithm, digestAlgorithms, isDigestAlgorithm } from '../lib/digest.ts'
import { formatDuration, parseDuration } from '../lib/duration.ts'
import { type JsonObject, stringAt } from '../lib/json.ts'
import type { Address } from '../lib/listen.ts'
import { controllersOf, reconcilers } from '../tools/run/reconcilers.ts'
import { refuseOthers } from './flux-flags.ts'
import { repeatable } from './options.ts'
import { address, UsageError } from './usage.ts'

/** The flags of `controller`, as values. Times in milliseconds. */
export interface ControllerFlags {
  /** What its flags say; feature gates are of every command. */
  readonly settings: Partial<Settings>
  readonly concurrency: number
  /** Whose kinds are reconciled. */
  readonly controllers: readonly string[]
  readonly allNamespaces: boolean
  readonly labelSelector: string | undefined
  readonly healthAddress: Address | undefined
  readonly metricsAddress: Address | undefined
  /** Whether metrics tell the state of each object. */
  readonly resourceMetrics: boolean
  /** A URL. */
  readonly eventsAddress: string | undefined
  /** Absent: without election. */
  readonly election:
    | { readonly leaseMs: number; readonly renewDeadlineMs: number; readonly retryMs: number; readonly releases: boolean }
    | undefined
}

interface Context {
  serveController(flags: ControllerFlags, options: JsonObject): Promise<void>
}

/** How often Flux's kustomize-controller tries a download again. */
const fluxHttpRetry = 9

const noIndexCache = 'leave it away: no index is kept in memory, and of a large one the wanted chart alone is read'
const bound = (size: string): string => `leave it away: the bound is Flux's, ${size}`

const elections: readonly (readonly [flags: string, help: string, fallback?: string])[] = [
  ['--enable-leader-election', 'of several replicas one acts'],
  ['--leader-election-lease-duration <duration>', 'how long the others wait for a leader that is gone', '35s'],
  ['--leader-election-renew-deadline <duration>', 'how long a leader tries to stay one', '30s'],
  ['--leader-election-retry-period <duration>', 'the pause between two tries', '5s'],
  ['--leader-election-release-on-cancel <bool>', 'a leader that stops lets others act at once', 'true'],
]

/** Flags of Flux's controllers that are none here. */
const instead = {
  '--helm-index-max-size <bytes>': bound('50 MiB'),
  '--helm-chart-max-size <bytes>': bound('10 MiB'),
  '--helm-chart-file-max-size <bytes>': bound('5 MiB'),
  '--helm-cache-max-size <n>': noIndexCache,
  '--helm-cache-ttl <duration>': noIndexCache,
  '--helm-cache-purge-interval <duration>': noIndexCache,
}

/** Where Flux's controllers serve artifacts. */
const fluxAddress = ':9090'

/** `fluxpilot controller`. Its flags are named as Flux's controllers name theirs. */
export function addController(program: Command, context: Context): void {
  const all = controllersOf(reconcilers)
  const command = program
    .command('controller')
    .description(
      "Reconcile continuously, in place of Flux's controllers: watches, intervals, storage server (at :9090 without --storage-addr). Refuses where one of them is live, unless it leaves our shard alone.",
    )
    .option('--controllers <names>', 'whose kinds to reconcile, with commas', all.join(','))
    .option('--concurrent <n>', "how many objects of one kind run at a time, sources too; Flux's source-controller has 2", '4')
    .option('--kube-api-qps <n>', 'calls of the Kubernetes API a second, where the server has no API Priority and Fairness', '50')
    .option('--kube-api-burst <n>', 'how many of them at once', '300')
    .option('--watch-all-namespaces <bool>', 'false: only the namespace in RUNTIME_NAMESPACE', 'true')
    .option('--watch-label-selector <selector>', 'only objects with these labels, such as sharding.fluxcd.io/key=KEY')
    .option('--artifact-digest-algo <name>', `what digests of artifacts are made with: ${digestAlgorithms.join(', ')}`, 'sha256')
    .option('--health-addr <host:port>', '/healthz and /readyz')
    .option('--metrics-addr <host:port>', '/metrics, for Prometheus')
    .option('--resource-metrics', 'in it gotk_resource_info: the state of each object, as kube-state-metrics tells it for Flux')
    .option('--events-addr <url>', 'where events are posted, such as http://notification-controller.flux-system.svc.cluster.local./')
    .option('--log-encoding <encoding>', 'how log lines look: json or console', 'json')
    .option('--no-remote-bases', 'kustomizations may not load from elsewhere; always so')
    .addOption(repeatable('--override-manager <name>', 'whose fields in applied objects are taken over'))
  for (const [flags, help, fallback] of elections) command.option(flags, help, fallback)
  refuseOthers(command, { also: {}, instead })
  for (const [flag, help, fallback] of timings()) command.option(`--${flag} <value>`, help, fallback)
  command.action((options: JsonObject) => {
    const common = program.opts()
    const stray = (['engine', 'shard', 'sandbox'] as const).find(name => program.getOptionValueSource(name) === 'cli')
    if (stray)
      throw new UsageError(`--${stray} is not for controller: it acts by its own engine, and --watch-label-selector names its shard`)
    if (common.storagePath === undefined) throw new UsageError('controller needs --storage-path: artifacts must outlive a restart')
    return context.serveController(flagsOf(options), { storageAddr: fluxAddress, ...common, ...ownOf(program, options) })
  })
}

/** What this command's flags say of the world. @throws {UsageError} */
function ownOf(program: Command, options: JsonObject): JsonObject {
  const { logEncoding } = options
  if (logEncoding !== 'json' && logEncoding !== 'console')
    throw new UsageError(`--log-encoding '${String(logEncoding)}' is neither json nor console`)
  const chosenOr = (name: string, usual: string): unknown =>
    program.getOptionValueSource(name) === 'cli' ? program.getOptionValue(name) : usual
  return {
    artifactDigestAlgo: algorithmOf(options),
    logEncoding,
    httpRetry: whole(options, 'httpRetry', { from: 0, to: 100 }),
    kubeApiQps: rate(options, 'kubeApiQps'),
    kubeApiBurst: whole(options, 'kubeApiBurst', { from: 1, to: 1_000_000 }),
    oras: String(chosenOr('oras', 'off')),
    logLevel: String(chosenOr('logLevel', 'info')),
  }
}

function timings(): [flag: string, help: string, fallback: string][] {
  const d = fluxDefaults
  return [
    ['requeue-dependency', 'when to look again for what is not there yet', formatDuration(d.requeueDependencyMs)],
    ['concurrent-ssa', 'how many objects of a Kustomization are applied at a time', String(d.concurrentSsa)],
    ['http-retry', 'how often the download of an artifact is tried again', String(fluxHttpRetry)],
    ['min-retry-delay', 'the pause after the first failure; it doubles with each', formatDuration(d.minRetryDelayMs)],
    ['max-retry-delay', 'the longest pause after failures', formatDuration(d.maxRetryDelayMs)],
    ['interval-jitter-percentage', 'how far intervals vary', String(d.intervalJitter)],
    ['artifact-retention-ttl', 'how long artifacts of before are kept', formatDuration(d.artifactRetentionMs)],
    ['artifact-retention-records', 'how many artifacts of an object are kept', String(d.artifactRetentionRecords)],
  ]
}

/** @throws {UsageError} naming the flag. */
export function flagsOf(options: JsonObject): ControllerFlags {
  return {
    settings: {
      requeueDependencyMs: duration(options, 'requeueDependency'),
      minRetryDelayMs: duration(options, 'minRetryDelay'),
      maxRetryDelayMs: duration(options, 'maxRetryDelay'),
      intervalJitter: whole(options, 'intervalJitterPercentage', { from: 0, to: 100 }),
      artifactRetentionMs: duration(options, 'artifactRetentionTtl'),
      concurrentSsa: whole(options, 'concurrentSsa', { from: 1, to: 1000 }),
      overrideManagers: Array.isArray(options.overrideManager) ? options.overrideManager.map(String) : [],
      artifactRetentionRecords: whole(options, 'artifactRetentionRecords', { from: 1, to: 1000 }),
    },
    concurrency: whole(options, 'concurrent', { from: 1, to: 1000 }),
    controllers: chosen(String(options.controllers)),
    allNamespaces: bool(options, 'watchAllNamespaces'),
    labelSelector: stringAt(options, 'watchLabelSelector'),
    healthAddress: addressIn(options, 'healthAddr'),
    metricsAddress: addressIn(options, 'metricsAddr'),
    resourceMetrics: resourcesIn(options),
    eventsAddress: receiverIn(options),
    election: options.enableLeaderElection === true ? electionOf(options) : undefined,
  }
}

/** @throws {UsageError} */
function resourcesIn({ resourceMetrics, metricsAddr }: JsonObject): boolean {
  if (resourceMetrics !== true) return false
  if (metricsAddr !== undefined) return true
  throw new UsageError('--resource-metrics needs --metrics-addr: they are part of /metrics')
}

/** @throws {UsageError} */
function receiverIn(options: JsonObject): string | undefined {
  const given = stringAt(options, 'eventsAddr') || undefined
  if (given === undefined || /^https?:$/.test(URL.parse(given)?.protocol ?? '')) return given
  throw new UsageError(
    `--events-addr '${given}' is no address: use a URL such as http://notification-controller.flux-system.svc.cluster.local./`,
  )
}

/** @throws {UsageError} */
function algorithmOf(options: JsonObject): DigestAlgorithm {
  const name = String(options.artifactDigestAlgo)
  if (isDigestAlgorithm(name)) return name
  throw new UsageError(`--artifact-digest-algo '${name}' is none of ${digestAlgorithms.join(', ')}`)
}

function electionOf(options: JsonObject): ControllerFlags['election'] {
  const leaseMs = duration(options, 'leaderElectionLeaseDuration')
  const renewDeadlineMs = duration(options, 'leaderElectionRenewDeadline')
  const retryMs = duration(options, 'leaderElectionRetryPeriod')
  if (leaseMs <= renewDeadlineMs || renewDeadlineMs <= retryMs)
    throw new UsageError('--leader-election-lease-duration must be longer than the renew deadline, and that longer than the retry period')
  return { leaseMs, renewDeadlineMs, retryMs, releases: bool(options, 'leaderElectionReleaseOnCancel') }
}

function chosen(names: string): string[] {
  const [known, wanted] = [controllersOf(reconcilers), names.split(',').filter(name => name !== '')]
  const stray = wanted.find(name => !known.includes(name))
  if (stray !== undefined) throw new UsageError(`--controllers '${stray}' is none of ${known.join(', ')}`)
  if (wanted.length === 0) throw new UsageError(`--controllers needs one of ${known.join(', ')}`)
  return [...new Set(wanted)]
}

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, c => `-${c.toLowerCase()}`)}`
}

function addressIn(options: JsonObject, name: string): Address | undefined {
  const given = stringAt(options, name)
  return given === undefined ? undefined : address(flagOf(name), given)
}

function duration(options: JsonObject, name: string): number {
  const ms = parseDuration(String(options[name]))
  if (ms === undefined || ms <= 0)
    throw new UsageError(`${flagOf(name)} '${String(options[name])}' is no duration: use one like 30s or 15m`)
  return ms
}

function whole(options: JsonObject, name: string, { from, to }: { from: number; to: number }): number {
  const text = String(options[name])
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < from || value > to)
    throw new UsageError(`${flagOf(name)} '${text}' is no number from ${from} to ${to}`)
  return value
}

function rate(options: JsonObject, name: string): number {
  const text = String(options[name])
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new UsageError(`${flagOf(name)} '${text}' is no number above 0`)
  return value
}

function bool(options: JsonObject, name: string): boolean {
  const text = String(options[name])
  if (text !== 'true' && text !== 'false') throw new UsageError(`${flagOf(name)} '${text}' is neither true nor false`)
  return text === 'true'
}
