import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { findProgram } from '../../scripts/refs/cache.ts'
import { type Digest, sha256 } from '../../src/lib/digest.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'
import { withPrograms } from '../refs/when.ts'
import { openAdapter } from '../support/registries.ts'
import { type Product, startProduct } from '../support/service.ts'
import { signal, whole } from '../world/registry/contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-interop-'))
const run = promisify(execFile)
let product: Product
before(async () => {
  product = await startProduct({ options: { workspace: [folder], oras: 'off' } })
})
after(async () => {
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
const place = (): string => `${product.registry}/interop/r${++count}`
const from = { source: 'https://example.com/org/repo.git', revision: 'main@sha1:0123456789abcdef0123456789abcdef01234567' }
async function cli(name: 'oras' | 'flux', ...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: folder, TZ: 'UTC' }
  const { stdout, stderr } = await run(findProgram(name) ?? name, args, { env, cwd: folder, maxBuffer: 1 << 26 })
  return stdout + stderr
}

/** Everything that a walk may meet. */
function odd(root: string): string {
  const long = 'd'.repeat(90)
  for (const [path, content, mode] of [
    ['a.yaml', 'a: 1\n', 0o644],
    ['run.sh', '#!/bin/sh\n', 0o755],
    ['private', 'x', 0o600],
    ['sub/deeper/b.yaml', 'b: 1\n'.repeat(5000), 0o640],
    ['sub.txt', 'next to sub in byte order', 0o644],
    [`${long}/${long}/${long}.yaml`, 'long: true\n', 0o644],
    [`${'n'.repeat(150)}.yaml`, 'long name', 0o644],
    ['ünïcode/日本.yaml', 'u: 1\n', 0o644],
    ['picture.png', 'left out', 0o644],
    ['.git/config', 'left out', 0o644],
    ['.gitignore', 'left out', 0o644],
    ['.sourceignore', '*.md\n', 0o644],
    ['README.md', 'kept: the command line does not read .sourceignore', 0o644],
    ['empty', '', 0o644],
  ] as const) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
    chmodSync(join(root, path), mode)
  }
  mkdirSync(join(root, 'nothing-in-here'))
  symlinkSync('a.yaml', join(root, 'link.yaml'))
  for (const name of ['', 'sub', 'nothing-in-here']) chmodSync(join(root, name), name === 'sub' ? 0o750 : 0o755)
  return root
}

withPrograms(['oras'], { name: 'oras and our artifacts', tests: 4 }, () => {
  test('what we pushed comes back byte for byte with oras cp', async () => {
    const [at, path] = [place(), odd(join(folder, 'to-copy'))]
    const { data } = await product.call('push_artifact', { url: `oci://${at}:v1`, path, ...from })
    const layout = join(folder, 'layout')
    await cli('oras', 'cp', '--from-plain-http', `${at}:v1`, '--to-oci-layout', `${layout}:v1`)
    const blob = (digest: Digest): Buffer => readFileSync(join(layout, 'blobs', digest.replace(':', '/')))
    const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'))
    assert.equal(index.manifests[0].digest, data?.digest)
    const manifest = JSON.parse(blob(index.manifests[0].digest).toString())
    const { registry, close } = await openAdapter('builtin')
    for (const part of [manifest.config, ...manifest.layers]) {
      const [host = '', ...rest] = at.split('/')
      assert.deepEqual(blob(part.digest), await whole(registry.blob({ registry: host, repository: rest.join('/') }, part, signal)))
      assert.equal(sha256(blob(part.digest)), part.digest)
    }
    await close()
  })
  test('what oras push made is pulled', async () => {
    const at = place()
    mkdirSync(join(folder, 'by-oras'))
    writeFileSync(join(folder, 'by-oras/app.yaml'), 'kind: Namespace\n')
    await cli('oras', 'push', '--plain-http', '--artifact-type', 'application/vnd.test', `${at}:v1`, 'by-oras/:application/vnd.x.tar+gzip')
    const answer = await product.call('pull_artifact', { url: `oci://${at}:v1` })
    assert.match(answer.text, /=== by-oras\/app\.yaml\nkind: Namespace/)
    const looked = await product.call('get_image_digest', { image: `${at}:v1` })
    assert.equal(looked.data?.digest, (await cli('oras', 'resolve', '--plain-http', `${at}:v1`)).trim())
  })
  for (const mode of ['auto', 'required'])
    test(`with --oras ${mode} the CLI moves artifacts, and a push has the same digest`, async t => {
      const own = await startProduct({ options: { workspace: [folder], oras: mode }, env: { PATH: orasPath(), HOME: folder } })
      t.after(() => own.stop())
      const [at, path] = [place(), odd(join(folder, `by-cli-${mode}`))]
      const ours = await product.call('push_artifact', { url: `oci://${at}:v1`, path, ...from })
      const theirs = await own.call('push_artifact', { url: `oci://${place()}:v1`, path, ...from })
      assert.equal(theirs.data?.servedBy, 'oras', theirs.text)
      assert.equal(theirs.data?.digest, ours.data?.digest)
      mkdirSync(join(folder, `out-${mode}`))
      const pulled = await own.call('pull_artifact', { url: `oci://${at}:v1`, output: join(folder, `out-${mode}`) })
      assert.match(pulled.text, /servedBy=oras/)
      assert.equal(readFileSync(join(folder, `out-${mode}`, 'sub/deeper/b.yaml'), 'utf8'), 'b: 1\n'.repeat(5000))
      const tagged = await own.call('tag_artifact', { url: `oci://${at}:v1`, tags: ['v2'] })
      assert.equal(tagged.data?.servedBy, 'oras')
      assert.equal((await own.call('get_image_digest', { image: `${at}:v2` })).data?.servedBy, 'builtin')
    })
})

test('without the CLI, --oras auto does without, and --oras required says what is missing', async t => {
  for (const [mode, expected] of [
    ['auto', undefined],
    ['required', 'Unsupported'],
  ] as const) {
    const own = await startProduct({ options: { oras: mode }, env: { PATH: '/nowhere', HOME: folder } })
    t.after(() => own.stop())
    const answer = await own.call('push_artifact', { url: `oci://${place()}:v1`, files: [{ path: 'a', content: 'b' }] })
    assert.equal((answer.data?.error as { code: string } | undefined)?.code, expected, answer.text)
    if (expected) assert.match(answer.text, /not on PATH.*Next: install oras 1\.2 or newer, or use --oras off/s)
  }
})

function orasPath(): string {
  return [dirname(findProgram('oras') ?? ''), process.env.PATH].join(':')
}

withPrograms(['flux'], { name: 'flux and our artifacts', tests: 7 }, () => {
  const theirDigest = (output: string): string | undefined => /sha256:[0-9a-f]{64}/.exec(output)?.[0]
  const local = (at: string): string => `oci://${at.replace('127.0.0.1', 'localhost')}`
  const fluxPush = async (path: string, ...more: string[]): Promise<string | undefined> => {
    const named = ['--path', path, '--source', from.source, '--revision', from.revision]
    return theirDigest(await cli('flux', 'push', 'artifact', `${local(place())}:v1`, ...named, '--reproducible', ...more))
  }
  const golden: [id: BehaviourId, modes: { folder: number; file: number }, path: string, digest: string][] = [
    ['sources/99.14', { folder: 0o755, file: 0o644 }, '', '05da52767175170c6f3741f0bddaa75e4b98a7438660d31b7c1f8739ac7248a3'],
    ['sources/99.15', { folder: 0o755, file: 0o644 }, 'ns.yaml', '34dd42c5255e824907d398bf059b362d9bd3a6470b13ceb8ce97ef1afd69d3de'],
    ['sources/99.16', { folder: 0o700, file: 0o600 }, '', 'eb0458d7e0ebd3c3a544d48806e4c4ed42500171522b57100070be4709c602aa'],
  ]
  for (const [id, modes, path, digest] of golden)
    verifies(id, 'the golden digests are those of flux', async () => {
      const root = join(folder, id.replace('/', '-'))
      mkdirSync(root)
      writeFileSync(join(root, 'ns.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: apps\n')
      chmodSync(join(root, 'ns.yaml'), modes.file)
      chmodSync(root, modes.folder)
      assert.equal(await fluxPush(join(root, path)), `sha256:${digest}`)
    })
  verifies('sources/99.13', 'flux push artifact --reproducible makes the same of a folder, a file and a choice of files', async () => {
    const root = odd(join(folder, 'both'))
    const ours = async (more: object): Promise<unknown> =>
      (await product.call('push_artifact', { url: `oci://${place()}:v1`, path: root, ...from, ...more })).data?.digest
    assert.equal(await ours({}), await fluxPush(root))
    assert.equal(await ours({ path: join(root, 'run.sh') }), await fluxPush(join(root, 'run.sh')))
    const ignore = ['*.yaml', '!/sub', '!a.yaml', 'ünïcode/']
    assert.equal(await ours({ ignorePaths: ignore }), await fluxPush(root, '--ignore-paths', ignore.join(',')))
    const annotations = { 'org.example/x': 'a & <b> "c"', 'a.first': '1' }
    const given = Object.entries(annotations).flatMap(([k, v]) => ['--annotations', `${k}=${v}`])
    assert.equal(await ours({ annotations }), await fluxPush(root, ...given))
  })
  test('flux pulls what we pushed, and sees no difference', async () => {
    const [at, path] = [place(), odd(join(folder, 'for-flux'))]
    const { data } = await product.call('push_artifact', { url: `oci://${at}:v1`, path, ...from })
    mkdirSync(join(folder, 'flux-out'))
    const said = await cli('flux', 'pull', 'artifact', `${local(at)}:v1`, '--output', join(folder, 'flux-out'))
    assert.equal(theirDigest(said), data?.digest)
    assert.match(said, new RegExp(`source ${from.source}[\\s\\S]*revision ${from.revision}`))
    assert.equal(readFileSync(join(folder, 'flux-out/sub/deeper/b.yaml'), 'utf8'), 'b: 1\n'.repeat(5000))
    assert.match(await cli('flux', 'diff', 'artifact', `${local(at)}:v1`, '--path', path), /no changes detected/)
  })
  test('we pull what flux pushed', async () => {
    const at = place()
    const path = odd(join(folder, 'of-flux'))
    await cli('flux', 'push', 'artifact', `${local(at)}:v1`, '--path', path, '--source', from.source, '--revision', from.revision)
    const { text } = await product.call('pull_artifact', { url: `oci://${at}:v1`, maxTokens: 20_000 })
    assert.match(text, /=== a\.yaml\na: 1/)
    mkdirSync(join(folder, 'ours-out'))
    await product.call('pull_artifact', { url: `oci://${at}:v1`, output: join(folder, 'ours-out') })
    assert.equal(readFileSync(join(folder, 'ours-out/ünïcode/日本.yaml'), 'utf8'), 'u: 1\n')
  })
  test('flux lists and tags as we do', async () => {
    const at = place()
    await product.call('push_artifact', { url: `oci://${at}:1.0.0`, files: [{ path: 'a', content: 'b' }], ...from })
    await cli('flux', 'tag', 'artifact', `${local(at)}:1.0.0`, '--tag', '1.1.0-rc.1', '--tag', 'x')
    await product.call('tag_artifact', { url: `oci://${at}:1.0.0`, tags: ['1.0.1', 'x.sig'] })
    for (const [filter, flags] of [
      [{}, []],
      [{ semver: '1.x' }, ['--filter-semver', '1.x']],
      [{ semver: '>=1.0.0-0' }, ['--filter-semver', '>=1.0.0-0']],
      [{ regex: '^1' }, ['--filter-regex', '^1']],
    ] as const) {
      const theirs = (await cli('flux', 'list', 'artifacts', local(at), ...flags)).split('\n').slice(1).filter(Boolean)
      const { data } = await product.call('list_artifacts', { url: `oci://${at}`, ...filter })
      assert.deepEqual(
        (data?.rows as string[][] | undefined)?.map(([tag = '', digest = '']) => [tag, digest]),
        theirs.map(line => line.split(/\s+/)).map(([artifact = '', digest = '']) => [artifact.split(':').at(-1), digest]),
      )
    }
  })
})
