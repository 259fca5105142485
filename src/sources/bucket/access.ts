import type { BucketObject } from '../../kinds/bucket.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { jsonIn, stringAt } from '../../lib/json.ts'
import type { EntraClient, ObjectCredentials, ObjectTls, ServiceAccountKey } from '../../kinds/object-store.ts'
import { secretBytes, secretData, tlsOf } from '../../kinds/secret.ts'

type Spec = BucketObject['spec']
type Data = Readonly<Record<string, string>>

/** What a Secret of the provider signs in with; without a Secret, `undefined`. Throws Flux's texts. Spec: sources 8. */
export function credentialsOf({ provider }: Pick<Spec, 'provider'>, secret: KubeObject | undefined): ObjectCredentials | undefined {
  if (!secret) return undefined
  const data = secretData(secret)
  const { name } = secret.metadata
  if (provider === 'gcp') return { is: 'serviceAccount', key: serviceAccountIn(name, data) }
  return provider === 'azure' ? azureIn(name, data, secretBytes(secret).clientCertificate) : keysIn(name, data)
}

/** A Secret with empty keys is as good as none, as in Flux. */
function keysIn(name: string, { accesskey, secretkey }: Data): ObjectCredentials {
  if (accesskey === undefined || secretkey === undefined)
    throw new Error(`invalid '${name}' secret data: required fields 'accesskey' and 'secretkey'`)
  return accesskey && secretkey ? { is: 'keys', keys: { accessKeyId: accesskey, secretAccessKey: secretkey } } : { is: 'anonymous' }
}

/** Only a key of a service account: other kinds of credentials name files and programs of this machine. */
function serviceAccountIn(name: string, { serviceaccount }: Data): ServiceAccountKey {
  if (serviceaccount === undefined) throw new Error(`invalid '${name}' secret data: required fields 'serviceaccount'`)
  const document = jsonIn(serviceaccount)
  if (document === undefined) throw new Error(`invalid '${name}' secret data: failed to parse 'serviceaccount' as JSON`)
  const [type, clientEmail, privateKey] = ['type', 'client_email', 'private_key'].map(key => stringAt(document, key))
  if (type !== 'service_account')
    throw new Error(
      `invalid '${name}' secret data: 'serviceaccount' must contain a service account key with 'type' set to 'service_account'`,
    )
  if (!clientEmail || !privateKey) throw new Error(`invalid '${name}' secret data: 'serviceaccount' has no client_email and private_key`)
  const privateKeyId = stringAt(document, 'private_key_id')
  const tokenUri = stringAt(document, 'token_uri') || 'https://oauth2.googleapis.com/token'
  if (!isTokenUri(tokenUri)) throw new Error(`invalid '${name}' secret data: token_uri of 'serviceaccount' is no https URL`)
  return { clientEmail, privateKey, tokenUri, ...(privateKeyId ? { privateKeyId } : {}) }
}

function isTokenUri(text: string): boolean {
  return URL.canParse(text) && ['https:', 'http:'].includes(new URL(text).protocol)
}

/**
 * In Flux's order: what signs in at Entra, a managed identity, the key of the account, a shared access signature; else this process, at the
 * authority that is given. A certificate may be no text.
 */
function azureIn(name: string, data: Data, certificate: Uint8Array | undefined): ObjectCredentials {
  const { clientId, accountKey, sasKey, authorityHost } = data
  if ([clientId, accountKey, sasKey, authorityHost].every(value => value === undefined)) throw new Error(azureNeeds(name))
  if (clientId !== undefined) return entraIn(clientId, data, certificate) ?? { is: 'managed', clientId }
  if (accountKey !== undefined) return { is: 'accountKey', key: accountKey }
  return sasKey === undefined ? { is: 'ambient', authorityHost: authorityHost ?? '' } : { is: 'sas', query: sasKey.replace(/^\?/, '') }
}

function entraIn(clientId: string, data: Data, certificate: Uint8Array | undefined): ObjectCredentials | undefined {
  const { tenantId, authorityHost } = data
  const proof = proofIn(data, certificate)
  if (tenantId === undefined || !proof) return undefined
  return { is: 'entra', client: { tenantId, clientId, proof, ...(authorityHost ? { authorityHost } : {}) } }
}

function proofIn(
  { clientSecret, clientCertificatePassword: password = '', clientCertificateSendChain = '' }: Data,
  content: Uint8Array | undefined,
): EntraClient['proof'] | undefined {
  if (clientSecret) return { is: 'secret', secret: clientSecret }
  const sendChain = ['1', 'true'].includes(clientCertificateSendChain.toLowerCase())
  return content?.length ? { is: 'certificate', content, password, sendChain } : undefined
}

function azureNeeds(name: string): string {
  return `invalid '${name}' secret data: requires a 'clientId' or 'accountKey' field, a combination of 'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'`
}

/** Certificates of a Secret, which here must have some. Throws Flux's texts. Spec: sources 8. */
export function bucketTls(secret: KubeObject): ObjectTls {
  const { ca, cert, key } = tlsOf(secret)
  const data = secretData(secret)
  if (!['tls.crt', 'tls.key', 'ca.crt'].some(name => data[name]))
    throw new Error('certificate secret does not contain any TLS configuration')
  return { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) }
}

/** User and password for the token service. Throws Flux's text for a Secret that lacks one. */
export function ldapUser(provider: string, secret: KubeObject | undefined): { username: string; password: string } {
  if (!secret) return { username: '', password: '' }
  const { username, password } = secretData(secret)
  if (!username || !password)
    throw new Error(`invalid '${secret.metadata.name}' secret data for '${provider}' STS provider: required fields username, password`)
  return { username, password }
}
