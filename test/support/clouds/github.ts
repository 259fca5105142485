import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { json, type Play } from './play.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
/** The data of a Secret of an app that GitHub knows. */
export const githubApp = {
  githubAppID: '123456',
  githubAppInstallationID: '78910',
  githubAppPrivateKey: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
}

/** The API of GitHub and of one Enterprise Server, as far as apps sign in. */
export function playGithub(): Play {
  return (seen, tools) => {
    const { host, url, method, headers, body } = seen
    if (host !== 'api.github.com' && host !== 'ghes.example.com') return undefined
    const path = `${host === 'ghes.example.com' ? '/api/v3' : ''}/app/installations/${githubApp.githubAppInstallationID}/access_tokens`
    if (method !== 'POST' || url.pathname !== path) return json({ message: 'Not Found' }, 404)
    const [header = '', claims = '', signature = ''] = (headers.authorization ?? '').replace(/^Bearer /, '').split('.')
    const text = Buffer.from(`${header}.${claims}`)
    if (!verify('sha256', text, createPublicKey(pair.privateKey), Buffer.from(signature, 'base64url')))
      return json({ message: 'A JSON web token could not be decoded' }, 401)
    const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>
    const iat = Math.floor(tools.clock.now() / 1000) - 30
    const wanted = { iss: githubApp.githubAppID, iat, exp: iat + 120 }
    if (JSON.stringify(said) !== JSON.stringify(wanted) || headers.accept !== 'application/vnd.github.v3+json' || body !== '')
      return json({ message: "'Expiration' claim is wrong" }, 401)
    const expires = new Date(tools.clock.now() + tools.lifeMs).toISOString().replace('.000Z', 'Z')
    return json({ token: tools.fresh('ghs'), expires_at: expires, permissions: { contents: 'read' } }, 201)
  }
}
