import { isFluxGroup } from '../../engine/controllers.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import { type Facts, type Found, podLabelsOf, type Selector, selectorOf, selects } from '../facts.ts'
import { saidBy } from '../statements.ts'
import { unservedKind } from '../wordings/unserved.ts'
import { fluxLeads } from './flux-leads.ts'
import type { Lead } from './lead.ts'
import { operatorLeads } from './operator-leads.ts'
import { unansweredLeads } from './unanswered-leads.ts'
import { workloadLeads } from './workload-leads.ts'

/** What to read next, to know why an object is as it is. */
export function leadsOf(found: Found, facts: Pick<Facts, 'now' | 'isServed'>): Lead[] {
  if (found.role === 'template') return []
  if (!found.object) return operatorLeads(found, facts)
  const own = isFluxGroup(found.ref.group) ? fluxLeads(found, facts) : workloadLeads(found, facts)
  const said = saidBy(found)
  return [...own, ...operatorLeads(found, facts), ...serviceLeads(found), ...messageLeads(said), ...unansweredLeads(found, said)]
}

const ledTo = new Set([undefined, 'backend', 'named', 'target'])

/** What a Service or an Ingress leads to. */
function serviceLeads(found: Found): Lead[] {
  const { object, ref, role } = found
  if (ref.kind === 'Ingress') {
    const backends = listAt(object, 'spec', 'rules').flatMap(r =>
      listAt(r, 'http', 'paths').map(p => stringAt(p, 'backend', 'service', 'name')),
    )
    const all = [...new Set([...backends, stringAt(object, 'spec', 'defaultBackend', 'service', 'name')])].filter(n => n !== undefined)
    return [
      ...all
        .slice(0, 8)
        .map(name => ({ role: 'backend', weight: 1, one: { group: '', kind: 'Service', name, namespace: ref.namespace } }) as const),
      ...beforeIngress(found),
    ]
  }
  const selector = selectorOf(object)
  return ref.kind === 'Service' && selector.length > 0 && ledTo.has(role) ? behindService(ref, selector) : []
}

/** What an Ingress needs beside its backends: its class, as long as no controller serves it or speaks of it, and the Secrets of its hosts. */
function beforeIngress({ object, ref, events }: Found): Lead[] {
  const name = stringAt(object, 'spec', 'ingressClassName')
  const isSeen = listAt(object, 'status', 'loadBalancer', 'ingress').length > 0 || events.some(e => e.type !== 'Normal')
  const secrets = listAt(object, 'spec', 'tls').flatMap(t => stringAt(t, 'secretName') ?? [])
  return [
    ...(name && !isSeen ? [{ role: 'class', weight: 0.8, one: { group: 'networking.k8s.io', kind: 'IngressClass', name } } as const] : []),
    ...secrets
      .slice(0, 4)
      .map(s => ({ role: 'secret', weight: 0.9, one: { group: '', kind: 'Secret', name: s, namespace: ref.namespace } }) as const),
  ]
}

const workloads = ['Deployment', 'StatefulSet', 'DaemonSet']

/** Endpoints, the pods that a Service selects, the workloads that make them, and those that look as if they should. */
function behindService({ name, namespace }: Found['ref'], selector: Selector): Lead[] {
  const labelSelector = selector.map(([k, v]) => `${k}=${String(v)}`).join(',')
  const slices = { group: 'discovery.k8s.io', kind: 'EndpointSlice', namespace, labelSelector: `kubernetes.io/service-name=${name}` }
  const workload = (role: 'selected' | 'template', keep: (object: KubeObject) => boolean): Lead[] =>
    workloads.map(kind => ({ role, weight: role === 'selected' ? 1 : 0.1, list: { group: 'apps', kind, namespace }, keep, most: 2 }))
  return [
    { role: 'policy', weight: 0.1, one: { group: '', kind: 'Endpoints', name, namespace } },
    { role: 'policy', weight: 0.1, list: slices, keep: () => true, most: 3 },
    { role: 'selected', weight: 1, list: { group: '', kind: 'Pod', namespace, labelSelector }, keep: () => true, most: 6 },
    ...workload('selected', object => selects(selector, podLabelsOf(object))),
    ...workload('template', object => likes(object, name)),
  ]
}

/** Whether a workload looks like the one that a Service is meant for. */
function likes({ metadata: { name } }: KubeObject, service: string): boolean {
  return name === service || name.includes(service) || service.includes(name)
}

const definitions = { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' }

/** The plural that a definition of a kind most often has. */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase()
  return /(?:s|x|ch|sh)$/.test(name) ? `${name}es` : /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`
}

/** Objects beside the way that messages speak of: a namespace, the Service of a webhook, a definition, an aggregated API. */
function messageLeads(said: string): Lead[] {
  if (said === '') return []
  const [, missingName, endingName] =
    /namespaces? "([\w.-]+)" not found|namespace "?([\w.-]+)"? because it is being terminated/.exec(said) ?? []
  const name = missingName ?? endingName
  const [, service, place] = /https:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.svc[:./]/.exec(said) ?? []
  const [, group, version] = /list of server APIs: ([\w.-]+)\/(\w+)/.exec(said) ?? []
  const unserved = unservedKind(said)
  const isCustom = unserved !== undefined && /^[\w-]+\.[\w.-]+$/.test(unserved.group)
  const definition = isCustom ? { ...definitions, name: `${pluralOf(unserved.kind)}.${unserved.group}` } : undefined
  const webhook = /webhook/.test(said) && service !== undefined
  return [
    ...(name ? [{ role: 'namespace', weight: 1, one: { group: '', kind: 'Namespace', name } } as const] : []),
    ...(webhook ? [{ role: 'backend', weight: 0.9, one: { group: '', kind: 'Service', name: service, namespace: place } } as const] : []),
    ...(definition ? [{ role: 'policy', weight: 0.5, one: definition } as const] : []),
    ...(group
      ? [
          {
            role: 'policy',
            weight: 0.9,
            one: { group: 'apiregistration.k8s.io', kind: 'APIService', name: `${version}.${group}` },
          } as const,
        ]
      : []),
  ]
}
