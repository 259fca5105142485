import { createHash, timingSafeEqual } from 'node:crypto'
import { OAuthError, OAuthErrorCode, type AuthInfo, type OAuthTokenVerifier } from '@modelcontextprotocol/server'
import type { Caller } from '../tools/tool.ts'

export const scopes = { reads: 'flux:read', changes: 'flux:write', destroys: 'flux:destroy', approves: 'flux:approve' } as const

/** One static token: its hash and what it may do. */
interface Entry {
  readonly hash: Buffer
  readonly user: string
  readonly scopes: string[]
}

const forever = 253_402_300_799

/**
 * The tokens of a file, one `TOKEN SCOPES` a line. A write scope brings the read scope along. Tokens are kept as hashes.
 * @throws {TypeError} for a line that is none, naming it by number only.
 */
export function parseTokens(text: string): Entry[] {
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const [token = '', ...given] = line.trim().split(/\s+/)
    const wrong = given.find(s => !Object.values<string>(scopes).includes(s))
    if (token.length < 16 || given.length === 0 || wrong !== undefined)
      throw new TypeError(
        `token file, line ${i + 1}: write a token of at least 16 characters, then scopes out of ${Object.values(scopes).join(', ')}`,
      )
    const all = given.some(s => s === scopes.changes || s === scopes.destroys) ? [...new Set([scopes.reads, ...given])] : given
    return [{ hash: digest(token), user: `token-${digest(token).toString('hex').slice(0, 8)}`, scopes: all }]
  })
}

/** Verifies bearer tokens against the file's, in constant time. */
export function staticVerifier(entries: readonly Entry[]): OAuthTokenVerifier {
  return {
    async verifyAccessToken(token) {
      const hash = digest(token)
      const found = entries.filter(e => timingSafeEqual(e.hash, hash))[0]
      if (!found) throw new OAuthError(OAuthErrorCode.InvalidToken, 'the token is not known')
      return { token: '', clientId: found.user, scopes: found.scopes, expiresAt: forever, extra: { user: found.user } }
    },
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Who a request is by. Without tokens everybody on loopback is one caller. */
export function callerOf(authInfo: AuthInfo | undefined): Caller {
  if (!authInfo) return { key: 'http', user: 'anonymous', scopes: [scopes.reads], via: 'http' }
  return { key: `http:${authInfo.clientId}`, user: authInfo.clientId, scopes: authInfo.scopes, via: 'http' }
}
