import { CodedError } from '../../lib/coded-error.ts'
import { SocksError } from './socks.ts'

const messages = {
  UNREACHABLE: (host: string, why: string) => `${host} gave no answer (${why}): check the address and any proxy`,
  TIMEOUT: (host: string, why: string) => `${host} did not answer in time (${why}): try again, or check the network`,
  TLS: (host: string, why: string) => `the certificate of ${host} was not accepted (${why}): give its certificate authority`,
  TOO_LARGE: (host: string, why: string) => `the answer of ${host} is too large (${why})`,
  CUT_OFF: (host: string, why: string) => `the answer of ${host} broke off (${why}): try again`,
}
export type HttpErrorCode = keyof typeof messages

/** A request got no whole answer. `host` has no credentials. `sent` is false when the request surely never left. */
export class HttpError extends CodedError<HttpErrorCode> {
  override readonly name = 'HttpError'
  readonly host: string
  readonly sent: boolean
  constructor(code: HttpErrorCode, at: { host: string; why: string; sent: boolean }, options?: ErrorOptions) {
    super(code, messages[code](at.host, at.why), options)
    this.host = at.host
    this.sent = at.sent
  }
}

const tlsCodes = /CERT|SELF_SIGNED|UNABLE_TO_|TLS|SSL|ALTNAME/
const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'])
const notSentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/** What the network threw, as an {@link HttpError}. */
export function httpErrorOf(thrown: unknown, url: string): HttpError {
  if (thrown instanceof SocksError)
    return new HttpError('UNREACHABLE', { host: new URL(url).host, why: thrown.message, sent: false }, { cause: thrown })
  const cause = thrown as { code?: string; message?: string; cause?: { code?: string; message?: string }; errors?: { code?: string }[] }
  const code = cause.code ?? cause.cause?.code ?? cause.errors?.[0]?.code ?? ''
  const why = code || cause.cause?.message || cause.message || 'unknown reason'
  const at = { host: new URL(url).host, why, sent: !notSentCodes.has(code) && !tlsCodes.test(code) }
  if (timeoutCodes.has(code)) return new HttpError('TIMEOUT', at, { cause: thrown })
  return new HttpError(tlsCodes.test(code) ? 'TLS' : 'UNREACHABLE', at, { cause: thrown })
}
