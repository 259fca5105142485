import { advisedError } from '../../lib/coded-error.ts'

const advice = {
  GIT_MISSING: 'install git 2.37 or newer, and put it on PATH',
  GIT_TOO_OLD: 'install git 2.37 or newer',
  UNSUPPORTED: 'use an http, https or ssh URL; a proxy for SSH is one of SOCKS5',
  AUTH: 'check spec.secretRef: the credentials, and what they may read',
  NOT_FOUND: 'check spec.url and spec.ref; a private repository may also look absent to who may not read it',
  UNREACHABLE: 'check the address, the proxy and whether the server is up',
  HOST_KEY: "compare known_hosts of spec.secretRef with the server's keys",
  TLS: 'check the certificate: ca.crt in spec.secretRef adds an authority',
  TIMEOUT: 'try again later, or check the network and the proxy',
  REDIRECTED: 'use the address that it leads to as spec.url',
  TOO_LARGE: 'use spec.sparseCheckout or a smaller repository',
  MOVED: 'the branch has other commits than those that were seen: the next run starts from them',
  REFUSED: 'the server says why: a hook, the protection of the branch, its disk, or what the credentials may write',
  DISK_FULL: 'make room in the folder for temporary files of this process',
  SIGNING: 'check the key of spec.git.commit.signingKey.secretRef and its passphrase',
  BROKEN: 'check the repository with git fsck, and what the address serves',
} as const
export type GitErrorCode = keyof typeof advice

/** A failed call to a Git server. `message` carries no credentials; `advice` says what to do. */
export class GitError extends advisedError(advice) {
  override readonly name = 'GitError'
}
