import { stringAt } from '../../lib/json.ts'
import { below, eventEvidence, type Rule, warning } from '../facts.ts'

/** An Alert whose notifications do not arrive: it has no status, and its events say so. */
export const notifyRule: Rule = (alert, facts) => {
  const event = alert.ref.kind === 'Alert' ? warning(alert, /^NotificationDispatchFailed$/) : undefined
  if (!event || below(alert, facts, 'provider').some(f => !f.object && f.unread === undefined)) return []
  const provider = stringAt(alert.object, 'spec', 'providerRef', 'name')
  const named = provider && /^[\w.-]+$/.test(provider) ? `Provider ${provider}` : 'its Provider'
  return [
    {
      name: 'NotificationFailed',
      what: `what Alert ${alert.ref.name} sends by ${named} does not arrive`,
      fix: `correct spec.address (or the address in the Secret), spec.channel and the credentials of ${named}, as the answer of the host says`,
      evidence: [eventEvidence(alert, event)],
      strength: 0.9,
    },
  ]
}
