import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tree } from '../../../src/lib/tree.ts'
import { GitError, type GitErrorCode } from '../../../src/world/git/error.ts'
import type { Checkout, Git, GitRemote, Wanted } from '../../../src/world/git/git.ts'
import { type Forge, git } from '../../support/git.ts'
import { unending } from '../../support/unending.ts'

/** A way to reach the repositories of a forge. */
export interface GitStage {
  readonly forge: Forge
  readonly client: Git
  remote(name: string): GitRemote
}

/** Everything that a tree has: files as `mode content`, links as `link`, folders as `folder`. */
export async function contentOf(tree: Tree, folder = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, type, mode, size } of await tree.list(folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (type === 'folder') Object.assign(found, { [`${path}/`]: 'folder' }, await contentOf(tree, path))
    else {
      const parts: Uint8Array[] = []
      for await (const part of tree.read(path)) parts.push(part)
      const bytes = Buffer.concat(parts)
      assert.equal(bytes.length, size)
      found[path] = `${type === 'link' ? 'link' : mode.toString(8)} ${bytes.toString()}`
    }
  }
  return found
}

export async function fails(work: Promise<unknown>, code: GitErrorCode, message?: RegExp): Promise<GitError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  assert.ok(thrown instanceof GitError, `not a GitError: ${String(thrown)}`)
  assert.equal(thrown.code, code, thrown.message)
  if (message) assert.match(thrown.message, message)
  return thrown
}

/** Some of it in several files, some of it nothing. */
const contentAt = (i: number): string => (i % 7 === 0 ? '' : i % 5 === 0 ? 'the same' : `content ${i}`)

/** Repositories that the contract reads. */
export async function fillForge(forge: Forge): Promise<void> {
  const first = { 'README.md': 'one', 'app/a.yaml': 'a: 1', 'x app/run.sh': '#!/bin/sh', 'apple/b.yaml': 'b: 1', 'l link': 'README.md' }
  const path = await forge.commit('app.git', [
    { branch: 'refs/heads/main', at: 1_000, message: 'first', files: first },
    { branch: 'refs/heads/main', at: 2_000, message: 'second\n\nwith a body\n', files: { 'README.md': 'two' } },
    { branch: 'refs/heads/feature/a', at: 3_000, from: 'refs/heads/main', files: { 'feature.txt': 'f' } },
    { branch: 'refs/pull/4/head', at: 4_000, from: 'refs/heads/main', files: { 'pull.txt': 'p' } },
    { branch: 'refs/heads/main', at: 5_000, message: 'third', files: { 'README.md': 'three', 'big.bin': 'x'.repeat(3_000_000) } },
  ])
  await git(path, 'tag', 'light', 'main~1')
  await git(path, 'tag', '-a', '-m', 'version one', 'v1.0.0', 'main~1')
  await git(path, 'tag', '-a', '-m', 'a tag of a tag', 'nested', 'v1.0.0')
  await forge.commit('empty.git', [])
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, contentAt(i)]))
  await forge.commit('many.git', [{ branch: 'refs/heads/main', at: 1, files: many }])
}

/** What every adapter and every way to a server does. */
export function gitContract(stage: () => GitStage): void {
  const within = async (wanted: Wanted, work: (checkout: Checkout) => Promise<void>): Promise<void> => {
    const { client, remote } = stage()
    const checkout = await client.checkout(remote('app.git'), wanted, unending)
    try {
      await work(checkout)
    } finally {
      await checkout.close()
    }
  }
  const hash = (name: string): Promise<string> => git(`${stage().forge.folder}/app.git`, 'rev-parse', name)

  test('refs are told with what annotated tags point at', async () => {
    const { client, remote } = stage()
    const refs = await client.refs(remote('app.git'), unending)
    assert.deepEqual([...refs.keys()].toSorted(), [
      'HEAD',
      'refs/heads/feature/a',
      'refs/heads/main',
      'refs/pull/4/head',
      'refs/tags/light',
      'refs/tags/nested',
      'refs/tags/nested^{}',
      'refs/tags/v1.0.0',
      'refs/tags/v1.0.0^{}',
    ])
    assert.equal(refs.get('HEAD'), await hash('main'))
    assert.equal(refs.get('refs/tags/v1.0.0^{}'), await hash('main~1'))
  })

  test('an empty repository has no refs', async () => {
    const { client, remote } = stage()
    assert.equal((await client.refs(remote('empty.git'), unending)).size, 0)
  })

  test('a branch: its files with their modes, links, and large content', () =>
    within({ ref: 'refs/heads/main' }, async ({ commit, tag, tree, received }) => {
      assert.equal(commit.hash, await hash('main'))
      assert.equal(commit.message, 'third')
      assert.equal(commit.committedAt, 5_000_000)
      assert.equal(commit.signature, undefined)
      assert.equal(tag, undefined)
      assert.ok(received > 0)
      const { 'big.bin': big, ...rest } = await contentOf(tree)
      assert.equal(big, `644 ${'x'.repeat(3_000_000)}`)
      assert.deepEqual(rest, {
        'README.md': '644 three',
        'app/': 'folder',
        'app/a.yaml': '644 a: 1',
        'app/run.sh': '755 #!/bin/sh',
        'apple/': 'folder',
        'apple/b.yaml': '644 b: 1',
        link: 'link README.md',
      })
    }))

  test('an annotated tag comes with its object, and a light one without', async () => {
    await within({ ref: 'refs/tags/v1.0.0' }, async ({ commit, tag }) => {
      assert.equal(commit.hash, await hash('main~1'))
      assert.equal(commit.message, 'second\n\nwith a body\n')
      assert.equal(tag?.name, 'v1.0.0')
      assert.equal(tag?.hash, await hash('v1.0.0'))
    })
    await within({ ref: 'refs/tags/light' }, async ({ commit, tag }) => {
      assert.equal(commit.hash, await hash('main~1'))
      assert.equal(tag, undefined)
    })
  })

  test('a tag of a tag leads to its commit', () =>
    within({ ref: 'refs/tags/nested' }, async ({ commit, tag }) => {
      assert.equal(commit.hash, await hash('main~1'))
      assert.equal(tag?.name, 'nested')
    }))

  test('a ref of any name', () =>
    within({ ref: 'refs/pull/4/head' }, async ({ tree }) => assert.equal((await contentOf(tree))['pull.txt'], '644 p')))

  test('a commit of a branch, and of any branch', async () => {
    const first = await hash('main~2')
    for (const wanted of [{ commit: first, ref: 'refs/heads/main' }, { commit: first }])
      await within(wanted, async ({ commit, tree }) => {
        assert.equal(commit.hash, first)
        assert.equal((await contentOf(tree))['README.md'], '644 one')
      })
  })

  test('a commit that no branch leads to is not found', async () => {
    const { client, remote } = stage()
    const [pull, feature] = [await hash('refs/pull/4/head'), await hash('feature/a')]
    const absent = /unable to resolve commit object for '[0-9a-f]{40}': object not found/
    await fails(client.checkout(remote('app.git'), { commit: pull }, unending), 'NOT_FOUND', absent)
    await fails(client.checkout(remote('app.git'), { commit: feature, ref: 'refs/heads/main' }, unending), 'NOT_FOUND', absent)
    await fails(client.checkout(remote('app.git'), { commit: 'main' }, unending), 'NOT_FOUND')
  })

  test('sparse: prefixes of paths, and nothing else is transferred', () =>
    within({ ref: 'refs/heads/main', sparse: ['app'] }, async ({ tree, received }) => {
      assert.deepEqual(Object.keys(await contentOf(tree)).toSorted(), ['app/', 'app/a.yaml', 'app/run.sh', 'apple/', 'apple/b.yaml'])
      assert.ok(received < 3_000, `${received} bytes`)
    }))

  test('sparse, of a commit', async () => {
    const commit = await hash('main~2')
    await within({ commit, sparse: ['README'] }, async ({ tree }) => assert.deepEqual(await contentOf(tree), { 'README.md': '644 one' }))
  })

  test('files are read in any order, again, and at the same time', async () => {
    const { client, remote } = stage()
    const checkout = await client.checkout(remote('many.git'), { ref: 'refs/heads/main' }, unending)
    const read = async (i: number): Promise<string> => {
      const parts: Uint8Array[] = []
      for await (const part of checkout.tree.read(`f${i}`)) parts.push(part)
      return Buffer.concat(parts).toString()
    }
    const order = [299, 0, ...Array.from({ length: 300 }, (_, i) => 299 - i), 150, 0, ...Array.from({ length: 300 }, (_, i) => i)]
    for (const i of order) assert.equal(await read(i), contentAt(i))
    assert.deepEqual(await Promise.all(order.map(read)), order.map(contentAt))
    await checkout.close()
  })

  test('committer times of several commits', async () => {
    const { client, remote } = stage()
    const [a, b] = [await hash('main~1'), await hash('main')]
    const times = await client.commitTimes(remote('app.git'), [a, b], unending)
    assert.deepEqual(
      [...times],
      [
        [a, 2_000_000],
        [b, 5_000_000],
      ],
    )
  })

  test('a ref that is absent, and one that can be none', async () => {
    const { client, remote } = stage()
    await fails(client.checkout(remote('app.git'), { ref: 'refs/heads/none' }, unending), 'NOT_FOUND', /couldn't find remote ref/)
    await fails(client.checkout(remote('app.git'), { ref: 'refs/heads/*' }, unending), 'NOT_FOUND', /couldn't find remote ref/)
    await fails(client.checkout(remote('app.git'), { ref: '--upload-pack=x' }, unending), 'NOT_FOUND', /couldn't find remote ref/)
  })

  test('a repository that is absent', async () => {
    const { client, remote } = stage()
    await fails(client.refs(remote('absent.git'), unending), 'NOT_FOUND', /unable to list remote for '.*': repository not found/)
  })

  test('an abort ends the work with its reason', async () => {
    const { client, remote } = stage()
    const reason = new Error('enough')
    await assert.rejects(client.refs(remote('app.git'), AbortSignal.abort(reason)), reason)
    await assert.rejects(client.checkout(remote('app.git'), { ref: 'refs/heads/main' }, AbortSignal.abort(reason)), reason)
  })
}
