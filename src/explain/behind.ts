import { objectAt } from '../lib/json.ts'
import { above, below, type Facts, type Found, type Placed, reachedFrom, selectorOf, selects } from './facts.ts'

const surely = 0.9

/** Where something does not answer, or was waited for in vain, why it does not run says more. */
export function withBehindFirst(proven: readonly Placed[], facts: Facts): Placed[] {
  return proven.map(p => {
    const behind = behindOf(p, facts)
    const surest = Math.max(...proven.filter(o => o !== p && behind.includes(o.found) && tellsWhy(o, p)).map(o => o.score), 0)
    return surest > 0 ? { ...p, score: Math.min(p.score, surest * 0.9) } : p
  })
}

/** What is behind what a cause speaks of. */
function behindOf({ finding, found }: Placed, facts: Facts): Found[] {
  const said = finding.evidence.map(e => e.quote).join('\n')
  switch (finding.name) {
    case 'WebhookUnreachable':
      return [found, ...above(found)].flatMap(f => below(f, facts, 'backend')).flatMap(service => reachedFrom(service, facts))
    case 'ControllerDown':
      return below(found, facts, 'controller').flatMap(f => reachedFrom(f, facts))
    case 'NotReconciled':
      return below(found, facts, 'source')
    case 'HookFailed':
      return below(found, facts)
        .filter(f => said.includes(` ${f.ref.name} `))
        .flatMap(f => reachedFrom(f, facts))
    default:
      return [
        ...(/\/\/[\w-]+-controller\./.test(said) ? below(found, facts, 'source') : []),
        ...(found.ref.kind === 'Ingress' ? [] : below(found, facts, 'backend')).flatMap(service => servedBy(service, facts)),
      ]
  }
}

/** What a Service leads to, and the pods that it selects, whatever way they were come to. */
function servedBy(service: Found, facts: Facts): Found[] {
  const selector = selectorOf(service.object)
  const selected = facts.all.filter(
    ({ ref, object }) =>
      ref.kind === 'Pod' && ref.namespace === service.ref.namespace && selects(selector, objectAt(object, 'metadata', 'labels')),
  )
  return [...reachedFrom(service, facts), ...selected]
}

/** Whether a cause tells why something does not run. That nothing is behind a Service tells a program why, and of a webhook no more than it says itself. */
function tellsWhy({ finding: { name, strength } }: Placed, of: Placed): boolean {
  const empty = name === 'BackendMissing' || name === 'ServiceSelectsNothing'
  return strength >= surely && !(empty && of.finding.name === 'WebhookUnreachable')
}
