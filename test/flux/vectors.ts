import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ObjectRef } from '../../src/kinds/manifest.ts'
import type { Snapshot } from './snapshot.ts'

/** What Flux's controllers left after a step. */
export interface Vector {
  /** What inventories of either side named. */
  readonly applied: readonly ObjectRef[]
  readonly seen: Snapshot
}

const folder = join(import.meta.dirname, '../vectors/flux')

/** Reads the steps of scenarios, each file once. What it gives throws where the step was never run beside Flux's controllers. */
export function vectorReader(): (scenario: string, token: string) => Vector {
  const known = new Map<string, ReturnType<typeof read>>()
  return (scenario, token) => {
    const steps = known.get(scenario) ?? read(scenario)
    known.set(scenario, steps)
    const found = steps[token]
    if (!found) throw new Error(`no vector of ${token}: npm run compare:flux -- --record`)
    return found
  }
}

/** Keeps a step of a scenario: a file for each scenario, a line for each step. Other steps stay as they are. */
export function writeVector(scenario: string, token: string, vector: Vector): void {
  mkdirSync(folder, { recursive: true })
  const lines = Object.entries({ ...read(scenario), [token]: vector }).map(
    ([name, step]) => `${JSON.stringify(name)}:${JSON.stringify(step)}`,
  )
  writeFileSync(fileOf(scenario), `{\n${lines.join(',\n')}\n}\n`)
}

const fileOf = (scenario: string): string => join(folder, `${scenario}.json`)

function read(scenario: string): Record<string, Vector | undefined> {
  return existsSync(fileOf(scenario)) ? (JSON.parse(readFileSync(fileOf(scenario), 'utf8')) as Record<string, Vector>) : {}
}
