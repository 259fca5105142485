import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { BucketPlace, ObjectEntry, Objects, ObjectStore } from '../../../src/world/objects/objects.ts'
import { unending } from '../../support/unending.ts'

/** A store with the means to change it. */
export interface StoreStage {
  readonly objects: Objects
  place(bucket: string): BucketPlace
  create(bucket: string): Promise<void>
  put(bucket: string, key: string, content: string | Uint8Array): Promise<void>
  remove(bucket: string, key: string): Promise<void>
}

export async function listed(store: ObjectStore, prefix = ''): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = []
  for await (const entry of store.list(prefix, unending)) entries.push(entry)
  return entries
}

export async function read(store: ObjectStore, key: string): Promise<{ etag: string; content: Buffer } | undefined> {
  const found = await store.fetch(key, unending)
  if (!found) return undefined
  const parts: Uint8Array[] = []
  for await (const part of found.content) parts.push(part)
  return { etag: found.etag, content: Buffer.concat(parts) }
}

const odd = ['a b.yaml', 'a+b.yaml', 'a%2Fb.yaml', 'quote\'".yaml', 'amp&lt;.yaml', 'überall/ñ.yaml', 'deep/er/file.yaml', '日本/語.yaml']

/** What every object store does. `odd`: the keys that this one takes. */
export function objectStoreContract(stage: () => StoreStage, { keys = odd }: { keys?: readonly string[] } = {}): void {
  let count = 0
  const fresh = async (): Promise<{ bucket: string; store: ObjectStore }> => {
    const bucket = `contract-${process.pid}-${++count}`
    await stage().create(bucket)
    return { bucket, store: await stage().objects.open(stage().place(bucket), unending) }
  }

  test('a bucket is there, or it is not', async () => {
    const { store } = await fresh()
    assert.equal(await store.exists(unending), true)
    assert.equal(await (await stage().objects.open(stage().place('contract-absent'), unending)).exists(unending), false)
  })

  test('an empty bucket lists nothing, and has no object', async () => {
    const { store } = await fresh()
    assert.deepEqual(await listed(store), [])
    assert.equal(await store.fetch('absent.yaml', unending), undefined)
  })

  test('what is put is listed with the mark that reading it gives, and the mark follows the content', async () => {
    const { bucket, store } = await fresh()
    await stage().put(bucket, 'app/a.yaml', 'a: 1\n')
    const [first] = await listed(store)
    assert.ok(first && first.etag !== '')
    const seen = await read(store, 'app/a.yaml')
    assert.deepEqual([seen?.etag, seen?.content.toString()], [first.etag, 'a: 1\n'])
    await stage().put(bucket, 'app/a.yaml', 'a: 2\n')
    const [second] = await listed(store)
    assert.notEqual(second?.etag, first.etag)
    assert.equal((await read(store, 'app/a.yaml'))?.etag, second?.etag)
    await stage().remove(bucket, 'app/a.yaml')
    assert.deepEqual(await listed(store), [])
    assert.equal(await read(store, 'app/a.yaml'), undefined)
  })

  test('a prefix chooses by the beginning of keys', async () => {
    const { bucket, store } = await fresh()
    for (const key of ['app/a', 'app/b', 'apple', 'other']) await stage().put(bucket, key, key)
    const keys = async (prefix: string): Promise<string[]> => (await listed(store, prefix)).map(({ key }) => key).toSorted()
    assert.deepEqual(await keys('app/'), ['app/a', 'app/b'])
    assert.deepEqual(await keys('app'), ['app/a', 'app/b', 'apple'])
    assert.deepEqual(await keys('none'), [])
    assert.deepEqual(await keys(''), ['app/a', 'app/b', 'apple', 'other'])
  })

  test('keys are what they are, whatever is in them', async () => {
    const { bucket, store } = await fresh()
    for (const key of keys) await stage().put(bucket, key, `of ${key}`)
    const entries = await listed(store)
    assert.deepEqual(entries.map(({ key }) => key).toSorted(), keys.toSorted())
    for (const { key, etag } of entries) {
      const seen = await read(store, key)
      assert.deepEqual([seen?.etag, seen?.content.toString()], [etag, `of ${key}`])
    }
  })

  test('content is what was put, byte for byte; an object may be empty, and may be left unread', async () => {
    const { bucket, store } = await fresh()
    const content = randomBytes(3 * 1024 * 1024 + 17)
    await stage().put(bucket, 'large.bin', content)
    await stage().put(bucket, 'empty', '')
    assert.ok(content.equals((await read(store, 'large.bin'))?.content ?? Buffer.alloc(0)))
    assert.equal((await read(store, 'empty'))?.content.length, 0)
    await (await store.fetch('large.bin', unending))?.content.cancel()
    assert.ok(content.equals((await read(store, 'large.bin'))?.content ?? Buffer.alloc(0)))
  })

  test('an abort ends what is under way, with its reason', async () => {
    const { store } = await fresh()
    const reason = new Error('enough')
    await assert.rejects(store.exists(AbortSignal.abort(reason)), reason)
  })
}
