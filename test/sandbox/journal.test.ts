import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { Appender, type LogFile } from '../../src/sandbox/api/store/appender.ts'

/** A file on a disk that is full now and then: writes are short, or write a part and fail. */
function disk(room: () => number): LogFile & { text(): string } {
  let content = Buffer.alloc(0)
  return {
    text: () => content.toString('utf8'),
    async write(bytes, offset, length, position) {
      const free = room()
      const part = Buffer.from(bytes.subarray(offset, offset + Math.min(length, free)))
      content = Buffer.concat([content.subarray(0, position), part])
      if (part.length === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      return { bytesWritten: part.length }
    },
    async truncate(length) {
      content = content.subarray(0, length)
    },
    async datasync() {},
    async close() {},
  }
}

test('what was acknowledged is whole and in order, however the disk fills up', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 40 }),
      fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
      async (rooms, together) => {
        let turn = 0
        const file = disk(() => rooms[turn++ % rooms.length] ?? 0)
        const appender = new Appender(file, 0)
        const acknowledged: string[] = []
        const pending: Promise<void>[] = []
        for (const [i, alone] of together.entries()) {
          const line = `line ${i}\n`
          const done = appender.append(line).then(
            () => void acknowledged.push(line),
            () => undefined,
          )
          if (alone) await done
          else pending.push(done)
        }
        await Promise.all(pending)
        await appender.close()
        assert.equal(file.text(), acknowledged.join(''))
      },
    ),
    { seed: 3 },
  ))

test('a full disk is told, and writing goes on when there is room', async () => {
  let free = 3
  const file = disk(() => free)
  const appender = new Appender(file, 0)
  await appender.append('ab\n')
  free = 0
  await assert.rejects(appender.append('lost\n'), { code: 'ENOSPC' })
  free = 100
  await appender.append('kept\n')
  assert.equal(file.text(), 'ab\nkept\n')
})
