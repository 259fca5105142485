import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chartUrl, checkDependencyUrl, indexUrl, normalUrl, withoutUser } from '../../../src/sources/helm/url.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'

const normal: [BehaviourId, url: string, normalised: string][] = [
  ['sources/138.1', 'http://example.com', 'http://example.com/'],
  ['sources/138.2', 'http://example.com//', 'http://example.com/'],
  ['sources/138.3', 'oci://example.com//', 'oci://example.com'],
  ['sources/138.4', 'http://example.com?st=pr', 'http://example.com/?st=pr'],
  ['sources/138.5', 'http://example.com/next%2Fpath', 'http://example.com/next%2Fpath/'],
]
for (const [id, url, normalised] of normal) verifies(id, `${url} is ${normalised}`, () => assert.equal(normalUrl(url), normalised))

const more: [url: string, normalised: string][] = [
  ['', ''],
  ['http://example.com/', 'http://example.com/'],
  ['http://example.com/?st=pr', 'http://example.com/?st=pr'],
  ['http://example.com/next%2Fpath/', 'http://example.com/next%2Fpath/'],
  ['oci://example.com/charts/', 'oci://example.com/charts'],
]
for (const [url, normalised] of more)
  test(`the URL '${url}' is normalised, and then stays as it is`, () => {
    assert.equal(normalUrl(url), normalised)
    assert.equal(normalUrl(normalised), normalised)
  })

for (const url of ['://badurl.', 'http://', 'http://exa mple.com', 'http://example.com/%zz', 'http://example.com:port/', 'no url'])
  test(`'${url}' is no URL of a repository`, () => assert.throws(() => normalUrl(url), /^Error: parse ".*": invalid URL$/))

const indexes: [url: string, index: string][] = [
  ['http://example.com/', 'http://example.com/index.yaml'],
  ['http://example.com/charts//stable/?token=1', 'http://example.com/charts/stable/index.yaml?token=1'],
]
for (const [url, index] of indexes) test(`the index of ${url}`, () => assert.equal(indexUrl(url), index))

const charts: [says: string, repository: string, reference: string, url: string][] = [
  ['a name', 'http://example.com/charts/', 'app-1.0.0.tgz', 'http://example.com/charts/app-1.0.0.tgz'],
  ['a path from the root', 'http://example.com/charts/', '/other/app.tgz', 'http://example.com/other/app.tgz'],
  ['a URL', 'http://example.com/', 'https://other.example.com/app.tgz', 'https://other.example.com/app.tgz'],
  ['the query of the repository', 'http://example.com/?sig=1', 'app.tgz', 'http://example.com/app.tgz?sig=1'],
]
for (const [says, repository, reference, url] of charts)
  test(`where a chart is: ${says}`, () => assert.equal(chartUrl(repository, reference), url))

const refused: [url: string, text: string][] = [
  ['@stable', 'aliased repository dependency is not supported: @stable/'],
  ['alias:stable', 'invalid dependency repository URL: alias:stable/'],
  ['ftp://user:secret@example.com/', 'invalid dependency repository URL: ftp://example.com/'],
]
for (const [url, message] of refused)
  test(`a dependency cannot be of ${url.slice(0, 8)}`, () => assert.throws(() => checkDependencyUrl(url), { message }))

test('a URL is shown without user and password', () => {
  assert.equal(withoutUser('https://robot:secret@example.com/charts?a=b@c'), 'https://example.com/charts?a=b@c')
  assert.equal(withoutUser('https://example.com/a@b'), 'https://example.com/a@b')
})
