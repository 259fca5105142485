import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exempt } from './behaviours.ts'
import { chapters } from './chapters.ts'

const root = join(import.meta.dirname, '../..')

/** How a chapter of the specs stands: its case ids, sorted by what the tests say of them. */
export interface Standing {
  readonly chapter: string
  readonly cited: readonly string[]
  /** Not shown yet; the reason is in `exempt`. */
  readonly todo: readonly string[]
  readonly notTaken: readonly string[]
  /** Neither cited nor exempt. */
  readonly missing: readonly string[]
}

const citation = /'((?:(?:sources|kustomization)\/[A-Z]*\d+[a-z]?|images\/[A-Z]-\d+)(?:\.\d+)?)'/g

/** Every citation in the test files as `page/case` or `page/case.n`. */
export function citations(): ReadonlySet<string> {
  const files = globSync('test/**/*.ts', { cwd: root }).filter(file => !file.startsWith('test/conformance/'))
  return new Set(files.flatMap(file => [...readFileSync(join(root, file), 'utf8').matchAll(citation)].map(([, id = '']) => id)))
}

/** The case that a citation stands for: `kustomization/H5.2` cites `kustomization/H5`. */
export function caseOf(citation: string): string {
  return citation.replace(/\.\d+$/, '')
}

/** The citations whose tests passed in the run that kept its record in `file`. `undefined` when nothing was recorded. */
export function passed(file: string): ReadonlySet<string> | undefined {
  return existsSync(file) ? new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean)) : undefined
}

/** Every chapter that is due, with the standing of its cases. */
export function standings(): Standing[] {
  const cited = new Set([...citations()].map(caseOf))
  return chapters(root).map(({ name, ids }) => ({
    chapter: name,
    cited: ids.filter(id => cited.has(id)),
    todo: ids.filter(id => !cited.has(id) && exempt[id]?.todo !== undefined),
    notTaken: ids.filter(id => !cited.has(id) && exempt[id]?.notTaken !== undefined),
    missing: ids.filter(id => !cited.has(id) && exempt[id] === undefined),
  }))
}
