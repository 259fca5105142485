import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'

/** Real input written by others; `FLUXPILOT_DATA` moves it. */
export const dataFolder = process.env.FLUXPILOT_DATA ?? join(import.meta.dirname, '../../../shared/data')

/** Defines tests that need the data. Without it one skipped test says so; under CI that is a failure. */
export function withData(what: { name: string; tests: number }, define: () => void): void {
  if (existsSync(dataFolder)) return define()
  const reason = `${what.tests} tests need the data folder: set FLUXPILOT_DATA`
  if (process.env.CI)
    test(what.name, () => {
      throw new Error(reason)
    })
  else test(what.name, { skip: reason }, () => {})
}

/** All files below a folder, by relative path, in byte order. */
export function treeOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter(e => e.isFile())
  return Object.fromEntries(
    files
      .map((e): [string, string] => [relative(folder, join(e.parentPath, e.name)), readFileSync(join(e.parentPath, e.name), 'utf8')])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )
}
