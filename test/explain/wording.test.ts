import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { crashes } from '../../src/explain/wordings/crashes.ts'
import { heard, searched } from '../../src/explain/wordings/wording.ts'

const long = 70_000
const longest = (parts: readonly string[]): number => Math.max(...parts.map(part => part.length))

describe('what is searched for known words', () => {
  for (const [says, text] of [
    ['one word', 'a'.repeat(long)],
    ['quotes', '"'.repeat(long)],
    ['one line', 'error: failed to '.repeat(long / 17)],
    ['many lines', 'could not read config of \n'.repeat(long / 26)],
  ] as const)
    test(`of ${says} without end has an end`, () => {
      const left = searched(text)
      assert.ok(left.length <= 16_000, `${left.length}`)
      assert.ok(longest(left.split('\n')) <= 4000)
      assert.ok(longest(left.split(/\s/)) <= 256)
    })

  test('is all of a usual text', () => {
    const text = `Error: ${'x'.repeat(71)}\n${'a word and another '.repeat(100)}`
    assert.equal(searched(text), text)
  })

  test('has the beginning and the end of a long one', () => {
    const filler = 'and so on '.repeat(long / 10)
    assert.equal(heard(crashes, `listen tcp :80: address already in use ${filler}`, undefined)?.name, 'PortInUse')
    assert.equal(heard(crashes, `${filler}listen tcp :80: address already in use`, undefined)?.name, 'PortInUse')
    assert.equal(heard(crashes, `${'a'.repeat(long)}\nlisten tcp :80: address already in use`, undefined)?.name, 'PortInUse')
  })
})
