import { type JsonObject, isObject, jsonIn, objectAt, stringAt } from '../../lib/json.ts'
import { AuthError } from './error.ts'
import { textOf } from './files.ts'
import { exchangeSubject, gcpScopes, impersonated, type Subject } from './gcp-api.ts'
import { awsSubject } from './gcp-aws.ts'
import { executableSubject } from './gcp-executable.ts'
import { ask, hide, type Line, refusal, wordsOf } from './line.ts'
import { nearOrSecure, need, optional, secureUrl, wrong } from './gcp-file.ts'
import type { BearerToken } from './provider.ts'

/**
 * A token for somebody whom another identity provider knows: of a workload or a workforce pool. The subject's token comes from a file, a URL,
 * a program, or is a request that AWS would answer. https://google.aip.dev/auth/4117
 */
export async function byExternal(file: JsonObject, line: Line): Promise<BearerToken> {
  const [audience, type] = [need(file, 'audience'), need(file, 'subject_token_type')]
  const userProject = optional(file, 'workforce_pool_user_project')
  if (userProject && !/^\/\/iam\.googleapis\.com\/locations\/[^/]+\/workforcePools\//.test(audience))
    throw wrong('oauth2/google/externalaccount: Workforce pool user project should not be set for non-workforce pool credentials')
  const impersonation = optional(file, 'service_account_impersonation_url')
  const token = await subjectToken(file, { audience, type, impersonation }, line)
  const client = clientOf(file)
  const subject: Subject = {
    token,
    type,
    audience,
    client,
    // The client says already whose project it is.
    userProject: client ? undefined : userProject,
    endpoint: secureUrl(optional(file, 'token_url') ?? 'https://sts.googleapis.com/v1/token'),
    scopes: impersonation ? gcpScopes.slice(0, 1) : gcpScopes,
  }
  const first = await exchangeSubject(subject, line)
  if (!impersonation) return first
  const lifetime = objectAt(file, 'service_account_impersonation').token_lifetime_seconds
  const lifetimeSeconds = typeof lifetime === 'number' && lifetime > 0 ? lifetime : undefined
  return impersonated(first, { url: secureUrl(impersonation), lifetimeSeconds }, line)
}

function clientOf(file: JsonObject): Subject['client'] {
  const [id, secret] = [optional(file, 'client_id'), optional(file, 'client_secret')]
  return id && secret ? { id, secret } : undefined
}

/** For whom a subject's token is. */
export interface About {
  readonly audience: string
  readonly type: string
  readonly impersonation: string | undefined
}

/** In the order of Google's own library. */
async function subjectToken(file: JsonObject, about: About, line: Line): Promise<string> {
  const source = objectAt(file, 'credential_source')
  const [path, url, environment] = ['file', 'url', 'environment_id'].map(name => optional(source, name))
  const version = /^aws(\d+)$/.exec(environment ?? '')?.[1]
  if (version !== undefined) {
    if (Number(version) === 1) return awsSubject(source, about.audience, line)
    throw wrong(`oauth2/google/externalaccount: aws version '${version}' is not supported in the current build`)
  }
  if (path) return inFormat((await textOf(path, 'the subject token')).trim(), source)
  if (url) return inFormat(await fromUrl(url, source, line), source)
  if (isObject(source.executable)) return executableSubject(source.executable, about, line)
  if (isObject(source.certificate))
    throw wrong(
      'google: external accounts that prove themselves by a certificate (credential_source.certificate) cannot be used: neither does Flux 2.6',
    )
  throw wrong('oauth2/google/externalaccount: unable to parse credential source')
}

/** Such an address is a service of this machine, as that of Azure's managed identities is, or anybody's over TLS. */
async function fromUrl(text: string, source: JsonObject, line: Line): Promise<string> {
  const { url, over } = nearOrSecure(text, 'credential_source.url')
  const headers = Object.fromEntries(
    Object.entries(objectAt(source, 'headers')).map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
  hide(line, ...Object.values(headers).filter(value => value.length > 8))
  const reply = await ask(line, { method: 'GET', url: url.href, headers }, over)
  if (reply.status >= 200 && reply.status <= 299) return reply.text
  throw refusal(reply, `oauth2/google/externalaccount: status code ${reply.status}: ${wordsOf(reply.text, line)}`)
}

function inFormat(content: string, source: JsonObject): string {
  const [type, field] = [stringAt(source, 'format', 'type') ?? '', stringAt(source, 'format', 'subject_token_field_name') ?? '']
  if (type === '' || type === 'text') return content
  if (type !== 'json') throw wrong('oauth2/google/externalaccount: invalid credential_source file format type')
  const document = jsonIn(content)
  if (!isObject(document)) throw new AuthError('BAD_ANSWER', 'oauth2/google/externalaccount: failed to unmarshal subject token file')
  if (document[field] === undefined)
    throw new AuthError('BAD_ANSWER', 'oauth2/google/externalaccount: provided subject_token_field_name not found in credentials')
  const token = stringAt(document, field)
  if (token !== undefined) return token
  throw new AuthError('BAD_ANSWER', 'oauth2/google/externalaccount: improperly formatted subject token')
}
