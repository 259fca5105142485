import { type KubeObject, refOf } from '../kinds/manifest.ts'

const first = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

/** Objects in the order they are applied; deletion is the reverse. Spec: kustomization 7.2. */
export function applyOrder(objects: readonly KubeObject[]): KubeObject[] {
  return objects.toSorted((a, b) => rank(a) - rank(b) || compare(keyOf(a), keyOf(b)))
}

function rank({ kind }: KubeObject): number {
  const early = first.indexOf(kind)
  if (early >= 0) return early
  const late = last.indexOf(kind)
  return late < 0 ? first.length : first.length + 1 + late
}

function keyOf(object: KubeObject): string[] {
  const { group, kind, namespace = '', name } = refOf(object)
  return [group, kind, namespace, name]
}

function compare(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, i) => part !== b[i])
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}

/**
 * The stages of an apply, each in order: CustomResourceDefinitions and Namespaces, kinds of any group that end in Class, the rest.
 * Spec: kustomization 7.2.
 */
export function stages(objects: readonly KubeObject[]): { definitions: KubeObject[]; classes: KubeObject[]; rest: KubeObject[] } {
  const staged: ReturnType<typeof stages> = { definitions: [], classes: [], rest: [] }
  for (const object of applyOrder(objects))
    staged[isDefinition(object) ? 'definitions' : object.kind.endsWith('Class') ? 'classes' : 'rest'].push(object)
  return staged
}

function isDefinition({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'CustomResourceDefinition' ? apiVersion.startsWith('apiextensions.k8s.io/') : kind === 'Namespace' && apiVersion === 'v1'
}
