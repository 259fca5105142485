import { conditionOf, conditionsOf, type KubeObject, type ObjectRef } from '../../kinds/manifest.ts'
import { at, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Facts, type Found, healthOf } from '../facts.ts'
import { type Reference, referencesOf } from '../references.ts'
import type { Lead } from './lead.ts'
import { templateLeads } from './template-leads.ts'

/** Where the cause of a workload that is not well may be: in what it makes, then in what that needs. */
export function workloadLeads(found: Found, { now }: Pick<Facts, 'now'>): Lead[] {
  const { object, ref } = found
  if (!object) return []
  const asked = found.role === undefined || found.role === 'controller' || found.role === 'named'
  if (ref.kind === 'PersistentVolumeClaim' && stringAt(object, 'status', 'phase') === 'Bound') return boundLeads(found)
  if (!asked && healthOf(found, now) === 'well') return []
  switch (ref.kind) {
    case 'Deployment':
      return [
        made(
          found,
          { group: 'apps', kind: 'ReplicaSet' },
          { most: 3, more: o => number(o, 'spec', 'replicas') > 0 || number(o, 'status', 'replicas') > 0 },
        ),
        made(found, { group: '', kind: 'Pod' }, { most: 6, through: 'ReplicaSet' }),
      ]
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'Job':
    case 'ReplicationController':
      return [
        made(found, { group: '', kind: 'Pod' }, { most: 6 }),
        ...listAt(object, 'spec', 'volumeClaimTemplates')
          .slice(0, 2)
          .map(t => claimsOf(found, stringAt(t, 'metadata', 'name') ?? '')),
        ...templateLeads(found, now),
      ]
    case 'CronJob':
      return [made(found, { group: 'batch', kind: 'Job' }, { most: 1, more: o => !isMadeGood(found, o) })]
    case 'Pod':
      return podLeads(found, now)
    case 'PersistentVolumeClaim':
      return claimLeads(found)
    case 'HorizontalPodAutoscaler':
      return scalerLeads(found)
    default:
      return []
  }
}

function number(object: KubeObject, ...path: string[]): number {
  const value = at(object, ...path)
  return typeof value === 'number' ? value : 0
}

/** What an object owns, by its selector where it has one. `through`: owned by a kind between them. */
function made(
  { object, ref }: Found,
  { group, kind }: { group: string; kind: string },
  { most, through, more = () => true }: { most: number; through?: string; more?: (object: KubeObject) => boolean },
): Lead {
  const labels = Object.entries(kind === 'Job' ? {} : objectAt(object, 'spec', 'selector', 'matchLabels'))
  const labelSelector = labels.map(([key, value]) => `${key}=${String(value)}`).join(',')
  const keep = (child: KubeObject): boolean => {
    const owners = listAt(child, 'metadata', 'ownerReferences')
    const mine = owners.some(
      o => stringAt(o, 'uid') === object?.metadata.uid || (stringAt(o, 'kind') === ref.kind && stringAt(o, 'name') === ref.name),
    )
    const loose = labels.length > 0 && (owners.length === 0 || owners.some(o => stringAt(o, 'kind') === through))
    return (mine || loose) && more(child)
  }
  return {
    role: 'owned',
    weight: 1,
    list: { group, kind, namespace: ref.namespace, ...(labelSelector ? { labelSelector } : {}) },
    keep,
    most,
  }
}

function claimsOf({ ref }: Found, template: string): Lead {
  return {
    role: 'claim',
    weight: 1,
    list: { group: '', kind: 'PersistentVolumeClaim', namespace: ref.namespace },
    keep: o => o.metadata.name.startsWith(`${template}-${ref.name}-`) && stringAt(o, 'status', 'phase') !== 'Bound',
    most: 2,
  }
}

/** Whether a run of a CronJob succeeded after this one began. */
function isMadeGood({ object }: Found, job: KubeObject): boolean {
  const began = Date.parse(stringAt(job, 'status', 'startTime') ?? job.metadata.creationTimestamp ?? '')
  return Date.parse(stringAt(object, 'status', 'lastSuccessfulTime') ?? '') > began
}

const [mostReferences, startMs] = [8, 20_000]

function podLeads(found: Found, now: number): Lead[] {
  const { object, ref } = found
  const core = (kind: string, name: string): ObjectRef => ({ group: '', kind, name, namespace: ref.namespace })
  const claims = listAt(object, 'spec', 'volumes').flatMap(v => stringAt(v, 'persistentVolumeClaim', 'claimName') ?? [])
  const node = stringAt(object, 'spec', 'nodeName')
  const states = listAt(object, 'status', 'containerStatuses').concat(listAt(object, 'status', 'initContainerStatuses'))
  const waits = states.flatMap(c => stringAt(c, 'state', 'waiting', 'reason') ?? [])
  const said = [...states.map(c => stringAt(c, 'state', 'waiting', 'message') ?? ''), ...found.events.map(e => e.message)].join('\n')
  const named = (name: string): boolean => said.includes(`"${name}"`)
  const notUp = stringAt(object, 'status', 'phase') === 'Pending'
  const hadTime = now - Date.parse(object?.metadata.creationTimestamp ?? '') > startMs || found.events.some(e => e.reason === 'FailedMount')
  const refs = notUp && node && hadTime ? neededBy(object, said) : []
  return [
    ...claims.map(name => ({ role: 'claim', weight: 1, one: core('PersistentVolumeClaim', name) }) as const),
    ...(node ? [{ role: 'node', weight: 0.9, one: { group: '', kind: 'Node', name: node } } as const] : nodeLeads(found)),
    ...refs.map(
      ({ kind, name }) =>
        ({ role: kind === 'Secret' ? 'secret' : 'config', weight: named(name) ? 1 : 0.95, one: core(kind, name) }) as const,
    ),
    ...(waits.some(w => /Pull/.test(w)) ? pullSecretLeads(found) : []),
  ]
}

/** A pod that no node takes, as they are not ready or under pressure themselves: those nodes. */
function nodeLeads({ object, events }: Found): Lead[] {
  const said = [conditionOf(object, 'PodScheduled')?.message ?? '', ...events.map(e => e.message)].join('\n')
  if (!/taints? \{?node\.kubernetes\.io\/(?:not-ready|unreachable|\w+-pressure|network-unavailable)/.test(said)) return []
  const keep = (node: KubeObject): boolean =>
    conditionsOf(node).some(c => (c.type === 'Ready' ? c.status !== 'True' : c.status === 'True' && /Pressure|Unavailable/.test(c.type)))
  return [{ role: 'node', weight: 1, list: { group: '', kind: 'Node' }, keep, most: 2 }]
}

/** A pull that is denied, or of which nothing more is said, is explained by a pull Secret that is not there. */
function pullSecretLeads({ object, ref, events }: Found): Lead[] {
  const said = [
    ...events.map(e => e.message),
    ...listAt(object, 'status', 'containerStatuses').map(c => stringAt(c, 'state', 'waiting', 'message') ?? ''),
  ].join('\n')
  const denied =
    /401|403|unauthori[sz]ed|denied|forbidden|credentials|authentication/i.test(said) ||
    events.some(e => e.reason === 'FailedToRetrieveImagePullSecret') ||
    !/fail|error/i.test(said.replaceAll('ErrImagePull', ''))
  return listAt(object, 'spec', 'imagePullSecrets').flatMap(s => {
    const name = stringAt(s, 'name')
    return name
      ? [{ role: 'secret', weight: denied ? 1 : 0.5, one: { group: '', kind: 'Secret', name, namespace: ref.namespace } } as const]
      : []
  })
}

/** The Secrets and ConfigMaps that a pod cannot start without, and those that its node misses, each once. */
function neededBy(pod: KubeObject | undefined, said: string): Reference[] {
  const missed = [...said.matchAll(/\b(secret|configmap) "([\w.-]+)" not found/gi)].map(([, kind = '', name = '']) => ({
    kind: kind.toLowerCase() === 'secret' ? ('Secret' as const) : ('ConfigMap' as const),
    name,
    at: 'status',
  }))
  const all = [...missed, ...referencesOf(pod)]
  return all.filter((a, i) => all.findIndex(b => b.kind === a.kind && b.name === a.name) === i).slice(0, mostReferences)
}

function claimLeads({ object, events }: Found): Lead[] {
  if (events.some(e => /^(WaitForFirstConsumer|Provisioning|ExternalProvisioning)$/.test(e.reason))) return []
  const name = stringAt(object, 'spec', 'storageClassName')
  const volume = stringAt(object, 'spec', 'volumeName')
  const storage = { group: 'storage.k8s.io', kind: 'StorageClass' }
  return [
    name
      ? { role: 'storage class', weight: 1, one: { ...storage, name } }
      : { role: 'storage class', weight: 1, list: storage, keep: () => true, most: 10 },
    ...(volume ? [{ role: 'volume', weight: 0.9, one: { group: '', kind: 'PersistentVolume', name: volume } } as const] : []),
  ]
}

function boundLeads(found: Found): Lead[] {
  return [...userLeads(found), ...attachmentLeads(found)]
}

/** The pods that use a claim that was deleted: it stays until they end. */
function userLeads({ object, ref }: Found): Lead[] {
  if (object?.metadata.deletionTimestamp === undefined) return []
  const keep = (pod: KubeObject): boolean =>
    !/^(?:Succeeded|Failed)$/.test(stringAt(pod, 'status', 'phase') ?? '') &&
    listAt(pod, 'spec', 'volumes').some(v => stringAt(v, 'persistentVolumeClaim', 'claimName') === ref.name)
  return [{ role: 'user', weight: 0.2, list: { group: '', kind: 'Pod', namespace: ref.namespace }, keep, most: 3 }]
}

/** Where the volume of a claim is attached, while a pod waits on its node. */
function attachmentLeads({ object, parent }: Found): Lead[] {
  const volume = stringAt(object, 'spec', 'volumeName')
  const waits = stringAt(parent?.object, 'status', 'phase') === 'Pending' && stringAt(parent?.object, 'spec', 'nodeName') !== undefined
  if (!waits || volume === undefined) return []
  const keep = (attachment: KubeObject): boolean => stringAt(attachment, 'spec', 'source', 'persistentVolumeName') === volume
  return [{ role: 'volume', weight: 1, list: { group: 'storage.k8s.io', kind: 'VolumeAttachment' }, keep, most: 2 }]
}

function scalerLeads({ object, ref }: Found): Lead[] {
  const target = objectAt(object, 'spec', 'scaleTargetRef')
  const group = String(target.apiVersion ?? '').split('/')
  const noMetrics = conditionsOf(object).some(c => /Metric/.test(c.reason ?? ''))
  return [
    {
      role: 'target',
      weight: 0.95,
      one: {
        group: group.length > 1 ? (group[0] ?? '') : '',
        kind: String(target.kind),
        name: String(target.name),
        namespace: ref.namespace,
      },
    },
    ...(noMetrics
      ? [
          {
            role: 'policy',
            weight: 0.9,
            one: { group: 'apiregistration.k8s.io', kind: 'APIService', name: 'v1beta1.metrics.k8s.io' },
          } as const,
        ]
      : []),
  ]
}
