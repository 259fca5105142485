import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Descriptor, mediaTypes } from '../../src/kinds/oci.ts'
import { sha256 } from '../../src/lib/digest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { answer, type Answer } from '../../src/tools/frame/answer.ts'
import { allTools } from '../../src/tools/index.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { RegistryError } from '../../src/world/registry/error.ts'
import { startHostile } from '../support/hostile.ts'
import { openAdapter } from '../support/registries.ts'
import { type Product, startProduct, stdioCaller } from '../support/service.ts'
import { blobOf, manifestOf, pushArtifact, signal, whole } from '../world/registry/contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-artifacts-'))
let product: Product
before(async () => {
  product = await startProduct({ options: { workspace: [folder], oras: 'off' } })
})
after(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
const place = (tag = ''): string => `oci://${product.registry}/tools/r${++count}${tag}`
const body = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n'
const from = { source: 'https://example.com/org/repo.git', revision: 'main@sha1:0123456789abcdef0123456789abcdef01234567' }
const rowsOf = ({ data }: Answer): string[][] => (data?.rows ?? []) as string[][]
const codeOf = ({ data }: Answer): unknown => (data?.error as JsonObject | undefined)?.code
const push = (url: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  product.call('push_artifact', { url, files: [{ path: 'ns.yaml', content: body }], ...from, ...more })
const refOf = (url: string): { registry: string; repository: string; tag: string } => {
  const [, registry = '', repository = '', tag = 'latest'] = /^oci:\/\/([^/]+)\/(.*?)(?::([^/]+))?$/.exec(url) ?? []
  return { registry, repository, tag }
}

function tree(name: string, files: Record<string, string>, modes: { folder?: number; file?: number } = {}): string {
  const root = join(folder, name)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), content)
    chmodSync(join(root, path), modes.file ?? 0o644)
  }
  chmodSync(root, modes.folder ?? 0o755)
  return root
}

const golden: [id: BehaviourId, says: string, path: () => string, digest: string][] = [
  [
    'sources/99.10',
    'A, a folder',
    () => tree('a', { 'ns.yaml': body }),
    '05da52767175170c6f3741f0bddaa75e4b98a7438660d31b7c1f8739ac7248a3',
  ],
  [
    'sources/99.11',
    'B, one file',
    () => join(tree('b', { 'ns.yaml': body }), 'ns.yaml'),
    '34dd42c5255e824907d398bf059b362d9bd3a6470b13ceb8ce97ef1afd69d3de',
  ],
  [
    'sources/99.12',
    'C, modes 0700 and 0600',
    () => tree('c', { 'ns.yaml': body }, { folder: 0o700, file: 0o600 }),
    'eb0458d7e0ebd3c3a544d48806e4c4ed42500171522b57100070be4709c602aa',
  ],
]
for (const [id, says, path, digest] of golden)
  verifies(id, `a pushed artifact has Flux’s digest: ${says}`, async () => {
    const answer = await product.call('push_artifact', { url: place(':v1'), path: path(), ...from })
    assert.equal(answer.data?.digest, `sha256:${digest}`, answer.text)
  })

verifies('sources/104', 'what was pushed from a folder is pulled into another one, annotations and all', async () => {
  const files = { 'ns.yaml': body, 'deep/er/run.sh': '#!/bin/sh\n' }
  const root = tree('round', files)
  chmodSync(join(root, 'deep/er/run.sh'), 0o755)
  mkdirSync(join(folder, 'pulled'))
  const url = place(':v1')
  const pushed = await product.call('push_artifact', { url, path: root, ...from, annotations: { 'org.example/team': 'a <b>' } })
  assert.equal(pushed.data?.uploaded, true, pushed.text)
  assert.match(pushed.text, /served by builtin/)
  const pulled = await product.call('pull_artifact', { url, output: join(folder, 'pulled') })
  assert.match(pulled.text, /files=2 servedBy=builtin\nwritten to/)
  for (const [path, content] of Object.entries(files)) assert.equal(readFileSync(join(folder, 'pulled', path), 'utf8'), content)
  assert.equal(statSync(join(folder, 'pulled/deep/er/run.sh')).mode & 0o111, 0o111)
  const { registry, close } = await openAdapter('builtin')
  const manifest = JSON.parse(String(Buffer.from((await registry.manifest(refOf(url), signal))?.bytes ?? '')))
  await close()
  assert.deepEqual(manifest.annotations, {
    'org.example/team': 'a <b>',
    'org.opencontainers.image.created': '1970-01-01T00:00:00Z',
    'org.opencontainers.image.revision': from.revision,
    'org.opencontainers.image.source': from.source,
  })
  assert.equal(manifest.layers[0].mediaType, mediaTypes.fluxContent)
})

verifies('sources/103', 'a path that does not exist is told', async () => {
  const answer = await product.call('push_artifact', { url: place(), path: join(folder, 'nowhere') })
  assert.equal(codeOf(answer), 'NotFound')
  assert.match(answer.text, /'.*nowhere' does not exist/)
})

verifies('sources/120', 'a link to a folder is no folder to pull to', async () => {
  const url = place(':v1')
  await push(url)
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'link'))
  writeFileSync(join(folder, 'file'), '')
  for (const name of ['link', 'file']) {
    const answer = await product.call('pull_artifact', { url, output: join(folder, name) })
    assert.equal(codeOf(answer), 'InvalidArgument', answer.text)
    assert.match(answer.text, new RegExp(`dir '.*${name}' must be a directory`))
  }
})

const tags = ['v0.0.1', 'v0.0.2', 'v0.0.3', 'v6.0.0', 'v6.0.1', 'v6.0.2', 'v6.0.2-rc.1', 'v6.0.2-alpha', 'staging-fb3355b']
const signatures = ['.sig', '.att', '.sbom'].map(end => `sha256-${'a'.repeat(64)}${end}`)
const lists: [BehaviourId, says: string, filter: Record<string, string>, expected: string[]][] = [
  ['sources/111', 'all tags but those of signatures, highest names first', {}, tags.toSorted().toReversed()],
  ['sources/112.2', 'those of a version range', { semver: '6.0.x' }, ['v6.0.2', 'v6.0.1', 'v6.0.0']],
  ['sources/113.2', 'those of a range and an expression', { semver: '>=6.0.0-rc', regex: 'alpha' }, ['v6.0.2-alpha']],
  ['sources/114', 'those of an expression', { regex: '^staging.*$' }, ['staging-fb3355b']],
]
let listed: Promise<string> | undefined
const manyTags = async (): Promise<string> => {
  const url = place()
  await push(`${url}:latest`)
  await product.call('tag_artifact', { url: `${url}:latest`, tags: [...tags, ...signatures] })
  return url
}
for (const [id, says, filter, expected] of lists)
  verifies(id, `tags are listed: ${says}`, async () => {
    const url = await (listed ??= manyTags())
    const rows = rowsOf(await product.call('list_artifacts', { url, limit: 50, ...filter }))
    assert.deepEqual(
      rows.map(([tag]) => tag).filter(tag => tag !== 'latest'),
      expected,
    )
    assert.deepEqual(rows[0]?.slice(2), [from.source, 'main@sha1:01234567'])
  })

test('a second push of the same content sends nothing, and adds the tags it is given', async () => {
  const url = place(':v1')
  assert.equal((await push(url)).data?.uploaded, true)
  const again = await push(url, { tags: ['stable', 'latest'] })
  assert.equal(again.data?.uploaded, false)
  const rows = rowsOf(await product.call('list_artifacts', { url: url.slice(0, -3) }))
  assert.deepEqual(
    rows.map(([tag]) => tag),
    ['v1', 'stable', 'latest'],
  )
})

test('content comes in pages, binary files by name', async () => {
  const url = place(':v1')
  await push(url, {
    files: [
      { path: 'a.yaml', content: `${'line: 1\n'.repeat(2000)}` },
      { path: 'b.bin', content: 'AAE=', encoding: 'base64' },
    ],
  })
  const first = await product.call('pull_artifact', { url })
  const cursor = /cursor=(\S+)/.exec(first.text)?.[1]
  assert.ok(cursor, first.text.slice(0, 200))
  const second = await product.call('pull_artifact', { url, cursor })
  assert.match(first.text, /=== a\.yaml/)
  assert.match(second.text, /=== b\.bin\n\(binary, 2 bytes\)/)
})

test('a digest is looked up for an artifact, an image and one platform of an index', async () => {
  const { registry, close } = await openAdapter('builtin')
  const ref = { registry: product.registry, repository: 'tools/image', tag: 'v1' }
  const config = blobOf(
    Buffer.from('{"os":"linux","architecture":"arm64","created":"2026-01-02T03:04:05Z"}'),
    'application/vnd.oci.image.config.v1+json',
  )
  const layer = blobOf(Buffer.from('layer'))
  for (const blob of [config, layer]) await registry.pushBlob(ref, blob, { signal })
  const bytes = manifestOf(config.descriptor, [layer.descriptor])
  const image = await registry.pushManifest({ ...ref, tag: 'arm' }, { mediaType: mediaTypes.manifest, bytes }, signal)
  const other = await pushArtifact(registry, { ...ref, tag: 'amd' })
  const manifests = [
    { ...other, platform: { os: 'linux', architecture: 'amd64' } },
    { ...image, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
  ]
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }))
  await registry.pushManifest(ref, { mediaType: mediaTypes.index, bytes: index }, signal)
  await close()
  const name = `${ref.registry}/${ref.repository}`
  const found = async (args: object): Promise<JsonObject | undefined> => (await product.call('get_image_digest', { ...args })).data
  const all = await found({ image: `${name}:v1` })
  assert.deepEqual([all?.digest, all?.platforms], [sha256(index), ['linux/amd64', 'linux/arm64/v8']])
  const arm = await found({ image: `${name}:v1`, platform: 'linux/arm64/v8' })
  assert.deepEqual(
    [arm?.digest, arm?.pinned, arm?.size, arm?.created],
    [image.digest, `${name}@${image.digest}`, 5, '2026-01-02T03:04:05Z'],
  )
  const single = await found({ image: `${name}:arm` })
  assert.deepEqual([single?.digest, single?.platforms, single?.servedBy], [image.digest, ['linux/arm64'], 'builtin'])
  for (const args of [
    { image: `${name}:v1`, platform: 'windows/amd64' },
    { image: `${name}:arm`, platform: 'linux/amd64' },
  ])
    assert.equal(codeOf(await product.call('get_image_digest', args)), 'NotFound')
})

test('an image is told as signed by what lies beside it, unverified, and a look for it never fails the call', async () => {
  const { registry, close } = await openAdapter('builtin')
  const ref = { registry: product.registry, repository: 'tools/signed' }
  const looked = async (tag: string): Promise<Answer> =>
    product.call('get_image_digest', { image: `${ref.registry}/${ref.repository}:${tag}` })
  const beside = async (subject: Descriptor, mediaType: string): Promise<void> => {
    const config = blobOf(Buffer.from('{}'), mediaType)
    await registry.pushBlob(ref, config, { signal })
    const manifest = { schemaVersion: 2, mediaType: mediaTypes.manifest, config: config.descriptor, layers: [], subject }
    const bytes = Buffer.from(JSON.stringify(manifest))
    await registry.pushManifest({ ...ref, digest: sha256(bytes) }, { mediaType: mediaTypes.manifest, bytes }, signal)
  }
  const target = await pushArtifact(registry, { ...ref, tag: 'v1' })
  const plain = await looked('v1')
  assert.deepEqual(plain.data?.signers, [])
  assert.match(plain.text, /no signature is beside it/)
  await beside(target, 'application/spdx+json')
  assert.deepEqual((await looked('v1')).data?.signers, [])
  await beside(target, 'application/vnd.cncf.notary.signature')
  assert.match((await looked('v1')).text, /signed \(notation, not verified\)/)
  await pushArtifact(registry, { ...ref, tag: `${target.digest.replace(':', '-')}.sig` })
  const both = await looked('v1')
  assert.deepEqual(both.data?.signers, ['cosign', 'notation'])
  assert.match(both.text, /signed \(cosign and notation, not verified\)/)
  await close()
})

test('a registry that forbids a look for signatures still tells the digest', async () => {
  const bytes = manifestOf(blobOf(Buffer.from('{}')).descriptor, [])
  const strict = await startHostile((request, response) => {
    const { url = '' } = request
    if (url === '/v2/') response.end()
    else if (url.endsWith('manifests/v1'))
      response.writeHead(200, { 'content-type': mediaTypes.manifest, 'content-length': bytes.length }).end(bytes)
    else if (/blobs/.test(url)) response.end('{}')
    else response.writeHead(403).end()
  })
  const answer = await product.call('get_image_digest', { image: `${strict.url.slice('http://'.length)}/x/y:v1` })
  assert.equal(answer.data?.digest, sha256(bytes), answer.text)
  assert.equal(answer.data?.signers, undefined)
  assert.doesNotMatch(answer.text, /sign/)
  await strict.close()
})

test('a tag is given to what another one names', async () => {
  const url = place(':v1')
  const pushed = await push(url)
  const answer = await product.call('tag_artifact', { url, tags: ['prod', 'v1.0.0'] })
  assert.equal(answer.data?.digest, pushed.data?.digest)
  assert.match(answer.text, /:prod, .*:v1\.0\.0 \(served by builtin\)/)
  const looked = await product.call('get_image_digest', { image: url.replace(':v1', ':prod') })
  assert.equal(looked.data?.digest, pushed.data?.digest)
})

/** What each tool says when the registry fails: the same words through all of them. */
const failing: [says: string, status: number, headers: Record<string, string>, code: string][] = [
  ['refuses who asks', 401, {}, 'Unauthenticated'],
  ['forbids', 403, {}, 'Unauthenticated'],
  ['is asked too often', 429, { 'retry-after': '120' }, 'RateLimited'],
  ['is broken', 500, { 'retry-after': '120' }, 'Unreachable'],
]
const calls: [tool: string, args: (place: string) => Record<string, unknown>][] = [
  ['push_artifact', at => ({ url: `oci://${at}:v1`, files: [{ path: 'a', content: 'b' }] })],
  ['pull_artifact', at => ({ url: `oci://${at}:v1` })],
  ['tag_artifact', at => ({ url: `oci://${at}:v1`, tags: ['v2'] })],
  ['list_artifacts', at => ({ url: `oci://${at}` })],
  ['get_image_digest', at => ({ image: `${at}:v1` })],
]
for (const [says, status, headers, code] of failing)
  test(`a registry that ${says} is told as ${code}`, async () => {
    const hostile = await startHostile((request, response) => {
      request.resume()
      response.writeHead(request.url === '/v2/' ? 200 : status, headers).end()
    })
    for (const [tool, args] of calls) {
      const answer = await product.call(tool, args(`${hostile.url.slice('http://'.length)}/x/y`))
      assert.equal(codeOf(answer), code, `${tool}: ${answer.text}`)
      if (code === 'RateLimited') assert.match(answer.text, /wait 120 s/)
    }
    await hostile.close()
  })

test('a registry that is not there, and a repository that is not in it', async () => {
  for (const [tool, args] of calls) {
    assert.equal(codeOf(await product.call(tool, args('127.0.0.1:1/x/y'))), 'Unreachable', tool)
    const answer = await product.call(tool, args(`${product.registry}/not/there-for-${tool.replaceAll('_', '-')}`))
    const isFine = ['push_artifact', 'list_artifacts'].includes(tool)
    assert.equal(codeOf(answer), isFine ? undefined : 'NotFound', `${tool}: ${answer.text}`)
  }
})

test('a call that is cancelled is told as that', async () => {
  const hanging = await startHostile((request, response) => {
    request.resume()
    if (request.url === '/v2/') response.end()
    else abort.abort()
  })
  let abort = new AbortController()
  for (const [tool, args] of calls) {
    abort = new AbortController()
    const answer = await product.call(tool, args(`${hanging.url.slice('http://'.length)}/x/y`), { signal: abort.signal })
    assert.equal(codeOf(answer), 'Cancelled', tool)
  }
  await hanging.close()
})

const wrong: [says: string, tool: string, args: Record<string, unknown>, message: RegExp][] = [
  ['a URL without a scheme', 'push_artifact', { url: 'host/repo', files: [] }, /URL must be in format 'oci:\/\/<domain>\/<org>\/<repo>'/],
  ['a URL with a digest', 'push_artifact', { url: `oci://h.x/repo@sha256:${'a'.repeat(64)}`, files: [] }, /names a digest/],
  ['neither path nor files', 'push_artifact', { url: 'oci://h.x/repo' }, /give either path or files/],
  ['both', 'push_artifact', { url: 'oci://h.x/repo', path: '.', files: [] }, /give either path or files/],
  ['a tag that is none', 'push_artifact', { url: 'oci://h.x/repo', files: [], tags: ['a/b'] }, /argument 'tags\.0'/],
  ['a tag to give that is none', 'tag_artifact', { url: 'oci://h.x/repo', tags: ['-x'] }, /argument 'tags\.0'/],
  ['no tag to give', 'tag_artifact', { url: 'oci://h.x/repo', tags: [] }, /argument 'tags'/],
  ['a list of one tag', 'list_artifacts', { url: 'oci://h.x/repo:v1' }, /has a tag or a digest/],
  ['a repository that is none', 'list_artifacts', { url: 'oci://h.x/Repo' }, /repository can only contain the characters/],
  ['an image that is none', 'get_image_digest', { image: 'a:b:c' }, /could not parse reference|repository can only contain/],
  ['a host that is none', 'pull_artifact', { url: 'oci://user:secret@h.x/repo' }, /before the host: sign in elsewhere/],
  ['a host that leads elsewhere', 'pull_artifact', { url: 'oci://a.b?c.d/repo' }, /must be valid RFC 3986 URI authorities/],
]
for (const [says, tool, args, message] of wrong)
  test(`${tool} refuses ${says}`, async () => {
    const answer = await product.call(tool, args)
    assert.equal(codeOf(answer), 'InvalidArgument', answer.text)
    assert.match(answer.text, message)
    assert.doesNotMatch(answer.text, /secret/)
  })
for (const path of ['/etc/x', '../x', 'a/../../x', 'a\\b', 'a//b', './a', ''])
  test(`push_artifact refuses a file named ${JSON.stringify(path)}`, async () =>
    assert.equal(codeOf(await push(place(), { files: [{ path, content: 'x' }] })), 'InvalidArgument'))
for (const files of [
  ['a', 'a'],
  ['a', 'a/b'],
])
  test(`push_artifact refuses the files ${files.join(' and ')} together`, async () =>
    assert.equal(codeOf(await push(place(), { files: files.map(path => ({ path, content: 'x' })) })), 'InvalidArgument'))

test('a range or an expression that cannot be read is told in Flux’s words', async () => {
  const url = place()
  await push(`${url}:1.0.0`, { tags: [`${'1.0.'.repeat(20)}0`] })
  for (const [filter, message] of [
    [{ semver: 'nope' }, /improper constraint: nope/],
    [{ regex: '(' }, /regex '\(' parse error: error parsing regexp: missing closing \): `\(`/],
    [{ regex: '(?=a)' }, /regex '\(\?=a\)' parse error: error parsing regexp: invalid or unsupported Perl syntax: `\(\?=`/],
  ] as const) {
    const answer = await product.call('list_artifacts', { url, ...filter })
    assert.equal(codeOf(answer), 'InvalidArgument', answer.text)
    assert.match(answer.text, message)
  }
  const backAndForth = await product.call('list_artifacts', { url, regex: '((a*)*)*!|(1|.|0|..)+!' })
  assert.deepEqual(rowsOf(backAndForth), [], backAndForth.text)
})

test('nothing outside the workspace is read or written', async () => {
  const url = place(':v1')
  await push(url)
  symlinkSync(tmpdir(), join(folder, 'way-out'))
  for (const path of [tmpdir(), join(folder, 'way-out'), join(folder, '..')]) {
    assert.equal(codeOf(await product.call('push_artifact', { url: place(), path })), 'Forbidden', path)
    assert.equal(codeOf(await product.call('pull_artifact', { url, output: path })), 'Forbidden', path)
  }
})

test('where changes need a plan, a pull needs one only to write, and a push is held to what was planned', async t => {
  const careful = await startProduct({ mode: { planChanges: true }, options: { workspace: [folder], oras: 'off' } })
  t.after(() => careful.stop())
  const root = tree('planned', { 'ns.yaml': body })
  const url = place(':v1')
  const planned = await careful.call('push_artifact', { url, path: root, ...from })
  assert.equal(planned.data?.planned, true, planned.text)
  writeFileSync(join(root, 'ns.yaml'), 'changed')
  assert.equal(codeOf(await careful.call('push_artifact', { url, path: root, ...from, plan: planned.data.plan })), 'StalePlan')
  const again = await careful.call('push_artifact', { url, path: root, ...from })
  assert.equal((await careful.call('push_artifact', { url, path: root, ...from, plan: again.data?.plan })).data?.uploaded, true)
  assert.match((await careful.call('pull_artifact', { url })).text, /=== ns\.yaml\nchanged/)
  const output = join(folder, 'planned-out')
  mkdirSync(output)
  const pull = await careful.call('pull_artifact', { url, output })
  assert.equal(pull.data?.planned, true)
  assert.deepEqual(readdirSync(output), [])
  await careful.call('pull_artifact', { url, output, plan: pull.data.plan })
  assert.deepEqual(readdirSync(output), ['ns.yaml'])
})

test('a push says what would take it: by tag, by range, by digest, and who builds on that', async () => {
  const cluster = product.composed.service.world.clusters.named()
  const repository = place()
  const { data } = await push(`${repository}:1.2.0`)
  const create = async (kind: string, name: string, spec: JsonObject): Promise<void> => {
    const group = kind === 'OCIRepository' ? 'source' : 'kustomize'
    const object = { apiVersion: `${group}.toolkit.fluxcd.io/v1`, kind, metadata: { name, namespace: 'default' }, spec }
    await cluster.apply(object, { manager: 'test' }, signal)
  }
  const refs: [name: string, ref: JsonObject, url?: string][] = [
    ['by-tag', { tag: 'stable' }],
    ['by-range', { semver: '>=1.2 <2' }],
    ['by-digest', { digest: String(data?.digest) }],
    ['other-tag', { tag: 'edge' }],
    ['other-range', { semver: '>=2' }],
    ['filtered-out', { semver: '>=1', semverFilter: 'rc' }],
    ['latest', {}],
    ['elsewhere', { tag: 'stable' }, place()],
    ['broken', { semver: 'nope' }],
  ]
  for (const [name, ref, url = repository] of refs) await create('OCIRepository', name, { url, ref, interval: '1h' })
  const spec = { interval: '1h', prune: true, path: './' }
  await create('Kustomization', 'apps', { ...spec, sourceRef: { kind: 'OCIRepository', name: 'by-tag' } })
  await create('Kustomization', 'others', { ...spec, sourceRef: { kind: 'OCIRepository', name: 'latest' } })
  const answer = await push(`${repository}:1.2.0`, { tags: ['stable'] })
  assert.ok(Array.isArray(answer.data?.picksUp))
  assert.deepEqual(answer.data.picksUp.toSorted(), [
    'Kustomization/default/apps',
    'OCIRepository/default/by-digest',
    'OCIRepository/default/by-range',
    'OCIRepository/default/by-tag',
  ])
  assert.match(answer.text, /Next: reconcile Kustomization\/default\/apps withSource=true/)
})

/** A call in another world. */
function inWorld(
  changed: Partial<Product['composed']['service']['world']>,
  name: string,
  args: JsonObject,
  stop = signal,
): Promise<Answer> {
  const { service, engine } = product.composed
  const tool = allTools({ gates: service.gates, readOnly: false }).find(t => t.name === name)
  assert.ok(tool)
  const call = { signal: stop, caller: stdioCaller, engine, progress: () => {} }
  return answer({ ...service, world: { ...service.world, ...changed } }, tool, { args, call })
}

test('a tag that is refused is told with those that were given before it', async () => {
  const { world } = product.composed.service
  const url = place(':v1')
  const { digest } = (await push(url)).data ?? {}
  const refusing = (method: 'tag' | 'pushManifest', at: number): typeof world.registries => ({
    open: async (...args) => {
      const registry = await world.registries.open(...args)
      const refuse = (...given: unknown[]): unknown =>
        at-- > 0
          ? Reflect.apply(registry[method] as (...all: unknown[]) => unknown, registry, given)
          : Promise.reject(new RegistryError('DENIED', { ref: 'its place' }))
      return new Proxy(registry, {
        get: (target, key) =>
          key === method
            ? refuse
            : ((value: unknown) => (typeof value === 'function' ? value.bind(target) : value))(Reflect.get(target, key)),
      })
    },
  })
  const tagged = await inWorld({ registries: refusing('tag', 2) }, 'tag_artifact', { url, tags: ['a', 'b', 'c', 'd'] })
  assert.match(tagged.text, /^Unauthenticated: tag 'c' is not given: .*its place.*; given before it: a, b\. Next: /)
  const files = [{ path: 'ns.yaml', content: body }]
  const pushed = await inWorld({ registries: refusing('pushManifest', 1) }, 'push_artifact', { url, files, ...from, tags: ['e', 'f'] })
  assert.match(pushed.text, /^Unauthenticated: tag 'f' is not given: .*; given before it: e\. Next: /)
  const rows = rowsOf(await product.call('list_artifacts', { url: url.slice(0, -3) }))
  assert.deepEqual(
    rows.map(([tag, at]) => [tag, at]),
    ['v1', 'e', 'b', 'a'].map(tag => [tag, digest]),
  )
  const first = await inWorld({ registries: refusing('tag', 0) }, 'tag_artifact', { url, tags: ['x', 'y'] })
  assert.doesNotMatch(first.text, /given before/)
})

test('a pull that is cancelled writes nothing more', async () => {
  const { files } = product.composed.service.world
  assert.ok(files)
  const url = place(':v1')
  await push(url, { files: ['a', 'b', 'c'].map(path => ({ path, content: path })) })
  const output = tree('cancelled', { kept: 'x' })
  const stop = new AbortController()
  const write: typeof files.write = (...args) => {
    stop.abort(new Error('enough'))
    return files.write(...args)
  }
  const changed = { files: Object.assign(Object.create(files) as typeof files, { write }) }
  const answered = await inWorld(changed, 'pull_artifact', { url, output }, stop.signal)
  assert.equal(codeOf(answered), 'Cancelled', answered.text)
  assert.deepEqual(readdirSync(output).toSorted(), ['a', 'kept'])
})

test('a cluster that says nothing does not hold a push up, and nothing is made up', async () => {
  const { world } = product.composed.service
  const { clusters } = world
  const hanging = {
    names: ['hanging'],
    named: () => ({ ...clusters.named(), resourceOf: (_: unknown, stop: AbortSignal) => untilAborted(stop) }),
  } as unknown as typeof clusters
  const clock = { ...world.clock, sleep: async () => {} }
  const args = { url: place(':v1'), files: [{ path: 'a', content: 'b' }] }
  const answered = await inWorld({ clusters: hanging, clock }, 'push_artifact', args)
  assert.equal(answered.data?.picksUp, undefined)
  assert.match(answered.text, /pushed: .*\n.*Next: no cluster said what uses it/)
})

async function untilAborted(stop: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  stop.addEventListener('abort', () => reject(stop.reason), { once: true })
  return promise
}

test('a registry that does not take the content is told as ApplyFailed', async () => {
  const full = await startHostile((request, response) => {
    request.resume()
    response.writeHead(request.url === '/v2/' ? 200 : request.method === 'POST' ? 413 : 404).end()
  })
  const answer = await product.call('push_artifact', { url: `oci://${full.url.slice(7)}/x/y:v1`, files: [{ path: 'a', content: 'b' }] })
  assert.equal(codeOf(answer), 'ApplyFailed', answer.text)
  await full.close()
})

test('content that changed on its way is told as VerificationFailed', async () => {
  const bytes = manifestOf(blobOf(Buffer.from('{}')).descriptor, [])
  const lying = await startHostile((_, response) => {
    response.writeHead(200, {
      'content-type': mediaTypes.manifest,
      'docker-content-digest': sha256('another'),
      'content-length': bytes.length,
    })
    response.end(bytes)
  })
  for (const [tool, args] of calls.filter(([name]) => ['pull_artifact', 'get_image_digest', 'tag_artifact'].includes(name))) {
    const answer = await product.call(tool, args(`${lying.url.slice(7)}/x/y`))
    assert.equal(codeOf(answer), 'VerificationFailed', `${tool}: ${answer.text}`)
  }
  await lying.close()
})

test('a layer that is said to be larger than any is not asked for', async () => {
  const vast = { ...blobOf(Buffer.from('x')).descriptor, size: 10 ** 12 }
  const bytes = manifestOf(blobOf(Buffer.from('{}')).descriptor, [vast])
  const boasting = await startHostile((request, response) => {
    assert.doesNotMatch(request.url ?? '', /blobs/)
    response.writeHead(200, { 'content-type': mediaTypes.manifest, 'content-length': bytes.length }).end(bytes)
  })
  assert.equal(codeOf(await product.call('pull_artifact', { url: `oci://${boasting.url.slice(7)}/x/y:v1` })), 'TooLarge')
  await boasting.close()
})

test('a cursor of another question is refused', async () => {
  const url = place(':v1')
  await push(url)
  for (const [tool, args] of [
    ['list_artifacts', { url: url.slice(0, -3) }],
    ['pull_artifact', { url }],
  ] as const)
    assert.equal(codeOf(await product.call(tool, { ...args, cursor: 'a.b.c.d' })), 'CursorExpired', tool)
})

test('content that is too much for pages is pulled to a folder', async () => {
  const [root, output] = [tree('large', { 'large.txt': 'x'.repeat(17_000_000) }), join(folder, 'large-out')]
  const url = place(':v1')
  await product.call('push_artifact', { url, path: root, ...from })
  const answer = await product.call('pull_artifact', { url })
  assert.equal(codeOf(answer), 'TooLarge')
  assert.match(answer.text, /Next: pull it to a folder, with output/)
  mkdirSync(output)
  await product.call('pull_artifact', { url, output })
  assert.equal(statSync(join(output, 'large.txt')).size, 17_000_000)
})

test('what is neither a folder nor a file is not pushed', async () => {
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const answer = await product.call('push_artifact', { url: place(), path: join(folder, 'pipe') })
  assert.equal(codeOf(answer), 'InvalidArgument')
  assert.match(answer.text, /invalid path '.*pipe', must point to an existing directory or file/)
})

test('a folder where a file should be is told, and nothing half written stays', async () => {
  const [url, output] = [place(':v1'), join(folder, 'in-the-way')]
  await push(url, { files: [{ path: 'a/b', content: 'x' }] })
  mkdirSync(join(output, 'a/b/c'), { recursive: true })
  assert.equal(codeOf(await product.call('pull_artifact', { url, output })), 'Conflict')
  assert.deepEqual(readdirSync(join(output, 'a')), ['b'])
  rmSync(join(output, 'a'), { recursive: true })
  writeFileSync(join(output, 'a'), 'a file')
  assert.equal(codeOf(await product.call('pull_artifact', { url, output })), 'Conflict')
  assert.equal(readFileSync(join(output, 'a'), 'utf8'), 'a file')
})

/** Artifacts that must not be used: nothing of them is written. */
const bad: [says: string, code: string, layer: () => Promise<Buffer> | Buffer][] = [
  ['is no archive', 'VerificationFailed', () => Buffer.from('just text')],
  ['is half an archive', 'VerificationFailed', async () => (await gzipped('a.yaml', 'x'.repeat(5000))).subarray(0, 60)],
  ['leads out of its folder', 'VerificationFailed', () => gzipped('../out.yaml', 'x')],
]
for (const [says, code, layer] of bad)
  test(`an artifact whose layer ${says} is refused, and nothing is written`, async () => {
    const { registry, close } = await openAdapter('builtin')
    const ref = refOf(place(':v1'))
    const [config, content] = [blobOf(Buffer.from('{}'), mediaTypes.fluxConfig), blobOf(await layer(), mediaTypes.fluxContent)]
    for (const blob of [config, content]) await registry.pushBlob(ref, blob, { signal })
    const bytes = manifestOf(config.descriptor, [content.descriptor])
    await registry.pushManifest(ref, { mediaType: mediaTypes.manifest, bytes }, signal)
    await close()
    const output = join(folder, `bad-${++count}`)
    mkdirSync(output)
    for (const more of [{}, { output }]) {
      const answer = await product.call('pull_artifact', { url: `oci://${ref.registry}/${ref.repository}:v1`, ...more })
      assert.equal(codeOf(answer), code, answer.text)
    }
    assert.deepEqual(readdirSync(output), [])
  })

async function gzipped(path: string, text: string): Promise<Buffer> {
  const { tar } = await import('../../src/lib/tar.ts')
  const content = async function* (): AsyncIterable<Uint8Array> {
    yield Buffer.from(text)
  }
  const entries = async function* () {
    yield { path, type: 'file' as const, mode: 0o644, size: text.length, content: content() }
  }
  return whole(product.composed.service.world.kernel.gzip(tar(entries()), signal))
}
