import type { Artifact } from '../../../src/kinds/artifact.ts'
import type { Artifacts } from '../../../src/world/storage/artifacts.ts'
import { file, owner, pieces, signal } from './contract.ts'

/** What is stored in the end. */
export const newest = 'three'

/** Three artifacts, each linked; old ones go. Answers the newest. */
export async function killedWork(artifacts: Artifacts): Promise<Artifact> {
  let current = await artifacts.store(file('one'), pieces('on', 'e'), signal)
  for (const name of ['two', newest]) {
    current = await artifacts.store(file(name), pieces(name.slice(0, 2), name.slice(2)), signal)
    await artifacts.link(current, 'latest')
    await artifacts.collect(owner, current, { ttlMs: 600_000, records: 1 })
  }
  return current
}
