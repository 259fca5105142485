import { type JsonObject, isObject, jsonIn, stringAt } from '../../lib/json.ts'
import { documentOf, endOf, hide, type Line, type Reply, tokenIn, wordsOf } from './line.ts'
import type { BearerToken } from './provider.ts'

/** The token of an OAuth answer. @throws {AuthError} BAD_ANSWER. */
export function bearerIn(reply: Reply, line: Line): BearerToken {
  const document = documentOf(reply)
  const token = tokenIn(document, 'access_token', reply)
  hide(line, token)
  return { type: 'bearer', token, expiresAt: endOf(document.expires_in, line, reply) }
}

/** The error of an OAuth answer, in the words of the service. */
export function saidBy(reply: Reply, line: Line): string {
  const document: JsonObject = jsonObjectIn(reply.text)
  const [error, description] = [stringAt(document, 'error'), stringAt(document, 'error_description')]
  const words = wordsOf([error, description].filter(Boolean).join(': '), line)
  return `${reply.host} answered with status ${reply.status}${words ? `: ${words}` : ''}`
}

/** The JSON object of a text; empty for anything else. */
export function jsonObjectIn(text: string): JsonObject {
  const document = jsonIn(text)
  return isObject(document) ? document : {}
}
