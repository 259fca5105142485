import { CodedError } from '../lib/coded-error.ts'
import type { Address } from '../lib/listen.ts'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends CodedError<'USAGE'> {
  override readonly name = 'UsageError'
  constructor(message: string, options?: ErrorOptions) {
    super('USAGE', message, options)
  }
}

/** How a command ended. */
export const exitCodes = { done: 0, failed: 1, usage: 2, planned: 3, interrupted: 130 } as const

export const exitHelp =
  '\nExit codes: 0 done or ready; 1 failed or not ready; 2 wrong usage; 3 nothing done: a plan was printed, pass its handle with --plan; 130 interrupted.'

/** `host:port` taken apart, a port of 0 to 65535. @throws {UsageError} naming the flag. */
export function address(flag: string, text: string): Address {
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:\s]*):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || port === undefined || Number(port) > 65_535)
    throw new UsageError(`${flag} '${text}' is no address: use HOST:PORT, such as 127.0.0.1:8080`)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port), flag }
}

/** A host that others reach this one by, port 80 without another. @throws {UsageError} naming the flag. */
export function advertised(flag: string, text: string): void {
  address(flag, /:\d+$/.test(text) ? text : `${text}:80`)
}

/** A port. @throws {UsageError} naming the flag. */
export function port(flag: string, text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError(`${flag} '${text}' is no port: use 0 to 65535`)
  return Number(text)
}
