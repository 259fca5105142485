import type { KubeObject } from '../kinds/manifest.ts'
import { at, listAt, stringAt } from '../lib/json.ts'

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
    case 'fluxcd.controlplane.io':
      return 'flux-operator'
    default:
      return undefined
  }
}

/** Whether an API group is one of Flux's, by its conventions. */
export function isFluxGroup(group: string): boolean {
  return group.endsWith('.toolkit.fluxcd.io') || group === 'fluxcd.controlplane.io'
}

/** Whether a controller is live: a ready Deployment of Flux, or a Lease renewed within its duration. `now` in milliseconds since the epoch. */
export function isLive(
  controller: string,
  { deployments, leases, now }: { deployments: readonly KubeObject[]; leases: readonly KubeObject[]; now: number },
): boolean {
  const deployed = deployments.some(
    d =>
      (d.metadata.name === controller || d.metadata.labels?.['app.kubernetes.io/component'] === controller) &&
      Number(at(d, 'status', 'readyReplicas') ?? 0) > 0,
  )
  return deployed || leases.some(lease => lease.metadata.name.startsWith(`${controller}-leader-election`) && isRenewed(lease, now))
}

export const shardKey = 'sharding.fluxcd.io/key'

/** Whether a live controller's Deployment leaves the objects of a shard alone, by its `--watch-label-selector`. */
export function excludesShard(deployment: KubeObject, shard: string): boolean {
  const args = listAt(deployment, 'spec', 'template', 'spec', 'containers')
    .flatMap(c => listAt(c, 'args'))
    .map(String)
  const selector = args.find(a => a.startsWith('--watch-label-selector='))?.slice('--watch-label-selector='.length)
  return selector !== undefined && selector.split(/,(?![^(]*\))/).some(clause => excludes(clause.trim(), shard))
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
