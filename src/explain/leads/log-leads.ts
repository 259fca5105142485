import type { KubeObject } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'
import type { Found } from '../facts.ts'
import { crashes } from '../wordings/crashes.ts'
import { heard } from '../wordings/wording.ts'
import type { Lead } from './lead.ts'

const ip = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g
const host = /(?<![\w.-])([a-z][a-z0-9-]*)(?:\.([a-z0-9-]+)(?:\.svc[a-z.]*)?)?\.?(?=:\d{2,5}\b|" \(|[^\w.:-]*port \d)/g

/** The Services that a program could not reach, by what it printed: their pods may tell why. */
export function logLeads({ ref, logs }: Found): Lead[] {
  const lines = [...logs.values()]
    .flatMap(log => log.split('\n'))
    .filter(line => heard(crashes, line, undefined)?.name === 'PeerUnreachable')
  const text = lines.join('\n')
  const addresses = new Set(Array.from(text.matchAll(ip), ([address]) => address))
  const hosts = Array.from(text.matchAll(host), ([, name = '', place]) => ({ name, place: place ?? ref.namespace }))
  const places = new Set([...(addresses.size > 0 ? [ref.namespace] : []), ...hosts.map(h => h.place)])
  const isMeant = ({ metadata, spec }: KubeObject): boolean =>
    addresses.has(stringAt(spec, 'clusterIP') ?? '') || hosts.some(h => h.name === metadata.name && h.place === metadata.namespace)
  return [...places].map(namespace => ({
    role: 'backend',
    weight: 1,
    list: { group: '', kind: 'Service', namespace },
    keep: isMeant,
    most: 2,
  }))
}
