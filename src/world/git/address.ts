import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { unlessAborted } from '../../lib/aborted.ts'
import { isMetadataAddress } from '../http/egress.ts'
import { GitError } from './error.ts'

/** Where a remote is. */
export interface Address {
  readonly url: URL
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly secure: boolean
  readonly ssh: boolean
}

const ports: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ssh:': 22 }
const hostPattern = /^[\p{L}\p{N}_](?:[\p{L}\p{N}._-]*[\p{L}\p{N}.])?$/u

/** Takes a URL apart. @throws {GitError} UNSUPPORTED for another scheme, user info, a fragment or a host that is no name. */
export function addressOf(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const port = ports[url?.protocol ?? '']
  if (!url || port === undefined) throw new GitError('UNSUPPORTED', 'the URL is not one of http, https or ssh')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) === 0 && !hostPattern.test(host)) throw new GitError('UNSUPPORTED', `'${host}' is no name of a host`)
  // oxlint-disable-next-line no-control-regex -- these end a line in files and headers
  if (url.username !== '' || url.password !== '' || /[\u0000-\u001f]/.test(decodeURI(url.pathname)))
    throw new GitError('UNSUPPORTED', `the URL of '${host}' has more than an address`)
  return { url, host, port: Number(url.port || port), secure: url.protocol === 'https:', ssh: url.protocol === 'ssh:' }
}

/**
 * The addresses of a host, none of them a metadata service's. The system's lookup cannot be ended, so an abort leaves it alone with itself.
 * @throws {GitError} UNREACHABLE; an abort rejects with `signal.reason`.
 */
export async function resolved({ host }: Pick<Address, 'host'>, signal: AbortSignal): Promise<readonly string[]> {
  const found = await unlessAborted(lookup(host, { all: true }), signal).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new GitError('UNREACHABLE', `dial tcp: lookup ${host}: no such host`, { cause })
  })
  for (const { address } of found) checkAddress(address, host)
  return found.map(({ address }) => address)
}

/** @throws {GitError} UNREACHABLE for a literal address of a metadata service; other hosts pass. */
export function checkAddress(address: string, host: string): void {
  if (isMetadataAddress(address)) throw new GitError('UNREACHABLE', `'${host}': link-local and metadata addresses are refused`)
}
