import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import dns from 'node:dns/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, mock, test } from 'node:test'
import { listenGit, type SandboxGit } from '../../../src/sandbox/git.ts'
import { accessTo } from '../../../src/world/git/access.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import type { Git, GitRemote } from '../../../src/world/git/git.ts'
import { folderPrefix } from '../../../src/world/private-folder.ts'
import { openGit } from '../../../src/world/git/open.ts'
import { openRoom } from '../../../src/world/git/room.ts'
import { listen } from '../../../src/lib/listen.ts'
import { withPrograms } from '../../refs/when.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { proxyFront, tlsFront } from '../../support/fronts.ts'
import { git, machine, openForge } from '../../support/git.ts'
import { serveGit } from '../../support/git-server.ts'
import { type SocksFront, socksFront, type SocksManners } from '../../support/socks.ts'
import { unending } from '../../support/unending.ts'
import { contentOf, fails, fillForge } from './contract.ts'

const secret = 'hunter2-is-secret'
const basic = { type: 'basic', username: 'flux', password: secret } as const
const bearer = { type: 'bearer', token: secret } as const
const basicHeader = `Basic ${Buffer.from(`flux:${secret}`).toString('base64')}`
const rooms = (): string[] => readdirSync(tmpdir()).filter(name => name.startsWith(folderPrefix('git')))

withPrograms(['git'], { name: 'ways to a Git server', tests: 25 }, () =>
  describe('ways to a Git server', () => {
    const forge = openForge()
    const http = createHttp({})
    const client = openGit({ http, ...machine })
    let open: SandboxGit
    let locked: SandboxGit
    before(async () => {
      await fillForge(forge)
      open = await serveGit({ folder: forge.folder })
      locked = await serveGit({ folder: forge.folder, letIn: [basicHeader, `Bearer ${secret}`] })
    })
    after(async () => {
      await open.close()
      await locked.close()
      await http.close()
      assert.deepEqual(rooms(), [], 'private folders are left')
      forge.remove()
    })
    const at = (address: string, more: Partial<GitRemote> = {}): GitRemote => ({
      url: `http://${address}/app.git`,
      credentials: { type: 'anonymous' },
      ...more,
    })
    const works = async (remote: GitRemote, by: Git = client): Promise<void> => {
      assert.ok((await by.refs(remote, unending)).has('refs/heads/main'))
      const checkout = await by.checkout(remote, { ref: 'refs/heads/main' }, unending)
      await checkout.close()
    }

    test('basic and bearer credentials', async () => {
      await works(at(locked.address, { credentials: basic }))
      await works(at(locked.address, { credentials: bearer }))
    })

    test('wrong credentials and none, and no word of them', async () => {
      await fails(client.refs(at(locked.address), unending), 'AUTH', /unable to list remote for '.*': authentication required/)
      for (const credentials of [
        { ...basic, password: 'another-secret' },
        { ...bearer, token: 'another-secret' },
      ]) {
        const { message } = await fails(client.refs(at(locked.address, { credentials }), unending), 'AUTH')
        assert.doesNotMatch(message, /another-secret/)
      }
    })

    test('TLS: an authority of the Secret, one that nobody knows, garbage beside it', async () => {
      const authority = certificateAuthority()
      const front = await tlsFront(locked.address, authority.issue('git', ['127.0.0.1']))
      try {
        const remote = { url: `https://${front.address}/app.git`, credentials: basic }
        await works({ ...remote, tls: { ca: authority.cert } })
        await works({ ...remote, tls: { ca: `-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n${authority.cert}` } })
        await fails(client.refs(remote, unending), 'TLS')
        await fails(client.refs({ ...remote, tls: { ca: 'garbage' } }, unending), 'TLS')
      } finally {
        await front.close()
      }
    })

    test('TLS: a certificate of ours', async () => {
      const authority = certificateAuthority()
      const front = await tlsFront(open.address, authority.issue('git', ['127.0.0.1']), authority.cert)
      try {
        const remote: GitRemote = { url: `https://${front.address}/app.git`, credentials: { type: 'anonymous' } }
        await works({ ...remote, tls: { ca: authority.cert, ...authority.issue('flux') } })
        await assert.rejects(client.refs({ ...remote, tls: { ca: authority.cert } }, unending))
      } finally {
        await front.close()
      }
    })

    test('a proxy, with its user and without, for HTTP and HTTPS', async () => {
      const authority = certificateAuthority()
      const tls = await tlsFront(open.address, authority.issue('git', ['git.example.com']))
      const [plain, secure] = [await proxyFront(open.address, 'me:p@ss'), await proxyFront(tls.address, 'me:p@ss')]
      try {
        await works(at('git.example.com', { proxy: `http://me:p%40ss@${plain.address}` }))
        await works({
          ...at(''),
          url: 'https://git.example.com/app.git',
          tls: { ca: authority.cert },
          proxy: `http://me:p%40ss@${secure.address}`,
        })
        assert.ok(secure.passed.includes('CONNECT git.example.com:443'))
        await fails(client.refs(at('git.example.com', { proxy: `http://me@${plain.address}` }), unending), 'AUTH')
        await fails(client.refs(at('git.example.com', { proxy: 'http://127.0.0.1:1' }), unending), 'UNREACHABLE')
      } finally {
        for (const front of [tls, plain, secure]) await front.close()
      }
    })

    test('a SOCKS5 proxy, with its user and without, for HTTP and HTTPS: it looks the name up', async () => {
      const authority = certificateAuthority()
      const tls = await tlsFront(open.address, authority.issue('git', ['git.example.com']))
      try {
        for (const [user, name] of [
          ['', undefined],
          ['me:p%40ss@', 'me:p@ss'],
          ['me@', 'me:'],
        ] as const)
          for (const [scheme, target, port] of [
            ['http', open.address, 80],
            ['https', tls.address, 443],
          ] as const)
            await throughSocks(target, name === undefined ? {} : { user: name }, async ({ address, asked }) => {
              await works({
                ...at(''),
                url: `${scheme}://git.example.com/app.git`,
                tls: { ca: authority.cert },
                proxy: `socks5://${user}${address}`,
              })
              assert.deepEqual([...new Set(asked)], [...(name === undefined ? [] : [`as ${name}`]), `a name git.example.com:${port}`])
            })
      } finally {
        await tls.close()
      }
    })

    test('a SOCKS5 proxy that takes another user, refuses, is not there, or says nothing', async () => {
      const remote = (address: string, user = ''): GitRemote => at('git.example.com', { proxy: `socks5://${user}${address}` })
      await throughSocks(open.address, { user: 'me:right' }, async ({ address }) => {
        const { message } = await fails(client.refs(remote(address, 'me:wrong@'), unending), 'AUTH', /the proxy asks for other credentials/)
        assert.doesNotMatch(message, /wrong/)
        await fails(client.refs(remote(address), unending), 'AUTH', /the proxy asks for other credentials/)
      })
      await throughSocks(open.address, { reply: 5 }, async ({ address }) => {
        await fails(client.refs(remote(address), unending), 'UNREACHABLE', /SOCKS5/)
      })
      await fails(client.refs(remote('127.0.0.1:1'), unending), 'UNREACHABLE')
      await throughSocks(open.address, { hangs: true }, async ({ address, came, left }) => {
        const stop = new AbortController()
        const asking = client.refs(remote(address), stop.signal)
        asking.catch(() => undefined)
        await came
        stop.abort(new Error('enough'))
        await assert.rejects(asking, /enough/)
        await left
      })
    })

    test('a proxy without a port has that of its scheme, and none is a metadata service', async () => {
      const reaching = { room: await openRoom(), env: {}, signal: unending }
      const settings = async (proxy: string): Promise<string[]> =>
        Object.values((await accessTo(at('example.com', { proxy }), reaching)).env)
      for (const [proxy, set] of [
        ['http://p.example', 'http://p.example:80'],
        ['https://p.example', 'https://p.example:443'],
        ['socks5://me@p.example', 'socks5h://me:@p.example:1080'],
        ['socks5h://[::1]:9', 'socks5h://[::1]:9'],
      ] as const)
        assert.ok((await settings(proxy)).includes(set), proxy)
      await fails(settings('socks5://[fd00:ec2::254]'), 'UNREACHABLE', /metadata/)
      await reaching.room.remove()
    })

    test('the proxy of the environment', async () => {
      const front = await proxyFront(open.address)
      try {
        await works(at('git.example.com'), openGit({ http, ...machine, env: { ...machine.env, http_proxy: `http://${front.address}` } }))
        assert.ok(front.passed.length > 0)
      } finally {
        await front.close()
      }
    })

    const throughSocks = async (target: string, manners: SocksManners, work: (front: SocksFront) => Promise<void>): Promise<void> => {
      const front = await socksFront(target, manners)
      try {
        await work(front)
      } finally {
        await front.close()
      }
    }

    const redirecting = async (to: (request: IncomingMessage) => string, work: (address: string) => Promise<void>): Promise<void> => {
      const server = createServer((request, response) => void response.writeHead(301, { location: to(request) }).end())
      const { port, close } = await listen(server, { host: '127.0.0.1', port: 0 })
      try {
        await work(`127.0.0.1:${port}`)
      } finally {
        await close()
      }
    }

    test('a redirect to another origin is followed without credentials', async () => {
      const seen: (string | undefined)[] = []
      const watched = await listenGit({ port: 0, data: forge.folder, allows: header => seen.push(header) > 0 })
      try {
        await redirecting(
          ({ url }) => `http://${watched.address}${url}`,
          address => works(at(address, { credentials: basic })),
        )
        assert.ok(seen.length > 0)
        assert.deepEqual(seen.filter(Boolean), [])
      } finally {
        await watched.close()
      }
    })

    test('a redirect at the same origin keeps credentials', async () => {
      const server = createServer((request, response) => {
        if (request.url?.startsWith('/old')) return void response.writeHead(302, { location: request.url.replace('/old', '/app') }).end()
        response.writeHead(request.headers.authorization === basicHeader ? 404 : 401).end()
      })
      const { port, close } = await listen(server, { host: '127.0.0.1', port: 0 })
      await fails(client.refs({ ...at(''), url: `http://127.0.0.1:${port}/old.git`, credentials: basic }, unending), 'NOT_FOUND')
      await close()
    })

    test('redirects that go round, or to another path, are refused', async () => {
      await redirecting(
        ({ url }) => url ?? '',
        async address => void (await fails(client.refs(at(address), unending), 'REDIRECTED')),
      )
      await redirecting(
        () => 'http://127.0.0.1:1/login',
        async address => void (await fails(client.refs(at(address), unending), 'REDIRECTED')),
      )
    })

    test('metadata addresses are refused, also behind a redirect', async () => {
      for (const host of ['169.254.169.254', '[fd00:ec2::254]', '[::ffff:169.254.169.254]'])
        await fails(client.refs(at(host), unending), 'UNREACHABLE', /metadata addresses are refused/)
      await redirecting(
        ({ url }) => `http://169.254.169.254${url}`,
        async address => void (await fails(client.refs(at(address), unending), 'UNREACHABLE', /metadata/)),
      )
    })

    test('an address of IPv6, and a name', async () => {
      const server = createServer((_, response) => void response.writeHead(503).end())
      const { port, close } = await listen(server, { host: '::', port: 0 })
      for (const host of ['[::1]', 'localhost'])
        await fails(client.refs(at(`${host}:${port}`), unending), 'UNREACHABLE', /returned error: 503/)
      await close()
    })

    test('no other scheme, and no user info', async () => {
      for (const url of [`file://${forge.folder}/app.git`, 'ext::sh -c id', 'git://127.0.0.1/app.git', `http://u:${secret}@127.0.0.1/x`])
        await fails(client.refs({ ...at(''), url }, unending), 'UNSUPPORTED')
    })

    test('a server without filters, which gives no commit by its hash', async () => {
      const path = await forge.commit('plain.git', [
        { branch: 'refs/heads/main', at: 1_000, files: { a: 'one', 'b/c': 'c' } },
        { branch: 'refs/heads/main', at: 2_000, files: { a: 'two' } },
      ])
      for (const setting of ['uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant']) await git(path, 'config', setting, 'false')
      await git(path, 'config', 'protocol.version', '0')
      const remote = { ...at(''), url: `http://${open.address}/plain.git` }
      const first = await git(path, 'rev-parse', 'main~1')
      for (const [wanted, content] of [
        [{ commit: first }, { a: '644 one', 'b/': 'folder', 'b/c': '644 c' }],
        [
          { ref: 'refs/heads/main', sparse: ['b'] },
          { 'b/': 'folder', 'b/c': '644 c' },
        ],
        [{ commit: first, sparse: ['a'] }, { a: '644 one' }],
      ] as const) {
        const checkout = await client.checkout(remote, wanted, unending)
        assert.deepEqual(await contentOf(checkout.tree), content)
        await checkout.close()
      }
      assert.deepEqual([...(await client.commitTimes(remote, [first], unending))], [[first, 1_000_000]])
    })

    test('fifty thousand references, told by the old protocol and by the new one', async () => {
      const path = await forge.commit('refs.git', [{ branch: 'refs/heads/main', at: 1, files: { a: 'a' } }])
      const commit = await git(path, 'rev-parse', 'main')
      const names = Array.from({ length: 50_000 }, (_, i) => `refs/tags/release-of-a-long-name/${String(i).padStart(40, '0')}`)
      writeFileSync(join(path, 'packed-refs'), names.map(name => `${commit} ${name}\n`).join(''))
      const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text
      const old = `${packet('# service=git-upload-pack\n')}0000${packet(`${commit} HEAD\0\n`)}${names.map(n => packet(`${commit} ${n}\n`)).join('')}0000`
      const server = createServer((_, answer) => {
        answer.writeHead(200, { 'content-type': 'application/x-git-upload-pack-advertisement' }).end(old)
      })
      const { port, close } = await listen(server, { host: '127.0.0.1', port: 0 })
      try {
        for (const address of [open.address, `127.0.0.1:${port}`]) {
          const refs = await client.refs({ ...at(''), url: `http://${address}/refs.git` }, unending)
          assert.ok(names.every(name => refs.get(name) === commit))
        }
      } finally {
        await close()
      }
    })

    test('more bytes than are taken', async () => {
      const small = openGit({ http, ...machine, bounds: { bytes: 2_048 } })
      await forge.commit('noise.git', [{ branch: 'refs/heads/main', at: 1, files: { noise: randomText(200_000) } }])
      const remote = { ...at(''), url: `http://${open.address}/noise.git` }
      await fails(small.checkout(remote, { ref: 'refs/heads/main' }, unending), 'TOO_LARGE')
      const few = openGit({ http, ...machine, bounds: { files: 3 } })
      await fails(few.checkout(at(open.address), { ref: 'refs/heads/main' }, unending), 'TOO_LARGE')
    })

    test('a name that nobody answers for is left when the work is aborted', async () => {
      const asked = Promise.withResolvers<void>()
      const looking = mock.method(dns, 'lookup', () => {
        asked.resolve()
        return new Promise(() => {})
      })
      syncBuiltinESMExports()
      try {
        const stop = new AbortController()
        const asking = client.refs(at('git.example.com'), stop.signal)
        asking.catch(() => undefined)
        await asked.promise
        stop.abort(new Error('enough'))
        await assert.rejects(asking, /enough/)
        assert.deepEqual(rooms(), [])
      } finally {
        looking.mock.restore()
        syncBuiltinESMExports()
      }
    })

    test('a server that hangs is left when the work is aborted, and nothing stays', async () => {
      const server = createServer(() => {})
      const { port, close } = await listen(server, { host: '127.0.0.1', port: 0 })
      const stop = new AbortController()
      server.once('request', () => stop.abort(new Error('enough')))
      await assert.rejects(client.checkout(at(`127.0.0.1:${port}`), { ref: 'refs/heads/main' }, stop.signal), /enough/)
      assert.deepEqual(rooms(), [])
      await close()
    })

    test('no git, and one that is too old', async () => {
      await fails(openGit({ http, env: { PATH: '/nonexistent' } }).refs(at(open.address), unending), 'GIT_MISSING')
      const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-old-git-'))
      writeFileSync(join(folder, 'git'), '#!/bin/sh\necho git version 2.36.9\n', { mode: 0o755 })
      await fails(openGit({ http, env: { PATH: folder } }).refs(at(open.address), unending), 'GIT_TOO_OLD', /2\.36 is older than 2\.37/)
      rmSync(folder, { recursive: true })
    })
  }),
)

/** Text that does not compress. */
function randomText(length: number): string {
  let [text, state] = ['', 1]
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647
    text += state.toString(36)
  }
  return text.slice(0, length)
}
