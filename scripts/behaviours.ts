// Which behaviours of the specs are cited by a test. `--ids` lists the missing ones.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chapters } from '../test/conformance/chapters.ts'
import { exempt } from '../test/conformance/behaviours.ts'

const root = join(import.meta.dirname, '..')
const tests = globSync('test/**/*.ts', { cwd: root })
  .filter(f => !f.startsWith('test/conformance/'))
  .map(f => readFileSync(join(root, f), 'utf8'))
  .join('\n')
const cited = new Set([...tests.matchAll(/'((?:sources|kustomization)\/[A-Za-z0-9]+)(?:\.\d+)?'/g)].map(m => m[1]))

for (const { name, ids } of chapters(root)) {
  const [has, todo, notTaken] = [
    ids.filter(id => cited.has(id)),
    ids.filter(id => !cited.has(id) && exempt[id]?.todo),
    ids.filter(id => !cited.has(id) && exempt[id]?.notTaken),
  ]
  const missing = ids.filter(id => !cited.has(id) && !exempt[id])
  process.stdout.write(
    `${name.padEnd(52)} cited ${String(has.length).padStart(3)}  todo ${String(todo.length).padStart(3)}  not taken ${String(notTaken.length).padStart(3)}  missing ${String(missing.length).padStart(3)}\n`,
  )
  if (process.argv.includes('--ids') && missing.length > 0) process.stdout.write(`  ${missing.join(' ')}\n`)
}
