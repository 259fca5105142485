import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Opened, opening } from '../../src/lib/opened.ts'

test('what was opened is closed in reverse order, once, also after one that cannot be closed', async () => {
  const closed: string[] = []
  const opened = new Opened()
  for (const name of ['a', 'b', 'c'])
    opened.keep(name, () => {
      closed.push(name)
      if (name === 'b') throw new Error('b stays')
    })
  await assert.rejects(opened.close(), /b stays/)
  await opened.close()
  assert.deepEqual(closed, ['c', 'b', 'a'])
})

test('a start that fails closes what it opened, and says why it failed', async () => {
  const closed: string[] = []
  const start = opening(async opened => {
    opened.keep('a', name => void closed.push(name))
    throw new Error('no room')
  })
  await assert.rejects(start, /no room/)
  assert.deepEqual(closed, ['a'])
})

test('a start that is told to stop ends at the next thing that opens, which is closed too', async () => {
  const closed: string[] = []
  const stop = new AbortController()
  const start = opening(async opened => {
    opened.keep('a', name => void closed.push(name))
    stop.abort(new Error('stopped'))
    opened.keep('b', name => void closed.push(name))
    assert.fail('goes on')
  }, stop.signal)
  await assert.rejects(start, /stopped/)
  await assert.rejects(
    opening(() => assert.fail('begins'), stop.signal),
    /stopped/,
  )
  assert.deepEqual(closed, ['b', 'a'])
})
