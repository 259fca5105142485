import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { endure, type HostileClass, printed, type Taken } from './table.ts'

const leastClasses = 12
const leastCases = 8

/** Each other file of this folder is an area and exports its `classes`. */
const areas = readdirSync(import.meta.dirname).filter(name => name.endsWith('.ts') && name !== 'table.ts' && !name.endsWith('.test.ts'))
const classes = (
  await Promise.all(areas.toSorted().map(async name => ((await import(`./${name}`)) as { classes: readonly HostileClass[] }).classes))
).flat()
const rows: { name: string; taken: Taken[] }[] = []

for (const { name, cases } of classes)
  describe(name, () => {
    const row: { name: string; taken: Taken[] } = { name, taken: [] }
    rows.push(row)
    for (const one of cases)
      test(`${one.says} ends as ${[one.code].flat().join(' or ')}, within its bounds`, async () => void row.taken.push(await endure(one)))
  })

test(`there are ${leastClasses} classes, and every class has ${leastCases} cases of its own`, () => {
  assert.ok(classes.length >= leastClasses, `there are ${classes.length} classes`)
  for (const { name, cases } of classes) {
    const says = new Set(cases.map(c => c.says))
    assert.ok(says.size >= leastCases && says.size === cases.length, `${name} has ${says.size} cases`)
  }
  assert.equal(new Set(classes.map(c => c.name)).size, classes.length)
})

after(() => void process.stderr.write(`\n${printed(rows)}\n`))
