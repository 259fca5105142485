import { type AwsKeys, signedHeaders } from '../../lib/aws-signature.ts'
import { isObject, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { parseXml, type XmlElement } from '../../lib/xml.ts'
import { AuthError } from './error.ts'
import { ask, documentOf, form, hide, type Line, refusal, type Reply, timeOf, tokenIn, wordsOf } from './line.ts'
import { jsonObjectIn } from './oauth.ts'
import type { Login, SessionKeys } from './provider.ts'

export const publicEcr = 'public.ecr.aws'

const partitions: readonly [begin: RegExp, suffix: string][] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
]

/** A region as it may stand in a host name. @throws {AuthError} WRONG_INPUT. */
export function hostOf(service: string, region: string): string {
  if (!/^[a-z0-9-]{1,40}$/.test(region)) throw new AuthError('WRONG_INPUT', `'${region}' is no AWS region`)
  return `${service}.${region}.${partitions.find(([begin]) => begin.test(region))?.[1] ?? 'amazonaws.com'}`
}

/** A role to be taken on, by keys or with a token from elsewhere. */
export interface Role {
  readonly roleArn: string
  readonly sessionName: string
  readonly token?: string | undefined
  readonly by?: AwsKeys | undefined
  readonly externalId?: string | undefined
  /** Absent: as the service has it. */
  readonly seconds?: string | undefined
  readonly region: string
  readonly endpoint?: string | undefined
}

/** STS AssumeRole and AssumeRoleWithWebIdentity. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export async function assumeRole({ roleArn, sessionName, token, by, region, endpoint, ...limits }: Role, line: Line): Promise<SessionKeys> {
  hide(line, token)
  const action = by ? 'AssumeRole' : 'AssumeRoleWithWebIdentity'
  const fields = { Action: action, Version: '2011-06-15', RoleArn: roleArn, RoleSessionName: sessionName }
  const { headers = {}, body = '' } = form({
    ...fields,
    WebIdentityToken: token,
    ExternalId: limits.externalId,
    DurationSeconds: limits.seconds,
  })
  const url = new URL(`${endpoint ?? `https://${hostOf('sts', region)}`}/`)
  const unsigned = { method: 'POST', url, headers, body: String(body) }
  const signed = by ? signedHeaders(unsigned, by, { region, service: 'sts', now: line.clock.now() }) : headers
  const reply = await ask(line, { method: 'POST', url: url.href, headers: signed, body })
  const document = xmlOf(reply)
  if (reply.status !== 200) throw failed(`STS: ${action}`, reply, errorIn(document, line))
  const result = document && child(child(document, `${action}Result`), 'Credentials')
  if (!result) throw new AuthError('BAD_ANSWER', 'credentials are nil')
  const text = (name: string): string | undefined => child(result, name)?.text.trim()
  const fieldsOf = {
    AccessKeyId: text('AccessKeyId') ?? '',
    SecretAccessKey: text('SecretAccessKey') ?? '',
    Token: text('SessionToken') ?? '',
    Expiration: text('Expiration') ?? '',
  }
  return sessionKeys(fieldsOf, reply, line)
}

/** Keys as AWS' services hand them out. @throws {AuthError} BAD_ANSWER. */
export function sessionKeys(document: JsonObject, reply: Pick<Reply, 'host'>, line: Line): SessionKeys {
  const keys = {
    accessKeyId: tokenIn(document, 'AccessKeyId', reply),
    secretAccessKey: tokenIn(document, 'SecretAccessKey', reply),
    sessionToken: tokenIn(document, 'Token', reply),
  }
  hide(line, keys.secretAccessKey, keys.sessionToken)
  return { type: 'aws', ...keys, expiresAt: timeOf(stringAt(document, 'Expiration'), reply) }
}

/** GetAuthorizationToken of ECR, private or public. */
export async function registryLogin(keys: AwsKeys, registryKey: string, line: Line): Promise<Login> {
  const isPublic = registryKey === publicEcr
  const region = isPublic ? 'us-east-1' : registryKey
  const service = isPublic ? 'ecr-public' : 'ecr'
  const target = isPublic ? 'SpencerFrontendService' : 'AmazonEC2ContainerRegistry_V20150921'
  const url = new URL(`https://${hostOf(`api.${service}`, region)}/`)
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `${target}.GetAuthorizationToken` }
  const signed = signedHeaders({ method: 'POST', url, headers, body: '{}' }, keys, { region, service, now: line.clock.now() })
  const reply = await ask(line, { method: 'POST', url: url.href, headers: signed, body: '{}' })
  const operation = `${isPublic ? 'ECR PUBLIC' : 'ECR'}: GetAuthorizationToken`
  if (reply.status !== 200) throw awsFailure(operation, reply, line)
  const document = documentOf(reply)
  const data = isPublic ? objectAt(document, 'authorizationData') : listAt(document, 'authorizationData')[0]
  if (!isObject(data) || Object.keys(data).length === 0) throw new AuthError('BAD_ANSWER', 'no authorization data returned')
  return loginIn(data, line)
}

/** The failure of a service that speaks JSON. */
export function awsFailure(operation: string, reply: Reply, line: Line): AuthError {
  return failed(operation, reply, jsonError(reply, line))
}

function loginIn(data: JsonObject, line: Line): Login {
  const [token, expires] = [stringAt(data, 'authorizationToken'), data.expiresAt]
  if (token === undefined) throw new AuthError('BAD_ANSWER', 'authorization token is nil')
  if (typeof expires !== 'number' || !Number.isFinite(expires)) throw new AuthError('BAD_ANSWER', 'authorization token expiration is nil')
  if (!/^[A-Za-z0-9+/\s]+={0,2}$/.test(token)) throw new AuthError('BAD_ANSWER', 'failed to parse authorization token: illegal base64 data')
  const [username, password, ...more] = Buffer.from(token, 'base64').toString('utf8').split(':')
  if (!username || !password || more.length > 0 || /[^!-~]/.test(username + password))
    throw new AuthError('BAD_ANSWER', 'invalid authorization token format')
  hide(line, token, password)
  return { type: 'basic', username, password, expiresAt: expires * 1000 }
}

function failed(operation: string, reply: Reply, said: string): AuthError {
  return refusal(
    reply,
    `operation error ${operation}, https response error StatusCode: ${reply.status}${said ? `, api error ${said}` : ''}`,
  )
}

function jsonError({ text }: Reply, line: Line): string {
  const document = jsonObjectIn(text)
  const code = (stringAt(document, '__type') ?? '').replace(/^.*#/, '')
  const message = stringAt(document, 'message') ?? stringAt(document, 'Message') ?? ''
  return wordsOf(code ? `${code}: ${message}` : '', line)
}

function errorIn(document: XmlElement | undefined, line: Line): string {
  const error = child(document, 'Error')
  return error ? wordsOf(`${child(error, 'Code')?.text ?? ''}: ${child(error, 'Message')?.text ?? ''}`, line) : ''
}

function xmlOf({ text, host, status }: Reply): XmlElement | undefined {
  try {
    return parseXml(text)
  } catch (cause) {
    if (status !== 200) return undefined
    throw new AuthError('BAD_ANSWER', `the answer of ${host} is no XML document`, { cause })
  }
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find(c => c.name === name)
}
