import type { KubeObject } from '../../kinds/manifest.ts'
import { listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Facts, type Found, healthOf } from '../facts.ts'
import { isOfOperator } from '../states.ts'
import { statementsOf } from '../statements.ts'
import type { Lead, Query } from './lead.ts'

const issuing = 'cert-manager.io'
const acme = 'acme.cert-manager.io'
const external = 'external-secrets.io'
/** What these kinds make on their way. */
const makes: Readonly<Record<string, { readonly group: string; readonly kind: string }>> = {
  [`${issuing}/Certificate`]: { group: issuing, kind: 'CertificateRequest' },
  [`${issuing}/CertificateRequest`]: { group: acme, kind: 'Order' },
  [`${acme}/Order`]: { group: acme, kind: 'Challenge' },
}

/** What objects of widely used operators make and need, where they are not well. */
export function operatorLeads(found: Found, { now }: Pick<Facts, 'now'>): Lead[] {
  const { object, ref } = found
  if (!object) return found.role === 'secret' ? makersOf(found) : []
  if (ref.kind === 'PodDisruptionBudget') return found.role === undefined || found.role === 'named' ? guarded(found) : []
  if (healthOf(found, now) === 'well' && statementsOf(found).length === 0) return []
  const next = makes[`${ref.group}/${ref.kind}`]
  return [
    ...(isOfOperator(object) && !next ? workloadsOf(found, object) : []),
    ...(next ? [{ role: 'owned', weight: 1, list: { ...next, namespace: ref.namespace }, keep: ownedBy(object), most: 2 } as const] : []),
    ...referred(found, 'issuerRef', { group: issuing, kind: 'Issuer' }),
    ...referred(found, 'secretStoreRef', { group: external, kind: 'SecretStore' }),
  ]
}

function ownedBy({ kind, metadata }: KubeObject): (object: KubeObject) => boolean {
  return object =>
    listAt(object, 'metadata', 'ownerReferences').some(o => stringAt(o, 'kind') === kind && stringAt(o, 'name') === metadata.name)
}

const workloads = [
  ['apps', 'Deployment'],
  ['apps', 'StatefulSet'],
  ['apps', 'ReplicaSet'],
  ['batch', 'Job'],
  ['', 'Pod'],
  ['', 'PersistentVolumeClaim'],
] as const

/** What any operator usually makes for an object: workloads, pods and claims that it owns, or that bear its name in a label and in their own. */
function workloadsOf({ ref }: Found, object: KubeObject): Lead[] {
  const { name } = object.metadata
  const owned = ownedBy(object)
  const keep = (made: KubeObject): boolean =>
    owned(made) ||
    (listAt(made, 'metadata', 'ownerReferences').length === 0 &&
      made.metadata.name.startsWith(name) &&
      Object.values(made.metadata.labels ?? {}).includes(name))
  return workloads.map(([group, kind]) => ({ role: 'owned', weight: 0.95, list: { group, kind, namespace: ref.namespace }, keep, most: 3 }))
}

/** The issuer or store that a spec names; one whose kind begins with Cluster has no namespace. */
function referred({ object, ref }: Found, field: string, usual: { group: string; kind: string }): Lead[] {
  const given = objectAt(object, 'spec', field)
  const name = stringAt(given, 'name')
  if (name === undefined) return []
  const kind = stringAt(given, 'kind') ?? usual.kind
  const group = stringAt(given, 'group') ?? usual.group
  const place = kind.startsWith('Cluster') ? {} : { namespace: ref.namespace }
  return [{ role: 'issuer', weight: 1, one: { group, kind, name, ...place } }]
}

/** Who should have made a Secret that is not there. */
function makersOf({ ref }: Found): Lead[] {
  const maker = (query: Query, nameOf: (object: KubeObject) => string | undefined): Lead => ({
    role: 'maker',
    weight: 1,
    list: { ...query, namespace: ref.namespace },
    keep: object => (nameOf(object) ?? object.metadata.name) === ref.name,
    most: 1,
  })
  return [
    maker({ group: external, kind: 'ExternalSecret' }, o => stringAt(o, 'spec', 'target', 'name')),
    maker({ group: 'bitnami.com', kind: 'SealedSecret' }, o => stringAt(o, 'spec', 'template', 'metadata', 'name')),
    maker({ group: issuing, kind: 'Certificate' }, o => stringAt(o, 'spec', 'secretName') ?? ''),
  ]
}

/** The pods that a disruption budget counts. */
function guarded({ object, ref }: Found): Lead[] {
  const labels = Object.entries(objectAt(object, 'spec', 'selector', 'matchLabels'))
  if (labels.length === 0) return []
  const labelSelector = labels.map(([key, value]) => `${key}=${String(value)}`).join(',')
  return [
    { role: 'selected', weight: 1, list: { group: '', kind: 'Pod', namespace: ref.namespace, labelSelector }, keep: () => true, most: 6 },
  ]
}
