import { distance } from '../../lib/distance.ts'
import type { ApiResource, Discovery } from './cluster.ts'

/** Groups whose kinds win over others of the same name: Flux's own, then the core ones. */
function rank({ group }: ApiResource): number {
  if (group.endsWith('.toolkit.fluxcd.io') || group === 'fluxcd.controlplane.io') return 0
  if (group === '') return 1
  if (['apps', 'batch', 'autoscaling', 'policy'].includes(group) || group.endsWith('.k8s.io'))
    return group.startsWith('metrics') || group === 'events.k8s.io' ? 4 : 2
  return 3
}

/**
 * The resource that a person meant: a kind, plural, singular or short name in any case, alone or with `.group` or `.version.group`.
 * `undefined` when nothing fits. Of several versions the server's preferred one (listed first) is taken.
 */
export function resolveKind(typed: string, { resources }: Discovery): ApiResource | undefined {
  const wanted = typed.toLowerCase()
  const dot = wanted.indexOf('.')
  const [name, suffix] = dot < 0 ? [wanted, ''] : [wanted.slice(0, dot), wanted.slice(dot + 1)]
  const named = resources.filter(r => [r.kind.toLowerCase(), r.plural, r.singular, ...r.shortNames].includes(name))
  const fitting = named.filter(r => suffix === '' || r.group === suffix || `${r.version}.${r.group}` === suffix)
  return fitting.toSorted((a, b) => rank(a) - rank(b))[0]
}

/** Up to five served kinds whose names are near what was typed; Flux's first. */
export function nearKinds(typed: string, { resources }: Discovery): string[] {
  const wanted = (typed.split('.')[0] ?? '').toLowerCase()
  const scored = resources.map(r => ({
    r,
    far: Math.min(distance(wanted, r.kind.toLowerCase()), ...r.shortNames.map(s => distance(wanted, s))),
  }))
  const near = scored.filter(({ far }) => far <= Math.max(2, wanted.length / 3)).toSorted((a, b) => a.far - b.far || rank(a.r) - rank(b.r))
  return [...new Set(near.map(({ r }) => (r.group ? `${r.kind}.${r.group}` : r.kind)))].slice(0, 5)
}
