import assert from 'node:assert/strict'
import { constants, createHash, verify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { managed } from './azure-managed.ts'
import { unsealed } from './keys.ts'
import { basicOf, challenge, formOf, json, passes, type Play, type Played, type Seen, type Tools } from './play.ts'

const tenant = 'tenant-1'
/** Certificates with the client's key; the client's own comes last in it. */
export const clientPem = join(import.meta.dirname, '../../vectors/azure/client.pem')
const leaf = new X509Certificate(
  readFileSync(clientPem, 'utf8')
    .split(/(?=-----BEGIN)/)
    .at(-1) ?? '',
)
/** A client with a secret, for the environment. */
export const azureClient = { tenant, client: 'client-of-the-process', secret: 'secret-of-a-client-0001' }
/** A user of it. */
export const azureUser = { username: 'robot@example.com', password: 'secret-of-a-user-0001' }
const known = new Set([
  'https://management.azure.com/.default',
  'https://management.chinacloudapi.cn/.default',
  'https://management.usgovcloudapi.net/.default',
  '499b84ac-1321-427f-aa17-267ca6975798/.default',
  'https://storage.azure.com/.default',
  'https://vault.azure.net/.default',
  '6dae42f8-4368-4678-94ff-3960e28e3630/.default',
])

/** Entra and Container Registry. A client named `<namespace>.<account>` trusts that account. */
export function playAzure(): Play {
  const tokens = new Map<string, { scope: string; expiresAt: number }>()
  const refresh = new Map<string, string>()
  const access = new Set<string>()
  return (seen, tools) => {
    const { host, url } = seen
    if (host.startsWith('login.')) return entra(seen, { tools, tokens })
    const service = managed(seen, { tools, issue: scope => issue({ tools, tokens }, scope) })
    if (service) return service
    if (host.endsWith('.vault.azure.net')) return vault(seen, { tools, tokens })
    if (!host.includes('.azurecr.')) return undefined
    if (url.pathname === '/oauth2/exchange') return exchange(seen, { tools, tokens, refresh })
    if (url.pathname === '/oauth2/token') {
      const password = basicOf(seen)?.replace(/^00000000-0000-0000-0000-000000000000:/, '') ?? ''
      if (refresh.get(password) !== host) return json({ errors: [{ code: 'UNAUTHORIZED', message: 'wrong refresh token' }] }, 401)
      if (tools.tokens) return { ...passes, via: tools.tokens }
      const token = tools.fresh('acr-access-token')
      access.add(token)
      return json({ access_token: token })
    }
    if (tools.tokens) return passes
    return access.has(seen.headers.authorization?.replace(/^Bearer /, '') ?? '')
      ? passes
      : challenge(`Bearer realm="https://${host}/oauth2/token",service="${host}"`)
  }
}

interface State {
  readonly tools: Tools
  readonly tokens: Map<string, { scope: string; expiresAt: number }>
}

function issue({ tools, tokens }: State, scope: string): Played {
  const token = tools.fresh('entra-token')
  tokens.set(token, { scope, expiresAt: tools.clock.now() + tools.lifeMs })
  return json({ token_type: 'Bearer', expires_in: tools.lifeMs / 1000, access_token: token })
}

function vault(seen: Seen, { tools, tokens }: State): Played {
  const token = tokens.get(seen.headers.authorization?.replace(/^Bearer /, '') ?? '')
  const refuse = (status: number, code: string): Played =>
    json({ error: { code, message: `no, ${String(seen.headers.authorization)}` } }, status)
  if (token?.scope !== 'https://vault.azure.net/.default' || token.expiresAt <= tools.clock.now()) return refuse(401, 'Unauthorized')
  const { alg, value } = JSON.parse(seen.body) as Record<string, string>
  const wanted = unsealed(Buffer.from(value ?? '', 'base64url'))
  const right = seen.url.pathname === `/${wanted?.name ?? ''}/decrypt` && seen.url.search === '?api-version=7.4' && alg === 'RSA-OAEP-256'
  if (!right || !wanted) return refuse(400, 'BadParameter')
  return json({ kid: `https://${seen.host}${seen.url.pathname}`, value: Buffer.from(wanted.plaintext, 'base64').toString('base64url') })
}

function entra(seen: Seen, state: State): Played {
  const form = formOf(seen)
  const refuse = (code: string): Played => json({ error: 'invalid_client', error_description: `${code}: no.` }, 401)
  if (seen.method !== 'POST' || seen.url.pathname !== `/${tenant}/oauth2/v2.0/token` || !form) return refuse('AADSTS90002')
  const [client, scope, grant] = [form.get('client_id') ?? '', form.get('scope') ?? '', form.get('grant_type')]
  if (grant === 'password') return byPassword(form, state) ?? refuse('AADSTS50126')
  if (grant !== 'client_credentials') return refuse('AADSTS70003')
  if (!known.has(scope)) return refuse('AADSTS70011')
  if (form.has('client_secret'))
    return client === azureClient.client && form.get('client_secret') === azureClient.secret ? issue(state, scope) : refuse('AADSTS7000215')
  if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer') return refuse('AADSTS50013')
  const assertion = form.get('client_assertion') ?? ''
  const claims = state.tools.account(assertion, 'api://AzureADTokenExchange')
  if (client === azureClient.client && signedByClient(assertion, state.tools)) return issue(state, scope)
  const [namespace, name] = client.split('.')
  return claims?.sub === `system:serviceaccount:${namespace}:${name}` ? issue(state, scope) : refuse(`AADSTS700213 for ${assertion}`)
}

function byPassword(form: URLSearchParams, state: State): Played | undefined {
  const [scope = '', ...more] = (form.get('scope') ?? '').split(' ')
  const isUser = form.get('username') === azureUser.username && form.get('password') === azureUser.password
  const isRight = isUser && form.get('client_id') === azureClient.client && !form.has('client_secret')
  return isRight && known.has(scope) && more.join(' ') === 'openid offline_access profile' ? issue(state, scope) : undefined
}

/** A statement that the client of the test certificate signed, as Entra takes it. */
function signedByClient(assertion: string, { clock }: Tools): boolean {
  const [header = '', claims = '', signature = ''] = assertion.split('.')
  const read = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>
  try {
    const { alg, x5c, 'x5t#S256': print } = read(header)
    const { aud, iss, sub, nbf, exp } = read(claims)
    const now = Math.floor(clock.now() / 1000)
    const about = { alg, print, aud, iss, sub, nbf, exp, x5c: Array.isArray(x5c) ? x5c[0] : undefined }
    assert.deepEqual(about, {
      alg: 'PS256',
      print: createHash('sha256').update(leaf.raw).digest('base64url'),
      aud: `https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`,
      iss: azureClient.client,
      sub: azureClient.client,
      nbf: now,
      exp: now + 600,
      x5c: x5c === undefined ? undefined : leaf.raw.toString('base64'),
    })
    const key = { key: leaf.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
    return verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))
  } catch {
    return false
  }
}

function exchange(seen: Seen, { tools, tokens, refresh }: State & { refresh: Map<string, string> }): Played {
  const form = formOf(seen)
  const token = tokens.get(form?.get('access_token') ?? '')
  const scopes: Record<string, string> = {
    cn: 'management.chinacloudapi.cn',
    us: 'management.usgovcloudapi.net',
    io: 'management.azure.com',
  }
  const scope = `https://${scopes[seen.host.split('.').at(-1) ?? ''] ?? ''}/.default`
  if (
    form?.get('grant_type') !== 'access_token' ||
    form.get('service') !== seen.host ||
    token?.scope !== scope ||
    token.expiresAt <= tools.clock.now()
  )
    return json({ errors: [{ code: 'UNAUTHORIZED' }] }, 401)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor((tools.clock.now() + tools.lifeMs) / 1000)
  const made = `${part({ alg: 'none' })}.${part({ exp, jti: tools.fresh('acr-refresh') })}.c2ln`
  refresh.set(made, seen.host)
  return json({ refresh_token: made })
}
