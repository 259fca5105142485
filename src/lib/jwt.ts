import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { isObject, type JsonObject, jsonIn } from './json.ts'

/** A JSON Web Token with an RS256 signature. */
export function signedJwt(claims: JsonObject, key: KeyObject, header: JsonObject = {}): string {
  const part = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(claims)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

/** An RSA key of a PEM in PKCS1 or PKCS8; `undefined` for anything else. */
export function rsaKey(pem: string): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'rsa' ? key : undefined
  } catch {
    return undefined
  }
}

/** When a token expires by its own claim, in milliseconds; nobody has checked its signature. `undefined` when it does not say. */
export function expiryOf(token: string): number | undefined {
  const claims = jsonIn(Buffer.from(token.split('.')[1] ?? '', 'base64url'))
  const exp = isObject(claims) ? claims.exp : undefined
  return typeof exp === 'number' && Number.isFinite(exp) ? exp * 1000 : undefined
}
