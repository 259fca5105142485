import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { stringAt } from '../../src/lib/json.ts'
import type { Answer } from '../../src/tools/frame/answer.ts'
import { freePort } from '../refs/processes.ts'
import { pushFiles } from '../support/push.ts'
import { type Product, startProduct } from '../support/service.ts'
import { unending } from '../support/unending.ts'

/** Options that every command has do what they say. */
const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-options-'))
after(() => rmSync(folder, { recursive: true, force: true }))

async function withProduct<T>(options: Parameters<typeof startProduct>[0], work: (product: Product) => Promise<T>): Promise<T> {
  const product = await startProduct(options)
  try {
    return await work(product)
  } finally {
    await product.stop()
  }
}

/** A Secret as an answer shows it. */
async function shownSecret(product: Product): Promise<string> {
  const manifests = 'apiVersion: v1\nkind: Secret\nmetadata: {name: vault, namespace: default}\nstringData: {key: a-value-long-enough}\n'
  await product.call('apply_manifests', { manifests })
  const { text } = await product.call('get_object', { kind: 'Secret', namespace: 'default', name: 'vault', view: 'yaml' })
  return /redacted(#[0-9a-f]{12})?/.exec(text)?.[0] ?? text
}

test('--key-file makes fingerprints hold from one process to the next; without it they are new each time', async () => {
  const keyFile = join(folder, 'key')
  writeFileSync(keyFile, Buffer.alloc(32, 7))
  const shown = (options: Record<string, string>): Promise<string> => withProduct({ options }, shownSecret)
  const first = await shown({ keyFile })
  assert.match(first, /^redacted#[0-9a-f]{12}$/)
  assert.equal(await shown({ keyFile }), first)
  assert.notEqual(await shown({}), first)
})

test('a key file that is not there, or that could be guessed, is refused', async () => {
  const short = join(folder, 'short')
  writeFileSync(short, 'secret\n')
  await assert.rejects(startProduct({ options: { keyFile: short } }), /--key-file '.*short' is too short: a key has at least 32 bytes/)
  await assert.rejects(startProduct({ options: { keyFile: join(folder, 'absent') } }), /--key-file '.*absent' cannot be read: ENOENT/)
})

test('--fingerprints off leaves nothing to compare', async () =>
  assert.equal(await withProduct({ options: { fingerprints: 'off' } }, shownSecret), 'redacted'))

const delivered = async (product: Product): Promise<Answer> => {
  const url = `oci://${product.registry}/apps:1`
  await pushFiles(product.composed.service.world, url, {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n',
  })
  await product.call('apply_manifests', { create: { name: 'apps', url } })
  return product.call('reconcile', { kind: 'ks', name: 'apps', withSource: true })
}

test('--storage-path keeps artifacts there, --storage-addr serves them, and --storage-adv-addr is in their URLs', async () => {
  const [storagePath, port] = [join(folder, 'artifacts'), await freePort()]
  const options = { storagePath, storageAddr: `127.0.0.1:${port}`, storageAdvAddr: `localhost:${port}` }
  const url = await withProduct({ options }, async product => {
    const done = await delivered(product)
    assert.equal(done.data?.verdict, 'Ready', done.text)
    const source = await product.composed.service.world.clusters
      .named()
      .get({ group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'OCIRepository', namespace: 'flux-system', name: 'apps' }, unending)
    const found = stringAt(source, 'status', 'artifact', 'url') ?? ''
    assert.equal((await fetch(found.replace('localhost', '127.0.0.1'))).status, 200)
    return found
  })
  assert.ok(url.startsWith(`http://localhost:${port}/`), url)
  assert.ok(existsSync(storagePath) && readdirSync(storagePath, { recursive: true }).some(f => String(f).endsWith('.tar.gz')))
})

test('without --storage-path nothing is left behind', async () => {
  const before = readdirSync(tmpdir()).filter(f => f.startsWith('fluxpilot-artifacts-'))
  const during = await withProduct({}, async product => {
    await delivered(product)
    return readdirSync(tmpdir()).filter(f => f.startsWith('fluxpilot-artifacts-') && !before.includes(f))
  })
  assert.ok(during.length >= 1)
  const mine = during.filter(f => existsSync(join(tmpdir(), f)) && readdirSync(join(tmpdir(), f)).length > 0)
  assert.ok(mine.length < during.length)
})

test('--workspace confines paths to its folders, links followed first', async () => {
  const inside = mkdtempSync(join(folder, 'inside-'))
  writeFileSync(join(inside, 'a.yaml'), 'kind: A\n')
  await withProduct({ options: { workspace: [inside] } }, async product => {
    const push = (path: string): Promise<Answer> => product.call('push_artifact', { url: `oci://${product.registry}/apps:1`, path })
    assert.equal((await push(inside)).isError, false)
    assert.match((await push(folder)).text, /^Forbidden: .*outside the workspace/)
    assert.match((await push(join(inside, '..'))).text, /^Forbidden: /)
  })
})

test('--engine and --shard decide who acts, and the answer says so', async () => {
  await withProduct({ options: { engine: 'own' } }, async product =>
    assert.match(String((await delivered(product)).data?.engine), /^fluxpilot: no kustomize-controller runs here$/),
  )
  await withProduct({ options: { engine: 'own', shard: 'a' } }, async product => {
    assert.match((await delivered(product)).text, /^Unsupported: --engine own may not act here: the object is not of shard a/)
  })
})

test('--oras required without the program is said, not worked around', async () => {
  await withProduct({ options: { oras: 'required' }, env: { PATH: folder } }, async product => {
    const answer = await product.call('push_artifact', {
      url: `oci://${product.registry}/apps:1`,
      files: [{ path: 'a.yaml', content: 'kind: A' }],
    })
    assert.equal(answer.isError, true)
    assert.match(answer.text, /oras/)
  })
})
