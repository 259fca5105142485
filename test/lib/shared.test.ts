import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../src/lib/digest.ts'
import { globMatches } from '../../src/lib/glob.ts'
import { Joint } from '../../src/lib/joint.ts'
import { matching } from '../../src/lib/regex.ts'
import { replay } from '../../src/lib/replay.ts'

const never = new AbortController().signal

test('who asks while work runs shares it, who asks later begins anew', async () => {
  const joint = new Joint<number>()
  let runs = 0
  const gate = Promise.withResolvers<void>()
  const work = async (): Promise<number> => {
    await gate.promise
    return ++runs
  }
  const all = [joint.run('a', work, never), joint.run('a', work, never), joint.run('b', work, never)]
  gate.resolve()
  assert.deepEqual(await Promise.all(all), [1, 1, 2])
  assert.equal(await joint.run('a', work, never), 3)
})
test('a failure is everybody’s, an abort is one’s own', async () => {
  const joint = new Joint<number>()
  const failing = (): Promise<number> => Promise.reject(new Error('no'))
  await assert.rejects(Promise.all([joint.run('a', failing, never), joint.run('a', failing, never)]), /no/)
  const [owner, waiter] = [new AbortController(), new AbortController()]
  const untilAborted = (signal: AbortSignal): Promise<number> =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  const first = joint.run('b', untilAborted, owner.signal)
  const second = joint.run('b', async () => 7, never)
  const third = joint.run('b', async () => 8, waiter.signal)
  waiter.abort(new Error('mine'))
  await assert.rejects(third, /mine/)
  owner.abort(new Error('theirs'))
  await assert.rejects(first, /theirs/)
  assert.equal(await second, 7)
  await assert.rejects(
    joint.run('b', async () => 9, AbortSignal.abort(new Error('before'))),
    /before/,
  )
})

async function textOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts).toString()
}
for (const [most, made] of [
  [5, 1],
  [4, 3],
])
  test(`content of five bytes is made ${made} times for two readings when ${most} are kept`, async () => {
    let count = 0
    const make = async function* (): AsyncIterable<Uint8Array> {
      count++
      yield Buffer.from('he')
      yield Buffer.from('llo')
    }
    const content = await replay(make, most)
    assert.deepEqual([content.size, content.digest], [5, sha256('hello')])
    assert.deepEqual([await textOf(content.open()), await textOf(content.open())], ['hello', 'hello'])
    assert.equal(count, made)
  })

test('an expression finds its matches, in order, or is stopped', () => {
  assert.deepEqual(matching(['b', 'ab', 'c', 'B'], { source: 'b', flags: '' }), ['b', 'ab'])
  assert.deepEqual(matching(['b', 'B'], { source: 'b', flags: 'i' }), ['b', 'B'])
  assert.throws(() => matching(['a'], { source: '(', flags: '' }), SyntaxError)
  assert.throws(() => matching([`${'a'.repeat(60)}!`], { source: '(a+)+$', flags: '' }), RangeError)
})

const globs: [pattern: string, text: string, matches: boolean][] = [
  ['a*', 'abc', true],
  ['*', '', true],
  ['?', '', false],
  ['[a-c]?', 'bx', true],
  ['[^a-c]', 'b', false],
  ['\\*', '*', true],
  ['[', '[', false],
]
for (const [pattern, text, matches] of globs)
  test(`${pattern} ${matches ? 'matches' : 'does not match'} '${text}'`, () => assert.equal(globMatches(pattern, text), matches))
