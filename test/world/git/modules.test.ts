import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { SandboxGit } from '../../../src/sandbox/git.ts'
import { GitError } from '../../../src/world/git/error.ts'
import type { GitRemote } from '../../../src/world/git/git.ts'
import { moduleRemote, modulesIn } from '../../../src/world/git/modules.ts'
import { openGit } from '../../../src/world/git/open.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { withPrograms } from '../../refs/when.ts'
import { git, machine, openForge } from '../../support/git.ts'
import { serveGit } from '../../support/git-server.ts'
import { unending } from '../../support/unending.ts'
import { contentOf, fails } from './contract.ts'

const basic = { type: 'basic', username: 'flux', password: 'hunter2' } as const
const web: GitRemote = {
  url: 'https://git.example.com/team/app.git',
  credentials: basic,
  tls: { ca: 'CA', cert: 'C', key: 'K' },
  proxy: 'http://p',
}
const key = { type: 'ssh', user: 'git', identity: 'I', knownHosts: 'K' } as const
const ssh: GitRemote = { url: 'ssh://git.example.com/team/app.git', credentials: key }

const located: [says: string, parent: GitRemote, url: string, to: Partial<GitRemote>][] = [
  ['beside its parent', web, '../lib.git', { url: 'https://git.example.com/team/lib.git', credentials: basic, tls: web.tls }],
  ['below its parent', web, './lib', { url: 'https://git.example.com/team/app.git/lib', credentials: basic }],
  ['at the same origin', web, 'https://git.example.com:443/x', { url: 'https://git.example.com/x', credentials: basic, proxy: 'http://p' }],
  ['at another host', web, 'https://evil.example.com/x', { credentials: { type: 'anonymous' }, tls: { ca: 'CA' } }],
  ['at another port', web, 'https://git.example.com:8443/x', { credentials: { type: 'anonymous' } }],
  ['without TLS', web, 'http://git.example.com/x', { credentials: { type: 'anonymous' } }],
  [
    'with a user of its own',
    web,
    'https://me:p%40ss@x.example.com/x',
    { url: 'https://x.example.com/x', credentials: { type: 'basic', username: 'me', password: 'p@ss' } },
  ],
  [
    'over SSH at the same server',
    ssh,
    'bob@git.example.com:team/lib.git',
    { url: 'ssh://git.example.com/team/lib.git', credentials: { ...key, user: 'bob' } },
  ],
  ['over SSH beside its parent', ssh, '../lib.git', { url: 'ssh://git.example.com/team/lib.git', credentials: key }],
  ['over SSH elsewhere', ssh, 'ssh://git@evil.example.com/x', { url: 'ssh://evil.example.com/x', credentials: { type: 'anonymous' } }],
]
for (const [says, parent, url, to] of located)
  test(`a submodule ${says}`, () => {
    const remote = moduleRemote(parent, { path: 'm', url })
    assert.deepEqual(Object.fromEntries(Object.keys(to).map(name => [name, remote[name as keyof GitRemote]])), to)
  })

test('addresses of submodules that are refused', () => {
  for (const [url, code] of [
    ['file:///etc', 'UNSUPPORTED'],
    ['/srv/git/x', 'UNSUPPORTED'],
    ['ext::sh -c id', 'UNSUPPORTED'],
    ['-u./x', 'UNSUPPORTED'],
    ['git://x/y', 'UNSUPPORTED'],
    ['../../../x', 'BROKEN'],
  ] as const)
    assert.throws(
      () => moduleRemote(web, { path: 'm', url }),
      (thrown: unknown) => thrown instanceof GitError && thrown.code === code,
      url,
    )
})

test('what .gitmodules says: names with dots, halves are nothing', () => {
  const listed = 'submodule.a.b.path\nlibs/a\0submodule.a.b.url\n../a\0submodule.c.path\nc\0core.x\ny\0submodule.a.b.update\n!id\0'
  assert.deepEqual(modulesIn(listed), [{ path: 'libs/a', url: '../a' }])
})

withPrograms(['git'], { name: 'submodules', tests: 5 }, () =>
  describe('submodules', () => {
    const forge = openForge()
    const http = createHttp({})
    const client = openGit({ http, ...machine })
    let server: SandboxGit
    const remote = (name: string): GitRemote => ({ url: `http://${server.address}/${name}`, credentials: { type: 'anonymous' } })
    const spec = (path: string, url: string): string => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`
    before(async () => {
      server = await serveGit({ folder: forge.folder })
      const inner = await forge.commit('inner.git', [
        { branch: 'refs/heads/main', at: 1, files: { 'deep.txt': 'deep', 'notes.txt': 'notes' } },
        { branch: 'refs/heads/main', at: 2, files: { 'deep.txt': 'later' } },
      ])
      const library = await forge.commit('library.git', [
        {
          branch: 'refs/heads/main',
          at: 1,
          files: { '.gitmodules': spec('inner', '../inner.git'), 'lib.txt': 'lib', 's inner': await git(inner, 'rev-parse', 'main~1') },
        },
      ])
      await forge.commit('outer.git', [
        {
          branch: 'refs/heads/main',
          at: 1,
          files: {
            '.gitmodules': spec('libs/one', '../library.git'),
            'outer.txt': 'outer',
            's libs/one': await git(library, 'rev-parse', 'main'),
          },
        },
      ])
    })
    after(async () => {
      await server.close()
      await http.close()
      forge.remove()
    })

    test('they are folders without anything, unless they are asked for', async () => {
      const checkout = await client.checkout(remote('outer.git'), { ref: 'refs/heads/main' }, unending)
      assert.deepEqual(Object.keys(await contentOf(checkout.tree)).toSorted(), ['.gitmodules', 'libs/', 'libs/one/', 'outer.txt'])
      await checkout.close()
    })

    test('all of them, at the commits that are recorded', async () => {
      const checkout = await client.checkout(remote('outer.git'), { ref: 'refs/heads/main', submodules: true }, unending)
      const content = await contentOf(checkout.tree)
      assert.equal(content['libs/one/lib.txt'], '644 lib')
      assert.equal(content['libs/one/inner/deep.txt'], '644 deep')
      assert.equal(content['outer.txt'], '644 outer')
      await checkout.close()
    })

    test('with prefixes of paths that reach into one', async () => {
      const wanted = { ref: 'refs/heads/main', submodules: true, sparse: ['libs/one/inner/deep'] }
      const checkout = await client.checkout(remote('outer.git'), wanted, unending)
      assert.deepEqual(Object.keys(await contentOf(checkout.tree)), ['libs/', 'libs/one/', 'libs/one/inner/', 'libs/one/inner/deep.txt'])
      await checkout.close()
    })

    test('one that is not named, one that is absent, one at a commit that is absent', async () => {
      const hash = 'f'.repeat(40)
      for (const [files, code] of [
        [{ 's m': hash, '.gitmodules': spec('other', '../inner.git') }, 'BROKEN'],
        [{ 's m': hash, '.gitmodules': spec('m', '../absent.git') }, 'NOT_FOUND'],
        [{ 's m': hash, '.gitmodules': spec('m', '../inner.git') }, 'NOT_FOUND'],
      ] as const) {
        await forge.commit('odd.git', [{ branch: 'refs/heads/main', at: 1, files }])
        await fails(client.checkout(remote('odd.git'), { ref: 'refs/heads/main', submodules: true }, unending), code)
      }
    })

    test('submodules without end', async () => {
      const shallow = openGit({ http, ...machine, bounds: { depth: 1 } })
      const wanted = { ref: 'refs/heads/main', submodules: true }
      await fails(shallow.checkout(remote('outer.git'), wanted, unending), 'TOO_LARGE', /one submodule too many/)
    })
  }),
)
