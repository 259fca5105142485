import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { GitCredentials, GitRemote } from '../../../src/world/git/git.ts'
import { openGit } from '../../../src/world/git/open.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { type KeyType, type Sshd, startSshd } from '../../refs/sshd.ts'
import { withPrograms } from '../../refs/when.ts'
import { openForge } from '../../support/git.ts'
import { unending } from '../../support/unending.ts'
import { fails, fillForge, gitContract } from './contract.ts'

withPrograms(['git', 'sshd'], { name: 'Git over SSH', tests: 27 }, () =>
  describe('Git over SSH', () => {
    const forge = openForge()
    const http = createHttp({})
    const client = openGit({ http, env: { PATH: process.env.PATH } })
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

    test('a host that would be an option, and SSH without an identity or through a proxy', async () => {
      await fails(client.refs({ url: 'ssh://-oProxyCommand=x/y.git', credentials: usual }, unending), 'UNSUPPORTED')
      await fails(client.refs(remote({ type: 'anonymous' }), unending), 'AUTH')
      await fails(client.refs({ ...remote(usual), proxy: 'http://127.0.0.1:1' }, unending), 'UNSUPPORTED')
    })
  }),
)
