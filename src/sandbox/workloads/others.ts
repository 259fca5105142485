import { type KubeObject, refOf } from '../../kinds/manifest.ts'
import { type Json, listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { Action, Controller, View } from './action.ts'
import { statusAction } from './common.ts'

const protection = 'kubernetes.io/pvc-protection'

/** Nothing here uses a claim for long: its protection goes as soon as it is deleted. */
function released(claim: KubeObject): Action[] {
  const finalizers = claim.metadata.finalizers ?? []
  if (!finalizers.includes(protection)) return []
  return [{ do: 'patch', ref: refOf(claim), body: { metadata: { finalizers: finalizers.filter(f => f !== protection) } } }]
}

/** Every claim finds a volume. */
export const claims: Controller = claim =>
  claim.metadata.deletionTimestamp
    ? released(claim)
    : statusAction(claim, {
        phase: 'Bound',
        accessModes: listAt(claim, 'spec', 'accessModes'),
        capacity: objectAt(claim, 'spec', 'resources', 'requests'),
      })

/** Load balancers get an address from the documentation range. */
export const services: Controller = service =>
  stringAt(service, 'spec', 'type') === 'LoadBalancer' && !service.metadata.deletionTimestamp
    ? statusAction(service, { loadBalancer: { ingress: [{ ip: '192.0.2.10', ipMode: 'VIP' }] } })
    : []

/** Kinds whose objects are watched; those in a terminating namespace are deleted, and what lost its owner goes. */
export const watchedKinds: readonly { readonly group: string; readonly kind: string }[] = [
  { group: 'apps', kind: 'Deployment' },
  { group: 'apps', kind: 'ReplicaSet' },
  { group: 'apps', kind: 'StatefulSet' },
  { group: 'apps', kind: 'DaemonSet' },
  { group: 'batch', kind: 'Job' },
  { group: 'batch', kind: 'CronJob' },
  { group: '', kind: 'Pod' },
  { group: '', kind: 'PersistentVolumeClaim' },
  { group: '', kind: 'Service' },
  { group: '', kind: 'Namespace' },
]

/** Deletes what an owner left behind, and honours the finalizers of the foreground and orphan policies. */
export const garbage: Controller = (object, view) => {
  const owners = listAt(object, 'metadata', 'ownerReferences')
  const orphaned = owners.length > 0 && owners.every(o => isGone(o, view))
  if (orphaned && !object.metadata.deletionTimestamp) return [{ do: 'delete', ref: refOf(object), uid: object.metadata.uid }]
  const finalizers = object.metadata.finalizers ?? []
  if (!object.metadata.deletionTimestamp || !finalizers.some(f => f === 'foregroundDeletion' || f === 'orphan')) return []
  const dependents = watchedKinds.flatMap(({ kind }) => view.owned(object, kind))
  if (dependents.length === 0)
    return [
      {
        do: 'patch',
        ref: refOf(object),
        body: { metadata: { finalizers: finalizers.filter(f => f !== 'foregroundDeletion' && f !== 'orphan') } },
      },
    ]
  return dependents.map(d =>
    finalizers.includes('orphan')
      ? { do: 'patch', ref: refOf(d), body: { metadata: { ownerReferences: ownersBut(d, object) } } }
      : { do: 'delete', ref: refOf(d), uid: d.metadata.uid },
  )
}

function ownersBut(dependent: KubeObject, owner: KubeObject): Json[] {
  return listAt(dependent, 'metadata', 'ownerReferences').filter(o => stringAt(o, 'uid') !== owner.metadata.uid)
}

function isGone(owner: Json, view: View): boolean {
  const kind = stringAt(owner, 'kind') ?? ''
  return watchedKinds.some(k => k.kind === kind) && !view.all(kind).some(o => o.metadata.uid === stringAt(owner, 'uid'))
}
