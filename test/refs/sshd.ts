import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { findProgram } from '../../scripts/refs/cache.ts'
import { freePort, ready, start } from './processes.ts'

export type KeyType = 'rsa' | 'ecdsa' | 'ed25519'

/** A key pair in a file; `identity` is the private half. */
interface Pair {
  readonly identity: string
  readonly publicKey: string
}

/** An SSH server of one host key, for the user of this process. */
export interface Sshd {
  readonly port: number
  readonly user: string
  /** A line of known_hosts. */
  readonly knownHosts: string
  /** A pair that the server takes. */
  pair(type: KeyType, passphrase?: string): Pair
  /** One that it does not. */
  strange(type: KeyType): Pair
  stop(): Promise<void>
}

export async function startSshd(hostKey: KeyType = 'ed25519'): Promise<Sshd> {
  const program = findProgram('sshd')
  if (!program) throw new Error('sshd is not there: npm run build:refs')
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-sshd-'))
  const user = userInfo().username
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true })
  const host = newPair(folder, { name: 'host', type: hostKey })
  const port = await freePort()
  const keys = join(folder, 'authorized_keys')
  writeFileSync(keys, '')
  const config = join(folder, 'config')
  writeFileSync(config, configOf({ folder, keys, port }))
  const child = start(program, ['-D', '-e', '-f', config])
  await ready(child, async () => {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.destroy()
    return true
  })
  let count = 0
  const strange = (type: KeyType, passphrase?: string): Pair => newPair(folder, { name: `key-${++count}`, type, passphrase })
  return {
    port,
    user,
    knownHosts: `[127.0.0.1]:${port} ${host.publicKey}`,
    strange,
    pair(type, passphrase) {
      const pair = strange(type, passphrase)
      writeFileSync(keys, pair.publicKey, { flag: 'a' })
      return pair
    },
    async stop() {
      await child.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configOf({ folder, keys, port }: { folder: string; keys: string; port: number }): string {
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${keys}`,
    `PidFile ${join(folder, 'pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AcceptEnv GIT_PROTOCOL',
    // A shell within a shell: bash does not read what its user has in .bashrc for the first one, which may start dozens of programs.
    'SetEnv SHLVL=1',
    'MaxStartups 100',
  ]
  return `${lines.join('\n')}\n`
}

function newPair(folder: string, { name, type, passphrase = '' }: { name: string; type: KeyType; passphrase?: string | undefined }): Pair {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', name, '-f', path])
  return { identity: readFileSync(path, 'utf8'), publicKey: readFileSync(`${path}.pub`, 'utf8') }
}
