import { imageUpdateAutomations } from '../../images/automation-reconciler.ts'
import { remoteOf } from '../../sources/git/access-reconciler.ts'
import { checkedOut } from '../../sources/git/checkout-reconciler.ts'
import { revisionOf } from '../../sources/git/ref.ts'

/** Automations reach and check out a GitRepository as its own reconciler does. */
export const automations = imageUpdateAutomations({
  remoteOf,
  async checkedOut(spec, step) {
    const { point, checkout } = await checkedOut(spec, step)
    return { revision: revisionOf(point, spec), checkout }
  },
})
