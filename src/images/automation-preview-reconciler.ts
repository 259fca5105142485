import type { Outcome } from '../engine/outcome.ts'
import type { ImageUpdateAutomationObject } from '../kinds/image-update-automation.ts'
import { commitOf, type Step, working } from './automation-work-reconciler.ts'
import type { FileChange } from './update.ts'

/** What the next run of an automation would commit, and where it would go. */
export interface Foreseen {
  /** What was checked out. */
  readonly revision: string
  readonly changes: readonly FileChange[]
  /** The commit that it would stand on. */
  readonly onto: string
  readonly branch: string
  readonly message: string
  readonly refspec: string | undefined
}

/** What a run would do now: nothing is written and nothing pushed. `undefined` for nothing; or how the run would end before. @throws {StepError} */
export async function foreseen(automation: ImageUpdateAutomationObject, step: Step): Promise<Foreseen | Outcome | undefined> {
  return working(automation, step, async work => {
    if (!work || work.update.files.size === 0) return undefined
    const { branch, message, refspec } = await commitOf(automation, work, step)
    return { revision: work.revision, changes: work.update.changes, onto: work.base.commit.hash, branch, message, refspec }
  })
}
