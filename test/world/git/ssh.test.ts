import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { GitCredentials, GitRemote } from '../../../src/world/git/git.ts'
import type { GitErrorCode } from '../../../src/world/git/error.ts'
import { openGit } from '../../../src/world/git/open.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { verifies } from '../../conformance/verifies.ts'
import { type KeyType, type Sshd, startSshd } from '../../refs/sshd.ts'
import { withPrograms } from '../../refs/when.ts'
import { machine, openForge } from '../../support/git.ts'
import { type SocksFront, socksFront, type SocksManners } from '../../support/socks.ts'
import { unending } from '../../support/unending.ts'
import { fails, fillForge, gitContract } from './contract.ts'

withPrograms(['git', 'sshd'], { name: 'Git over SSH', tests: 35 }, () =>
  describe('Git over SSH', () => {
    const forge = openForge()
    const http = createHttp({})
    const client = openGit({ http, ...machine })
    let server: Sshd
    let usual: GitCredentials
    before(async () => {
      await fillForge(forge)
      server = await startSshd()
      usual = credentials(server.pair('ed25519').identity)
    })
    after(async () => {
      await server.stop()
      await http.close()
      forge.remove()
    })
    const credentials = (identity: string, more: object = {}): GitCredentials => ({
      type: 'ssh',
      user: server.user,
      identity,
      knownHosts: server.knownHosts,
      ...more,
    })
    const remote = (signIn: GitCredentials): GitRemote => ({
      url: `ssh://127.0.0.1:${server.port}${forge.folder}/app.git`,
      credentials: signIn,
    })
    const works = async (signIn: GitCredentials): Promise<void> =>
      assert.ok((await client.refs(remote(signIn), unending)).has('refs/heads/main'))

    gitContract(() => ({
      forge,
      client,
      remote: name => ({ url: `ssh://127.0.0.1:${server.port}${forge.folder}/${name}`, credentials: usual }),
    }))

    for (const type of ['rsa', 'ecdsa', 'ed25519'] as const) {
      test(`an identity of the kind ${type}`, () => works(credentials(server.pair(type).identity)))
      test(`an encrypted identity of the kind ${type}`, () =>
        works(credentials(server.pair(type, "it's $HOME `id`").identity, { passphrase: "it's $HOME `id`" })))
    }

    test('an identity with a wrong passphrase, without one, or one that is none', async () => {
      const { identity } = server.pair('ed25519', 'right')
      for (const signIn of [credentials(identity, { passphrase: 'wrong' }), credentials(identity), credentials('nonsense')])
        await fails(client.refs(remote(signIn), unending), 'AUTH', /unable to authenticate/)
    })

    test('an identity that the server does not take', async () => {
      await fails(client.refs(remote(credentials(server.strange('rsa').identity)), unending), 'AUTH')
    })

    test('a server whose key is unknown, and one whose key is another', async () => {
      const other = server.strange('ed25519').publicKey
      const unknown = { ...usual, knownHosts: `example.com ${other}` }
      await fails(client.refs(remote(unknown), unending), 'HOST_KEY', /knownhosts: key is unknown/)
      const another = { ...usual, knownHosts: `[127.0.0.1]:${server.port} ${other}` }
      await fails(client.refs(remote(another), unending), 'HOST_KEY', /knownhosts: key mismatch/)
    })

    test('a port where nothing answers', async () => {
      await fails(client.refs({ url: 'ssh://127.0.0.1:1/x.git', credentials: usual }, unending), 'UNREACHABLE')
    })

    test('host keys of other kinds', async () => {
      for (const type of ['rsa', 'ecdsa'] satisfies KeyType[]) {
        const another = await startSshd(type)
        try {
          const { identity } = another.pair('ed25519')
          const signIn = { type: 'ssh', user: another.user, identity, knownHosts: another.knownHosts } as const
          const refs = await client.refs({ url: `ssh://127.0.0.1:${another.port}${forge.folder}/app.git`, credentials: signIn }, unending)
          assert.ok(refs.has('refs/heads/main'))
        } finally {
          await another.stop()
        }
      }
    })

    test('a host that would be an option, and SSH without an identity', async () => {
      await fails(client.refs({ url: 'ssh://-oProxyCommand=x/y.git', credentials: usual }, unending), 'UNSUPPORTED')
      await fails(client.refs(remote({ type: 'anonymous' }), unending), 'AUTH')
    })

    describe('through a SOCKS5 proxy', () => {
      const host = 'git.example.com'
      const behind = (proxy: string | undefined, { at = host, known = at }: { at?: string; known?: string } = {}): GitRemote => ({
        url: `ssh://${at}:2222${forge.folder}/app.git`,
        credentials: credentials(identity, { knownHosts: server.knownHosts.replace(/^\S+/, `[${known}]:2222`) }),
        ...(proxy === undefined ? {} : { proxy }),
      })
      let identity: string
      before(() => void (identity = server.pair('ed25519').identity))
      const through = async (manners: SocksManners, work: (front: SocksFront) => Promise<void>): Promise<void> => {
        const front = await socksFront(`127.0.0.1:${server.port}`, manners)
        try {
          await work(front)
        } finally {
          await front.close()
        }
      }
      const reads = async (remote: GitRemote, by = client): Promise<void> => {
        assert.ok((await by.refs(remote, unending)).has('refs/heads/main'))
        const checkout = await by.checkout(remote, { ref: 'refs/heads/main' }, unending)
        await checkout.close()
      }

      verifies('sources/170', 'the proxy looks the name up, and the key of the server is that of the name', () =>
        through({}, async ({ address, asked }) => {
          await reads(behind(`socks5://${address}`))
          assert.deepEqual([...new Set(asked)], [`a name ${host}:2222`])
          await fails(client.refs(behind(`socks5://${address}`, { known: 'other.example.com' }), unending), 'HOST_KEY', /key is unknown/)
        }),
      )

      test('an address is asked for as one, IPv6 too', () =>
        through({}, async ({ address, asked }) => {
          for (const at of ['192.0.2.7', '[2001:db8::7]'])
            await client.refs(behind(`socks5h://${address}`, { at, known: at.replace(/[[\]]/g, '') }), unending)
          assert.deepEqual(asked, ['an address 192.0.2.7:2222', 'an address [2001:0db8:0000:0000:0000:0000:0000:0007]:2222'])
        }))

      test('the user of the proxy, with a password and without', async () => {
        for (const [user, name] of [
          ['me:p%40s%27s%25', "me:p@s's%"],
          ['me', 'me:'],
        ] as const)
          await through({ user: name }, async ({ address, asked }) => {
            await reads(behind(`socks5://${user}@${address}`))
            assert.deepEqual([...new Set(asked)], [`as ${name}`, `a name ${host}:2222`])
          })
      })

      test('a wrong password, none, a proxy that refuses or is not there: in the words of Flux, without secrets', async () => {
        const table: [user: string, manners: SocksManners, code: GitErrorCode, words: RegExp][] = [
          ['me:wrong@', { user: 'me:right' }, 'AUTH', /git\.example\.com:2222: username\/password authentication failed$/],
          ['', { user: 'me:right' }, 'AUTH', /: no acceptable authentication methods$/],
          ['', { reply: 4 }, 'UNREACHABLE', /unable to list remote for '.*': socks connect tcp .*: unknown error host unreachable$/],
          ['', { reply: 5 }, 'UNREACHABLE', /: unknown error connection refused$/],
        ]
        for (const [user, manners, code, words] of table)
          await through(manners, async ({ address }) => {
            const { message } = await fails(client.refs(behind(`socks5://${user}${address}`), unending), code, words)
            assert.doesNotMatch(message, /wrong/)
          })
        await fails(
          client.refs(behind('socks5://127.0.0.1:1'), unending),
          'UNREACHABLE',
          /dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
        )
      })

      test('a proxy of another kind', async () => {
        for (const proxy of ['http', 'https'])
          await fails(
            client.refs(behind(`${proxy}://127.0.0.1:1`), unending),
            'UNSUPPORTED',
            new RegExp(`proxy: unknown scheme: ${proxy}$`),
          )
      })

      test('metadata addresses, as the proxy and behind it', async () => {
        await fails(client.refs(behind('socks5://169.254.169.254'), unending), 'UNREACHABLE', /metadata/)
        await fails(client.refs(behind('socks5://127.0.0.1:1', { at: '169.254.169.254' }), unending), 'UNREACHABLE', /metadata/)
      })

      test('no argument of a process and no environment has the password; a proxy that says nothing is left', () =>
        through({ hangs: true }, async ({ address, came, left }) => {
          const stop = new AbortController()
          const asking = client.refs(behind(`socks5://me:hunter2-is-secret@${address}`), stop.signal)
          asking.catch(() => undefined)
          await came
          assert.deepEqual(
            processes().filter(text => text.includes('hunter2-is-secret')),
            [],
          )
          assert.ok(processes().some(text => text.includes('tunnel-')))
          stop.abort(new Error('enough'))
          await assert.rejects(asking, /enough/)
          await left
        }))

      test('ALL_PROXY counts when it is one of SOCKS5', () =>
        through({}, async ({ address, asked }) => {
          const by = (env: Record<string, string>) => openGit({ http, ...machine, env: { ...machine.env, ...env } })
          await reads(behind(undefined), by({ ALL_PROXY: `socks5://${address}` }))
          assert.deepEqual([...new Set(asked)], [`a name ${host}:2222`])
          await reads(remote(usual), by({ all_proxy: 'http://127.0.0.1:1' }))
        }))
    })
  }),
)

/** Arguments and environment of every process that we may look at, except this one. */
function processes(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap(pid =>
      ['cmdline', 'environ'].map(what => {
        try {
          return readFileSync(`/proc/${pid}/${what}`, 'utf8')
        } catch {
          return ''
        }
      }),
    )
}
