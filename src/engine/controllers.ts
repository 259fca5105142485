import type { KubeObject } from '../kinds/manifest.ts'
import { at, listAt, stringAt } from '../lib/json.ts'

/** The group of the Flux Operator's kinds. */
export const operatorGroup = 'fluxcd.controlplane.io'

/** The controller that serves an API group of Flux; `undefined` for other groups. */
export function controllerOf(group: string, kind: string): string | undefined {
  switch (group) {
    case 'source.toolkit.fluxcd.io':
      return 'source-controller'
    case 'kustomize.toolkit.fluxcd.io':
      return 'kustomize-controller'
    case 'helm.toolkit.fluxcd.io':
      return 'helm-controller'
    case 'notification.toolkit.fluxcd.io':
      return 'notification-controller'
    case 'image.toolkit.fluxcd.io':
      return kind === 'ImageUpdateAutomation' ? 'image-automation-controller' : 'image-reflector-controller'
    case operatorGroup:
      return 'flux-operator'
    default:
      return undefined
  }
}

/** Flux's controllers, by the names of their Deployments. */
export const fluxControllers = [
  'source-controller',
  'kustomize-controller',
  'helm-controller',
  'notification-controller',
  'image-reflector-controller',
  'image-automation-controller',
  'flux-operator',
] as const

/** Whether an API group is one of Flux's, by its conventions. */
export function isFluxGroup(group: string): boolean {
  return group.endsWith('.toolkit.fluxcd.io') || group.endsWith('.extensions.fluxcd.io') || group === operatorGroup
}

/** Controllers as a cluster shows them; `now` in milliseconds since the epoch. */
interface Seen {
  readonly deployments: readonly KubeObject[]
  readonly leases: readonly KubeObject[]
  readonly now: number
}

/** Whether a controller is live: a ready Deployment of Flux, or a Lease renewed within its duration. */
export function isLive(controller: string, { deployments, leases, now }: Seen): boolean {
  return (
    deploymentsOf(controller, deployments).some(d => Number(at(d, 'status', 'readyReplicas') ?? 0) > 0) ||
    liveLeases(controller, leases, now).length > 0
  )
}

/**
 * Whether every instance of a controller leaves the objects of a shard alone, as far as its Deployments' arguments tell.
 * A live Lease whose holder belongs to none of the Deployments counts against it.
 */
export function leavesShard(controller: string, shard: string, { deployments, leases, now }: Seen): boolean {
  const instances = deploymentsOf(controller, deployments)
  const holders = liveLeases(controller, leases, now).map(l => (stringAt(l, 'spec', 'holderIdentity') ?? '').split('_')[0] ?? '')
  const known = holders.every(pod => instances.some(d => isPodOf(pod, d.metadata.name)))
  return known && instances.length > 0 && instances.every(d => excludesShard(d, shard))
}

function deploymentsOf(controller: string, deployments: readonly KubeObject[]): KubeObject[] {
  return deployments.filter(
    ({ metadata: { name, labels } }) => name === controller || labels?.['app.kubernetes.io/component'] === controller,
  )
}

function liveLeases(controller: string, leases: readonly KubeObject[], now: number): KubeObject[] {
  return leases.filter(l => l.metadata.name.startsWith(`${controller}-leader-election`) && isRenewed(l, now))
}

function isPodOf(pod: string, deployment: string): boolean {
  return pod.startsWith(`${deployment}-`) && /^[a-z0-9]+-[a-z0-9]{5}$/.test(pod.slice(deployment.length + 1))
}

export const shardKey = 'sharding.fluxcd.io/key'

/** Whether a live controller's Deployment leaves the objects of a shard alone, by its `--watch-label-selector`. */
export function excludesShard(deployment: KubeObject, shard: string): boolean {
  const args = listAt(deployment, 'spec', 'template', 'spec', 'containers')
    .flatMap(c => listAt(c, 'args'))
    .map(String)
  const last = args.findLastIndex(a => /^--?watch-label-selector(=|$)/.test(a))
  const selector = args[last]?.includes('=') ? args[last].slice(args[last].indexOf('=') + 1) : args[last + 1]
  return last >= 0 && selector !== undefined && selector.split(/,(?![^(]*\))/).some(clause => excludes(clause.trim(), shard))
}

function excludes(clause: string, shard: string): boolean {
  if (clause === `!${shardKey}`) return true
  const [, key, operator, value = ''] = /^(\S+?)\s*(==|!=|=|\bnotin\b|\bin\b)\s*(.*)$/.exec(clause) ?? []
  if (key !== shardKey) return false
  const values = value
    .replace(/^\(|\)$/g, '')
    .split(',')
    .map(v => v.trim())
  return operator === '!=' || operator === 'notin' ? values.includes(shard) : !values.includes(shard)
}

function isRenewed(lease: KubeObject, now: number): boolean {
  const renewed = Date.parse(stringAt(lease, 'spec', 'renewTime') ?? '')
  const seconds = at(lease, 'spec', 'leaseDurationSeconds')
  return Boolean(stringAt(lease, 'spec', 'holderIdentity')) && renewed + (typeof seconds === 'number' ? seconds : 15) * 1000 > now
}
