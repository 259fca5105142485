import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { signedHeaders } from '../../../src/lib/aws-signature.ts'
import { personKeys } from './aws.ts'
import { unsealed } from './keys.ts'
import { basicOf, challenge, formOf, json, passes, type Play, type Played, type Seen, type Tools } from './play.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
/** A service account's key file, as Google hands it out. */
export const googleKey = {
  type: 'service_account',
  client_email: 'robot@project-id.iam.gserviceaccount.com',
  private_key_id: 'key-1',
  private_key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  token_uri: 'https://oauth2.googleapis.com/token',
}
export const pool = 'projects/1234567890/locations/global/workloadIdentityPools/my-pool/providers/my-provider'
/** A pool of people, the project that they work for, and a client that may ask for them. */
export const workforce = { audience: '//iam.googleapis.com/locations/global/workforcePools/people/providers/idp', project: '42' }
export const workforceClient = { client_id: 'client-1', client_secret: 'secret-of-a-workforce-client' }
export const awsType = 'urn:ietf:params:aws:token-type:aws4_request'
export const cluster = { project: 'project-id', location: 'cluster-location', name: 'cluster-name' }
const gke = `https://container.googleapis.com/v1/projects/${cluster.project}/locations/${cluster.location}/clusters/${cluster.name}`
const platform = 'https://www.googleapis.com/auth/cloud-platform'
const both = `${platform} https://www.googleapis.com/auth/userinfo.email`

interface Token {
  readonly who: string
  readonly expiresAt: number
}
interface State {
  readonly tools: Tools
  readonly tokens: Map<string, Token>
}

/** STS, IAM credentials, OAuth, metadata and Artifact Registry. */
export function playGoogle(): Play {
  const tokens = new Map<string, Token>()
  return (seen, tools) => {
    const state = { tools, tokens }
    switch (seen.host) {
      case 'sts.googleapis.com':
        return sts(seen, state)
      case 'iamcredentials.googleapis.com':
        return impersonate(seen, state)
      case 'oauth2.googleapis.com':
        return oauth(seen, state)
      case 'cloudkms.googleapis.com':
        return kms(seen, state)
      case '169.254.169.254':
        return metadata(seen, state)
      case 'europe-docker.pkg.dev':
      case 'gcr.io': {
        const [user, token = ''] = basicOf(seen)?.split(':') ?? []
        const good = user === 'oauth2accesstoken' && (tokens.get(token)?.expiresAt ?? 0) > tools.clock.now()
        return good ? passes : challenge(`Basic realm="${seen.host}"`)
      }
      default:
        return subject(seen)
    }
  }
}

/** A service of the machine that has tokens of somebody else's: one for who sends the header, in the query's form. */
function subject({ method, url, headers }: Seen): Played | undefined {
  if (url.pathname !== '/subject-token') return undefined
  const token = url.searchParams.get('token') ?? ''
  if (method !== 'GET' || headers['x-robot'] !== 'header-of-a-robot')
    return { status: 403, body: `no token for ${String(headers['x-robot'])}` }
  return { status: 200, body: url.searchParams.has('json') ? JSON.stringify({ access_token: token }) : token }
}

/** Whether Google, who sends the request that a subject's token of AWS is, would be told that it comes from the person. */
function isPerson(token: string, audience: string, { clock }: Tools): boolean {
  const said = JSON.parse(decodeURIComponent(token)) as { url: string; method: string; headers: { key: string; value: string }[] }
  const headers = Object.fromEntries(said.headers.map(({ key, value }) => [key.toLowerCase(), value]))
  const [url, region = ''] = [new URL(said.url), new URL(said.url).hostname.split('.')[1]]
  const target = { 'x-goog-cloud-target-resource': audience }
  const right = signedHeaders({ method: 'POST', url, headers: target }, personKeys, { region, service: 'sts', now: clock.now() })
  const asks = url.hostname.endsWith('.amazonaws.com') && url.search === '?Action=GetCallerIdentity&Version=2011-06-15'
  return asks && said.method === 'POST' && headers.host === url.host && headers.authorization === right.authorization
}

/** A member of a workforce pool says whose project it works for, or comes by a client that says it. */
function workforceAudience(seen: Seen, form: URLSearchParams): boolean {
  const options = form.get('options')
  const client = `${workforceClient.client_id}:${workforceClient.client_secret}`
  return options === null ? basicOf(seen) === client : options === JSON.stringify({ userProject: workforce.project }) && !basicOf(seen)
}

function refreshed(seen: Seen, form: URLSearchParams, state: State): Played | undefined {
  const client = `${workforceClient.client_id}:${workforceClient.client_secret}`
  const right =
    basicOf(seen) === client && form.get('grant_type') === 'refresh_token' && form.get('refresh_token') === 'refresh-of-a-member'
  return right ? json(issue(state, 'member')) : undefined
}

function issue({ tools, tokens }: State, who: string): { access_token: string; expires_in: number; token_type: string } {
  const token = tools.fresh('google-token')
  tokens.set(token, { who, expiresAt: tools.clock.now() + tools.lifeMs })
  return { access_token: token, expires_in: tools.lifeMs / 1000, token_type: 'Bearer' }
}

function kms(seen: Seen, { tools, tokens }: State): Played {
  const token = tokens.get(seen.headers.authorization?.replace(/^Bearer /, '') ?? '')
  const refuse = (code: number, status: string): Played =>
    json({ error: { code, status, message: `no, ${String(seen.headers.authorization)}` } }, code)
  if (!token || token.expiresAt <= tools.clock.now()) return refuse(401, 'UNAUTHENTICATED')
  const { ciphertext } = JSON.parse(seen.body) as Record<string, string>
  const wanted = unsealed(Buffer.from(ciphertext ?? '', 'base64'))
  if (seen.method !== 'POST' || !wanted || seen.url.pathname !== `/v1/${wanted.name}:decrypt`) return refuse(400, 'INVALID_ARGUMENT')
  return json({ plaintext: wanted.plaintext })
}

function sts(seen: Seen, state: State): Played {
  const form = formOf(seen)
  const refuse = (why: string): Played => json({ error: 'invalid_grant', error_description: why }, 400)
  if (seen.method !== 'POST' || !form) return refuse('no such thing')
  if (seen.url.pathname === '/v1/oauthtoken') return refreshed(seen, form, state) ?? refuse('refresh')
  if (seen.url.pathname !== '/v1/token') return refuse('no such thing')
  const given = (name: string): string => form.get(name) ?? ''
  if (given('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange') return refuse('grant_type')
  if (given('requested_token_type') !== 'urn:ietf:params:oauth:token-type:access_token') return refuse('requested_token_type')
  if (![awsType, 'urn:ietf:params:oauth:token-type:jwt'].includes(given('subject_token_type'))) return refuse('subject_token_type')
  if (![platform, both].includes(given('scope'))) return refuse('scope')
  const own = `identitynamespace:${cluster.project}.svc.id.goog:${gke}`
  if (given('audience') === workforce.audience && !workforceAudience(seen, form)) return refuse('whose project')
  if (given('subject_token_type') === awsType)
    return isPerson(given('subject_token'), given('audience'), state.tools)
      ? json(issue(state, 'a:b:flux-system:source-controller'))
      : refuse('signature')
  const audience = given('audience') === own ? `${cluster.project}.svc.id.goog` : given('audience')
  if (![`${cluster.project}.svc.id.goog`, `//iam.googleapis.com/${pool}`, workforce.audience].includes(audience)) return refuse('audience')
  const claims = state.tools.account(given('subject_token'), audience)
  return claims ? json(issue(state, claims.sub)) : refuse(`the token ${given('subject_token')} is not for ${audience}`)
}

/** `<namespace>-<account>@…` lets that account speak for it. */
function impersonate(seen: Seen, { tools, tokens }: State): Played {
  const refuse = (why: string): Played => json({ error: { code: 403, status: 'PERMISSION_DENIED', message: why } }, 403)
  const [, email = ''] = /^\/v1\/projects\/-\/serviceAccounts\/([^/]+):generateAccessToken$/.exec(seen.url.pathname) ?? []
  const first = tokens.get(seen.headers.authorization?.replace(/^Bearer /, '') ?? '')
  const body = JSON.parse(seen.body) as { lifetime: string; scope: string[]; delegates?: string[] }
  const [, , namespace, name] = first?.who.split(':') ?? []
  const isChain = first?.who === 'person' && body.delegates?.join(' ') === 'middle@project-id.iam.gserviceaccount.com'
  if (!isChain && email !== `${namespace}-${name}@project-id.iam.gserviceaccount.com`)
    return refuse("Permission 'iam.serviceAccounts.getAccessToken' denied")
  if (!['3600s', '1200s'].includes(body.lifetime) || body.scope.join(' ') !== both) return refuse('wrong request')
  const accessToken = tools.fresh('google-impersonated')
  const expiresAt = tools.clock.now() + tools.lifeMs
  tokens.set(accessToken, { who: email, expiresAt })
  return json({ accessToken, expireTime: new Date(expiresAt).toISOString().replace('.000Z', 'Z') })
}

function oauth(seen: Seen, state: State): Played {
  const form = formOf(seen)
  const refuse = (why: string): Played => json({ error: 'invalid_grant', error_description: why }, 400)
  if (form?.get('grant_type') === 'refresh_token')
    return form.get('refresh_token') === 'refresh-of-a-person' ? json(issue(state, 'person')) : refuse('refresh')
  if (form?.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return refuse('grant_type')
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), createPublicKey(pair.privateKey), Buffer.from(signature, 'base64url')))
    return refuse('signature')
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>
  const now = Math.floor(state.tools.clock.now() / 1000)
  const right =
    said.iss === googleKey.client_email &&
    said.aud === googleKey.token_uri &&
    (said.scope === both || said.scope === `${platform} https://www.googleapis.com/auth/cloudkms`) &&
    said.iat === now &&
    said.exp === now + 3600
  return right ? json(issue(state, String(said.iss))) : refuse('claims')
}

function metadata({ headers, url }: Seen, state: State): Played | undefined {
  if (!url.pathname.startsWith('/computeMetadata/v1/') || !state.tools.machine.has('google')) return undefined
  if (headers['metadata-flavor'] !== 'Google') return { status: 403, body: 'Missing Metadata-Flavor:Google header.' }
  const texts: Record<string, string> = {
    'project/project-id': cluster.project,
    'instance/attributes/cluster-location': cluster.location,
    'instance/attributes/cluster-name': cluster.name,
  }
  const path = url.pathname.slice('/computeMetadata/v1/'.length)
  if (path === 'instance/service-accounts/default/token') return json(issue(state, 'machine'))
  const text = texts[path]
  return text === undefined ? { status: 404, body: '' } : { status: 200, body: text }
}
