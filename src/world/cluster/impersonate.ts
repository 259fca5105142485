import { ClusterError } from './error.ts'
import type { Authorize } from './transport.ts'

/** Who may stand in a header. */
const printable = /^[!-~]+$/

/** Calls as another user. @throws {ClusterError} INVALID for a name that no user can have. */
export function impersonating(user: string, authorize: Authorize | undefined): Authorize {
  return async (renew, signal) => {
    if (!printable.test(user))
      throw new ClusterError('INVALID', { cluster: '', what: 'impersonate', message: `${JSON.stringify(user)} is no name of a user` })
    return { ...(await authorize?.(renew, signal)), 'impersonate-user': user }
  }
}
