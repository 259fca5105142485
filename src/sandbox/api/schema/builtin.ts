import { standardVerbs } from '../verbs.ts'
import type { Resource } from './resource.ts'

/** Kubernetes' own kinds: group, version, plural, kind, `ns` or `cluster`, short names, subresources, categories; `-` for none. Asked of a real server. */
const table = `
core v1 configmaps ConfigMap ns cm - -
core v1 endpoints Endpoints ns ep - -
core v1 events Event ns ev - -
events.k8s.io v1 events Event ns ev - -
core v1 limitranges LimitRange ns limits - -
core v1 namespaces Namespace cluster ns finalize+status -
core v1 nodes Node cluster no status -
core v1 persistentvolumeclaims PersistentVolumeClaim ns pvc status -
core v1 persistentvolumes PersistentVolume cluster pv status -
core v1 pods Pod ns po status all
core v1 podtemplates PodTemplate ns - - -
core v1 replicationcontrollers ReplicationController ns rc status all
core v1 resourcequotas ResourceQuota ns quota status -
core v1 secrets Secret ns - - -
core v1 serviceaccounts ServiceAccount ns sa token -
core v1 services Service ns svc status all
apps v1 controllerrevisions ControllerRevision ns - - -
apps v1 daemonsets DaemonSet ns ds status all
apps v1 deployments Deployment ns deploy scale+status all
apps v1 replicasets ReplicaSet ns rs scale+status all
apps v1 statefulsets StatefulSet ns sts scale+status all
authorization.k8s.io v1 selfsubjectaccessreviews SelfSubjectAccessReview cluster - - -
autoscaling v2 horizontalpodautoscalers HorizontalPodAutoscaler ns hpa status all
batch v1 cronjobs CronJob ns cj status all
batch v1 jobs Job ns - status all
networking.k8s.io v1 ingressclasses IngressClass cluster - - -
networking.k8s.io v1 ingresses Ingress ns ing status -
networking.k8s.io v1 networkpolicies NetworkPolicy ns netpol - -
policy v1 poddisruptionbudgets PodDisruptionBudget ns pdb status -
rbac.authorization.k8s.io v1 clusterrolebindings ClusterRoleBinding cluster - - -
rbac.authorization.k8s.io v1 clusterroles ClusterRole cluster - - -
rbac.authorization.k8s.io v1 rolebindings RoleBinding ns - - -
rbac.authorization.k8s.io v1 roles Role ns - - -
storage.k8s.io v1 csidrivers CSIDriver cluster - - -
storage.k8s.io v1 csinodes CSINode cluster - - -
storage.k8s.io v1 storageclasses StorageClass cluster sc - -
storage.k8s.io v1 volumeattachments VolumeAttachment cluster - status -
admissionregistration.k8s.io v1 mutatingwebhookconfigurations MutatingWebhookConfiguration cluster - - api-extensions
admissionregistration.k8s.io v1 validatingadmissionpolicies ValidatingAdmissionPolicy cluster - status api-extensions
admissionregistration.k8s.io v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding cluster - - api-extensions
admissionregistration.k8s.io v1 validatingwebhookconfigurations ValidatingWebhookConfiguration cluster - - api-extensions
apiextensions.k8s.io v1 customresourcedefinitions CustomResourceDefinition cluster crd+crds status api-extensions
scheduling.k8s.io v1 priorityclasses PriorityClass cluster pc - -
coordination.k8s.io v1 leases Lease ns - - -
node.k8s.io v1 runtimeclasses RuntimeClass cluster - - -
discovery.k8s.io v1 endpointslices EndpointSlice ns - - -
`

function verbsOf(plural: string): readonly string[] {
  if (plural === 'selfsubjectaccessreviews') return ['create']
  return plural === 'namespaces' ? standardVerbs.filter(v => v !== 'deletecollection') : standardVerbs
}

/** The built-in kinds that the sandbox serves. */
export const builtinResources: readonly Resource[] = table
  .trim()
  .split('\n')
  .map(line => {
    const [group = '', version = '', plural = '', kind = '', scope = '', short = '', subresources = '', categories = ''] = line.split(' ')
    const many = (cell: string): string[] => (cell === '-' ? [] : cell.split('+'))
    return {
      group: group === 'core' ? '' : group,
      version,
      storageVersion: version,
      plural,
      kind,
      singular: kind.toLowerCase(),
      namespaced: scope === 'ns',
      shortNames: many(short),
      subresources: many(subresources),
      categories: many(categories),
      verbs: verbsOf(plural),
      ...(group === 'events.k8s.io' ? { stored: { group: '', plural: 'events' } } : {}),
    }
  })

/** Kinds of which an update creates what is not there. */
const creating = new Set([
  'Lease',
  'Event',
  'Endpoints',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'LimitRange',
  'Service',
])
/** Kinds of which an update must name the version that it replaces. */
const versioned = new Set(['Lease', 'CustomResourceDefinition', 'PriorityClass'])

/** True when an update may create an object of this type. */
export function createsOnUpdate({ kind, custom }: Resource): boolean {
  return !custom && creating.has(kind)
}

/** True when an update without a resourceVersion is refused. */
export function wantsVersion({ kind, custom }: Resource): boolean {
  return custom !== undefined || versioned.has(kind)
}
