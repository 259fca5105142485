// How every chapter of the specs stands: which behaviours a test cites, which are to come and why, which are not taken, which are missing.
import { exempt } from '../test/conformance/behaviours.ts'
import { standings } from '../test/conformance/citations.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const count = (what: string, ids: readonly string[]): string => `${what} ${String(ids.length).padStart(3)}`
const shortId = (id: string): string => id.split('/')[1] ?? id

/** `reason: A1 A2`, one line a reason. */
function reasons(ids: readonly string[], why: (id: string) => string | undefined): string[] {
  const groups = Map.groupBy(ids, id => why(id) ?? '')
  return [...groups].map(([reason, of]) => `${of.map(shortId).join(' ')}: ${reason}`)
}

for (const { chapter, cited, todo, notTaken, missing } of standings()) {
  const counts = [count('cited', cited), count('todo', todo), count('not taken', notTaken), count('missing', missing)]
  say(`${chapter.padEnd(52)} ${counts.join('  ')}`)
  for (const line of reasons(todo, id => exempt[id]?.todo)) say(`    todo ${line}`)
  for (const line of reasons(notTaken, id => exempt[id]?.notTaken)) say(`    not taken ${line}`)
  if (missing.length > 0) say(`    missing ${missing.map(shortId).join(' ')}`)
}
