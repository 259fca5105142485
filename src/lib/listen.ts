import { type EventEmitter, once } from 'node:events'
import { advisedError, messageOf } from './coded-error.ts'

/** Where a server shall listen; port 0 takes a free one. */
export interface Address {
  readonly host: string
  readonly port: number
  /** What a person chose it by, such as `--http`; for the message when it cannot be had. */
  readonly flag?: string | undefined
}

/** A server of `node:http` or `node:https` that does not listen yet. */
export interface Listener extends EventEmitter {
  listen(port: number, host: string): unknown
  address(): { readonly port: number } | string | null
  close(): unknown
  closeAllConnections(): void
}

/** A server that answers at an address. */
export interface Listening {
  readonly port: number
  /** Its `host:port`. */
  readonly address: string
  /** Ends the connections too. */
  close(): Promise<void>
}

const advice = {
  ADDRESS_IN_USE: 'stop what listens there, or choose another port; port 0 takes a free one',
  ADDRESS_DENIED: 'choose a port from 1024 on, or give this process the right to take it',
  ADDRESS_NOT_HERE: 'use an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them',
  ADDRESS_FAILED: 'see the message',
} as const
export type ListenErrorCode = keyof typeof advice

/** A server cannot listen at its address. */
export class ListenError extends advisedError(advice) {
  override readonly name = 'ListenError'
}

const reasons: Readonly<Record<string, readonly [code: ListenErrorCode, says: string]>> = {
  EADDRINUSE: ['ADDRESS_IN_USE', 'is taken already'],
  EACCES: ['ADDRESS_DENIED', 'is not for this process to take'],
  EPERM: ['ADDRESS_DENIED', 'is not for this process to take'],
  EADDRNOTAVAIL: ['ADDRESS_NOT_HERE', 'is no address of this machine'],
  ENOTFOUND: ['ADDRESS_NOT_HERE', 'is no address of this machine'],
  EAI_AGAIN: ['ADDRESS_NOT_HERE', 'cannot be looked up'],
}

/** Lets a server listen. @throws {ListenError} naming the flag and the address. */
export async function listen(server: Listener, wanted: Address): Promise<Listening> {
  const { host, port } = wanted
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (thrown) {
    throw refused(wanted, thrown)
  }
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { port: address.port, address: joined({ host, port: address.port }), close }
}

function joined({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function refused({ flag, ...address }: Address, thrown: unknown): ListenError {
  const cause = (thrown as NodeJS.ErrnoException).code ?? ''
  const [code, says] = reasons[cause] ?? ['ADDRESS_FAILED', `cannot be listened at: ${messageOf(thrown)}`]
  return new ListenError(code, `${flag === undefined ? '' : `${flag} `}${joined(address)} ${says}`, { cause: thrown })
}
