import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillMemory, splitModule } from '../../../src/world/kernel/image.ts'
import { fc } from '../../support/laws.ts'

const unsigned = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(Math.floor(value / 128))])
const signed = (value: number): number[] => {
  const [low, rest] = [value & 127, value >> 7]
  return (rest === 0 && low < 64) || (rest === -1 && low >= 64) ? [low] : [low | 128, ...signed(rest)]
}
/** One page of memory that is exported as `m`, and data at some places of it. */
const moduleWith = (segments: readonly (readonly [at: number, bytes: readonly number[]])[]): Uint8Array => {
  const data = segments.flatMap(([at, bytes]) => [0, 0x41, ...signed(at), 0x0b, ...unsigned(bytes.length), ...bytes])
  const body = [...unsigned(segments.length), ...data]
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x6d, 2, 0, 11, ...unsigned(body.length), ...body])
}
const memoryOf = async (bytes: Uint8Array): Promise<WebAssembly.Memory> => {
  const { instance } = await WebAssembly.instantiate(bytes as Uint8Array<ArrayBuffer>)
  return instance.exports.m as WebAssembly.Memory
}

test('law: a module in two has the memory that it has whole', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(65_000), fc.array(fc.nat(255), { maxLength: 300 })), { maxLength: 6 }), async segments => {
      const bytes = moduleWith(segments)
      const { code, image } = splitModule(bytes)
      const [whole, inTwo] = await Promise.all([memoryOf(bytes), memoryOf(code)])
      fillMemory(inTwo, image)
      assert.deepEqual(Buffer.from(inTwo.buffer), Buffer.from(whole.buffer))
    }),
  ))

test('a module that does not end with its data is refused', () => {
  const bytes = moduleWith([[8, [1]]])
  assert.throws(() => splitModule(Buffer.concat([bytes, Buffer.from([12, 1, 0])])), /does not end with its data/)
  assert.throws(() => splitModule(bytes.subarray(0, 8)), /does not end with its data/)
})
test('notes that follow the data are left out', () => {
  const bytes = moduleWith([[8, [1]]])
  assert.deepEqual(splitModule(Uint8Array.from([...bytes, 0, 2, 1, 0x61])), splitModule(bytes))
})
test('data beyond the memory is refused', async () => {
  const { code, image } = splitModule(moduleWith([[65_535, [1, 2]]]))
  const memory = await memoryOf(code)
  assert.throws(() => fillMemory(memory, image), RangeError)
})
