import type { ServiceKey } from '../../kinds/master-key.ts'
import { stringAt } from '../../lib/json.ts'
import { ask, bytesOf, wordsOf } from './ask.ts'
import { KmsError } from './error.ts'
import type { Line } from '../auth/line.ts'

type Key = Extract<ServiceKey, { readonly is: 'azure' }>

/** Where vaults are: a token goes nowhere else. */
const domains: readonly [domain: string, scope: string][] = [
  ['vault.azure.net', 'https://vault.azure.net/.default'],
  ['managedhsm.azure.net', 'https://managedhsm.azure.net/.default'],
  ['vault.azure.cn', 'https://vault.azure.cn/.default'],
  ['managedhsm.azure.cn', 'https://managedhsm.azure.cn/.default'],
  ['vault.usgovcloudapi.net', 'https://vault.usgovcloudapi.net/.default'],
  ['managedhsm.usgovcloudapi.net', 'https://managedhsm.usgovcloudapi.net/.default'],
]

/** What a token for a vault is asked for. @throws {KmsError} WRONG_KEY for an address that is no vault of Azure. */
export function scopeOf({ vaultUrl }: Pick<Key, 'vaultUrl'>): string {
  const url = URL.canParse(vaultUrl) ? new URL(vaultUrl) : undefined
  const isPlain = url?.protocol === 'https:' && !url.username && !url.password && url.port === ''
  const found = isPlain ? domains.find(([domain]) => url.hostname.endsWith(`.${domain}`)) : undefined
  if (found) return found[1]
  throw new KmsError('WRONG_KEY', `'${vaultUrl}' is no address of an Azure Key Vault`)
}

/** Decrypt of Key Vault, with RSA-OAEP-256. https://learn.microsoft.com/rest/api/keyvault/keys/decrypt/decrypt */
export async function decryptByAzure(key: Key, enc: string, { token, line }: { token: string; line: Line }): Promise<Uint8Array> {
  scopeOf(key)
  const path = ['keys', key.name, ...(key.version ? [key.version] : []), 'decrypt'].map(encodeURIComponent).join('/')
  const url = `${new URL(key.vaultUrl).origin}/${path}?api-version=7.4`
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` }
  const body = JSON.stringify({ alg: 'RSA-OAEP-256', value: enc })
  const { status, document } = await ask(line.http, { method: 'POST', url, headers, body }, line.signal)
  const what = `failed to decrypt sops data key with Azure Key Vault key '${key.vaultUrl}/keys/${key.name}/${key.version}'`
  if (status === 200) return bytesOf(document.value, { what, encoding: 'base64url' })
  const said = [stringAt(document, 'error', 'code'), stringAt(document, 'error', 'message')].filter(Boolean).join(': ')
  throw new KmsError('REFUSED', `${what}: status ${status}${said ? `: ${wordsOf(said, [token])}` : ''}`)
}
