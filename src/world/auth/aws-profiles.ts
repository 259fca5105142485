import { join } from 'node:path'
import { isObject, jsonIn, type JsonObject, stringAt } from '../../lib/json.ts'
import { assumeRole } from './aws-api.ts'
import { type AwsPlace, fromContainer, fromMachine, lasting, webIdentity } from './aws-identity.ts'
import { AuthError } from './error.ts'
import { textIfAny } from './files.ts'
import { type Line, timeOf, tokenIn } from './line.ts'
import type { SessionKeys } from './provider.ts'
import { run, toldBy } from './vendor-tools.ts'

type Profile = Readonly<Record<string, string>>

/** The shared files, and how to sign in where they lead. */
interface Files {
  readonly config: string | undefined
  readonly credentials: string | undefined
  readonly place: AwsPlace
  readonly line: Line
}

/** The keys that the profile of the shared files leads to; `undefined` where it leads nowhere. https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html */
export async function fromFiles(place: AwsPlace, line: Line): Promise<SessionKeys | undefined> {
  const { env, home } = line
  const [config, credentials] = await Promise.all([
    textIfAny(env.AWS_CONFIG_FILE ?? join(home, '.aws', 'config')),
    textIfAny(env.AWS_SHARED_CREDENTIALS_FILE ?? join(home, '.aws', 'credentials')),
  ])
  const name = env.AWS_PROFILE || 'default'
  const files = { config, credentials, place, line }
  if (!env.AWS_PROFILE && Object.keys(profileOf(name, files)).length === 0) return undefined
  return keysOf(name, files, [])
}

function profileOf(name: string, { config, credentials }: Files): Profile {
  return { ...sectionOf(config, name === 'default' ? 'default' : `profile ${name}`), ...sectionOf(credentials, name) }
}

/** `above` are the profiles whose source this one is. */
async function keysOf(name: string, files: Files, above: readonly string[]): Promise<SessionKeys | undefined> {
  const { place, line } = files
  const profile = profileOf(name, files)
  if (Object.keys(profile).length === 0) throw new AuthError('NO_IDENTITY', `failed to get shared config profile, ${name}`)
  const { role_arn: roleArn, web_identity_token_file: file, role_session_name: session, source_profile: source } = profile
  const isOwnSource = source === name
  const { aws_access_key_id: id, aws_secret_access_key: secret } = profile
  if (file && roleArn && !source && !(id && secret) && !profile.credential_source)
    return webIdentity({ file, role: roleArn, session }, { place, line })
  if (source && !isOwnSource && above.includes(source))
    throw new AuthError('NO_IDENTITY', `the source_profile of the AWS profile '${name}' leads back to '${source}'`)
  const first = source && !isOwnSource ? await keysOf(source, files, [...above, name]) : await ownKeysOf(name, profile, files)
  if (!roleArn) return first
  if (profile.mfa_serial) return fromTool(name, 'mfa_serial', line)
  const by = first ?? (await fromContainer(line)) ?? (await fromMachine(line))
  return assumeRole({ roleArn, sessionName: session ?? `fluxpilot-${line.clock.now()}`, by, ...place, ...limitsOf(profile) }, line)
}

function limitsOf({ external_id: externalId, duration_seconds: seconds }: Profile): { externalId?: string; seconds?: string } {
  const isLong = /^\d{1,6}$/.test(seconds ?? '') && Number(seconds) > 900
  return { ...(externalId ? { externalId } : {}), ...(seconds && isLong ? { seconds } : {}) }
}

async function ownKeysOf(name: string, profile: Profile, { line }: Files): Promise<SessionKeys | undefined> {
  const { aws_access_key_id: id, aws_secret_access_key: secret, aws_session_token: token } = profile
  if (id && secret) return lasting({ id, secret, token }, line)
  if (profile.credential_source) return fromSource(profile.credential_source, line)
  const sso = ['sso_session', 'sso_start_url'].find(key => profile[key])
  if (sso) return fromTool(name, sso, line)
  return profile.credential_process ? fromProcess(name, profile.credential_process, line) : undefined
}

async function fromSource(source: string, line: Line): Promise<SessionKeys> {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = line.env
  if (source === 'Ec2InstanceMetadata') return fromMachine(line)
  const found =
    source === 'Environment'
      ? id && secret && lasting({ id, secret, token }, line)
      : source === 'EcsContainer' && (await fromContainer(line))
  if (found) return found
  const known = ['EcsContainer', 'Environment'].includes(source)
  const why = known
    ? `credential_source is ${source}, which has no keys`
    : 'credential_source values must be EcsContainer, Ec2InstanceMetadata, or Environment'
  throw new AuthError('NO_IDENTITY', why)
}

/** A profile that only AWS' own tool can follow. */
async function fromTool(name: string, by: string, line: Line): Promise<SessionKeys> {
  const instead = `the AWS profile '${name}' signs in by ${by}, which needs AWS' own tool: put its keys into the environment (aws configure export-credentials --format env)`
  if (!line.vendorTools) throw new AuthError('NO_IDENTITY', instead)
  const args = ['configure', 'export-credentials', '--profile', name, '--format', 'process']
  const told = await toldBy('aws', args, { line, instead })
  if (!told) throw new AuthError('NO_IDENTITY', `aws is not on PATH: ${instead}`)
  return printedKeys(told, 'aws', line)
}

const processMs = 60_000

/** What the program of `credential_process` prints: the shell runs it, as in AWS' own SDK; the file is that of who runs this process. */
async function fromProcess(name: string, command: string, line: Line): Promise<SessionKeys> {
  const failed = (why: string): AuthError => new AuthError('NO_IDENTITY', `credential_process of the AWS profile '${name}' ${why}`)
  const done = await run('sh', ['-c', command], { env: line.env, ms: processMs, signal: line.signal })
  if (typeof done === 'string') throw failed(`failed: ${done}`)
  if (done.code !== 0) throw failed(`ended with code ${done.code}`)
  const document = jsonIn(done.stdout)
  if (!isObject(document)) throw failed('printed no JSON object')
  if (document.Version !== 1) throw failed('has a version other than 1')
  return printedKeys(document, 'credential_process', line)
}

/** Keys as programs print them: a session and an end are not said of lasting ones. */
function printedKeys(told: JsonObject, host: string, line: Line): SessionKeys {
  const at = { host }
  const [id, secret] = [tokenIn(told, 'AccessKeyId', at), tokenIn(told, 'SecretAccessKey', at)]
  const keys = lasting({ id, secret, token: told.SessionToken === undefined ? undefined : tokenIn(told, 'SessionToken', at) }, line)
  return told.Expiration === undefined ? keys : { ...keys, expiresAt: timeOf(stringAt(told, 'Expiration'), at) }
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
