import { test } from 'node:test'
import { findProgram } from '../../scripts/refs/cache.ts'

/**
 * Defines tests that need reference programs. Without them one skipped test says so, with how many tests that is;
 * under REQUIRE_REFS=1 that is a failure.
 */
export function withPrograms(programs: readonly string[], what: { name: string; tests: number }, define: () => void): void {
  if (process.env.FLUXPILOT_QUICK === '1') return void test(what.name, { skip: `${what.tests} tests with ${programs.join(', ')} are left out of the quick run` }, () => {})
  const missing = programs.filter(program => findProgram(program) === undefined)
  if (missing.length === 0) return define()
  const reason = `${what.tests} tests need ${missing.join(', ')}: npm run build:refs`
  if (process.env.REQUIRE_REFS === '1') test(what.name, () => { throw new Error(reason) })
  else test(what.name, { skip: reason }, () => {})
}
