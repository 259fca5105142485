import type { ServiceKey } from '../../kinds/master-key.ts'
import { type AwsKeys, signedHeaders } from '../../lib/aws-signature.ts'
import { stringAt } from '../../lib/json.ts'
import { assumeRole, hostOf } from '../auth/aws-api.ts'
import { ask, bytesOf, wordsOf } from './ask.ts'
import { KmsError } from './error.ts'
import type { Line } from '../auth/line.ts'

type Key = Extract<ServiceKey, { readonly is: 'aws' }>
const arnPattern = /^arn:aws[\w-]*:kms:(.+):[0-9]+:(?:key|alias)\/.+$/

/** The region of a key. @throws {KmsError} WRONG_KEY. Spec: kustomization 6.1. */
export function regionOf({ arn }: Pick<Key, 'arn'>): string {
  const [, region] = arnPattern.exec(arn) ?? []
  if (region && /^[a-z0-9-]{1,40}$/.test(region)) return region
  throw new KmsError('WRONG_KEY', `no valid ARN found in '${arn}'`)
}

/** Decrypt of AWS KMS, as a role where the key names one. https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html */
export async function decryptByAws(key: Key, enc: string, { keys: own, line }: { keys: AwsKeys; line: Line }): Promise<Uint8Array> {
  const region = regionOf(key)
  const keys = key.role ? await assumeRole({ roleArn: key.role, sessionName: 'sops', by: own, region }, line) : own
  const url = new URL(`https://${hostOf('kms', region)}/`)
  const body = JSON.stringify({ KeyId: key.arn, CiphertextBlob: enc, EncryptionContext: key.context })
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' }
  const now = line.clock.now()
  const signed = signedHeaders({ method: 'POST', url, headers, body }, keys, { region, service: 'kms', now })
  const { status, document } = await ask(line.http, { method: 'POST', url: url.href, headers: signed, body }, line.signal)
  const what = 'failed to decrypt sops data key with AWS KMS'
  if (status === 200) return bytesOf(document.Plaintext, { what, encoding: 'base64' })
  const code = (stringAt(document, '__type') ?? '').replace(/^.*#/, '')
  const said = wordsOf([code, stringAt(document, 'message') ?? stringAt(document, 'Message') ?? ''].filter(Boolean).join(': '), [
    keys.secretAccessKey,
    keys.sessionToken ?? '',
  ])
  throw new KmsError(
    'REFUSED',
    `${what}: operation error KMS: Decrypt, https response error StatusCode: ${status}${said ? `, ${said}` : ''}`,
  )
}
