import { fileURLToPath } from 'node:url'
import type { Address } from './address.ts'
import type { GitCredentials } from './git.ts'
import type { Room } from './room.ts'
import type { Tunnel } from './tunnel.ts'

type Ssh = Extract<GitCredentials, { type: 'ssh' }>

/** How ssh comes to a server: by an address that was looked at, or through a SOCKS5 proxy, which looks the name up. */
export type SshWay = { readonly pinned: string } | { readonly proxy: URL; readonly tunnel: URL }

/**
 * The environment in which git's ssh knows one server and one key, and nothing of this machine. Whatever the way, the server's key is looked up under
 * its name.
 */
export async function sshConfig(
  { identity, knownHosts, passphrase }: Ssh,
  { address, way, room }: { address: Address; way: SshWay; room: Room },
): Promise<Record<string, string>> {
  const { host, port } = address
  const name = port === 22 ? host : `[${host}]:${port}`
  const number = ++count
  const files = {
    IdentityFile: await room.keep(`identity-${number}`, `${identity.trimEnd()}\n`),
    UserKnownHostsFile: await room.keep(`known-hosts-${number}`, `${knownHosts.trimEnd()}\n`),
  }
  const paths = Object.entries(files).map(([key, path]) => [key, `"${path}"`])
  const lines = [...settings(passphrase), ...(await wayLines(way, address, room)), ['HostKeyAlias', name], ...paths]
  const text = lines.map(line => `${line.join(' ')}\n`).join('')
  const config = await room.keep(`ssh-config-${number}`, text)
  return {
    GIT_SSH_COMMAND: `ssh -F ${quoted(config)}`,
    GIT_SSH_VARIANT: 'ssh',
    ...(passphrase === undefined ? {} : await asking(passphrase, { room, name: String(number) })),
  }
}

let count = 0

function settings(passphrase: string | undefined): [string, string][] {
  return [
    ['StrictHostKeyChecking', 'yes'],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['UpdateHostKeys', 'no'],
    ['CheckHostIP', 'no'],
    ['VerifyHostKeyDNS', 'no'],
    ['IdentitiesOnly', 'yes'],
    ['IdentityAgent', 'none'],
    ['PreferredAuthentications', 'publickey'],
    ['BatchMode', passphrase === undefined ? 'yes' : 'no'],
    ['NumberOfPasswordPrompts', '1'],
    ['ForwardAgent', 'no'],
    ['ForwardX11', 'no'],
    ['PermitLocalCommand', 'no'],
    ['ProxyJump', 'none'],
    ['ControlMaster', 'no'],
    ['ControlPath', 'none'],
    ['CanonicalizeHostname', 'no'],
    ['ConnectTimeout', '30'],
    ['ServerAliveInterval', '15'],
    ['ServerAliveCountMax', '4'],
  ]
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`

async function wayLines(way: SshWay, { host, port }: Address, room: Room): Promise<[string, string][]> {
  if ('pinned' in way)
    return [
      ['HostName', way.pinned],
      ['ProxyCommand', 'none'],
    ]
  const script = await tunnelScript(way, { host, port }, room)
  return [['ProxyCommand', `/bin/sh ${quoted(script).replaceAll('%', '%%')}`]]
}

/** Starts the program of the tunnel, which needs more room for addresses than git may have. The proxy's user is in a file, where arguments would show it. */
async function tunnelScript(
  { proxy, tunnel }: Extract<SshWay, { tunnel: URL }>,
  { host, port }: Pick<Address, 'host' | 'port'>,
  room: Room,
): Promise<string> {
  const to = await room.keep(`tunnel-${count}.json`, JSON.stringify({ proxy: proxy.href, host, port } satisfies Tunnel))
  const command = [process.execPath, fileURLToPath(tunnel), to].map(quoted).join(' ')
  return room.keep(`tunnel-${count}`, `ulimit -S -v unlimited 2>/dev/null\nexec ${command}\n`)
}

/** ssh reads a passphrase from a program alone: ours says what is in its environment. */
export async function asking(passphrase: string, { room, name }: { room: Room; name: string }): Promise<Record<string, string>> {
  const script = await room.keep(`ask-${name}`, '#!/bin/sh\nprintf "%s\\n" "$FLUXPILOT_SSH_PASSPHRASE"\n', 0o700)
  return { SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':', FLUXPILOT_SSH_PASSPHRASE: passphrase }
}
