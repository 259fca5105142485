import { createPrivateKey, type KeyObject, sign } from 'node:crypto'

/**
 * A signed JSON Web Token (RS256) over the claims. @param privateKey PEM of an RSA key.
 * @throws {TypeError} for a key that is none, or no RSA key.
 */
export function signedToken(
  claims: Readonly<Record<string, unknown>>,
  privateKey: string,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const key = rsaKey(privateKey)
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(claims)}`
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`
}

function rsaKey(pem: string): KeyObject {
  const key = parsed(pem)
  if (key?.asymmetricKeyType !== 'rsa') throw new TypeError('the private key is no RSA key in PEM')
  return key
}

function parsed(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}
