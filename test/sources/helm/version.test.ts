import assert from 'node:assert/strict'
import { test } from 'node:test'
import { revisionOf } from '../../../src/sources/bucket/content.ts'
import {
  checkChartName,
  countedValues,
  isConcrete,
  pathInside,
  shortHash,
  versionAmong,
  versionIn,
  withMetadata,
} from '../../../src/sources/helm/version.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'

type Entry = { version: string; created?: string }
const indexOf = (entries: readonly Entry[]) => ({ entries: { chart: entries.map(entry => ({ name: 'chart', urls: [], ...entry })) } })
const released = ['0.0.1', '0.1.0', '0.1.1', '0.1.5', '1.0.0', '1.1.0-rc.1'].map(version => ({ version }))
const created = (minutes: number): string => new Date(Date.UTC(2024, 0, 1, 0, minutes)).toISOString()
const built = [
  { version: '0.1.5+b.min.minute', created: created(59) },
  { version: '0.1.5+c.now', created: created(60) },
  { version: '0.1.5+a.min.hour', created: created(0) },
]

const chosen: [BehaviourId, says: string, entries: readonly Entry[], wanted: string, version: string][] = [
  ['sources/139.1', 'without a version the newest stable one', released, '', '1.0.0'],
  ['sources/139.2', 'any version is the newest stable one', released, '*', '1.0.0'],
  ['sources/140', 'of equal versions the one that was created last', built, '0.1.5', '0.1.5+c.now'],
]
for (const [id, says, entries, wanted, version] of chosen)
  verifies(id, says, () => assert.equal(versionIn(indexOf(entries), 'chart', wanted).version, version))

const more: [says: string, entries: readonly Entry[], wanted: string, version: string][] = [
  ['a version as it is written', [...released, { version: 'v2.0.0' }], 'v2.0.0', 'v2.0.0'],
  ['a version as it is written, with build metadata', built, '0.1.5+a.min.hour', '0.1.5+a.min.hour'],
  ['a text that is no version, as it is written', [{ version: 'nightly' }], 'nightly', 'nightly'],
  ['a range', released, '>=0.1.0 <1.0.0', '0.1.5'],
  ['a range of prereleases', released, '>1.0.0-0', '1.1.0-rc.1'],
]
for (const [says, entries, wanted, version] of more)
  test(`the version of an index: ${says}`, () => assert.equal(versionIn(indexOf(entries), 'chart', wanted).version, version))

verifies('sources/141', 'a range that nothing is in', () =>
  assert.throws(() => versionIn(indexOf(released), 'chart', '>2.0.0'), {
    message: "no 'chart' chart with version matching '>2.0.0' found",
  }),
)
const absent: [says: string, name: string, entries: readonly Entry[], wanted: string, message: string][] = [
  ['a chart that is not there', 'other', released, '*', 'no chart name found'],
  ['a name of every object', 'constructor', released, '*', 'no chart name found'],
  ['a chart without versions', 'chart', [], '*', 'no chart version found'],
  ['a range that is none', 'chart', released, 'a b', 'improper constraint: a b'],
]
for (const [says, name, entries, wanted, message] of absent)
  test(`no version of an index: ${says}`, () => assert.throws(() => versionIn(indexOf(entries), name, wanted), { message }))

verifies('sources/142', 'a range of tags', () => assert.equal(versionAmong(['0.2.0', '0.9.0', '0.10.0', '1.0.0'], '0.*'), '0.10.0'))
test('a range that no tag is in', () =>
  assert.throws(() => versionAmong(['0.2.0'], '>1'), { message: 'could not locate a version matching provided version string >1' }))
test('only a whole version is concrete', () =>
  assert.deepEqual(['0.1.0', 'v0.1.0', '0.1.0-rc.1', '0.1', '*', '', '>0.1.0'].map(isConcrete), [
    true,
    true,
    true,
    false,
    false,
    false,
    false,
  ]))

verifies('sources/144', 'the Revision strategy marks a version with the hash of the source', () =>
  assert.equal(withMetadata('0.1.0', shortHash('GitRepository', 'mock-ref/abcdefg12345678')), '0.1.0+abcdefg12345'),
)
const hashes: [kind: string, revision: string, hash: string][] = [
  ['GitRepository', 'main@sha1:0123456789abcdef0123456789abcdef01234567', '0123456789ab'],
  ['GitRepository', 'refs/heads/a@b@sha1:0123456789abcdef', '0123456789ab'],
  ['GitRepository', 'sha1:0123456789abcdef', '0123456789ab'],
  ['Bucket', 'sha256:fedcba9876543210', 'fedcba987654'],
]
for (const [kind, revision, hash] of hashes)
  test(`the hash of ${kind} revision ${revision}`, () => assert.equal(shortHash(kind, revision), hash))

verifies('sources/145', 'values files mark a version with the generation', () => assert.equal(withMetadata('0.1.0', '3'), '0.1.0+3'))
const marked: [version: string, metadata: string, result: string][] = [
  ['0.1.0', '', '0.1.0'],
  ['v0.1.0', '', 'v0.1.0'],
  ['v0.1.0', '3', '0.1.0+3'],
  ['0.1', '3', '0.1.0+3'],
  ['0.1.0-rc.1+old', 'abc.3', '0.1.0-rc.1+abc.3'],
]
for (const [version, metadata, result] of marked)
  test(`${version} with '${metadata}' is ${result}`, () => assert.equal(withMetadata(version, metadata), result))
for (const version of ['', 'one', '1.2.3.4', '1.2.3-'])
  test(`'${version}' cannot be marked`, () =>
    assert.throws(() => withMetadata(version, '3'), /failed to parse version from chart metadata as SemVer/))

verifies('sources/146', "a chart's own values file alone is none", () => {
  assert.deepEqual(countedValues(['values.yaml']), [])
  assert.deepEqual(countedValues(['./values.yaml']), [])
  assert.deepEqual(countedValues(['values.yaml', 'more.yaml']), ['values.yaml', 'more.yaml'])
  assert.deepEqual(countedValues(['charts/values.yaml']), ['charts/values.yaml'])
})

const names: [BehaviourId, name: string, isOne: boolean][] = [
  ['sources/148.1', 'iNvAlID-ChArT-NAmE!', false],
  ['sources/148.2', '/', false],
  ['sources/148.3', 'not//a/valid/chart', false],
  ['sources/148.4', 'i-shall/not', true],
  ['sources/148.5', 'a', true],
  ['sources/148.6', 'valid.chart.name', true],
]
for (const [id, name, isOne] of names)
  verifies(id, `'${name}' is ${isOne ? 'a' : 'no'} name of a chart`, () => {
    if (isOne) return checkChartName(name)
    assert.throws(() => checkChartName(name), { message: new RegExp(`^invalid chart name '${name}'`) })
  })
for (const name of ['..', 'a/../b', './a', 'a..b', `${'a'.repeat(5000)}!`])
  test(`'${name.slice(0, 8)}' is no name of a chart`, () => assert.throws(() => checkChartName(name), /invalid chart name/))

verifies('sources/149.1', 'the digest of an index of two entries', () =>
  assert.equal(
    revisionOf(
      new Map([
        ['foo', 'bar'],
        ['bar', 'baz'],
      ]),
    ),
    'sha256:5da7dfe37b54ea1d5ebffb643d67b09d888635b2fe031763fbb856ea5290fda0',
  ),
)
verifies('sources/149.2', 'the digest of an empty index', () =>
  assert.equal(revisionOf(new Map()), 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'),
)

const inside: [path: string, place: string][] = [
  ['charts/app', 'charts/app'],
  ['./charts/../app/', 'app'],
  ['../../etc/passwd', 'etc/passwd'],
  ['a/../../..', ''],
  ['.', ''],
]
for (const [path, place] of inside) test(`'${path}' stays inside a source as '${place}'`, () => assert.equal(pathInside(path), place))
