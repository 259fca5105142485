import { imageUpdateAutomations } from '../../images/automation-reconciler.ts'
import type { Sources } from '../../images/automation-work-reconciler.ts'
import { remoteOf } from '../../sources/git/access-reconciler.ts'
import { checkedOut } from '../../sources/git/checkout-reconciler.ts'
import { revisionOf } from '../../sources/git/ref.ts'

/** A GitRepository is reached and checked out as by its own reconciler. */
export const automationSources: Sources = {
  remoteOf,
  async checkedOut(spec, step) {
    const { point, checkout } = await checkedOut(spec, step)
    return { revision: revisionOf(point, spec), checkout }
  },
}

export const automations = imageUpdateAutomations(automationSources)
