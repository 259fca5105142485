import type { Address } from './address.ts'
import type { GitCredentials } from './git.ts'
import type { Room } from './room.ts'

type Ssh = Extract<GitCredentials, { type: 'ssh' }>

/**
 * The environment in which git's ssh knows one server and one key, and nothing of this machine. The name is held to the address that was looked
 * at, and the server's key is still looked up under its name.
 */
export async function sshConfig(
  { identity, knownHosts, passphrase }: Ssh,
  { address: { host, port }, pinned, room }: { address: Address; pinned: string; room: Room },
): Promise<Record<string, string>> {
  const name = port === 22 ? host : `[${host}]:${port}`
  const number = ++count
  const files = {
    IdentityFile: await room.keep(`identity-${number}`, `${identity.trimEnd()}\n`),
    UserKnownHostsFile: await room.keep(`known-hosts-${number}`, `${knownHosts.trimEnd()}\n`),
  }
  const paths = Object.entries(files).map(([key, path]) => [key, `"${path}"`])
  const lines = [...settings(passphrase), ['HostName', pinned], ['HostKeyAlias', name], ...paths]
  const text = lines.map(line => `${line.join(' ')}\n`).join('')
  const config = await room.keep(`ssh-config-${number}`, text)
  return {
    GIT_SSH_COMMAND: `ssh -F '${config.replaceAll("'", "'\\''")}'`,
    GIT_SSH_VARIANT: 'ssh',
    ...(passphrase === undefined ? {} : await asking(passphrase, room)),
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
    ['ProxyCommand', 'none'],
    ['ProxyJump', 'none'],
    ['ControlMaster', 'no'],
    ['ControlPath', 'none'],
    ['CanonicalizeHostname', 'no'],
    ['ConnectTimeout', '30'],
    ['ServerAliveInterval', '15'],
    ['ServerAliveCountMax', '4'],
  ]
}

/** ssh reads a passphrase from a program alone: ours says what is in its environment. */
async function asking(passphrase: string, room: Room): Promise<Record<string, string>> {
  const script = await room.keep(`ask-${count}`, '#!/bin/sh\nprintf "%s\\n" "$FLUXPILOT_SSH_PASSPHRASE"\n', 0o700)
  return { SSH_ASKPASS: script, SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':', FLUXPILOT_SSH_PASSPHRASE: passphrase }
}
