import { type AwsKeys, signedHeaders } from '../../lib/aws-signature.ts'
import { type JsonObject, stringAt } from '../../lib/json.ts'
import { hostOf } from './aws-api.ts'
import { AuthError } from './error.ts'
import { nearOrSecure, optional, wrong } from './gcp-file.ts'
import { ask, documentOf, hide, type Line, refusal, tokenIn } from './line.ts'

const prefix = 'oauth2/google/externalaccount:'

/**
 * A subject's token made of AWS' keys: a signed request for GetCallerIdentity, which Google sends and nobody else. Keys and region are those of
 * the environment, else of the machine. https://cloud.google.com/iam/docs/workload-identity-federation-with-other-clouds
 */
export async function awsSubject(source: JsonObject, audience: string, line: Line): Promise<string> {
  const machine = new AwsMachine(source, line)
  const keys = keysIn(line) ?? (await machine.keys())
  hide(line, keys.secretAccessKey, keys.sessionToken)
  const region = line.env.AWS_REGION || line.env.AWS_DEFAULT_REGION || (await machine.region())
  hostOf('sts', region)
  const template = optional(source, 'regional_cred_verification_url') ?? usualVerification
  const text = template.replaceAll('{region}', region)
  if (!URL.canParse(text)) throw wrong('google: regional_cred_verification_url is no URL')
  const url = new URL(text)
  const headers = { 'x-goog-cloud-target-resource': audience }
  const scope = { region, service: url.hostname.split('.')[0] ?? '', now: line.clock.now() }
  const { authorization = '', ...signed } = signedHeaders({ method: 'POST', url, headers }, keys, scope)
  const all = Object.entries({ ...signed, Authorization: authorization, host: url.host })
  const list = all.map(([key, value]) => ({ key, value })).toSorted((a, b) => (a.key < b.key ? -1 : 1))
  return encodeURIComponent(JSON.stringify({ url: url.href, method: 'POST', headers: list }))
}

const usualVerification = 'https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15'

function keysIn({ env }: Line): AwsKeys | undefined {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, ...(token ? { sessionToken: token } : {}) }
}

/** The metadata service of a machine of AWS, at the addresses that the file names. */
class AwsMachine {
  readonly #source: JsonObject
  readonly #line: Line
  #session: Promise<Record<string, string>> | undefined

  constructor(source: JsonObject, line: Line) {
    this.#source = source
    this.#line = line
  }

  async keys(): Promise<AwsKeys> {
    const base = optional(this.#source, 'url')
    if (!base) throw wrong(`${prefix} unable to determine the AWS metadata server security credentials endpoint`)
    const role = (await this.#read(base, 'AWS role name')).text.trim()
    if (!/^[\w+=,.@-]{1,128}$/.test(role)) throw new AuthError('BAD_ANSWER', `${prefix} unable to retrieve AWS role name`)
    const reply = await this.#read(`${base}/${encodeURIComponent(role)}`, 'AWS security credentials')
    const document = documentOf(reply)
    const sessionToken = stringAt(document, 'Token')
    return {
      accessKeyId: tokenIn(document, 'AccessKeyId', reply),
      secretAccessKey: tokenIn(document, 'SecretAccessKey', reply),
      ...(sessionToken ? { sessionToken } : {}),
    }
  }

  /** The zone without its letter. */
  async region(): Promise<string> {
    const url = optional(this.#source, 'region_url')
    if (!url) throw wrong(`${prefix} unable to determine AWS region`)
    return (await this.#read(url, 'AWS region')).text.trim().slice(0, -1)
  }

  async #read(text: string, what: string): Promise<{ host: string; text: string }> {
    this.#session ??= this.#started()
    return this.#asked('GET', text, { what, headers: await this.#session })
  }

  async #started(): Promise<Record<string, string>> {
    const url = optional(this.#source, 'imdsv2_session_token_url')
    if (!url) return {}
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }
    const { text } = await this.#asked('PUT', url, { what: 'AWS session token', headers })
    if (!/^[!-~]{1,1024}$/.test(text.trim())) throw new AuthError('BAD_ANSWER', `${prefix} unable to retrieve AWS session token`)
    hide(this.#line, text.trim())
    return { 'x-aws-ec2-metadata-token': text.trim() }
  }

  async #asked(
    method: string,
    text: string,
    { what, headers }: { readonly what: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<{ host: string; text: string }> {
    const { url, over } = nearOrSecure(text, `the address for the ${what}`)
    const reply = await ask(this.#line, { method, url: url.href, headers }, over)
    if (reply.status === 200) return reply
    throw refusal(reply, `${prefix} unable to retrieve ${what}: status ${reply.status}`)
  }
}
