import { codeCommitPassword } from '../../lib/aws-signature.ts'
import { AuthError } from './error.ts'
import { hide, type Line } from './line.ts'
import type { Login, SessionKeys } from './provider.ts'

const lifeMs = 900_000

/** The region of a CodeCommit repository's URL. @throws {AuthError} WRONG_INPUT with Flux's texts. */
export function codeCommitRegion(text: string): { url: URL; region: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url) throw new AuthError('WRONG_INPUT', 'Git URL must be specified for AWS CodeCommit authentication')
  if (url.protocol !== 'https:') throw new AuthError('WRONG_INPUT', 'AWS CodeCommit authentication requires an HTTPS Git URL')
  const [, region] = /^git-codecommit(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/.exec(url.hostname) ?? []
  if (!region) throw new AuthError('WRONG_INPUT', `invalid AWS CodeCommit Git URL: ${url.host}`)
  return { url, region }
}

/** The login for a CodeCommit repository: the password is a signature, good for a quarter of an hour, and no longer than the keys. */
export function codeCommitLogin(url: URL, { keys, region }: { keys: SessionKeys; region: string }, line: Line): Login {
  const now = line.clock.now()
  const { accessKeyId, sessionToken } = keys
  const password = codeCommitPassword(url, keys, { region, now })
  hide(line, password, sessionToken)
  const username = sessionToken ? `${accessKeyId}%${sessionToken}` : accessKeyId
  return { type: 'basic', username, password, expiresAt: Math.min(now + lifeMs, keys.expiresAt) }
}
