import { conditionsOf, type KubeObject } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'
import type { Found } from '../facts.ts'
import { crashes } from '../wordings/crashes.ts'
import { heard } from '../wordings/wording.ts'
import type { Lead, Query } from './lead.ts'

const ip = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g
const host = /(?<![\w.-])([a-z][a-z0-9-]*)(?:\.([a-z0-9-]+)(?:\.svc[a-z.]*)?)?\.?(?=:\d{2,5}\b|" \(|[^\w.:-]*port \d)/g
/** Clients that tell on the lines below where they wanted to go. */
const linesBelow = 2
/** A name was asked for, and no answer came: one that says that there is no such name is an answer. */
const dnsSilent =
  /lookup \S+ on \S+:53: (?!no such host)|EAI_AGAIN|temporary failure in name resolution|getaddrinfo[^\n]{0,200}try again|server misbehaving|: no servers could be reached/i
const url =
  /https?:\/\/([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z.]*)?[:/][^\n]{0,1000}(?:refused|timeout|timed out|deadline exceeded|reset|no route|EOF|unreachable|giving up)/
const metricsSilent =
  /(?:currently unable to handle the request|could not find the requested resource|no matches)[^\n]{0,200}metrics\.k8s\.io/

const metricsServer: Lead[] = [
  { group: '', kind: 'Service' },
  { group: 'apps', kind: 'Deployment' },
].map(kind => behind({ ...kind, namespace: 'kube-system' }, ({ metadata }) => metadata.name === 'metrics-server'))

/** The Services that a program could not reach, by what it printed: their pods may tell why. */
export function logLeads({ ref, logs }: Found): Lead[] {
  const lines = [...logs.values()].flatMap(log => log.split('\n'))
  const starts = lines.flatMap((line, i) => (heard(crashes, line, undefined)?.name === 'PeerUnreachable' ? [i] : []))
  const text = lines.filter((_, i) => starts.some(start => i >= start && i <= start + linesBelow)).join('\n')
  const addresses = new Set(Array.from(text.matchAll(ip), ([address]) => address))
  const hosts = Array.from(text.matchAll(host), ([, name = '', place]) => ({ name, place: place ?? ref.namespace }))
  const places = new Set([...(addresses.size > 0 ? [ref.namespace] : []), ...hosts.map(h => h.place)])
  const isMeant = ({ metadata, spec }: KubeObject): boolean =>
    addresses.has(stringAt(spec, 'clusterIP') ?? '') || hosts.some(h => h.name === metadata.name && h.place === metadata.namespace)
  return [...[...places].map(namespace => services(namespace, isMeant)), ...dnsLeads(lines.join('\n'))]
}

/** The Services of the cluster itself that did not answer, by what an object says went wrong, and by its conditions. */
export function unansweredLeads(found: Found, wrong: string): Lead[] {
  const said = [wrong, ...conditionsOf(found.object).map(c => (c.status === 'False' ? (c.message ?? '') : ''))].join('\n')
  const [, name, namespace] = /webhook/.test(said) ? [] : (url.exec(said) ?? [])
  return [
    ...(name ? [services(namespace, ({ metadata }) => metadata.name === name)] : []),
    ...(metricsSilent.test(said) ? metricsServer : []),
    ...driverLeads(found),
    ...dnsLeads(said),
  ]
}

/** The driver that a claim waits for, where it runs under the name that it has everywhere: `ebs.csi.aws.com` is ebs-csi-controller. */
function driverLeads({ events }: Found): Lead[] {
  const [, driver] = /external provisioner '([a-z0-9-]+)\.[\w.-]*csi[\w.-]*'/.exec(events.map(e => e.message).join('\n')) ?? []
  const isMeant = ({ metadata: { name } }: KubeObject): boolean => name.includes(driver ?? '') && /csi/.test(name)
  return driver ? ['Deployment', 'StatefulSet'].map(kind => behind({ group: 'apps', kind, namespace: 'kube-system' }, isMeant)) : []
}

function dnsLeads(said: string): Lead[] {
  return dnsSilent.test(said) ? [services('kube-system', ({ metadata }) => /dns/.test(metadata.name))] : []
}

function services(namespace: string | undefined, keep: (object: KubeObject) => boolean): Lead {
  return behind({ group: '', kind: 'Service', namespace }, keep)
}

function behind(list: Query, keep: (object: KubeObject) => boolean): Lead {
  return { role: 'backend', weight: 1, list, keep, most: 2 }
}
