import { readFile } from 'node:fs/promises'
import { isObject, type JsonObject, jsonIn, stringAt } from '../../lib/json.ts'
import { AuthError } from './error.ts'
import type { About } from './gcp-external.ts'
import { optional, wrong } from './gcp-file.ts'
import { hide, type Line, wordsOf } from './line.ts'
import { run } from './vendor-tools.ts'

const prefix = 'oauth2/google/externalaccount:'
const [shortestMs, usualMs, longestMs] = [5_000, 30_000, 120_000]

/**
 * A subject's token that a program gives, or that it has put into a file. It is run only where GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES
 * is 1, and is no shell command: words are split at spaces. https://google.aip.dev/auth/4117#determining-the-subject-token-in-executable-sourced-credentials
 */
export async function executableSubject(config: JsonObject, about: About, line: Line): Promise<string> {
  const command = optional(config, 'command')
  if (!command) throw wrong(`${prefix} missing \`command\` field — executable command must be provided`)
  const { timeout_millis: ms = usualMs } = config
  if (typeof ms !== 'number' || ms < shortestMs || ms > longestMs)
    throw wrong(`${prefix} invalid \`timeout_millis\` field — executable timeout must be between 5 and 120 seconds`)
  const file = optional(config, 'output_file')
  const kept = file ? await readFile(file, 'utf8').catch(() => '') : ''
  if (kept !== '') {
    const token = tokenIn(kept, { source: 'output file', needsEnd: true }, line)
    if (token !== undefined) return token
  }
  if (line.env.GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES !== '1')
    throw wrong(`${prefix} executables need to be explicitly allowed (set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES to '1') to run`)
  const [program = '', ...args] = command.split(/\s+/).filter(Boolean)
  const done = await run(program, args, { env: environment(about, file, line), ms, signal: line.signal })
  if (typeof done === 'string') throw wrong(`${prefix} executable command failed: ${done}`)
  if (done.code !== 0) throw wrong(`${prefix} executable command failed with exit code ${done.code}`)
  const token = tokenIn(done.stdout, { source: 'response', needsEnd: file !== undefined }, line)
  if (token !== undefined) return token
  throw new AuthError('BAD_ANSWER', `${prefix} the token returned by the executable is expired`)
}

function environment({ audience, type, impersonation }: About, file: string | undefined, { env }: Line): Line['env'] {
  const email = /^https:\/\/iamcredentials\..+\/v1\/projects\/-\/serviceAccounts\/(.*@.*):generateAccessToken/.exec(
    impersonation ?? '',
  )?.[1]
  return {
    ...env,
    GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: audience,
    GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE: type,
    GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE: '0',
    ...(email ? { GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL: email } : {}),
    ...(file ? { GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE: file } : {}),
  }
}

interface Source {
  readonly source: 'response' | 'output file'
  readonly needsEnd: boolean
}

/** The token of what a program answered; `undefined` for one that has expired, and for a failure that was kept: it is asked again. */
function tokenIn(text: string, { source, needsEnd }: Source, line: Line): string | undefined {
  const bad = (why: string): AuthError => new AuthError('BAD_ANSWER', `${prefix} ${why}`)
  const missing = (field: string): AuthError => bad(`${source} missing \`${field}\` field`)
  const answer = jsonIn(text.trim())
  if (!isObject(answer)) throw bad(`unable to parse ${source}`)
  const { version, success, expiration_time: end } = answer
  if (version === undefined) throw missing('version')
  if (typeof success !== 'boolean') throw missing('success')
  if (!success) {
    if (source === 'output file') return undefined
    const [code, message] = [optional(answer, 'code'), optional(answer, 'message')]
    if (!code || !message) throw bad('response must include `error` and `message` fields when unsuccessful')
    throw new AuthError('DENIED', `${prefix} response contains unsuccessful response: (${wordsOf(code, line)}) ${wordsOf(message, line)}`)
  }
  if (version !== 1) throw bad(`${source} contains unsupported version: ${JSON.stringify(version)}`)
  if (end === undefined && needsEnd) throw missing('expiration_time')
  const type = stringAt(answer, 'token_type')
  if (!type) throw missing('token_type')
  if (end !== undefined && Number(end) * 1000 < line.clock.now()) return undefined
  const field = tokenFields[type]
  if (!field) throw bad(`${source} contains unsupported token type`)
  const token = optional(answer, field)
  if (!token) throw missing(field)
  hide(line, token)
  return token
}

const tokenFields: Readonly<Record<string, string>> = {
  'urn:ietf:params:oauth:token-type:jwt': 'id_token',
  'urn:ietf:params:oauth:token-type:id_token': 'id_token',
  'urn:ietf:params:oauth:token-type:saml2': 'saml_response',
}
