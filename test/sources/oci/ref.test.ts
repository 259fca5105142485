import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../support/laws.ts'
import { mediaTypes } from '../../../src/kinds/oci.ts'
import type { OCIRepositoryObject } from '../../../src/kinds/oci-repository.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { parseManifest, selectLayer, selectPlatform } from '../../../src/sources/oci/manifest.ts'
import { resolve } from '../../../src/sources/oci/pull-reconciler.ts'
import { digestOf, repositoryOf, revisionOf, sameContentConfig } from '../../../src/sources/oci/ref.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'

const signal = new AbortController().signal
const url = 'oci://ghcr.io/stefanprodan/charts'
const digest = sha256('an artifact')
type Spec = OCIRepositoryObject['spec']
const spec = (more: JsonObject = {}): Spec => ({ url, interval: '1m', provider: 'generic', timeout: '60s', ...more }) as Spec

const references: [id: BehaviourId, ref: JsonObject | undefined, reference: string, revision: string][] = [
  ['sources/1', undefined, 'ghcr.io/stefanprodan/charts:latest', `latest@${digest}`],
  ['sources/2', { tag: '6.1.6' }, 'ghcr.io/stefanprodan/charts:6.1.6', `6.1.6@${digest}`],
  ['sources/3', { digest }, `ghcr.io/stefanprodan/charts@${digest}`, digest],
]
for (const [id, ref, reference, revision] of references)
  verifies(id, `${JSON.stringify(ref ?? {})} is ${reference}`, async () => {
    const descriptor = { mediaType: mediaTypes.manifest, digest, size: 1 }
    const registry = { lookUp: async () => descriptor, resolve: async () => descriptor, tags: () => nothing() }
    const resolved = await resolve(spec({ ref }), { registry, target: repositoryOf(url), signal })
    assert.deepEqual([resolved.printed, resolved.revision], [reference, revision])
  })
async function* nothing(): AsyncIterable<string> {}

const urls: [id: BehaviourId, url: string, message: RegExp][] = [
  ['sources/7', 'ghcr.io/stefanprodan/charts', /^URL must be in format 'oci:\/\/<domain>\/<org>\/<repo>'$/],
  [
    'sources/13.1',
    'oci://ghcr.io/test/test:v1',
    /^repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-\.\/`: /,
  ],
  ['sources/13.2', `oci://ghcr.io/test/test@${digest}`, /^repository can only contain the characters/],
]
for (const [id, wrong, message] of urls) verifies(id, `${wrong} is refused`, () => assert.throws(() => repositoryOf(wrong), { message }))

const digests: [id: BehaviourId, text: string, message: string][] = [
  ['sources/12.1', 'invalid', 'cannot parse hash: "invalid"'],
  ['sources/12.2', 'sha256:a:b', 'cannot parse hash: "sha256:a:b"'],
  ['sources/12.3', 'sha256:xyz', 'found non-hex character in hash: x'],
  ['sources/12.4', 'sha256:abc', 'wrong number of hex digits for sha256: abc'],
  ['sources/12.5', 'md5:abc', 'unsupported hash: "md5"'],
]
for (const [id, text, message] of digests) verifies(id, `${text} is no digest`, () => assert.throws(() => digestOf(text), { message }))

const config: [id: BehaviourId, says: string, spec: JsonObject, status: JsonObject, same: boolean][] = [
  [
    'sources/20.1',
    'media types foo and bar',
    { layerSelector: { mediaType: 'foo' } },
    { observedLayerSelector: { mediaType: 'bar' } },
    false,
  ],
  ['sources/20.2', 'equal selectors', { layerSelector: { mediaType: 'foo' } }, { observedLayerSelector: { mediaType: 'foo' } }, true],
  [
    'sources/20.3',
    'another operation',
    { layerSelector: { operation: 'copy' } },
    { observedLayerSelector: { operation: 'extract' } },
    false,
  ],
  ['sources/20.4', 'none and an empty selector', { layerSelector: {} }, {}, false],
  ['sources/20.5', 'none and an empty ignore', { ignore: '' }, {}, false],
  ['sources/20.6', 'equal ignore, another selector', { ignore: 'a', layerSelector: { mediaType: 'foo' } }, { observedIgnore: 'a' }, false],
  ['sources/20.7', 'nothing', {}, {}, true],
]
for (const [id, says, more, status, same] of config)
  verifies(id, `${says}: ${same ? 'the same' : 'changed'}`, () =>
    assert.equal(sameContentConfig({ spec: spec(more), status } as Pick<OCIRepositoryObject, 'spec' | 'status'>), same),
  )

test('a revision', () => assert.deepEqual([revisionOf(digest, 'v1'), revisionOf(digest, undefined)], [`v1@${digest}`, digest]))

const layer = { mediaType: 'application/x', digest, size: 3 }
const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
test('a manifest and an index are told apart by what they hold', () => {
  const manifest = parseManifest(encode({ config: layer, layers: [layer], annotations: { a: 'b' } }))
  assert.ok('layers' in manifest)
  assert.deepEqual([selectLayer(manifest, undefined), manifest.annotations], [layer, { a: 'b' }])
  const index = parseManifest(encode({ manifests: [{ ...layer, platform: { os: 'linux', architecture: 'arm64' } }, layer] }))
  assert.ok('manifests' in index)
  assert.deepEqual(selectPlatform(index), layer, 'a child without a platform is for linux/amd64')
  assert.equal(selectPlatform(index, { os: 'windows', architecture: 'amd64' }), undefined)
})
test('a layer is selected by its exact media type, else the first', () => {
  const manifest = parseManifest(encode({ config: layer, layers: [layer, { ...layer, mediaType: 'application/y' }] }))
  assert.ok('layers' in manifest)
  assert.equal(selectLayer(manifest, { mediaType: 'application/y' }).mediaType, 'application/y')
  assert.equal(selectLayer(manifest, { mediaType: '' }).mediaType, 'application/x')
  assert.throws(() => selectLayer(manifest, { mediaType: 'application/' }), {
    message: "failed to find layer with media type 'application/' in artifact",
  })
  assert.throws(() => selectLayer({ ...manifest, layers: [] }, undefined), { message: 'no layers found in artifact' })
})

const malformed: [what: string, document: unknown][] = [
  ['a list', []],
  ['neither layers nor manifests', { config: layer }],
  ['layers that are no list', { config: layer, layers: {} }],
  ['no config', { layers: [layer] }],
  ['a layer that is a text', { config: layer, layers: ['x'] }],
  ['a digest that is a path', { config: layer, layers: [{ ...layer, digest: '../../etc/passwd' }] }],
  ['a size that is negative', { config: layer, layers: [{ ...layer, size: -1 }] }],
  ['a size that is a text', { config: layer, layers: [{ ...layer, size: '3' }] }],
  ['a size beyond all', { config: layer, layers: [{ ...layer, size: 1e300 }] }],
  ['annotations that are a list', { config: layer, layers: [layer], annotations: ['a'] }],
  ['annotations that hold a number', { config: layer, layers: [layer], annotations: { a: 1 } }],
  ['a child without a digest', { manifests: [{ mediaType: 'x', size: 1 }] }],
]
for (const [what, document] of malformed)
  test(`a manifest with ${what} is refused`, () => assert.throws(() => parseManifest(encode(document)), SyntaxError))
test('law: bytes are a manifest or a SyntaxError', () =>
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map(text => Buffer.from(text)),
      ),
      bytes => {
        try {
          const found = parseManifest(bytes)
          assert.ok('layers' in found || 'manifests' in found)
        } catch (thrown) {
          assert.ok(thrown instanceof SyntaxError, String(thrown))
        }
      },
    ),
  ))
