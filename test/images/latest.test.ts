import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blocked, denied } from '../../src/images/access.ts'
import { canonicalName, repositoryOf } from '../../src/images/image.ts'
import { digestStep, migrated, readyMessage, refsAfter } from '../../src/images/latest.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const [newer, older] = ['sha256:1234567890abcdef', 'sha256:abcdef1234567890']

verifies('images/I-31', 'the message names the digest of before', () => {
  assert.equal(
    readyMessage({ name: 'foo/bar', tag: '1.0.0', digest: newer }, { name: 'foo/bar', tag: '1.0.0', digest: older }),
    `Latest image tag for foo/bar resolved to 1.0.0 with digest ${newer} (previously foo/bar:1.0.0@${older})`,
  )
})
verifies('images/I-32', 'the message names the image of before, unless it is the same', () => {
  const latest = { name: 'foo/bar', tag: '1.0.0', digest: newer }
  const plain = `Latest image tag for foo/bar resolved to 1.0.0 with digest ${newer}`
  assert.equal(readyMessage(latest, { name: 'baz/qux', tag: '1.0.0' }), `${plain} (previously baz/qux:1.0.0)`)
  assert.equal(readyMessage(latest, { ...latest }), plain)
  assert.equal(readyMessage(latest, undefined), plain)
})
verifies('images/I-33', 'refs come from the texts of older controllers, cut at the last colon', () => {
  const name = 'ghcr.io:443/stefanprodan/podinfo'
  assert.deepEqual(migrated(`${name}:1.0.0`), { name, tag: '1.0.0' })
  assert.deepEqual(migrated(`${name}:0.9.0`), { name, tag: '0.9.0' })
  assert.equal(migrated(undefined), undefined)
  assert.equal(migrated('none'), undefined)
})

const known = { name: 'a/b', tag: '1', digest: older }
test('a digest is looked up always, once for a tag, or not at all', () => {
  assert.equal(digestStep('Never', known, known), 'none')
  assert.equal(digestStep('Always', known, known), 'fetch')
  assert.equal(digestStep('IfNotPresent', known, { name: 'a/b', tag: '1' }), 'keep')
  for (const before of [undefined, { ...known, name: 'a/c' }, { ...known, tag: '2' }, { ...known, digest: '' }, { name: 'a/b', tag: '1' }])
    assert.equal(digestStep('IfNotPresent', before, { name: 'a/b', tag: '1' }), 'fetch')
})
test('what was latest is the previous one when anything of it changes, and else what was stays', () => {
  assert.deepEqual(refsAfter({}, known), { latest: known, previous: undefined })
  assert.deepEqual(refsAfter({ latest: known, previous: { name: 'x', tag: '0' } }, known), {
    latest: known,
    previous: { name: 'x', tag: '0' },
  })
  assert.deepEqual(refsAfter({ latest: known }, { name: 'a/b', tag: '1' }), { latest: { name: 'a/b', tag: '1' }, previous: known })
  assert.deepEqual(refsAfter({ latest: { name: 'a', tag: '1', digest: '' } }, { name: 'a', tag: '1' }).previous, undefined)
})

const reference = { from: 'apps', namespace: 'images', name: 'app' }
const labels = { foo1: 'bar1', foo2: 'bar2' }
const selectors = (...pairs: [string, string][]) => ({
  namespaceSelectors: pairs.map(([key, value]) => ({ matchLabels: { [key]: value } })),
})
const access: [id: BehaviourId, says: string, refused: string | undefined, expected: string | undefined][] = [
  [
    'images/I-41',
    'without accessFrom other namespaces are refused',
    denied(reference, undefined, labels),
    "access denied: 'images/app' can't be accessed due to missing ACL labels on 'accessFrom'",
  ],
  [
    'images/I-42',
    'one selector that fits is enough',
    denied(reference, selectors(['aaa', 'bbb'], ['foo2', 'bar2'], ['xxx', 'yyy']), labels),
    undefined,
  ],
  [
    'images/I-43',
    'without one that fits it is refused',
    denied(reference, selectors(['aaa', 'bbb'], ['mmm', 'nnn'], ['xxx', 'yyy']), labels),
    "access denied: 'images/app' can't be accessed due to ACL labels mismatch on namespace 'apps'",
  ],
  ['images/I-44.1', 'the flag lets the same namespace be', blocked({ ...reference, namespace: 'apps' }, true), undefined],
  [
    'images/I-44.2',
    'the flag refuses other namespaces',
    blocked(reference, true),
    "cannot access 'ImageRepository/images/app', cross-namespace references have been blocked",
  ],
]
for (const [id, says, refused, expected] of access) verifies(id, says, () => assert.equal(refused, expected))
test('labels of one selector must all fit, and one without labels fits all', () => {
  assert.equal(denied(reference, { namespaceSelectors: [{ matchLabels: labels }] }, labels), undefined)
  assert.equal(denied(reference, { namespaceSelectors: [{}] }, {}), undefined)
  assert.ok(denied(reference, { namespaceSelectors: [{ matchLabels: { ...labels, toString: 'x' } }] }, labels))
  assert.ok(denied(reference, { namespaceSelectors: [] }, labels))
  assert.equal(denied({ ...reference, from: 'images' }, undefined, {}), undefined)
  assert.equal(blocked(reference, false), undefined)
})

const wrong: [image: string, message: string][] = [
  ['https://ghcr.io/a/b', "image 'https://ghcr.io/a/b' should not include URL scheme; remove 'https://'"],
  ['alpine:3.20', "image 'alpine:3.20' should not include a tag; remove ':3.20'"],
  ['localhost:5000/a/b:1', "image 'localhost:5000/a/b:1' should not include a tag; remove ':1'"],
  ['UPPER/x', 'could not parse reference: UPPER/x'],
]
for (const [image, message] of wrong)
  test(`an image is a repository alone: ${image}`, () => assert.throws(() => repositoryOf(image), { code: 'IMAGE_INVALID', message }))
const canonical: [image: string, name: string][] = [
  ['alpine', 'index.docker.io/library/alpine'],
  ['docker.io/fluxcd/flux', 'index.docker.io/fluxcd/flux'],
  ['localhost:5000/a/b', 'localhost:5000/a/b'],
]
for (const [image, name] of canonical) test(`${image} is ${name}`, () => assert.equal(canonicalName(repositoryOf(image)), name))
