import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { gitLine, sandboxLines } from '../../src/main/sandbox-lines.ts'
import { listenGit } from '../../src/sandbox/git.ts'
import { GitError } from '../../src/world/git/error.ts'
import { withPrograms } from '../refs/when.ts'
import { git } from '../support/git.ts'

test('what is said of the Git server, and of its absence', () => {
  const absent = new GitError('GIT_MISSING', 'git is not on PATH')
  assert.equal(gitLine({ git: 'http://127.0.0.1:1' }), 'Git server at http://127.0.0.1:1: a push to NAME.git makes a repository')
  assert.equal(
    sandboxLines({ apiUrl: 'http://127.0.0.1:2', registry: '127.0.0.1:3', git: absent }),
    'sandbox: Kubernetes API http://127.0.0.1:2, registry 127.0.0.1:3\nsandbox: no Git server: git is not on PATH\n',
  )
})

withPrograms(['git'], { name: 'the Git server of the sandbox', tests: 4 }, () =>
  describe('the Git server of the sandbox', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-git-test-'))
    const work = join(folder, 'work')
    mkdirSync(work)
    after(() => rmSync(folder, { recursive: true, force: true }))
    const commit = async (content: string): Promise<string> => {
      writeFileSync(join(work, 'a.yaml'), content)
      await git(work, 'init', '--quiet', '--initial-branch=main')
      await git(work, 'add', '.')
      await git(work, 'commit', '--quiet', '-m', content)
      return git(work, 'rev-parse', 'HEAD')
    }
    const tip = async (url: string): Promise<string> => (await git(folder, 'ls-remote', url, 'refs/heads/main')).split('\t')[0] ?? ''

    test('a first push makes a repository, a later one adds to it, and a clone has it all', async () => {
      const server = await listenGit({ port: 0 })
      try {
        for (const name of ['app.git', 'team/app.git', 'plain']) {
          const url = `http://${server.address}/${name}`
          const pushed = await commit(`pushed to ${name}`)
          await git(work, 'push', '--quiet', url, 'main')
          assert.equal(await tip(url), pushed)
          const more = await commit(`more for ${name}`)
          await git(work, 'push', '--quiet', url, 'main', 'main:refs/tags/v1')
          assert.equal(await tip(url), more)
          const clone = join(folder, `clone-${name.replace('/', '-')}`)
          await git(folder, 'clone', '--quiet', url, clone)
          assert.equal(await git(clone, 'rev-parse', 'HEAD', 'v1'), `${more}\n${more}`)
        }
      } finally {
        await server.close()
      }
    })

    test('a folder keeps what was pushed', async () => {
      const data = join(folder, 'data')
      const first = await listenGit({ port: 0, data })
      const pushed = await commit('kept')
      await git(work, 'push', '--quiet', `http://${first.address}/kept.git`, 'main')
      await first.close()
      const second = await listenGit({ port: 0, data })
      assert.equal(await tip(`http://${second.address}/kept.git`), pushed)
      await second.close()
    })

    test('a look at what is absent, and names that are none, are 404 and make nothing', async () => {
      const server = await listenGit({ port: 0 })
      const at = (path: string): Promise<number> => fetch(`http://${server.address}${path}`).then(answer => answer.status)
      try {
        const ask = 'info/refs?service=git-receive-pack'
        assert.equal(await at('/app.git/info/refs?service=git-upload-pack'), 404)
        assert.equal(await at(`/.hidden/${ask}`), 404)
        assert.equal(await at(`/a/%2e%2e%2fetc/${ask}`), 404)
        assert.equal(await at(`/a/b/c/d/e/${ask}`), 404)
        assert.equal(await at('/app.git/HEAD'), 404)
        assert.equal(await at('/%zz'), 404)
        assert.equal(await at(`/app.git/${ask}`), 200)
        assert.equal(await at(`/app.git/below/${ask}`), 404, 'a repository within another')
      } finally {
        await server.close()
      }
    })

    test('who may not is asked to sign in', async () => {
      const header = `Basic ${Buffer.from('me:word').toString('base64')}`
      const server = await listenGit({ port: 0, allows: given => given === header })
      await assert.rejects(git(work, 'push', `http://${server.address}/app.git`, 'main'))
      await git(work, 'push', '--quiet', `http://me:word@${server.address}/app.git`, 'main')
      await server.close()
    })
  }),
)
