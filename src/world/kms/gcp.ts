import type { ServiceKey } from '../../kinds/master-key.ts'
import { stringAt } from '../../lib/json.ts'
import { ask, bytesOf, wordsOf } from './ask.ts'
import { KmsError } from './error.ts'
import type { Line } from '../auth/line.ts'

type Key = Extract<ServiceKey, { readonly is: 'gcp' }>

/** @throws {KmsError} WRONG_KEY for what names no key of Cloud KMS. */
export function checkResource({ resourceId }: Pick<Key, 'resourceId'>): void {
  if (/^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(resourceId)) return
  throw new KmsError('WRONG_KEY', `cannot create GCP KMS service: no valid resource ID found in ${JSON.stringify(resourceId)}`)
}

/** Decrypt of Cloud KMS. https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys/decrypt @throws {KmsError} */
export async function decryptByGoogle(
  { resourceId }: Key,
  enc: string,
  { token, line }: { token: string; line: Line },
): Promise<Uint8Array> {
  checkResource({ resourceId })
  const path = resourceId.split('/').map(encodeURIComponent).join('/')
  const url = `https://cloudkms.googleapis.com/v1/${path}:decrypt`
  const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` }
  const { status, document } = await ask(
    line.http,
    { method: 'POST', url, headers, body: JSON.stringify({ ciphertext: enc }) },
    line.signal,
  )
  const what = 'failed to decrypt sops data key with GCP KMS key'
  if (status === 200) return bytesOf(document.plaintext, { what, encoding: 'base64' })
  const said = [stringAt(document, 'error', 'status'), stringAt(document, 'error', 'message')].filter(Boolean).join(': ')
  throw new KmsError('REFUSED', `${what}: status ${status}${said ? `: ${wordsOf(said, [token])}` : ''}`)
}
