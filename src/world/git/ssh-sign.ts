import type { Access } from './access.ts'
import { GitError } from './error.ts'
import type { CommitSigner } from './git.ts'
import { outputOf } from './run.ts'
import { asking } from './ssh.ts'

type SshKey = Extract<CommitSigner, { type: 'ssh' }>
const mostAnswer = 64 * 1024
let count = 0

/** What `ssh-keygen` signs in the namespace of Git. @throws {GitError} SIGNING */
export async function sshSignature(
  payload: Uint8Array,
  { identity, passphrase }: SshKey,
  { access, repository, signal }: { access: Access; repository: string; signal: AbortSignal },
): Promise<string> {
  const key = await access.room.keep(`signing-key-${++count}`, `${identity.trimEnd()}\n`)
  const asked = passphrase === undefined ? {} : await asking(passphrase, { room: access.room, name: `sign-${count}` })
  const command = {
    program: 'ssh-keygen',
    args: ['-Y', 'sign', '-q', '-n', 'git', '-f', key],
    input: payload,
    access: { ...access, env: { ...access.env, ...asked }, secrets: [identity, passphrase ?? ''] },
    cwd: repository,
    doing: 'failed to sign the commit',
  } as const
  try {
    return (await outputOf(command, mostAnswer, signal)).toString('latin1')
  } catch (cause) {
    signal.throwIfAborted()
    throw new GitError('SIGNING', 'failed to sign the commit: ssh-keygen does not take the key or its passphrase', { cause })
  }
}
