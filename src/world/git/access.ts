import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import * as nodeTls from 'node:tls'
import { proxyFor, type ProxyEnv, userOf } from '../http/proxy.ts'
import { isSocks, proxyPort } from '../http/socks.ts'
import { startHere, type StartProgram } from '../programs/program.ts'
import { type Address, addressOf, checkAddress, resolved } from './address.ts'
import { GitError } from './error.ts'
import type { GitRemote } from './git.ts'
import type { Room } from './room.ts'
import { sshConfig, type SshWay } from './ssh.ts'

/** How runs of git reach one remote. */
export interface Access {
  readonly address: Address
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly room: Room
  readonly start: StartProgram
}

type Settings = Record<string, string>

/** Warts of old histories that do no harm; all else that fsck knows is refused. */
const harmless = [
  'badDate',
  'badDateOverflow',
  'badEmail',
  'badName',
  'badTimezone',
  'gitmodulesMissing',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeDate',
  'missingSpaceBeforeEmail',
  'missingTaggerEntry',
  'multipleAuthors',
  'zeroPaddedFilemode',
  'zeroPaddedDate',
]

const always: Settings = {
  'protocol.version': '2',
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.symlinks': 'true',
  'core.askPass': '',
  'core.attributesFile': '/dev/null',
  'credential.helper': '',
  'fetch.fsckObjects': 'true',
  'fetch.unpackLimit': '1',
  'fetch.writeCommitGraph': 'false',
  'transfer.bundleURI': 'false',
  'transfer.credentialsInUrl': 'die',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'pack.threads': '1',
  'core.bigFileThreshold': '16m',
  'core.deltaBaseCacheLimit': '32m',
  'submodule.recurse': 'false',
  'http.sslVerify': 'true',
  'http.followRedirects': 'false',
  'http.lowSpeedLimit': '1000',
  'http.lowSpeedTime': '60',
  'http.proxyAuthMethod': 'basic',
  'http.delegation': 'none',
  'http.emptyAuth': 'false',
  ...Object.fromEntries(harmless.map(id => [`fetch.fsck.${id}`, 'ignore'])),
}

/** What git may know of this machine: where programs are. */
export function bareEnv(room: Room, env: ProxyEnv, settings: Settings = {}): Record<string, string> {
  const all = Object.entries({ ...always, ...settings })
  return {
    PATH: env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: room.folder,
    XDG_CONFIG_HOME: room.folder,
    TMPDIR: room.folder,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_CONFIG_COUNT: String(all.length),
    ...Object.fromEntries(
      all.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  }
}

/** This machine, as far as git knows it. */
export interface Machine {
  /** PATH, and the proxies that it names. */
  readonly env: ProxyEnv
  /** The program that takes SSH through a proxy: `tunnel.ts`, or what it is in a bundle. */
  readonly tunnel?: URL | undefined
  /** Starts git; absent: from this process. */
  readonly start?: StartProgram | undefined
}

interface Reaching extends Machine {
  readonly room: Room
  readonly signal: AbortSignal
}

/**
 * Prepares access; secrets are in files of the room and in the environment of the runs, never in arguments.
 * @throws {GitError} UNSUPPORTED, UNREACHABLE; an abort rejects with `signal.reason`.
 */
export async function accessTo(remote: GitRemote, reaching: Reaching): Promise<Access> {
  const { room, env, start = startHere } = reaching
  const address = addressOf(remote.url)
  const made = address.ssh ? await overSsh(remote, address, reaching) : await overHttp(remote, address, reaching)
  const protocols = address.ssh ? 'ssh' : 'http:https'
  const url = address.ssh ? sshUrl(remote, address) : address.url.href
  const settings = { ...made.settings, 'remote.origin.url': url }
  return {
    address,
    url,
    env: { ...bareEnv(room, env, settings), GIT_ALLOW_PROTOCOL: protocols, ...made.env },
    secrets: secretsOf(remote),
    room,
    start,
  }
}

interface Made {
  readonly settings: Settings
  readonly env: Record<string, string>
}

async function overSsh(remote: GitRemote, address: Address, reaching: Reaching): Promise<Made> {
  const { credentials } = remote
  if (credentials.type !== 'ssh') throw new GitError('AUTH', `'${address.host}' is reached over SSH, which needs an identity`)
  checkAddress(address.host, address.host)
  return { settings: {}, env: await sshConfig(credentials, { address, way: await sshWay(remote, address, reaching), room: reaching.room }) }
}

const besideThis = new URL('./tunnel.ts', import.meta.url)

/** A proxy that the environment names for SSH counts when it is of a kind that SSH can use, as in Go. */
async function sshWay({ proxy }: GitRemote, address: Address, { env, tunnel = besideThis, signal }: Reaching): Promise<SshWay> {
  const through = URL.parse(proxy ?? proxyFor(address.url, env) ?? '')
  if (through && isSocks(through)) {
    checkAddress(through.hostname, through.hostname)
    return { proxy: through, tunnel }
  }
  if (proxy !== undefined)
    throw new GitError(
      'UNSUPPORTED',
      `unable to reach '${address.url.href}': proxy: unknown scheme: ${through?.protocol.slice(0, -1) ?? ''}`,
    )
  const [pinned = ''] = await resolved(address, signal)
  return { pinned }
}

function sshUrl({ credentials }: GitRemote, { url }: Address): string {
  const withUser = new URL(url)
  if (credentials.type === 'ssh') withUser.username = credentials.user
  return withUser.href
}

async function overHttp({ credentials, tls, proxy }: GitRemote, address: Address, { room, env, signal }: Reaching): Promise<Made> {
  const through = proxy ?? proxyFor(address.url, env)
  checkAddress(address.host, address.host)
  const pins = through === undefined ? await resolved(address, signal) : []
  const authorization = authorizationOf(credentials)
  const settings: Settings = {
    'http.proxy': through === undefined ? '' : proxySetting(through),
    ...(pins.length > 0 && isIP(address.host) === 0
      ? { 'http.curloptResolve': `${address.host}:${address.port}:${pins.map(bracketed).join(',')}` }
      : {}),
    ...(authorization === undefined ? {} : { [`http.${address.url.origin}/.extraHeader`]: `Authorization: ${authorization}` }),
    ...(address.secure ? await tlsSettings(tls ?? {}, room) : {}),
  }
  return { settings, env: {} }
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}

/** What signs in over HTTP. */
export function authorizationOf(credentials: GitRemote['credentials']): string | undefined {
  switch (credentials.type) {
    case 'basic':
      return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
    case 'bearer':
      return `Bearer ${credentials.token.replace(/[\r\n]/g, '')}`
    case 'anonymous':
    case 'ssh':
      return undefined
  }
}

/** SOCKS proxies look names up by themselves; a user without a password has an empty one, as git would ask for it; curl's port of any proxy is 1080. */
function proxySetting(proxy: string): string {
  const url = new URL(proxy)
  checkAddress(url.hostname, url.hostname)
  const user = url.username === '' ? '' : `${url.username}:${url.password}@`
  return `${isSocks(url) ? 'socks5h:' : url.protocol}//${user}${url.hostname}:${proxyPort(url)}`
}

async function tlsSettings({ ca, cert, key }: NonNullable<GitRemote['tls']>, room: Room): Promise<Settings> {
  return {
    'http.sslCAInfo': await keep(room, 'ca', [...nodeTls.getCACertificates('default'), ...certificatesIn(ca ?? '')].join('\n')),
    ...(cert && key ? { 'http.sslCert': await keep(room, 'cert', cert), 'http.sslKey': await keep(room, 'key', key) } : {}),
  }
}

/** Nothing but certificates: what is none is as good as absent. */
function certificatesIn(pem: string): string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.filter(block => {
    try {
      return new X509Certificate(block).subject !== undefined
    } catch {
      return false
    }
  })
}

let files = 0
const keep = (room: Room, name: string, text: string): Promise<string> => room.keep(`${name}-${++files}`, `${text.trimEnd()}\n`)

function secretsOf({ credentials, tls, proxy }: GitRemote): string[] {
  const own =
    credentials.type === 'basic'
      ? [credentials.password, Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')]
      : credentials.type === 'bearer'
        ? [credentials.token]
        : credentials.type === 'ssh'
          ? [credentials.identity, credentials.passphrase ?? '']
          : []
  const through = URL.parse(proxy ?? '')
  return [...own, tls?.key ?? '', (through && userOf(through)?.password) ?? '']
}
