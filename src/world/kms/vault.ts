import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceKey } from '../../kinds/master-key.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import { ask, bytesOf, wordsOf } from './ask.ts'
import type { AmbientOptions } from './ambient.ts'
import { KmsError } from './error.ts'
import type { Line } from '../auth/line.ts'

type Key = Extract<ServiceKey, { readonly is: 'vault' }>

/** Decrypt of the transit engine of OpenBao and HashiCorp Vault. https://openbao.org/api-docs/secret/transit/#decrypt-data @throws {KmsError} */
export async function decryptByVault(
  { address, enginePath, keyName }: Key,
  enc: string,
  { token, namespace, line }: { token: string; namespace: string | undefined; line: Line },
): Promise<Uint8Array> {
  const path = [...enginePath.split('/'), 'decrypt', ...keyName.split('/')].filter(part => part !== '' && part !== '.')
  if (path.includes('..') || !isAddress(address))
    throw new KmsError('WRONG_KEY', `'${address}/v1/${path.join('/')}' is no address of a Vault`)
  const what = `failed to decrypt sops data key from Vault transit backend '${path.join('/')}'`
  const url = `${address.replace(/\/+$/, '')}/v1/${path.map(encodeURIComponent).join('/')}`
  const headers = {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    'x-vault-token': token,
    ...(namespace ? { 'x-vault-namespace': namespace } : {}),
  }
  const { status, document } = await ask(line.http, { method: 'PUT', url, headers, body: JSON.stringify({ ciphertext: enc }) }, line.signal)
  if (status === 200) return bytesOf(stringAt(document, 'data', 'plaintext'), { what, encoding: 'base64' })
  const said = listAt(document, 'errors')
    .filter(e => typeof e === 'string')
    .join('; ')
  throw new KmsError(
    'REFUSED',
    `${what}: Error making API request. URL: PUT ${url} Code: ${status}.${said ? ` Errors: ${wordsOf(said, [token])}` : ''}`,
  )
}

function isAddress(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash
}

/**
 * The token of this process for a Vault: that of VAULT_TOKEN or of the home folder. It goes to the Vault of VAULT_ADDR alone, as the address of a key
 * comes from whoever writes the document. @throws {KmsError} NO_TOKEN
 */
export async function vaultToken({ address }: Pick<Key, 'address'>, { env, home }: AmbientOptions): Promise<string> {
  const none = (why: string): KmsError => new KmsError('NO_TOKEN', `no token for the Vault at ${address}: ${why}`)
  const own = env.VAULT_ADDR ?? ''
  if (!isAddress(own)) throw none("add 'sops.vault-token' to the decryption Secret, or set VAULT_ADDR and VAULT_TOKEN")
  if (new URL(own).origin !== (isAddress(address) ? new URL(address).origin : '')) throw none(`VAULT_ADDR is another one`)
  const token = (env.VAULT_TOKEN ?? (await readFile(join(home, '.vault-token'), 'utf8').catch(() => ''))).trim()
  if (token === '') throw none('VAULT_TOKEN is not set, and the home folder has no .vault-token')
  return token
}
