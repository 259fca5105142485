import { test } from 'node:test'
import { findProgram } from '../../scripts/refs/cache.ts'
import { programs as table } from '../../scripts/refs/table.ts'

/**
 * Defines tests that need reference programs. Without them one skipped test says so, with how many tests that is;
 * under REQUIRE_REFS=1 that is a failure, unless they are optional ones.
 */
export function withPrograms(programs: readonly string[], what: { name: string; tests: number }, define: () => void): void {
  if (process.env.FLUXPILOT_QUICK === '1')
    return void test(what.name, { skip: `${what.tests} tests with ${programs.join(', ')} are left out of the quick run` }, () => {})
  const missing = programs.filter(program => findProgram(program) === undefined)
  if (missing.length === 0) return define()
  const reason = `${what.tests} tests need ${missing.join(', ')}: npm run build:refs`
  if (process.env.REQUIRE_REFS === '1' && missing.some(isRequired))
    test(what.name, () => {
      throw new Error(reason)
    })
  else test(what.name, { skip: reason }, () => {})
}

function isRequired(name: string): boolean {
  return table.find(p => p.name === name)?.required === true
}
