import { join } from 'node:path'
import { type JsonObject, isObject, jsonIn, stringAt } from '../../lib/json.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { AuthError } from './error.ts'
import { textIfAny, textOf } from './files.ts'
import { exchangeSubject, gcpScopes, impersonated } from './gcp-api.ts'
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
  switch (stringAt(file, 'type')) {
    case 'service_account':
      return byKey(file, line)
    case 'authorized_user':
      return byRefresh(file, line)
    case 'external_account':
      return byExternal(file, line)
    default:
      throw wrong(`google: credentials of the type '${String(stringAt(file, 'type') ?? '')}' cannot be used`)
  }
}

function wrong(message: string): AuthError {
  return new AuthError('NO_IDENTITY', message)
}

/** A field that must be there. */
function need(file: JsonObject, name: string): string {
  const value = stringAt(file, name)
  if (value) return value
  throw wrong(`google: the file of application default credentials has no ${name}`)
}

function secureUrl(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'https:') return text
  throw wrong('google: the addresses in the file of application default credentials must use https')
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

async function byKey(file: JsonObject, line: Line): Promise<BearerToken> {
  const [email, url] = [need(file, 'client_email'), secureUrl(stringAt(file, 'token_uri') ?? 'https://oauth2.googleapis.com/token')]
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
  return asked('https://oauth2.googleapis.com/token', grant, line)
}

async function byExternal(file: JsonObject, line: Line): Promise<BearerToken> {
  const source = file.credential_source
  const path = isObject(source) ? stringAt(source, 'file') : undefined
  if (!path) throw wrong('google: of external accounts only those with a credential_source.file can be used')
  const content = (await textOf(path, 'the subject token')).trim()
  const field = isObject(source) ? stringAt(source, 'format', 'subject_token_field_name') : undefined
  const subject = {
    token: field ? need((jsonIn(content) ?? {}) as JsonObject, field) : content,
    type: need(file, 'subject_token_type'),
    audience: need(file, 'audience'),
    endpoint: secureUrl(need(file, 'token_url')),
  }
  const url = stringAt(file, 'service_account_impersonation_url')
  if (!url) return exchangeSubject({ ...subject, scopes: gcpScopes }, line)
  return impersonated(await exchangeSubject({ ...subject, scopes: gcpScopes.slice(0, 1) }, line), secureUrl(url), line)
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
