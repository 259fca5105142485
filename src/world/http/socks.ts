import { once } from 'node:events'
import { connect, isIP, isIPv4, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { guardedLookup, isMetadataAddress, refusedAddress } from './egress.ts'
import { userOf } from './proxy.ts'

/** A host behind a SOCKS5 proxy, which looks its name up by itself. */
export interface Through {
  /** `socks5://user:password@host:1080`; without a port 1080. */
  readonly proxy: URL
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
}

/** A proxy does not connect. The message is that of Go's client, and has no credentials. */
export class SocksError extends Error {
  override readonly name = 'SocksError'
}

/** Whether a proxy is one of SOCKS5. */
export function isSocks({ protocol }: URL): boolean {
  return protocol === 'socks5:' || protocol === 'socks5h:'
}

/** The port of a proxy, when its URL names none too. */
export function proxyPort(proxy: URL): number {
  return Number(proxy.port || (isSocks(proxy) ? 1080 : proxy.protocol === 'https:' ? 443 : 80))
}

/**
 * A connection to a host through a proxy, nothing of it read yet.
 * @throws {SocksError} when the proxy is not there, refuses, or does not keep to RFC 1928 and 1929; an abort rejects with `signal.reason`.
 */
export async function socksConnect(to: Through, signal: AbortSignal): Promise<Socket> {
  const [host, port] = [bare(to.proxy.hostname), proxyPort(to.proxy)]
  const failed = (why: string, cause?: unknown): SocksError =>
    new SocksError(`socks connect tcp ${joined(host, port)}->${joined(to.host, to.port)}: ${why}`, { cause })
  signal.throwIfAborted()
  if ([host, to.host].some(isMetadataAddress)) throw failed(refusedAddress().message)
  const socket = connect({ host, port, lookup: guardedLookup, noDelay: true })
  // Whoever takes the connection over may begin to listen later than it breaks.
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal }).catch((cause: unknown) => {
      throw failed(`dial tcp ${joined(host, port)}: ${wordsOf(cause)}`, cause)
    })
    await negotiate(socket, to, signal).catch((cause: unknown) => {
      throw failed(wordsOf(cause), cause)
    })
    return socket
  } catch (thrown) {
    socket.destroy()
    if (signal.aborted) throw signal.reason
    throw thrown
  }
}

const bare = (host: string): string => host.replace(/^\[|\]$/g, '')
const joined = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`

function wordsOf(thrown: unknown): string {
  const { code, message, errors } = thrown as { code?: string; message?: string; errors?: readonly { code?: string }[] }
  if (code === 'ECONNREFUSED' || errors?.[0]?.code === 'ECONNREFUSED') return 'connect: connection refused'
  return message || code || 'the connection failed'
}

const version = 5
const replies: Readonly<Record<number, string>> = {
  1: 'general SOCKS server failure',
  2: 'connection not allowed by ruleset',
  3: 'network unreachable',
  4: 'host unreachable',
  5: 'connection refused',
  6: 'TTL expired',
  7: 'command not supported',
  8: 'address type not supported',
}
const addressLengths: Readonly<Record<number, number>> = { 1: 4, 4: 16 }

/** Asks a proxy for a connection, and reads its answers to the last byte and no further. Throws in the words of Go's client. */
export async function negotiate(stream: Duplex, { proxy, host, port }: Through, signal: AbortSignal): Promise<void> {
  const user = userOf(proxy)
  stream.write(user ? Buffer.of(version, 2, 0, 2) : Buffer.of(version, 1, 0))
  const [spoken, method] = await take(stream, 2, signal)
  expectVersion(spoken)
  if (method === 0xff) throw new Error('no acceptable authentication methods')
  if (method === 2 && user) await signIn(stream, user, signal)
  else if (method !== 0) throw new Error(`unsupported authentication method ${method}`)
  stream.write(Buffer.concat([Buffer.of(version, 1, 0), addressBytes(host), Buffer.of(port >> 8, port & 0xff)]))
  const [again, reply = 1, reserved, type = 0] = await take(stream, 4, signal)
  expectVersion(again)
  if (reply !== 0) throw new Error(`unknown error ${replies[reply] ?? `unknown code: ${reply}`}`)
  if (reserved !== 0) throw new Error('non-zero reserved field')
  const length = type === 3 ? (await take(stream, 1, signal))[0] : addressLengths[type]
  if (length === undefined) throw new Error(`unknown address type ${type}`)
  await take(stream, length + 2, signal)
}

function expectVersion(spoken: number | undefined): void {
  if (spoken !== version) throw new Error(`unexpected protocol version ${spoken}`)
}

async function signIn(stream: Duplex, { username, password }: { username: string; password: string }, signal: AbortSignal): Promise<void> {
  const [name, word] = [Buffer.from(username), Buffer.from(password)]
  if (name.length === 0 || name.length > 255 || word.length > 255) throw new Error('invalid username/password')
  stream.write(Buffer.concat([Buffer.of(1, name.length), name, Buffer.of(word.length), word]))
  const [spoken, status] = await take(stream, 2, signal)
  if (spoken !== 1) throw new Error('invalid username/password version')
  if (status !== 0) throw new Error('username/password authentication failed')
}

/** How a host is named to the proxy: names as they are. */
function addressBytes(host: string): Buffer {
  if (isIPv4(host)) return Buffer.of(1, ...host.split('.').map(Number))
  if (isIP(host) === 6) return Buffer.concat([Buffer.of(4), ipv6Bytes(host)])
  const name = Buffer.from(host)
  if (name.length > 255) throw new Error('FQDN too long')
  return Buffer.concat([Buffer.of(3, name.length), name])
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const all = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last]
  return Buffer.from(all.map(group => group.padStart(4, '0')).join(''), 'hex')
}

/** Exactly so many bytes; what comes after them stays in the stream. */
async function take(stream: Duplex, length: number, signal: AbortSignal): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const look = (): void => {
    const bytes = stream.read(length) as Buffer | null
    if (bytes !== null && bytes.length === length) resolve(bytes)
    else if (bytes !== null || stream.readableEnded || stream.destroyed) reject(new Error('unexpected EOF'))
  }
  const ends: readonly [string, (thrown?: Error) => void][] = [
    ['readable', look],
    ['end', () => reject(new Error('unexpected EOF'))],
    ['close', () => reject(new Error('unexpected EOF'))],
    ['error', reject],
  ]
  const stop = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  for (const [name, listener] of ends) stream.on(name, listener)
  try {
    signal.throwIfAborted()
    look()
    return await promise
  } finally {
    for (const [name, listener] of ends) stream.off(name, listener)
    signal.removeEventListener('abort', stop)
  }
}
