import type { ServiceAccountKey } from '../../../kinds/object-store.ts'
import { rsaKey, signedJwt } from '../../../lib/jwt.ts'
import { ObjectStoreError } from '../error.ts'
import { tokenFrom } from '../token.ts'
import type { Wire } from '../transport.ts'

/** A token of a service account of Google. @throws {ObjectStoreError} */
export async function accountToken(
  key: ServiceAccountKey,
  { wire, scope }: { wire: Wire; scope: string },
  signal: AbortSignal,
): Promise<string> {
  const { clientEmail, privateKey, privateKeyId, tokenUri } = key
  const signing = rsaKey(privateKey)
  if (!signing) throw new ObjectStoreError('CREDENTIALS', { message: 'the private_key of the service account is no RSA key in PEM' })
  const form = () => {
    const iat = Math.floor(wire.clock.now() / 1000)
    const claims = { iss: clientEmail, scope, aud: tokenUri, iat, exp: iat + 3600 }
    return {
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: signedJwt(claims, signing, privateKeyId ? { kid: privateKeyId } : {}),
    }
  }
  return tokenFrom(tokenUri, form, { wire, signal })
}
