import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GitRepositoryObject } from '../../../src/kinds/git-repository.ts'
import {
  bestTags,
  commitOf,
  currentRevision,
  hiddenRange,
  newest,
  revisionOf,
  sameRevision,
  subjectOf,
  tagsIn,
  wantedOf,
  whyNoName,
} from '../../../src/sources/git/ref.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { fc } from '../../support/laws.ts'

type Ref = NonNullable<GitRepositoryObject['spec']['ref']>
const hash = 'a'.repeat(40)

const precedence: [says: string, ref: Ref | undefined, by: string][] = [
  ['nothing is the branch master', undefined, 'branch'],
  ['empty texts are nothing', { branch: '', tag: '', semver: '', name: '', commit: '' }, 'branch'],
  ['a range wins over a branch', { branch: 'b', semver: '*' }, 'semver'],
  ['a tag wins over a range', { branch: 'b', semver: '*', tag: 't' }, 'tag'],
  ['a name wins over a tag', { branch: 'b', semver: '*', tag: 't', name: 'refs/heads/b' }, 'name'],
  ['a commit wins over all', { branch: 'b', semver: '*', tag: 't', name: 'refs/heads/b', commit: hash }, 'commit'],
]
for (const [says, ref, by] of precedence) test(says, () => assert.equal(wantedOf({ ref }).by, by))
test('a range that a tag hides is told, and no other', () => {
  assert.equal(hiddenRange({ ref: { tag: 't', semver: '>=1' } }), '>=1')
  for (const ref of [{ semver: '>=1' }, { tag: 't' }, { name: 'n', tag: 't', semver: '>=1' }, undefined])
    assert.equal(hiddenRange({ ref }), undefined)
})

const revisions: [says: string, reference: string, ref: Ref, revision: string][] = [
  ['a branch', 'refs/heads/main', {}, `main@sha1:${hash}`],
  ['a branch with slashes', 'refs/heads/feature/a', { branch: 'feature/a' }, `feature/a@sha1:${hash}`],
  ['a tag', 'refs/tags/v1', { tag: 'v1' }, `v1@sha1:${hash}`],
  ['a name', 'refs/heads/main', { name: 'refs/heads/main' }, `refs/heads/main@sha1:${hash}`],
  ['a name of a commit', 'refs/tags/v1^{}', { name: 'refs/tags/v1^{}' }, `refs/tags/v1^{}@sha1:${hash}`],
  ['a commit', '', { commit: hash }, `sha1:${hash}`],
]
for (const [says, reference, ref, revision] of revisions)
  test(`the revision of ${says}`, () => assert.equal(revisionOf({ reference, hash }, { ref }), revision))

const legacy: [id: BehaviourId, before: string, after: string][] = [
  ['sources/65', `feature/branch/${hash}`, `feature/branch@sha1:${hash}`],
  ['sources/66', `HEAD/${hash}`, `sha1:${hash}`],
]
for (const [id, before, after] of legacy)
  verifies(id, `a revision of an older Flux is read: ${before.replace(hash, '…')}`, () => {
    assert.equal(currentRevision(before), after)
    assert.ok(sameRevision(before, after) && !sameRevision(before, `other@sha1:${hash}`))
  })
test('what is no revision of an older Flux stays as it is', () => {
  for (const revision of ['', `main@sha1:${hash}`, `sha1:${hash}`, 'main/short', 'main']) assert.equal(currentRevision(revision), revision)
  assert.equal(currentRevision(hash), `sha1:${hash}`)
  assert.equal(sameRevision(undefined, ''), false)
})

const tags = ['non-semver-tag', 'v0.1.0', '0.2.0', 'v0.2.1', 'v1.0.0-alpha', 'v1.1.0', 'v2.0.0']
const ranges: [id: BehaviourId, range: string, tag: string][] = [
  ['sources/56.1', '*', 'v2.0.0'],
  ['sources/57.1', '<v0.2.1', '0.2.0'],
  ['sources/58.1', '>=1.0.0-0 <1.1.0-0', 'v1.0.0-alpha'],
]
for (const [id, range, tag] of ranges) verifies(id, `${range} is ${tag}`, () => assert.deepEqual(bestTags(tags, range), [tag]))
const builds = ['v0.1.0+build-3', 'v0.1.0+build-1', 'v0.1.0+build-2']
verifies('sources/61.1', 'of versions that differ in build metadata that of the newest commit is taken', () => {
  const commits = new Map(builds.map(tag => [tag, `commit of ${tag}`]))
  const times = new Map(builds.map(tag => [`commit of ${tag}`, Number(tag.at(-1))]))
  assert.equal(newest(commits, bestTags(builds, '<0.2.0'), times), 'v0.1.0+build-3')
  assert.equal(newest(commits, bestTags(builds, '<0.2.0'), new Map([['commit of v0.1.0+build-1', 9]])), 'v0.1.0+build-1')
})
verifies('sources/62.1', 'a range that no tag is in is told', () => {
  assert.throws(() => bestTags(builds, '>=1.0.0'), { message: 'no match found for semver: >=1.0.0' })
})
test('a range that cannot be read is told', () => {
  assert.throws(() => bestTags(tags, 'one'), { message: 'semver parse error: improper constraint: one' })
})

const refs = new Map([
  ['HEAD', 'h'],
  ['refs/heads/main', 'h'],
  ['refs/tags/plain', 'p'],
  ['refs/tags/signed', 'object'],
  ['refs/tags/signed^{}', 's'],
  ['refs/pull/4/head', 'q'],
])
const heads: [name: string, hash: string | undefined][] = [
  ['refs/heads/main', 'h'],
  ['refs/tags/plain', 'p'],
  ['refs/tags/signed', 's'],
  ['refs/tags/signed^{}', 's'],
  ['refs/tags/plain^{}', undefined],
  ['refs/pull/4/head', 'q'],
  ['refs/heads/none', undefined],
]
for (const [name, expected] of heads) test(`the commit of ${name} is ${expected}`, () => assert.equal(commitOf(refs, name), expected))
test('tags are told with their commits', () => {
  assert.deepEqual(
    [...tagsIn(refs)],
    [
      ['plain', 'p'],
      ['signed', 's'],
    ],
  )
})
test('a name with a slash at an end is none', () => {
  assert.equal(whyNoName('refs/heads/main'), undefined)
  for (const name of ['/refs/heads/main', 'refs/heads/main/'])
    assert.equal(whyNoName(name), `ref ${name} is invalid; Git refs cannot begin or end with a slash '/'`)
})

verifies('sources/71', 'a long subject is cut', () => {
  const subject = 'hello world - a long commit message for testing long messages'
  assert.equal(subjectOf(`${subject}\n\nbody`), 'hello world - a long commit message for testing lo...')
})
test('a subject is counted in characters, and fifty are not cut', () => {
  assert.equal(subjectOf('🦊'.repeat(50)), '🦊'.repeat(50))
  assert.equal(subjectOf('🦊'.repeat(51)), `${'🦊'.repeat(50)}...`)
  assert.equal(subjectOf(''), '')
})

test('law: a revision that was told is read as itself', () =>
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z/.-]{1,20}$/), branch => {
      const revision = revisionOf({ reference: `refs/heads/${branch}`, hash }, { ref: { branch } })
      assert.equal(revision, `${branch}@sha1:${hash}`)
      assert.equal(currentRevision(revision), revision)
    }),
  ))
