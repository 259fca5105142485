import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Tree } from '../../../src/lib/tree.ts'
import type { Unpacked } from '../../../src/lib/untar.ts'
import { memoryTree } from '../../../src/sources/archive.ts'
import { entryAt, grafted, linkOn, within } from '../../../src/sources/git/graft.ts'
import { fc } from '../../support/laws.ts'

const held = (paths: readonly string[]): Map<string, { content: Uint8Array; size: number; mode: number }> =>
  new Map(paths.map(path => [path, { content: Buffer.from(path), size: path.length, mode: 0o600 }]))
const archive = (...paths: string[]): Unpacked => ({
  files: held(paths),
  folders: new Map(
    paths.flatMap(path =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, i, parts) => [parts.slice(0, i + 1).join('/'), 0o750] as const),
    ),
  ),
})
const repository = memoryTree(held(['a.yaml', 'dir/b.yaml', 'dir/deep/c.yaml']))

async function filesIn(tree: Tree, folder = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, type } of await tree.list(folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (type === 'folder') Object.assign(found, await filesIn(tree, path))
    else {
      const parts: Uint8Array[] = []
      for await (const part of tree.read(path)) parts.push(part)
      found[path] = Buffer.concat(parts).toString()
    }
  }
  return found
}
const own = { 'a.yaml': 'a.yaml', 'dir/b.yaml': 'dir/b.yaml', 'dir/deep/c.yaml': 'dir/deep/c.yaml' }

const grafts: [says: string, paths: string[], from: string, to: string, added: Record<string, string>][] = [
  ['a whole artifact', ['x.yaml', 'y/z.yaml'], '', 'shared', { 'shared/x.yaml': 'x.yaml', 'shared/y/z.yaml': 'y/z.yaml' }],
  ['a folder of one', ['x.yaml', 'y/z.yaml', 'yy/no.yaml'], 'y', 'shared', { 'shared/z.yaml': 'y/z.yaml' }],
  ['a file of one', ['x.yaml', 'y/z.yaml'], 'y/z.yaml', 'shared.yaml', { 'shared.yaml': 'y/z.yaml' }],
  ['into a folder that is there', ['x.yaml'], '', 'dir/shared', { 'dir/shared/x.yaml': 'x.yaml' }],
  ['into folders that are not', ['x.yaml'], '', 'new/er/shared', { 'new/er/shared/x.yaml': 'x.yaml' }],
  ['a file in the place of a file', ['x.yaml'], 'x.yaml', 'a.yaml', { 'a.yaml': 'x.yaml' }],
  ['an empty artifact', [], '', 'shared', {}],
]
for (const [says, paths, from, to, added] of grafts)
  test(`an include brings ${says}`, async () => {
    assert.deepEqual(await filesIn(await grafted(repository, archive(...paths), { from, to })), { ...own, ...added })
  })
test('includes follow each other', async () => {
  const first = await grafted(repository, archive('x'), { from: '', to: 'one' })
  const second = await grafted(first, archive('y'), { from: '', to: 'one/two' })
  assert.deepEqual(await filesIn(second), { ...own, 'one/x': 'x', 'one/two/y': 'y' })
  await assert.rejects(grafted(second, archive('z'), { from: '', to: 'one/two' }), /file exists/)
})

const refused: [says: string, from: string, to: string, message: string][] = [
  ['a folder that the artifact lacks', 'nope', 'shared', 'cannot stat nope: stat nope: no such file or directory'],
  ['a folder that is there', '', 'dir', 'link error: cannot rename . to dir: rename . dir: file exists'],
  ['the root', '', '', 'link error: cannot rename . to .: rename . .: file exists'],
  ['a file in the place of a folder', 'x.yaml', 'dir', 'link error: cannot rename x.yaml to dir: rename x.yaml dir: file exists'],
  ['a folder in the place of a file', '', 'a.yaml', 'link error: cannot rename . to a.yaml: rename . a.yaml: not a directory'],
  ['a way through a file', '', 'a.yaml/b', 'mkdir a.yaml: not a directory'],
]
for (const [says, from, to, message] of refused)
  test(`an include is refused: ${says}`, () => assert.rejects(grafted(repository, archive('x.yaml'), { from, to }), { message }))

test('a link on the way is found', async () => {
  const linked: Tree = { ...repository, list: async () => [{ name: 'l', type: 'link', mode: 0, size: 0 }] }
  assert.deepEqual([await linkOn(linked, 'l/x'), await linkOn(linked, 'l'), await linkOn(repository, 'dir/x')], ['l', 'l', undefined])
  assert.deepEqual(
    [(await entryAt(repository, ''))?.type, (await entryAt(repository, 'dir'))?.type, await entryAt(repository, 'x/y')],
    ['folder', 'folder', undefined],
  )
})
test('law: no path leads out of its root', () =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', 'b...', '..c'), { maxLength: 12 }), parts => {
      const path = within(parts.join('/'))
      assert.ok(!path.startsWith('/') && !path.split('/').includes('..'), path)
      assert.equal(within(path), path)
    }),
  ))
