import { join } from 'node:path'
import { isLoopback } from '../../lib/loopback.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { metadataOrigins } from '../http/metadata.ts'
import { assumeRole, sessionKeys } from './aws-api.ts'
import { AuthError } from './error.ts'
import { textIfAny, textOf } from './files.ts'
import { ask, documentOf, hide, type Line, refusal, tokenIn } from './line.ts'
import { mostKeptMs } from './cache.ts'
import type { SessionKeys } from './provider.ts'
import { toldBy } from './vendor-tools.ts'

interface Place {
  readonly region: string
  readonly endpoint: string | undefined
}

/**
 * The keys of this process, looked for where AWS' own SDK looks, in its order: environment, web identity (IRSA), shared files, container (ECS, EKS Pod
 * Identity), machine (IMDSv2). @throws {AuthError} NO_IDENTITY when none has any. https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function ownKeys(place: Place, line: Line): Promise<SessionKeys> {
  const { env } = line
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY)
    return lasting({ id: env.AWS_ACCESS_KEY_ID, secret: env.AWS_SECRET_ACCESS_KEY, token: env.AWS_SESSION_TOKEN }, line)
  if (env.AWS_WEB_IDENTITY_TOKEN_FILE && env.AWS_ROLE_ARN)
    return webIdentity(
      { file: env.AWS_WEB_IDENTITY_TOKEN_FILE, role: env.AWS_ROLE_ARN, session: env.AWS_ROLE_SESSION_NAME },
      { place, line },
    )
  return (await fromFiles(place, line)) ?? (await fromContainer(line)) ?? (await fromMachine(line))
}

/** Keys that do not say when they end are looked for again within the hour. */
function lasting({ id, secret, token }: { id: string; secret: string; token: string | undefined }, line: Line): SessionKeys {
  hide(line, secret, token)
  const keys = { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) }
  return { type: 'aws', ...keys, expiresAt: line.clock.now() + mostKeptMs }
}

async function webIdentity(
  { file, role, session }: { file: string; role: string; session: string | undefined },
  { place, line }: { place: Place; line: Line },
): Promise<SessionKeys> {
  const token = (await textOf(file, 'the web identity token')).trim()
  return assumeRole({ roleArn: role, sessionName: session ?? `fluxpilot-${line.clock.now()}`, token, ...place }, line)
}

type Profile = Readonly<Record<string, string>>

async function fromFiles(place: Place, line: Line): Promise<SessionKeys | undefined> {
  const { env, home } = line
  const name = env.AWS_PROFILE || 'default'
  const [config, credentials] = await Promise.all([
    textIfAny(env.AWS_CONFIG_FILE ?? join(home, '.aws', 'config')),
    textIfAny(env.AWS_SHARED_CREDENTIALS_FILE ?? join(home, '.aws', 'credentials')),
  ])
  const profile: Profile = {
    ...sectionOf(config, name === 'default' ? 'default' : `profile ${name}`),
    ...sectionOf(credentials, name),
  }
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = profile
  if (id && secret) return lasting({ id, secret, token }, line)
  const { web_identity_token_file: file, role_arn: role, role_session_name: session } = profile
  if (file && role) return webIdentity({ file, role, session }, { place, line })
  const other = ['sso_session', 'sso_start_url', 'credential_process', 'source_profile', 'credential_source'].find(key => profile[key])
  if (other) return fromTool(name, other, line)
  if (env.AWS_PROFILE && Object.keys(profile).length === 0)
    throw new AuthError('NO_IDENTITY', `failed to get shared config profile, ${name}`)
  return undefined
}

/** A profile that only AWS' own tool can follow. */
async function fromTool(name: string, by: string, line: Line): Promise<SessionKeys> {
  const instead = `the AWS profile '${name}' signs in by ${by}, which needs AWS' own tool: put its keys into the environment (aws configure export-credentials --format env)`
  if (!line.vendorTools) throw new AuthError('NO_IDENTITY', instead)
  const args = ['configure', 'export-credentials', '--profile', name, '--format', 'process']
  const told = await toldBy('aws', args, { line, instead })
  if (!told) throw new AuthError('NO_IDENTITY', `aws is not on PATH: ${instead}`)
  const at = { host: 'aws' }
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = told
  if (Expiration === undefined && SessionToken === undefined)
    return lasting(
      { id: tokenIn({ AccessKeyId }, 'AccessKeyId', at), secret: tokenIn({ SecretAccessKey }, 'SecretAccessKey', at), token: undefined },
      line,
    )
  return sessionKeys({ ...told, Token: SessionToken }, at, line)
}

/** One section of a file of AWS' tools. */
function sectionOf(text: string | undefined, wanted: string): Profile {
  const found: Record<string, string> = {}
  let inside = false
  for (const line of (text ?? '').split(/\r?\n/)) {
    const section = /^\s*\[\s*(.+?)\s*\]/.exec(line)?.[1]
    if (section !== undefined) inside = section.replace(/\s+/g, ' ') === wanted
    const [, key, value] = /^([A-Za-z0-9_]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (inside && key && value !== undefined) found[key.toLowerCase()] = value
  }
  return found
}

async function fromContainer(line: Line): Promise<SessionKeys | undefined> {
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = line.env
  if (!relative && !full) return undefined
  const url = containerUrl(relative ? `http://169.254.170.2${relative}` : (full ?? ''))
  const file = line.env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  const token = file ? (await textOf(file, 'the container authorization token')).trim() : line.env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  if (token && /[^ -~]/.test(token)) throw new AuthError('NO_IDENTITY', 'the container authorization token has control characters')
  hide(line, token)
  const over = metadataOrigins.some(origin => origin === url.origin) ? 'door' : 'http'
  const headers = { accept: 'application/json', ...(token ? { authorization: token } : {}) }
  const reply = await ask(line, { method: 'GET', url: url.href, headers }, over)
  if (reply.status !== 200) throw refusal(reply, `failed to load credentials from ${reply.host}: status ${reply.status}`)
  return sessionKeys(documentOf(reply), reply, line)
}

/** What AWS' SDK allows: https, loopback, and the addresses of ECS and EKS. */
function containerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const allowed = url && (url.protocol === 'https:' || isLoopback(url.hostname) || metadataOrigins.some(origin => origin === url.origin))
  if (allowed) return url
  throw new AuthError(
    'NO_IDENTITY',
    'invalid endpoint host in AWS_CONTAINER_CREDENTIALS_FULL_URI: only loopback, https, ECS and EKS hosts are allowed',
  )
}

const machine = 'http://169.254.169.254'

async function fromMachine(line: Line): Promise<SessionKeys> {
  const none = (why: string, cause?: unknown): AuthError =>
    new AuthError(
      'NO_IDENTITY',
      `failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, ${why}`,
      { cause },
    )
  if (line.env.AWS_EC2_METADATA_DISABLED?.toLowerCase() === 'true') throw none('access disabled to EC2 IMDS via environment variable')
  const read = async (method: string, path: string, headers: Record<string, string>): Promise<{ host: string; text: string }> => {
    const reply = await ask(line, { method, url: `${machine}${path}`, headers }, 'door').catch((thrown: unknown) => {
      line.signal.throwIfAborted()
      throw none(messageOf(thrown), thrown)
    })
    if (reply.status !== 200) throw none(`http response error StatusCode: ${reply.status}`)
    return reply
  }
  const session = (await read('PUT', '/latest/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })).text.trim()
  if (!/^[!-~]{1,1024}$/.test(session)) throw none('the session token is not usable')
  hide(line, session)
  const headers = { 'x-aws-ec2-metadata-token': session }
  const folder = '/latest/meta-data/iam/security-credentials/'
  const [role = ''] = (await read('GET', folder, headers)).text.split('\n')
  if (!/^[\w+=,.@-]{1,128}$/.test(role.trim())) throw none('no role is attached')
  const reply = await read('GET', folder + encodeURIComponent(role.trim()), headers)
  return sessionKeys(documentOf(reply), reply, line)
}
