import { Option } from 'commander'
import type { JsonObject } from '../lib/json.ts'
import { parseDuration } from '../lib/duration.ts'
import { gatedSettings } from './feature-gates.ts'
import { tenancyOf, tenancyOptions } from './tenancy.ts'
import { trustedRootOf } from './trusted-root.ts'
import { address, advertised, UsageError } from './usage.ts'

const more = (value: string, before: unknown): string[] => [...(Array.isArray(before) ? before.map(String) : []), value]

/** A flag that may be given several times. */
export function repeatable(flags: string, help: string): Option {
  return new Option(flags, `${help} (repeatable)`).argParser(more)
}

/** The options of every command. */
export function commonOptions(): Option[] {
  return [
    new Option('--kubeconfig <file>', 'instead of KUBECONFIG and ~/.kube/config').conflicts('sandbox'),
    repeatable('--context <name>', 'contexts to use; all without it').conflicts('sandbox'),
    new Option('--sandbox', 'use a sandbox in this process'),
    new Option('--engine <mode>', 'who reconciles').choices(['auto', 'flux', 'own']).default('auto'),
    new Option('--shard <key>', 'our sharding.fluxcd.io/key, with --engine own'),
    new Option('--log-level <level>', 'logs go to stderr').choices(['debug', 'info', 'warn', 'error', 'silent']).default('warn'),
    repeatable('--workspace <folder>', 'folders whose files may be used, and where relative paths begin; the working directory without it'),
    new Option('--oras <mode>', 'whether artifacts go through the oras CLI').choices(['auto', 'required', 'off']).default('auto'),
    new Option(
      '--key-file <file>',
      'key of fingerprints and plan handles; servers make one anew without it, commands keep one of their own',
    ),
    new Option('--fingerprints <on>', 'whether hidden values carry fingerprints').choices(['on', 'off']).default('on'),
    new Option('--feature-gates <list>', "Flux's feature gates, as ObjectLevelWorkloadIdentity=true"),
    ...tenancyOptions(),
    new Option(
      '--sigstore-trusted-root <file>',
      "trusted_root.json that keyless signatures are held against; Sigstore's public one without it",
    ),
    new Option('--token-cache-max-size <n>', 'how many credentials of clouds are kept; 0 keeps none').default('100'),
    new Option('--token-cache-max-duration <duration>', 'for how long at most, up to 1h').default('1h'),
    new Option('--storage-path <folder>', 'where our engine keeps artifacts; a temporary folder without it'),
    new Option('--storage-addr <host:port>', 'where artifacts are served; a free port of loopback without it'),
    new Option('--storage-adv-addr <host[:port]>', 'the address that artifact URLs carry, such as that of a Service'),
  ]
}

/** @throws {UsageError} for options that do not go together or would do nothing. */
export function checkCommon(options: JsonObject): void {
  if (options.shard !== undefined && options.engine !== 'own') throw new UsageError('--shard needs --engine own')
  if (options.shard === '') throw new UsageError('--shard needs a key')
  tokenCache(options)
  gatedSettings(typeof options.featureGates === 'string' ? options.featureGates : undefined)
  tenancyOf(options)
  trustedRootOf(typeof options.sigstoreTrustedRoot === 'string' ? options.sigstoreTrustedRoot : undefined)
  if (typeof options.storageAddr === 'string') address('--storage-addr', options.storageAddr)
  if (typeof options.storageAdvAddr === 'string') advertised('--storage-adv-addr', options.storageAdvAddr)
}

/** How credentials of clouds are kept. @throws {UsageError} */
export function tokenCache({ tokenCacheMaxSize: size = '100', tokenCacheMaxDuration: duration = '1h' }: JsonObject): {
  maxSize: number
  maxDurationMs: number
} {
  if (!/^\d{1,6}$/.test(String(size))) throw new UsageError(`--token-cache-max-size '${String(size)}' is no number from 0 to 999999`)
  const maxDurationMs = parseDuration(String(duration))
  if (maxDurationMs === undefined || maxDurationMs <= 0)
    throw new UsageError(`--token-cache-max-duration '${String(duration)}' is no duration, such as 30m`)
  return { maxSize: Number(size), maxDurationMs }
}

const httpOnly: readonly (readonly [name: string, flag: string])[] = [
  ['allowWrites', '--allow-writes'],
  ['tokenFile', '--token-file'],
  ['allowedHost', '--allowed-host'],
  ['allowedOrigin', '--allowed-origin'],
  ['tlsCert', '--tls-cert'],
  ['tlsKey', '--tls-key'],
  ['behindTlsProxy', '--behind-tls-proxy'],
  ['adminAddr', '--admin-addr'],
]

/** @throws {UsageError} for options of the server that do not go together or would do nothing. */
export function checkServer(options: JsonObject): void {
  checkCommon(options)
  if (typeof options.http === 'string') address('--http', options.http)
  if (typeof options.adminAddr === 'string') address('--admin-addr', options.adminAddr)
  const [, stray] = httpOnly.find(([name]) => options.http === undefined && options[name] !== undefined) ?? []
  if (stray) throw new UsageError(`${stray} needs --http`)
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) throw new UsageError('--tls-cert and --tls-key go together')
  if (options.http !== undefined && options.workspace !== undefined)
    throw new UsageError('--workspace is for stdio: over HTTP no tool reads or writes files')
}
