import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '../../src/lib/digest.ts'
import { globMatches } from '../../src/lib/glob.ts'
import { Joint } from '../../src/lib/joint.ts'
import { matching } from '../../src/lib/regex.ts'
import { type Aside, replay } from '../../src/lib/replay.ts'
import { diskScratch } from '../../src/world/storage/disk-scratch.ts'

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
for (const [most, asides] of [
  [5, 0],
  [4, 1],
  [1, 1],
] as const)
  test(`content of five bytes is read once for two readings, and ${asides} times aside, when ${most} are held`, async () => {
    const seen = { made: 0, aside: 0 }
    const content = (async function* (): AsyncIterable<Uint8Array> {
      seen.made++
      yield Buffer.from('he')
      yield Buffer.from('llo')
    })()
    const again = await diskScratch().during(async room => {
      const aside: Aside = {
        keep: (rest, signal) => {
          seen.aside++
          return room.keep(rest, signal)
        },
      }
      const found = await replay(content, { aside, signal: never, most })
      assert.deepEqual([found.size, found.digest], [5, sha256('hello')])
      return [await textOf(found.open()), await textOf(found.open())]
    })
    assert.deepEqual(again, ['hello', 'hello'])
    assert.deepEqual(seen, { made: 1, aside: asides })
  })

test('what the content throws passes, wherever it stood', async () => {
  for (const most of [100, 1])
    await diskScratch().during(async room => {
      const content = (async function* (): AsyncIterable<Uint8Array> {
        yield Buffer.from('he')
        throw new RangeError('broke off')
      })()
      await assert.rejects(replay(content, { aside: room, signal: never, most }), /^RangeError: broke off/)
    })
})

test('a test finds its texts, in order, or is stopped', () => {
  assert.deepEqual(
    matching(['b', 'ab', 'c', 'B'], text => text.includes('b')),
    ['b', 'ab'],
  )
  const backAndForth = /(a+)+$/
  assert.throws(() => matching([`${'a'.repeat(60)}!`], text => backAndForth.test(text)), RangeError)
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
