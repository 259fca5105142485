import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { defaultPatterns, isIgnored, parsePatterns } from '../../src/sources/ignore.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const table: [BehaviourId, patterns: string, domain: string[], path: string, isFolder: boolean, ignored: boolean][] = [
  ['sources/91.1', 'ignore-dir/*\n!ignore-dir/include', [], 'ignore-dir/file.yaml', false, true],
  ['sources/91.2', 'ignore-dir/*\n!ignore-dir/include', [], 'ignore-dir/include', false, false],
  ['sources/92', 'ignore-dir/*\n# !ignore-dir/include', [], 'ignore-dir/include', false, true],
  ['sources/93.1', 'ignore-dir/*', ['domain', 'scoped'], 'domain/scoped/ignore-dir/file.yaml', false, true],
  ['sources/93.2', 'ignore-dir/*', ['domain', 'scoped'], 'ignore-dir/file.yaml', false, false],
  ['sources/94.1', defaultPatterns.source, [], 'image.jpg', false, true],
  ['sources/94.2', defaultPatterns.source, [], 'archive.tar.gz', false, true],
  ['sources/94.3', defaultPatterns.source, [], '.github/workflows/workflow.yaml', false, true],
  ['sources/94.4', defaultPatterns.source, [], 'subdir/.flux.yaml', false, true],
  ['sources/94.5', defaultPatterns.source, [], 'subdir2/.sops.yaml', false, true],
  ['sources/94.6', defaultPatterns.source, [], 'workload.yaml', false, false],
  ['sources/94.7', defaultPatterns.source, [], 'simple.txt', false, false],
  ['sources/95', `${defaultPatterns.source}\n!*.jpg`, [], 'image.jpg', false, false],
  ['sources/97', '[!a].txt', [], 'b.txt', false, false],
  ['sources/98.1', '*\n!*.yaml', [], 'a/b.yaml', false, false],
  ['sources/98.2', '*\n!*.yaml', [], 'a', true, true],
]
for (const [id, patterns, domain, path, isFolder, ignored] of table)
  verifies(id, `${path} is ${ignored ? 'left out' : 'kept'}`, () =>
    assert.equal(isIgnored(parsePatterns(patterns, domain), path, isFolder), ignored),
  )

const cases: [patterns: string, path: string, isFolder: boolean, ignored: boolean][] = [
  ['a/b', 'a/b', false, true],
  ['a/b', 'a/b/c', false, true],
  ['a/b', 'x/a/b', false, false],
  ['a/b', 'a', true, false],
  ['/a', 'a', false, true],
  ['/a', 'b/a', false, false],
  ['a/', 'a', false, false],
  ['a/', 'a', true, true],
  ['a/', 'a/b', false, true],
  ['x/a/', 'x/a', false, false],
  ['**/a', 'x/y/a', false, true],
  ['**/a', 'a', false, true],
  ['a/**', 'a/b', false, true],
  ['a/**', 'a', true, true],
  ['a/**/c', 'a/b/b/c', false, true],
  ['**/a/b', 'a/x/a/b', false, false],
  ['/**', 'a', false, false],
  ['x/**.txt', 'x/a.txt', false, false],
  ['**.txt', 'x/a.txt', false, true],
  ['a//b', 'a/b', false, true],
  ['a ', 'a', false, true],
  ['a\\ ', 'a ', false, true],
  [' a', 'a', false, false],
  ['#a', '#a', false, false],
  ['\\#a', '#a', false, true],
  ['!a', 'a', false, false],
  ['\\!a', '!a', false, true],
  ['A', 'a', false, false],
  ['a\r', 'a', false, true],
  ['/', 'a', true, false],
  ['!', 'a', true, false],
  ['[a-c]', 'b', false, true],
  ['[c-a]', 'b', false, false],
  ['[^c-a]', 'b', false, true],
  ['[^a]', 'b', false, true],
  ['[^a]', 'a', false, false],
  ['[!a]', '!', false, true],
  ['[]a]', 'a', false, false],
  ['[', '[', false, false],
  ['[\\]]', ']', false, true],
  ['[a-]', 'a', false, false],
  ['[-a]', '-', false, false],
  ['\\', '\\', false, false],
  ['\\*', '*', false, true],
  ['\\*', 'a', false, false],
  ['?', 'é', false, true],
  ['?', '\u{1f600}', false, true],
  ['[à-ü]', 'é', false, true],
  ['a*c*e', 'abcde', false, true],
  ['a*c*e', 'abcd', false, false],
  ['*', 'a', false, true],
  ['a.c', 'abc', false, false],
]
for (const [patterns, path, isFolder, ignored] of cases)
  test(`${JSON.stringify(patterns)} ${ignored ? 'matches' : 'does not match'} ${path}${isFolder ? '/' : ''}`, () =>
    assert.equal(isIgnored(parsePatterns(patterns), path, isFolder), ignored))

test('a pattern of many stars is judged at once', () =>
  assert.equal(isIgnored(parsePatterns(`${'*a'.repeat(60)}b`), 'a'.repeat(250), false), false))
test('law: any text is a list of patterns', () =>
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '*', '?', '[', ']', '^', '-', '\\', '/', '!', '#', ' ', '\n', '\r', 'é') }),
      fc.boolean(),
      (text, isFolder) => {
        assert.equal(typeof isIgnored(parsePatterns(text), 'a/é*/[', isFolder), 'boolean')
        assert.equal(isIgnored(parsePatterns(`${text}\n!a`), 'a', isFolder), false)
      },
    ),
  ))
