import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { moduleLoader } from '../../../src/world/kernel/modules.ts'
import { Near } from '../../../src/world/kernel/near.ts'
import { root } from '../../support/program.ts'

const load = moduleLoader(join(root, 'kernel/modules'))
const whole = async (near: Near): Promise<string> => gunzipSync(await near.call('whole', Buffer.from('text'))).toString()

test('a module in this thread answers, and refuses, as one in a worker does', async () => {
  const near = new Near(() => load('gzip'))
  assert.equal(await whole(near), 'text')
  await assert.rejects(near.call('write', Buffer.from([9, 0, 0, 0])), /no open gzip stream 9/)
  assert.equal(await whole(near), 'text')
})

test('an instance that breaks is replaced at the next call', async () => {
  let begun = 0
  const near = new Near(async () => {
    const { module, image } = await load('gzip')
    return { module, image: async () => (++begun === 1 ? new ArrayBuffer(1) : image()) }
  })
  await assert.rejects(near.call('whole', Buffer.from('text')), { code: 'CRASHED' })
  assert.equal(await whole(near), 'text')
  assert.equal(begun, 2)
})

test('a module that could not be loaded is loaded at the next call', async () => {
  let begun = 0
  const near = new Near(async () => {
    if (++begun === 1) throw new Error('the disk is away')
    return load('gzip')
  })
  await assert.rejects(whole(near), /the disk is away/)
  assert.equal(await whole(near), 'text')
})
