import { join } from 'node:path'
import { type JsonObject, isObject, jsonIn, listAt, stringAt } from '../../lib/json.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { AuthError } from './error.ts'
import { textIfAny, textOf } from './files.ts'
import { basicOf, gcpScopes, impersonated } from './gcp-api.ts'
import { byExternal } from './gcp-external.ts'
import { need, optional, secureUrl, wrong } from './gcp-file.ts'
import { googleMetadata, metadataFlavor } from './gke.ts'
import { rsaKey, signedJwt } from '../../lib/jwt.ts'
import { ask, form, hide, type Line, refusal } from './line.ts'
import { bearerIn, saidBy } from './oauth.ts'
import type { BearerToken } from './provider.ts'

/**
 * A token for the identity of this process, as application default credentials are found: the file of GOOGLE_APPLICATION_CREDENTIALS, that of the
 * gcloud tool, the metadata service. https://cloud.google.com/docs/authentication/application-default-credentials
 */
export async function ownToken(line: Line): Promise<BearerToken> {
  const named = line.env.GOOGLE_APPLICATION_CREDENTIALS
  const config = line.env.CLOUDSDK_CONFIG ?? join(line.home, '.config', 'gcloud')
  const text = named
    ? await textOf(named, 'GOOGLE_APPLICATION_CREDENTIALS')
    : await textIfAny(join(config, 'application_default_credentials.json'))
  return text === undefined ? fromMachine(line) : fromFile(text, line)
}

async function fromFile(text: string, line: Line): Promise<BearerToken> {
  const file = jsonIn(text)
  if (!isObject(file)) throw wrong('the file of application default credentials is no JSON object')
  return from(file, line, 0)
}

/** `depth` is how many impersonations lead here. */
function from(file: JsonObject, line: Line, depth: number): Promise<BearerToken> {
  switch (stringAt(file, 'type')) {
    case 'service_account':
      return byKey(file, line)
    case 'authorized_user':
      return byRefresh(file, line)
    case 'external_account':
      return byExternal(file, line)
    case 'external_account_authorized_user':
      return byWorkforce(file, line)
    case 'impersonated_service_account':
      return byImpersonation(file, line, depth)
    case undefined:
      throw wrong("google: missing 'type' field in credentials")
    default:
      throw wrong(`google: unknown credential type: "${stringAt(file, 'type') ?? ''}"`)
  }
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

async function byKey(file: JsonObject, line: Line): Promise<BearerToken> {
  const [email, url] = [need(file, 'client_email'), secureUrl(optional(file, 'token_uri') ?? 'https://oauth2.googleapis.com/token')]
  const key = rsaKey(need(file, 'private_key'))
  if (!key) throw wrong('google: private_key should be a PEM or plain PKCS1 or PKCS8')
  const iat = Math.floor(line.clock.now() / 1000)
  const keyId = stringAt(file, 'private_key_id')
  const claims = { iss: email, scope: gcpScopes.join(' '), aud: url, iat, exp: iat + 3600 }
  const assertion = signedJwt(claims, key, keyId ? { kid: keyId } : {})
  hide(line, assertion)
  return asked(url, { grant_type: jwtBearer, assertion }, line)
}

async function byRefresh(file: JsonObject, line: Line): Promise<BearerToken> {
  const [secret, token] = [need(file, 'client_secret'), need(file, 'refresh_token')]
  hide(line, secret, token)
  const grant = { grant_type: 'refresh_token', refresh_token: token, client_id: need(file, 'client_id'), client_secret: secret }
  return asked(secureUrl(optional(file, 'token_uri') ?? 'https://oauth2.googleapis.com/token'), grant, line)
}

/** What a person of a workforce pool has by `gcloud auth`. */
async function byWorkforce(file: JsonObject, line: Line): Promise<BearerToken> {
  const client = { id: need(file, 'client_id'), secret: need(file, 'client_secret') }
  const token = need(file, 'refresh_token')
  hide(line, client.secret, token)
  const { headers, body } = form({ grant_type: 'refresh_token', refresh_token: token })
  const url = secureUrl(need(file, 'token_url'))
  const reply = await ask(line, { method: 'POST', url, headers: { ...headers, ...basicOf(client, line) }, body })
  if (reply.status !== 200) throw refusal(reply, `oauth2/google: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}

const mostImpersonations = 5

async function byImpersonation(file: JsonObject, line: Line, depth: number): Promise<BearerToken> {
  const [source, url] = [file.source_credentials, stringAt(file, 'service_account_impersonation_url')]
  if (!isObject(source) || !url)
    throw wrong("google: missing 'source_credentials' field or 'service_account_impersonation_url' in credentials")
  if (depth >= mostImpersonations) throw wrong(`google: more than ${mostImpersonations} accounts speak for each other`)
  const delegates = listAt(file, 'delegates').filter(delegate => typeof delegate === 'string')
  return impersonated(await from(source, line, depth + 1), { url: secureUrl(url), delegates }, line)
}

async function asked(url: string, grant: Readonly<Record<string, string>>, line: Line): Promise<BearerToken> {
  const reply = await ask(line, { method: 'POST', url, ...form(grant) })
  if (reply.status !== 200) throw refusal(reply, `oauth2: cannot fetch token: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}

async function fromMachine(line: Line): Promise<BearerToken> {
  const url = `${googleMetadata}/instance/service-accounts/default/token?scopes=${encodeURIComponent(gcpScopes.join(','))}`
  const reply = await ask(line, { method: 'GET', url, headers: metadataFlavor }, 'door').catch((thrown: unknown) => {
    line.signal.throwIfAborted()
    throw new AuthError('NO_IDENTITY', `google: could not find default credentials: ${messageOf(thrown)}`, { cause: thrown })
  })
  if (reply.status >= 400 && reply.status < 405) throw wrong(`compute: cannot fetch token: ${saidBy(reply, line)}`)
  if (reply.status !== 200) throw refusal(reply, `compute: cannot fetch token: ${saidBy(reply, line)}`)
  return bearerIn(reply, line)
}
