import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
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
      case '169.254.169.254':
        return metadata(seen, state)
      case 'europe-docker.pkg.dev':
      case 'gcr.io': {
        const [user, token = ''] = basicOf(seen)?.split(':') ?? []
        const good = user === 'oauth2accesstoken' && (tokens.get(token)?.expiresAt ?? 0) > tools.clock.now()
        return good ? passes : challenge(`Basic realm="${seen.host}"`)
      }
      default:
        return undefined
    }
  }
}

function issue({ tools, tokens }: State, who: string): { access_token: string; expires_in: number; token_type: string } {
  const token = tools.fresh('google-token')
  tokens.set(token, { who, expiresAt: tools.clock.now() + tools.lifeMs })
  return { access_token: token, expires_in: tools.lifeMs / 1000, token_type: 'Bearer' }
}

function sts(seen: Seen, state: State): Played {
  const form = formOf(seen)
  const refuse = (why: string): Played => json({ error: 'invalid_grant', error_description: why }, 400)
  if (seen.method !== 'POST' || seen.url.pathname !== '/v1/token' || !form) return refuse('no such thing')
  const given = (name: string): string => form.get(name) ?? ''
  if (given('grant_type') !== 'urn:ietf:params:oauth:grant-type:token-exchange') return refuse('grant_type')
  if (given('requested_token_type') !== 'urn:ietf:params:oauth:token-type:access_token') return refuse('requested_token_type')
  if (given('subject_token_type') !== 'urn:ietf:params:oauth:token-type:jwt') return refuse('subject_token_type')
  if (![platform, both].includes(given('scope'))) return refuse('scope')
  const own = `identitynamespace:${cluster.project}.svc.id.goog:${gke}`
  const audience = given('audience') === own ? `${cluster.project}.svc.id.goog` : given('audience')
  if (audience !== `${cluster.project}.svc.id.goog` && audience !== `//iam.googleapis.com/${pool}`) return refuse('audience')
  const claims = state.tools.account(given('subject_token'), audience)
  return claims ? json(issue(state, claims.sub)) : refuse(`the token ${given('subject_token')} is not for ${audience}`)
}

/** `<namespace>-<account>@…` lets that account speak for it. */
function impersonate(seen: Seen, { tools, tokens }: State): Played {
  const refuse = (why: string): Played => json({ error: { code: 403, status: 'PERMISSION_DENIED', message: why } }, 403)
  const [, email = ''] = /^\/v1\/projects\/-\/serviceAccounts\/([^/]+):generateAccessToken$/.exec(seen.url.pathname) ?? []
  const first = tokens.get(seen.headers.authorization?.replace(/^Bearer /, '') ?? '')
  const [, , namespace, name] = first?.who.split(':') ?? []
  if (email !== `${namespace}-${name}@project-id.iam.gserviceaccount.com`)
    return refuse("Permission 'iam.serviceAccounts.getAccessToken' denied")
  const body = JSON.parse(seen.body) as { lifetime: string; scope: string[] }
  if (body.lifetime !== '3600s' || body.scope.join(' ') !== both) return refuse('wrong request')
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
    said.scope === both &&
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
