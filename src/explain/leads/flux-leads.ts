import { controllerOf } from '../../engine/controllers.ts'
import { sourceRefOf } from '../../engine/source-chain.ts'
import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import { printRef } from '../../kinds/manifest.ts'
import { listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Facts, type Found, healthOf, lacksAddress, type Role } from '../facts.ts'
import { namedIn, speaksOf } from '../named.ts'
import { type Statement, statementsOf, timedOut } from '../statements.ts'
import type { Lead } from './lead.ts'

const [mostNamed, mostContained] = [5, 60]
/** Kinds that are well as soon as they are there. */
const plainKinds =
  /^(ConfigMap|Secret|ServiceAccount|Role|RoleBinding|ClusterRole|ClusterRoleBinding|NetworkPolicy|LimitRange|ResourceQuota|Service|StorageClass|PriorityClass|CustomResourceDefinition|Namespace|PodDisruptionBudget|MutatingWebhookConfiguration|ValidatingWebhookConfiguration|Alert|Provider)$/

/** Where the cause of what a Flux object says may be: its reason tells which way. */
export function fluxLeads(found: Found, facts: Pick<Facts, 'now' | 'isServed'>): Lead[] {
  if (!found.object) return []
  const statements = statementsOf(found)
  const ways = waysOf(found, statements[0])
  return [
    ...sourceLeads(found, ways.source),
    ...dependencyLeads(found, { statements, weight: ways.dependency }),
    ...(isElsewhere(found) ? [] : containedLeads(found, { statements, weight: ways.contained })),
    ...(healthOf(found, facts.now) === 'well' ? [] : referenceLeads(found, statements)),
    ...controllerLeads(found, facts),
  ]
}

/** What is applied to another cluster is not looked for in this one. */
function isElsewhere({ object }: Found): boolean {
  return Object.keys(objectAt(object, 'spec', 'kubeConfig')).length > 0
}

interface Ways {
  readonly source: number
  readonly dependency: number
  readonly contained: number
}

/** How much each way weighs, by the reason that the object gives. 0: not gone. */
function waysOf({ ref }: Found, first: Statement | undefined): Ways {
  const reason = first?.reason ?? ''
  const message = first?.message ?? ''
  if (reason === 'DependencyNotReady') return { source: ref.kind === 'ImagePolicy' ? 1 : 0.5, dependency: 1, contained: 0 }
  if (/^(ArtifactFailed|SourceNotReady|SourceUnavailable|NoSourceArtifact|SourceArtifactUnavailable|InvalidChartReference)$/.test(reason))
    return { source: /path not found/.test(message) ? 0.4 : 1, dependency: 0.5, contained: 0 }
  if (/HealthCheck|(Install|Upgrade|Test|Rollback)Failed|RetriesExceeded/.test(reason))
    return { source: 0.4, dependency: 0.3, contained: 1 }
  if (/Build|Reconciliation|Prune/.test(reason)) return { source: 0.3, dependency: 0.3, contained: 0.3 }
  return { source: first ? 0.9 : 0.8, dependency: first ? 0.5 : 0.7, contained: first ? 0.7 : 0.75 }
}

function sourceLeads({ object, ref }: Found, weight: number): Lead[] {
  if (!object || weight === 0) return []
  const source = sourceRefOf(object)
  const template = objectAt(object, 'spec', 'chart', 'spec', 'sourceRef')
  const made = ref.kind === 'HelmRelease' && typeof template.kind === 'string'
  const repository: Lead[] = made ? [{ role: 'source', weight: Math.min(weight, 0.95), one: sourceOf(template, ref.namespace) }] : []
  const others = ['checkout', 'git'].map(key => objectAt(object, 'spec', key, 'sourceRef')).filter(o => typeof o.name === 'string')
  const providers = ref.kind === 'Alert' ? [objectAt(object, 'spec', 'providerRef')].filter(o => typeof o.name === 'string') : []
  return [
    ...(source ? [{ role: made ? 'named' : 'source', weight, one: source } as const] : []),
    ...repository,
    ...others.map(o => ({ role: 'source', weight, one: sourceOf(o, ref.namespace) }) as const),
    ...providers.map(
      o =>
        ({
          role: 'provider',
          weight,
          one: { group: 'notification.toolkit.fluxcd.io', kind: 'Provider', name: String(o.name), namespace: ref.namespace },
        }) as const,
    ),
  ]
}

function sourceOf(ref: KubeObject['spec'], local: string | undefined): ObjectRef {
  return {
    group: 'source.toolkit.fluxcd.io',
    kind: stringAt(ref, 'kind') ?? 'GitRepository',
    name: stringAt(ref, 'name') ?? '',
    namespace: stringAt(ref, 'namespace') ?? local,
  }
}

function dependencyLeads({ object, ref }: Found, { statements, weight }: { statements: readonly Statement[]; weight: number }): Lead[] {
  if (weight === 0) return []
  const message = statements[0]?.message ?? ''
  return listAt(object, 'spec', 'dependsOn').map(d => {
    const one = { group: ref.group, kind: ref.kind, name: stringAt(d, 'name') ?? '', namespace: stringAt(d, 'namespace') ?? ref.namespace }
    return { role: 'dependency', weight: message && !speaksOf(message, one) ? Math.min(weight, 0.85) : weight, one } as const
  })
}

function containedLeads(found: Found, { statements, weight }: { statements: readonly Statement[]; weight: number }): Lead[] {
  const { inventory, object, ref } = found
  const message = statements.map(s => s.message).join('\n')
  const named = namedIn(message, mostNamed).filter(n => n.text !== printRef(ref))
  const known = inventory.filter(i => message.includes(printRef(i)))
  const unknown = named.filter(n => !known.some(i => printRef(i) === n.text))
  const others = inventory.filter(i => !known.includes(i) && !plainKinds.test(i.kind)).slice(0, mostContained)
  return [
    ...(known.length > 0 ? [{ role: 'named', weight: 1, several: known } as const] : []),
    ...unknown.map(n => ({ role: 'named', weight: 1, named: n }) as const),
    ...(others.length > 0 && weight >= 0.5 ? [{ role: 'contained', weight: Math.min(weight, 0.8), several: others } as const] : []),
    ...(ref.kind === 'HelmRelease' && object && weight >= 0.5
      ? [...testLeads(object, message), ...releasedLeads(object, { weight, waited: timedOut({ message }) })]
      : []),
  ]
}

/** What a release rendered, by the marks that Helm and its controller leave. */
function releasedLeads(release: KubeObject, { weight, waited }: { weight: number; waited: boolean }): Lead[] {
  const { name, namespace = '' } = release.metadata
  const target = stringAt(release, 'spec', 'targetNamespace')
  const releaseName = stringAt(release, 'spec', 'releaseName') ?? (target ? `${target}-${name}` : name)
  const keep = (object: KubeObject): boolean => {
    const { labels, annotations } = object.metadata
    return (
      (labels?.['helm.toolkit.fluxcd.io/name'] === name && labels['helm.toolkit.fluxcd.io/namespace'] === namespace) ||
      annotations?.['meta.helm.sh/release-name'] === releaseName ||
      labels?.['app.kubernetes.io/instance'] === releaseName ||
      object.metadata.name === releaseName ||
      object.metadata.name.startsWith(`${releaseName}-`)
    )
  }
  const waits = (object: KubeObject): boolean => keep(object) && (object.kind !== 'Service' || lacksAddress(object))
  return [
    ['apps', 'Deployment'],
    ['apps', 'StatefulSet'],
    ['apps', 'DaemonSet'],
    ['batch', 'Job'],
    ['', 'PersistentVolumeClaim'],
    ...(waited ? [['', 'Service']] : []),
  ].map(([group = '', kind = '']) => ({
    role: 'contained',
    weight: Math.min(weight, 0.95),
    list: { group, kind, namespace: target ?? namespace },
    keep: waits,
    most: 20,
  }))
}

/** The pods of tests and hooks that Helm says failed. */
function testLeads(release: KubeObject, message: string): Lead[] {
  const namespace = stringAt(release, 'spec', 'targetNamespace') ?? release.metadata.namespace
  return [...message.matchAll(/\bpod ([a-z0-9][a-z0-9.-]*) failed/g)]
    .slice(0, mostNamed)
    .map(([, name = '']) => ({ role: 'named', weight: 1, one: { group: '', kind: 'Pod', name, namespace } }) as const)
}

/** The Secrets, ConfigMaps and accounts that a spec names and cannot do without. */
function referenceLeads({ object, ref }: Found, statements: readonly Statement[]): Lead[] {
  const message = statements.map(s => s.message).join('\n')
  const lead = (role: Role, kind: string, name: string | undefined): Lead[] =>
    name === undefined || name === ''
      ? []
      : [{ role, weight: message.includes(name) ? 1 : 0.9, one: { group: '', kind, name, namespace: ref.namespace } }]
  const secrets = [
    ['secretRef'],
    ['certSecretRef'],
    ['proxySecretRef'],
    ['verify', 'secretRef'],
    ['decryption', 'secretRef'],
    ['kubeConfig', 'secretRef'],
  ].flatMap(path => lead('secret', 'Secret', stringAt(object, 'spec', ...path, 'name')))
  const values = [...listAt(object, 'spec', 'postBuild', 'substituteFrom'), ...listAt(object, 'spec', 'valuesFrom')]
    .filter(v => objectAt({ v }, 'v').optional !== true)
    .flatMap(v => {
      const kind = stringAt(v, 'kind') ?? ''
      return lead(kind === 'Secret' ? 'secret' : 'config', kind, stringAt(v, 'name'))
    })
  const account = stringAt(object, 'spec', 'serviceAccountName')
  return [
    ...secrets,
    ...values,
    ...(account && message.includes(account)
      ? [{ role: 'account', weight: 0.9, one: { group: '', kind: 'ServiceAccount', name: account, namespace: ref.namespace } } as const]
      : []),
  ]
}

/** The Deployment of a controller that is not live. */
function controllerLeads({ ref }: Found, facts: Pick<Facts, 'isServed'>): Lead[] {
  const controller = controllerOf(ref.group, ref.kind)
  if (!controller || facts.isServed(ref) !== false) return []
  const keep = ({ metadata: { name, labels } }: KubeObject): boolean =>
    name === controller || labels?.['app.kubernetes.io/component'] === controller
  return [
    {
      role: 'controller',
      weight: 0.9,
      list: { group: 'apps', kind: 'Deployment', labelSelector: 'app.kubernetes.io/part-of=flux' },
      keep,
      most: 1,
    },
  ]
}
