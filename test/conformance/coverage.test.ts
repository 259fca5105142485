import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { exempt } from './behaviours.ts'
import { chapters } from './chapters.ts'

test('every exemption names a behaviour that is due', () => {
  const ids = new Set(chapters(join(import.meta.dirname, '../..')).flatMap(c => c.ids))
  assert.ok(ids.size > 200, String(ids.size))
  assert.deepEqual(
    Object.keys(exempt).filter(id => !ids.has(id)),
    [],
  )
})
