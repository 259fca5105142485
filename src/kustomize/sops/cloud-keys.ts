import type { AzureCredentials, GoogleCredentials } from '../../kinds/master-key.ts'
import type { AwsKeys } from '../../lib/aws-signature.ts'
import { isObject, jsonIn, type JsonObject, stringAt } from '../../lib/json.ts'
import { parseAll } from '../../lib/yaml.ts'

/** Static keys of AWS, as YAML. Throws Flux's text. Spec: kustomization 6.1. */
export function awsKeysIn(text: string): AwsKeys {
  const fields = fieldsIn(text, 'failed to unmarshal AWS credentials file')
  const session = stringAt(fields, 'aws_session_token')
  return {
    accessKeyId: stringAt(fields, 'aws_access_key_id') ?? '',
    secretAccessKey: stringAt(fields, 'aws_secret_access_key') ?? '',
    ...(session ? { sessionToken: session } : {}),
  }
}

const azureNeeds =
  "invalid data: requires a 'clientId' field, a combination of 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'"

/** A client of Entra, or a managed identity, as JSON or YAML in UTF-8 or, with its mark, UTF-16. Throws Flux's texts. Spec: kustomization 6.1. */
export function azureCredentialsIn(content: Uint8Array): AzureCredentials {
  const fields = fieldsIn(decoded(content), 'failed to unmarshal Azure authentication file')
  const field = (name: string): string => stringAt(fields, name) ?? ''
  const at = field('authorityHost') ? { authorityHost: field('authorityHost') } : {}
  const [tenantId, clientId] = [field('tenantId'), field('clientId')]
  if (tenantId && clientId && field('clientSecret'))
    return { is: 'entra', client: { tenantId, clientId, proof: { is: 'secret', secret: field('clientSecret') }, ...at } }
  if (tenantId && clientId && field('clientCertificate')) {
    const sendChain = fields.clientCertificateSendChain === true
    const certificate = { content: Buffer.from(field('clientCertificate')), password: field('clientCertificatePassword') }
    const proof = { is: 'certificate', ...certificate, sendChain } as const
    return { is: 'entra', client: { tenantId, clientId, proof, ...at } }
  }
  const [tenant, appId, password] = [field('tenant'), field('appId'), field('password')]
  if (tenant && appId && password)
    return { is: 'entra', client: { tenantId: tenant, clientId: appId, proof: { is: 'secret', secret: password }, ...at } }
  if (clientId) return { is: 'managed', clientId }
  throw new Error(azureNeeds)
}

function decoded(content: Uint8Array): string {
  const [first, second] = content
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(content)
  return new TextDecoder(first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8').decode(content)
}

/** The key of a Google service account. Throws what is wrong with it. Spec: kustomization 6.1. */
export function googleCredentialsIn(text: string): GoogleCredentials {
  const document = jsonIn(text.trim())
  if (!isObject(document)) throw new Error('invalid character looking for beginning of value')
  const [type, clientEmail, privateKey] = ['type', 'client_email', 'private_key'].map(name => stringAt(document, name))
  if (type !== 'service_account')
    throw new Error(`unknown credential type: ${JSON.stringify((type ?? '').slice(0, 40))}: it must be a service_account`)
  if (!clientEmail || !privateKey) throw new Error('the service account has no client_email and private_key')
  const privateKeyId = stringAt(document, 'private_key_id')
  const tokenUri = stringAt(document, 'token_uri') || 'https://oauth2.googleapis.com/token'
  if (!URL.canParse(tokenUri) || new URL(tokenUri).protocol !== 'https:') throw new Error('token_uri is no https URL')
  return { clientEmail, privateKey, tokenUri, ...(privateKeyId ? { privateKeyId } : {}) }
}

function fieldsIn(text: string, failure: string): JsonObject {
  let document: unknown
  try {
    ;[document] = parseAll(text)
  } catch (cause) {
    throw new Error(`${failure}: it is no YAML`, { cause })
  }
  if (document === undefined) return {}
  if (!isObject(document)) throw new Error(`${failure}: it is no map`)
  return document
}
