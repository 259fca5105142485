import type { KeyCredentials, ServiceKey } from '../../kinds/master-key.ts'
import type { EntraClient } from '../../kinds/object-store.ts'
import type { AwsKeys } from '../../lib/aws-signature.ts'
import type { Auth, Who } from '../auth/provider.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import { metadataDoor } from '../http/metadata.ts'
import { entraSigner, entraToken } from '../objects/azure/sign.ts'
import { ObjectStoreError } from '../objects/error.ts'
import { accountToken } from '../objects/gcs/sign.ts'
import { ambientKeys, type AmbientOptions } from './ambient.ts'
import { decryptByAws, regionOf } from './aws.ts'
import { decryptByAzure, scopeOf } from './azure.ts'
import { KmsError } from './error.ts'
import { checkResource, decryptByGoogle } from './gcp.ts'
import type { KeyAccess, Kms, WrappedKey } from './kms.ts'
import type { Line } from '../auth/line.ts'
import { decryptByVault, vaultToken } from './vault.ts'

export interface KmsOptions extends AmbientOptions {
  readonly http: Http
  readonly clock: Clock
  readonly auth: Pick<Auth, 'keyService'>
  /** Is shown every secret that is received, before anybody else. */
  readonly learn: (secret: string) => void
}

const googleScope = 'https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/cloudkms'

/** Key services over HTTP. */
export function openKms(options: KmsOptions): Kms {
  return {
    ambient: signal => ambientKeys(options, signal),
    async decrypt({ key, enc }, access) {
      const line = lineOf(options, access.who.signal)
      return byService({ key, enc }, access, { options, line })
    },
  }
}

function lineOf(options: KmsOptions, signal: AbortSignal): Line {
  return { ...options, door: metadataDoor(), root: '/', vendorTools: false, secrets: new Set(), signal }
}

interface At {
  readonly options: KmsOptions
  readonly line: Line
}

async function byService({ key, enc }: WrappedKey, { credentials, who }: KeyAccess, at: At): Promise<Uint8Array> {
  const { line, options } = at
  switch (key.is) {
    case 'aws':
      return decryptByAws(key, enc, { keys: credentials.aws ?? (await ownKeys(key, who, options)), line })
    case 'azure':
      return decryptByAzure(key, enc, { token: await azureToken(key, { credentials, who }, at), line })
    case 'gcp':
      checkResource(key)
      return decryptByGoogle(key, enc, { token: await googleToken(credentials, who, at), line })
    case 'vault': {
      const token = credentials.vaultToken || (await vaultToken(key, options))
      options.learn(token)
      return decryptByVault(key, enc, { token, namespace: options.env.VAULT_NAMESPACE, line })
    }
  }
}

function ownKeys(key: Extract<ServiceKey, { is: 'aws' }>, who: Who, { auth }: KmsOptions): Promise<AwsKeys> {
  return auth.keyService('aws', { region: regionOf(key) }, who)
}

async function azureToken(key: Extract<ServiceKey, { is: 'azure' }>, { credentials: { azure }, who }: KeyAccess, at: At): Promise<string> {
  const { options } = at
  const scope = scopeOf(key)
  if (azure?.is === 'entra') return learned(told(entra(azure.client, scope, at)), options)
  const managed = azure?.is === 'managed' ? { managedClientId: azure.clientId } : {}
  const signs = azure?.is === 'managed' ? { asker: who.asker, signal: who.signal } : who
  return (await options.auth.keyService('azure', { scope, ...managed }, signs)).token
}

async function googleToken({ gcp }: KeyCredentials, who: Who, { options, line }: At): Promise<string> {
  if (!gcp) return (await options.auth.keyService('gcp', {}, who)).token
  return learned(told(accountToken(gcp, { wire: line, scope: googleScope }, line.signal)), options)
}

async function learned(token: Promise<string>, { learn }: KmsOptions): Promise<string> {
  const found = await token
  learn(found)
  return found
}

async function entra(client: EntraClient, scope: string, { options: { env }, line }: At): Promise<string> {
  const signer = await entraSigner(client, { authority: env.AZURE_AUTHORITY_HOST, signal: line.signal })
  return entraToken(signer, { wire: line, scope }, line.signal)
}

/** What the token service said, in the words of this hand. */
async function told(token: Promise<string>): Promise<string> {
  try {
    return await token
  } catch (thrown) {
    throw thrown instanceof ObjectStoreError ? new KmsError('REFUSED', thrown.message, { cause: thrown }) : thrown
  }
}
