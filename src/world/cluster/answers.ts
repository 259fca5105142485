import { isKubeObject, type KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, type JsonObject, parseJson, stringAt } from '../../lib/json.ts'
import type { HttpAnswer } from '../http/http.ts'
import { HttpError } from '../http/error.ts'
import { ClusterError, type ClusterErrorCode } from './error.ts'

/** Most bytes of one answer: a page of 500 large objects. */
export const answerLimit = 256 * 1024 * 1024

const byStatus: Readonly<Record<number, ClusterErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'INVALID',
  409: 'CONFLICT',
  410: 'EXPIRED',
  413: 'INVALID',
  415: 'INVALID',
  400: 'INVALID',
  422: 'INVALID',
  429: 'RATE_LIMITED',
  504: 'TIMEOUT',
}

/** What server-side apply says, with status 500 and no reason, of values that do not fit their schema. */
const untyped = /^failed to create (typed |manager)/

/** The error of a Status object, or of an answer that is none. */
export function errorOf(
  status: number,
  body: Json | string,
  at: { cluster: string; what: string; headers?: Readonly<Record<string, string>> },
): ClusterError {
  const retryAfter = Number(at.headers?.['retry-after'])
  const known = isObject(body) && body.kind === 'Status' ? body : undefined
  const reason = stringAt(known, 'reason')
  const message =
    stringAt(known, 'message') ??
    (typeof body === 'string' && body.length > 0 && body.length < 400 && !body.includes('<')
      ? body.trim()
      : `${at.what}: the server answered ${status}`)
  const call = {
    cluster: at.cluster,
    what: at.what,
    status,
    message,
    ...(reason ? { reason } : {}),
    ...(isObject(known?.details) ? { details: known.details } : {}),
    ...(Number.isFinite(retryAfter) && retryAfter > 0 ? { retryAfter } : {}),
  }
  return new ClusterError(status === 500 && untyped.test(message) ? 'INVALID' : codeOf(status, reason), call)
}

function codeOf(status: number, reason: string | undefined): ClusterErrorCode {
  if (reason === 'AlreadyExists') return 'ALREADY_EXISTS'
  return byStatus[status] ?? (status >= 500 ? 'UNAVAILABLE' : 'BAD_ANSWER')
}

/** A network failure as a ClusterError; an abort's reason passes. */
export function unreachable(thrown: unknown, at: { cluster: string; what: string }): unknown {
  if (!(thrown instanceof HttpError)) return thrown
  const code =
    thrown.code === 'TIMEOUT' || thrown.code === 'CUT_OFF' ? 'TIMEOUT' : thrown.code === 'TOO_LARGE' ? 'BAD_ANSWER' : 'UNREACHABLE'
  return new ClusterError(code, { ...at, message: thrown.message }, { cause: thrown })
}

/** Parses an answer's JSON. @throws {ClusterError} BAD_ANSWER for anything else. */
export function jsonOf(text: string, answer: HttpAnswer, at: { cluster: string; what: string }): JsonObject {
  try {
    const parsed = parseJson(text)
    if (isObject(parsed)) return parsed
  } catch {
    // falls through to the same answer as for JSON that is no object
  }
  throw new ClusterError('BAD_ANSWER', {
    ...at,
    status: answer.status,
    message: `${at.what}: the answer is ${answer.headers['content-type'] ?? 'of no type'}, not a Kubernetes object`,
  })
}

/** The object of an answer. @throws {ClusterError} BAD_ANSWER */
export function objectOf(value: JsonObject): KubeObject {
  if (isKubeObject(value)) return value
  throw new ClusterError('BAD_ANSWER', { cluster: '', what: 'read an object', message: 'the answer is not a Kubernetes object' })
}
