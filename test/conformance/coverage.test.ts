import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { exempt } from './behaviours.ts'
import { knownIds } from './chapters.ts'
import { caseOf, citations, standings } from './citations.ts'

const all = standings()
const due = new Set(all.flatMap(({ cited, todo, notTaken, missing }) => [...cited, ...todo, ...notTaken, ...missing]))

test('the case tables of the specs are read', () => {
  assert.ok(due.size > 200, String(due.size))
})

test('every behaviour that is due is cited by a test, or exempt with a reason', () => {
  assert.deepEqual(
    all.flatMap(({ missing }) => missing),
    [],
  )
})

test('an exemption names a behaviour that is due and that nobody cites', () => {
  const cited = new Set([...citations()].map(caseOf))
  assert.deepEqual(
    Object.keys(exempt).filter(id => !due.has(id) || cited.has(id)),
    [],
  )
})

test('no citation names a behaviour that the specs lack', () => {
  const known = knownIds(join(import.meta.dirname, '../..'))
  assert.deepEqual(
    [...citations()].filter(id => !known.has(caseOf(id))),
    [],
  )
})
