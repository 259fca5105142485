import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import type { SandboxGit } from '../../../src/sandbox/git.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import type { Git, GitRemote, Push } from '../../../src/world/git/git.ts'
import { openGit } from '../../../src/world/git/open.ts'
import { type Sshd, startSshd } from '../../refs/sshd.ts'
import { withPrograms } from '../../refs/when.ts'
import { type Forge, git, machine, openForge } from '../../support/git.ts'
import { serveGit } from '../../support/git-server.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { unending } from '../../support/unending.ts'
import { fails } from './contract.ts'

interface Stage {
  readonly forge: Forge
  readonly client: Git
  remote(name: string): GitRemote
}

let count = 0
const ref = 'refs/heads/main'
const push: Push = {
  files: new Map([['app/a "b".yaml', Buffer.from('image: new\n')]]),
  author: { name: 'Flux <bot>\nx', email: 'flux@example.com' },
  message: 'Update\n\nimages',
  at: 1_700_000_000_000,
  branch: 'main',
}

function pushTests(stage: () => Stage): void {
  /** A repository with two files; what git says in it. */
  const made = async (settings: Record<string, string> = {}): Promise<{ name: string; say: (...args: string[]) => Promise<string> }> => {
    const name = `push-${++count}.git`
    const files = { 'app/a "b".yaml': 'image: old\n', 'x run.sh': '#!/bin/sh\n', 'other.txt': 'stays' }
    const path = await stage().forge.commit(name, [
      { branch: ref, at: 1_000, message: 'first', files },
      { branch: ref, at: 2_000, message: 'second', files: { 'other.txt': 'stays so' } },
    ])
    for (const [key, value] of Object.entries({ 'http.receivepack': 'true', ...settings })) await git(path, 'config', key, value)
    return { name, say: (...args) => git(path, ...args) }
  }
  const on = async <T>(
    name: string,
    work: (push: (change?: Partial<Push>) => Promise<string | undefined>, base: string) => Promise<T>,
  ): Promise<T> => {
    const { client, remote } = stage()
    const checkout = await client.checkout(remote(name), { ref }, unending)
    try {
      return await work(change => checkout.push({ ...push, ...change }, unending), checkout.commit.hash)
    } finally {
      await checkout.close()
    }
  }

  test('a commit on the branch: its files, modes, author and parent', async () => {
    const { name, say } = await made()
    const before = await say('rev-parse', ref)
    const hash = await on(name, send => send({ files: new Map([...push.files, ['run.sh', Buffer.from('#!/bin/sh\ntrue\n')]]) }))
    assert.equal(await say('rev-parse', ref), hash)
    assert.equal(
      await say('log', '-1', '--format=%an|%ae|%cn|%at|%P|%B', ref),
      `Flux botx|flux@example.com|Flux botx|1700000000|${before}|Update\n\nimages`,
    )
    assert.equal(await say('diff', '--name-status', '--no-renames', `${ref}~1`, ref), 'M\t"app/a \\"b\\".yaml"\nM\trun.sh')
    assert.match(await say('ls-tree', ref, 'run.sh'), /^100755 /)
    assert.equal(await say('show', `${ref}:app/a "b".yaml`), 'image: new')
    await say('fsck', '--strict')
  })

  test('content as it was is no commit', async () => {
    const { name, say } = await made()
    const before = await say('for-each-ref')
    assert.equal(await on(name, send => send({ files: new Map([['other.txt', Buffer.from('stays so')]]) })), undefined)
    assert.equal(await say('for-each-ref'), before)
  })

  test('a branch that went on is not pushed over, whoever asks', async () => {
    const { name, say } = await made()
    await on(name, async (send, base) => {
      await say('update-ref', ref, await say('commit-tree', `${base}^{tree}`, '-p', base, '-m', 'another'))
      const moved = await say('rev-parse', ref)
      await fails(send(), 'MOVED', /^failed to push to remote: non-fast-forward update: refs\/heads\/main$/)
      await fails(send({ lease: { seen: base } }), 'MOVED', /the branch is not where it was seen: refs\/heads\/main$/)
      assert.equal(await say('rev-parse', ref), moved)
    })
  })

  test('a branch that went back is not pushed over', async () => {
    const { name, say } = await made()
    await on(name, async send => {
      const back = await say('rev-parse', `${ref}~1`)
      await say('update-ref', ref, back)
      await fails(send(), 'MOVED')
      assert.equal(await say('rev-parse', ref), back)
    })
  })

  test('two on one branch: one commit is there, the other is told', async () => {
    const { name, say } = await made()
    const before = await say('rev-parse', ref)
    const tries = await on(name, async first => on(name, async second => Promise.allSettled([first(), second({ message: 'the other' })])))
    const hashes = tries.flatMap(t => (t.status === 'fulfilled' ? [t.value] : []))
    assert.equal(hashes.length, 1)
    for (const t of tries) if (t.status === 'rejected') assert.equal((t.reason as { code: string }).code, 'MOVED')
    assert.deepEqual([await say('rev-parse', ref), await say('rev-parse', `${ref}~1`)], [hashes[0], before])
  })

  test('another branch is made where it is not there, and is otherwise held to where it was seen', async () => {
    const { name, say } = await made()
    await on(name, async (send, base) => {
      const hash = await send({ branch: 'auto/images', lease: { seen: undefined } })
      assert.equal(await say('rev-parse', 'refs/heads/auto/images'), hash)
      assert.equal(await say('rev-parse', ref), base)
      const again = { branch: 'auto/images', message: 'again' }
      await fails(send({ ...again, lease: { seen: undefined } }), 'MOVED')
      await fails(send({ ...again, lease: { seen: base } }), 'MOVED')
      await fails(send(again), 'MOVED')
      assert.equal(await say('rev-parse', 'refs/heads/auto/images'), hash)
      const forced = await send({ ...again, lease: { seen: hash } })
      assert.equal(await say('rev-parse', 'refs/heads/auto/images'), forced)
    })
  })

  test('a refspec is pushed after the branch, and options go with both', async () => {
    const { name, say } = await made({ 'receive.advertisePushOptions': 'true' })
    const hash = await on(name, send => send({ refspec: 'refs/heads/main:refs/heads/smth/else', options: { 'ci.skip': 'true' } }))
    assert.deepEqual([await say('rev-parse', ref), await say('rev-parse', 'refs/heads/smth/else')], [hash, hash])
    const deaf = await made()
    await deaf.say('config', 'receive.advertisePushOptions', 'false')
    await fails(
      on(deaf.name, send => send({ options: { a: 'b' } })),
      'BROKEN',
      /does not support push options/,
    )
  })

  test("a hook's refusal is told in its words, and the branch is as it was", async () => {
    const hooks = join(stage().forge.folder, `hooks-${++count}`)
    mkdirSync(hooks)
    writeFileSync(join(hooks, 'pre-receive'), '#!/bin/sh\necho "only by review" >&2\nexit 1\n')
    chmodSync(join(hooks, 'pre-receive'), 0o755)
    const { name, say } = await made({ 'core.hooksPath': hooks })
    const before = await say('rev-parse', ref)
    await fails(
      on(name, send => send()),
      'REFUSED',
      /^failed to push to remote: command error on refs\/heads\/main: pre-receive hook declined: only by review$/,
    )
    assert.equal(await say('rev-parse', ref), before)
  })

  test('a server that cannot store the commit leaves the branch as it was', async () => {
    const { name, say } = await made({ 'receive.maxInputSize': '10' })
    const before = await say('rev-parse', ref)
    await fails(
      on(name, send => send()),
      'REFUSED',
      /unpacker error/,
    )
    assert.equal(await say('rev-parse', ref), before)
  })

  test('names that are none of branches, and files that are not there, are refused before anything is sent', async () => {
    const { name, say } = await made()
    const before = await say('for-each-ref')
    await on(name, async send => {
      for (const branch of ['', '-x', 'a..b', 'a b', 'x.lock', 'a:b']) await fails(send({ branch }), 'UNSUPPORTED')
      for (const path of ['absent', '../x', '.git/config', 'app'])
        await fails(send({ files: new Map([[path, Buffer.from('x')]]) }), 'BROKEN')
    })
    assert.equal(await say('for-each-ref'), before)
  })
}

withPrograms(['git'], { name: 'pushing over HTTP', tests: 14 }, () =>
  describe('pushing over HTTP', () => {
    const forge = openForge()
    const http = createHttp({})
    const env = { PATH: process.env.PATH }
    const client = openGit({ http, ...machine, env })
    let server: SandboxGit
    before(async () => {
      server = await serveGit({ folder: forge.folder })
    })
    after(async () => {
      await server.close()
      await http.close()
      forge.remove()
    })
    const remote = (name: string): GitRemote => ({ url: `http://${server.address}/${name}`, credentials: { type: 'anonymous' } })
    pushTests(() => ({ forge, client, remote }))

    /** Work on a file system of its own with little room. */
    const onSmallDisk = async (t: TestContext, work: (folder: string) => Promise<void>): Promise<void> => {
      const disk = smallDisk(2 * 1024 * 1024)
      if (!disk) return t.skip('no file system may be mounted here')
      try {
        await work(disk.folder)
      } finally {
        disk.remove()
      }
    }
    const large = { ...push, files: new Map([['a', randomBytes(4 * 1024 * 1024)]]) }

    test('a disk that is full here: nothing is sent', t =>
      onSmallDisk(t, async folder => {
        const path = await forge.commit('full.git', [{ branch: ref, at: 1, files: { a: 'x' } }])
        await git(path, 'config', 'http.receivepack', 'true')
        const before = await git(path, 'for-each-ref')
        const { TMPDIR } = process.env
        try {
          process.env.TMPDIR = folder
          const checkout = await client.checkout(remote('full.git'), { ref }, unending)
          await fails(checkout.push(large, unending), 'DISK_FULL', /^failed to commit: no space left on device$/)
          await checkout.close()
        } finally {
          if (TMPDIR === undefined) delete process.env.TMPDIR
          else process.env.TMPDIR = TMPDIR
        }
        assert.equal(await git(path, 'for-each-ref'), before)
      }))

    test("a server's disk that is full: the branch is as it was", t =>
      onSmallDisk(t, async folder => {
        const full = await serveGit({ folder: folder })
        try {
          const path = join(folder, 'full.git')
          await git(
            folder,
            'clone',
            '--quiet',
            '--bare',
            await forge.commit('small.git', [{ branch: ref, at: 1, files: { a: 'x' } }]),
            path,
          )
          for (const setting of ['http.receivepack', 'uploadpack.allowFilter']) await git(path, 'config', setting, 'true')
          const before = await git(path, 'for-each-ref')
          const there: GitRemote = { url: `http://${full.address}/full.git`, credentials: { type: 'anonymous' } }
          const checkout = await client.checkout(there, { ref }, unending)
          await fails(checkout.push(large, unending), 'REFUSED', /unpack|No space left/)
          await checkout.close()
          assert.equal(await git(path, 'for-each-ref'), before)
          await git(path, 'fsck', '--strict')
        } finally {
          await full.close()
        }
      }))

    for (const [passphrase, type] of [
      [undefined, 'ed25519'],
      ["it's $HOME", 'rsa'],
    ] as const)
      test(`a commit signed with an SSH key of the kind ${type} is one that git verifies`, async () => {
        const folder = forge.folder
        const key = join(folder, `signing-${type}`)
        execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase ?? '', '-C', 'bot', '-f', key])
        const allowed = join(folder, `allowed-${type}`)
        writeFileSync(allowed, `flux@example.com ${readFileSync(`${key}.pub`, 'utf8')}`)
        const path = await forge.commit(`signed-${type}.git`, [{ branch: ref, at: 1, files: { a: 'x' } }])
        await git(path, 'config', 'http.receivepack', 'true')
        const checkout = await client.checkout(remote(`signed-${type}.git`), { ref }, unending)
        const signed = { ...push, files: new Map([['a', Buffer.from('y')]]) }
        const identity = readFileSync(key, 'utf8')
        if (passphrase !== undefined)
          await fails(checkout.push({ ...signed, signer: { type: 'ssh', identity, passphrase: 'wrong' } }, unending), 'SIGNING')
        const hash = await checkout.push({ ...signed, signer: { type: 'ssh', identity, passphrase } }, unending)
        await checkout.close()
        await git(path, '-c', 'gpg.format=ssh', '-c', `gpg.ssh.allowedSignersFile=${allowed}`, 'verify-commit', hash ?? '')
      })
  }),
)

withPrograms(['git', 'sshd'], { name: 'pushing over SSH', tests: 10 }, () =>
  describe('pushing over SSH', () => {
    const forge = openForge()
    const http = createHttp({})
    const client = openGit({ http, ...machine })
    let server: Sshd
    let remote: (name: string) => GitRemote
    before(async () => {
      server = await startSshd()
      const { identity } = server.pair('ed25519')
      const credentials = { type: 'ssh', user: server.user, identity, knownHosts: server.knownHosts } as const
      remote = name => ({ url: `ssh://127.0.0.1:${server.port}${forge.folder}/${name}`, credentials })
    })
    after(async () => {
      await server.stop()
      await http.close()
      forge.remove()
    })
    pushTests(() => ({ forge, client, remote }))
  }),
)
