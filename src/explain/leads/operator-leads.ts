import { type KubeObject, printRef, splitApiVersion } from '../../kinds/manifest.ts'
import { listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Facts, type Found, healthOf } from '../facts.ts'
import { isOfOperator } from '../states.ts'
import { statementsOf } from '../statements.ts'
import type { Lead } from './lead.ts'

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

/** Kinds that make a Secret, and where their objects name it; without a name it bears theirs. */
const makers: readonly (readonly [group: string, kind: string, path: readonly string[], isNeeded?: true])[] = [
  [external, 'ExternalSecret', ['spec', 'target', 'name']],
  ['bitnami.com', 'SealedSecret', ['spec', 'template', 'metadata', 'name']],
  [issuing, 'Certificate', ['spec', 'secretName'], true],
]

/** The Secret that an object should make, as messages print it; `undefined` for kinds that make none. */
export function madeSecretOf(object: KubeObject): string | undefined {
  const { group } = splitApiVersion(object.apiVersion)
  const maker = makers.find(([g, kind]) => g === group && kind === object.kind)
  const name = maker && (stringAt(object, ...maker[2]) ?? (maker[3] ? '' : object.metadata.name))
  return name === undefined ? undefined : `Secret/${object.metadata.namespace ?? ''}/${name}`
}

const unhandledMs = 120_000

/** Whether an object should make a Secret and no operator has looked at it. */
export function isUnhandled({ object }: Pick<Found, 'object'>, now: number): boolean {
  if (!object || madeSecretOf(object) === undefined || Object.keys(objectAt(object, 'status')).length > 0) return false
  return now - Date.parse(object.metadata.creationTimestamp ?? '') > unhandledMs
}

/** Who should have made a Secret that is not there. */
function makersOf({ ref }: Found): Lead[] {
  return makers.map(([group, kind]) => ({
    role: 'maker',
    weight: 1,
    list: { group, kind, namespace: ref.namespace },
    keep: object => madeSecretOf(object) === printRef(ref),
    most: 1,
  }))
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
