import { isLoopback } from '../../lib/loopback.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { metadataOrigins } from '../http/metadata.ts'
import { assumeRole, sessionKeys } from './aws-api.ts'
import { AuthError } from './error.ts'
import { textOf } from './files.ts'
import { ask, documentOf, hide, type Line, refusal } from './line.ts'
import { mostKeptMs } from './cache.ts'
import type { SessionKeys } from './provider.ts'

/** Where the token service is asked. */
export interface AwsPlace {
  readonly region: string
  readonly endpoint: string | undefined
}

/** Keys that do not say when they end are looked for again within the hour. */
export function lasting({ id, secret, token }: { id: string; secret: string; token: string | undefined }, line: Line): SessionKeys {
  hide(line, secret, token)
  const keys = { accessKeyId: id, secretAccessKey: secret, ...(token ? { sessionToken: token } : {}) }
  return { type: 'aws', ...keys, expiresAt: line.clock.now() + mostKeptMs }
}

/** The keys of a role, for the token in a file. */
export async function webIdentity(
  { file, role, session }: { file: string; role: string; session: string | undefined },
  { place, line }: { place: AwsPlace; line: Line },
): Promise<SessionKeys> {
  const token = (await textOf(file, 'the web identity token')).trim()
  return assumeRole({ roleArn: role, sessionName: session ?? `fluxpilot-${line.clock.now()}`, token, ...place }, line)
}

/** The keys of a container of ECS, or of EKS Pod Identity; `undefined` outside of one. */
export async function fromContainer(line: Line): Promise<SessionKeys | undefined> {
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

/** The keys of the role of a machine, by IMDSv2. */
export async function fromMachine(line: Line): Promise<SessionKeys> {
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
