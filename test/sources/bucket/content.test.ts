import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../../src/lib/digest.ts'
import { bucketPatterns, isTaken, pathOf, revisionOf, treeIn } from '../../../src/sources/bucket/content.ts'
import { fc } from '../../support/laws.ts'

test('a revision is the digest of the sorted lines, whatever the order of the listing', () => {
  const lines = 'B 2\na 1\na/b 3\nü 4\n'
  const index = new Map([
    ['ü', '4'],
    ['a', '1'],
    ['a/b', '3'],
    ['B', '2'],
  ])
  assert.equal(revisionOf(index), sha256(lines))
  assert.equal(revisionOf(new Map()), sha256(''))
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.string(), fc.string()), { selector: ([key]) => key }), entries =>
      assert.equal(revisionOf(new Map(entries)), revisionOf(new Map(entries.toReversed()))),
    ),
  )
})

const taken: [key: string, file: string | undefined, ignore: string | undefined, taken: boolean][] = [
  ['a.yaml', undefined, undefined, true],
  ['folder/', undefined, undefined, false],
  ['.sourceignore', undefined, '!.sourceignore', false],
  ['sub/.sourceignore', undefined, undefined, true],
  ['a.jpg', undefined, undefined, true],
  ['.git/config', undefined, undefined, true],
  ['a.txt', '*.txt', undefined, false],
  ['a.txt', '*.txt', '!a.txt', true],
  ['a.txt', '!a.txt', '*.txt', false],
  ['deep/er/x', '/deep', undefined, false],
  ['/absolute', 'absolute', undefined, false],
]
for (const [key, file, ignore, is] of taken)
  test(`${key} is ${is ? '' : 'not '}taken with ${JSON.stringify(file)} and ${JSON.stringify(ignore)}`, () =>
    assert.equal(isTaken(key, bucketPatterns(file, ignore)), is))

const paths: [key: string, path: string][] = [
  ['a', 'a'],
  ['a/b', 'a/b'],
  ['/a', 'a'],
  ['a//b', 'a/b'],
  ['./a/./b', 'a/b'],
  ['a\\b', 'a\\b'],
  ['...', '...'],
]
for (const [key, path] of paths) test(`the key ${key} stands at ${path}`, () => assert.equal(pathOf(key), path))
for (const key of ['..', '../a', 'a/..', 'a/../b', '/..', '', '/', '.', 'a\0', 'a/\0'])
  test(`the key ${JSON.stringify(key)} stands nowhere`, () => assert.throws(() => pathOf(key)))

test('a path is below its root, or it is none', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '\0', '\\', '%') }), key => {
      try {
        const parts = pathOf(key).split('/')
        assert.ok(parts.every(part => part !== '' && part !== '.' && part !== '..' && !part.includes('\0')))
      } catch (thrown) {
        assert.ok(thrown instanceof Error && !(thrown instanceof assert.AssertionError))
      }
    }),
  )
})

const file = (text: string) => ({
  size: text.length,
  async *read() {
    yield Buffer.from(text)
  },
})

test('of keys with one path the last counts', async () => {
  const tree = treeIn(
    new Map([
      ['a//b', file('second')],
      ['a/b', file('third')],
      ['/a/b', file('first')],
    ]),
  )
  assert.deepEqual(
    (await tree.list('a')).map(({ name, size, mode }) => [name, size, mode]),
    [['b', 5, 0o600]],
  )
})
test('what would be a file and a folder is refused', () => {
  assert.throws(
    () =>
      treeIn(
        new Map([
          ['a/b/c', file('1')],
          ['a', file('2')],
        ]),
      ),
    /'a' is an object, and the folder of 'a\/b\/c'/,
  )
})
