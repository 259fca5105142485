import { appendFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'

/** `page/case`, as `sources/99`, `kustomization/H5`, `kustomization/H5.2`. */
export type BehaviourId = `${'sources' | 'kustomization' | 'images' | 'helm' | 'notify'}/${string}`

/**
 * A test that stands for a behaviour of the specs. `npm run behaviours` reads the citations from the test files, so the id is a literal.
 *
 * @param says What holds, as a sentence.
 */
export function verifies(id: BehaviourId, says: string, body: (t: TestContext) => void | Promise<void>): void {
  test(`[${id}] ${says}`, async t => {
    await body(t)
    const record = process.env.FLUXPILOT_BEHAVIOURS
    if (record) appendFileSync(record, `${id}\n`)
  })
}
