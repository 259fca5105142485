import type { JsonObject } from '../../../src/lib/json.ts'
import { at } from '../../../src/lib/json.ts'
import { ask, type Conversation, type Step } from './talk.ts'

const { get, post, put, merge, apply, del } = ask
const groups: Readonly<Record<string, string>> = {
  v1: '/api/v1',
  'apps/v1': '/apis/apps/v1',
  'batch/v1': '/apis/batch/v1',
  'autoscaling/v2': '/apis/autoscaling/v2',
  'networking.k8s.io/v1': '/apis/networking.k8s.io/v1',
  'policy/v1': '/apis/policy/v1',
  'rbac.authorization.k8s.io/v1': '/apis/rbac.authorization.k8s.io/v1',
  'storage.k8s.io/v1': '/apis/storage.k8s.io/v1',
  'scheduling.k8s.io/v1': '/apis/scheduling.k8s.io/v1',
  'coordination.k8s.io/v1': '/apis/coordination.k8s.io/v1',
  'discovery.k8s.io/v1': '/apis/discovery.k8s.io/v1',
  'events.k8s.io/v1': '/apis/events.k8s.io/v1',
}

/** A kind with its collection's path; `NS` is the conversation's namespace. */
function kind(apiVersion: string, name: string, plural: string, { cluster = false } = {}) {
  const path = `${groups[apiVersion]}${cluster ? '' : '/namespaces/NS'}/${plural}`
  const object = (rest: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
    apiVersion,
    kind: name,
    metadata: { name: 'x', ...metadata },
    ...rest,
  })
  return {
    path,
    object,
    create: (rest?: JsonObject, metadata?: JsonObject): Step => post(path, object(rest, metadata)),
    refused: (rest?: JsonObject, metadata?: JsonObject): Step => post(`${path}?dryRun=All`, object(rest, metadata)),
    replace: (rest?: JsonObject, metadata?: JsonObject): Step => put(`${path}/x`, object(rest, metadata)),
    merge: (patch: JsonObject): Step => merge(`${path}/x`, patch),
    status: (status: JsonObject): Step => merge(`${path}/x/status`, { status }),
    apply: (rest?: JsonObject): Step => apply(`${path}/x?fieldManager=flux&force=true`, object(rest)),
    read: get(`${path}/x`),
    table: get(`${path}?includeObject=None`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' }),
    remove: del(`${path}/x`),
  }
}

const pod = (more: JsonObject = {}, container: JsonObject = {}): JsonObject => ({
  containers: [{ name: 'c', image: 'i:1', ...container }],
  ...more,
})
const selecting = (spec: JsonObject = pod()): JsonObject => ({
  selector: { matchLabels: { app: 'x' } },
  template: { metadata: { labels: { app: 'x' } }, spec },
})
const rich = pod(
  {
    serviceAccountName: 'sa',
    hostNetwork: false,
    nodeSelector: {},
    tolerations: [],
    securityContext: { runAsNonRoot: true },
    initContainers: [{ name: 'init', image: 'i' }],
    volumes: [
      { name: 'a', configMap: { name: 'a' } },
      { name: 'b', secret: { secretName: 'b' } },
      { name: 'c', emptyDir: {} },
      { name: 'd', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { configMap: { name: 'x' } }] } },
      { name: 'e', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { name: 'f', hostPath: { path: '/x' } },
      { name: 'g', persistentVolumeClaim: { claimName: 'x', readOnly: false } },
    ],
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: { app: 'x' } } },
    ],
  },
  {
    ports: [{ containerPort: 80 }, { name: 'udp', containerPort: 53, protocol: 'UDP' }],
    env: [
      { name: 'A', value: '' },
      { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
      { name: 'D', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1' } } },
    ],
    resources: { requests: { cpu: '1000m', memory: '1024Mi', 'ephemeral-storage': '1.5Gi' }, limits: { cpu: 2, memory: '2000000000' } },
    livenessProbe: { httpGet: { port: 80 } },
    readinessProbe: { exec: { command: ['true'] } },
    startupProbe: { tcpSocket: { port: 'udp' } },
    lifecycle: { preStop: { httpGet: { port: 80, path: '/x' } } },
    volumeMounts: [{ name: 'a', mountPath: '/a', readOnly: false }],
    securityContext: { privileged: false, capabilities: { drop: ['ALL'] } },
  },
)

const deployment = kind('apps/v1', 'Deployment', 'deployments')
const replicaSet = kind('apps/v1', 'ReplicaSet', 'replicasets')
const statefulSet = kind('apps/v1', 'StatefulSet', 'statefulsets')
const daemonSet = kind('apps/v1', 'DaemonSet', 'daemonsets')
const job = kind('batch/v1', 'Job', 'jobs')
const cronJob = kind('batch/v1', 'CronJob', 'cronjobs')
const pods = kind('v1', 'Pod', 'pods')
const never = { restartPolicy: 'Never' }
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } }

/** What the server makes of workloads: defaults, refusals, fields that never change, tables. */
export const workloads: readonly Conversation[] = [
  [
    'deployments',
    [
      deployment.create({ spec: selecting() }),
      deployment.create({ spec: selecting(rich) }, { name: 'rich' }),
      deployment.refused(),
      deployment.refused({ spec: {} }),
      deployment.refused({ spec: { ...selecting(), selector: { matchLabels: { app: 'y' } } } }),
      deployment.refused({ spec: { ...selecting(), selector: {} } }),
      deployment.refused({ spec: selecting({ containers: [] }) }),
      deployment.refused({ spec: selecting({ containers: [{ name: 'c' }] }) }),
      deployment.refused({ spec: selecting({ containers: [{ image: 'i' }] }) }),
      deployment.refused({ spec: selecting({ containers: [{ name: 'Bad_Name', image: 'i' }] }) }),
      deployment.refused({ spec: selecting(pod(never)) }),
      deployment.refused({ spec: { ...selecting(), replicas: -1 } }),
      deployment.refused({ spec: { ...selecting(), replicas: 'one' } }),
      deployment.refused({ spec: { ...selecting(), strategy: { type: 'Recreate', rollingUpdate: {} } } }),
      deployment.refused({ spec: { ...selecting(), strategy: { type: 'Other' } } }),
      deployment.refused({ spec: { ...selecting(), progressDeadlineSeconds: 0, minReadySeconds: 5 } }),
      deployment.refused({
        spec: selecting({
          containers: [
            { name: 'c', image: 'i' },
            { name: 'c', image: 'j' },
          ],
        }),
      }),
      deployment.refused({ spec: selecting(pod({}, { volumeMounts: [{ name: 'absent', mountPath: '/x' }] })) }),
      deployment.refused({ spec: selecting(pod({}, { ports: [{ containerPort: 0 }] })) }),
      deployment.refused({ spec: selecting(pod({}, { ports: [{ containerPort: 80, protocol: 'X' }] })) }),
      deployment.refused({ spec: selecting(pod({}, { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } })) }),
      deployment.refused({ spec: selecting(pod({}, { resources: { requests: { cpu: 'much' } } })) }),
      deployment.refused({ spec: selecting(pod({}, { imagePullPolicy: 'Sometimes' })) }),
      deployment.refused({ spec: selecting(pod({}, { env: [{ name: '' }] })) }),
      deployment.refused({ spec: selecting(pod({ volumes: [{ name: 'v' }, { name: 'v', emptyDir: {} }] })) }),
      deployment.refused({ spec: selecting() }, { name: 'Bad_Name' }),
      deployment.refused({ spec: selecting() }, { finalizers: ['unqualified'] }),
      deployment.merge({ spec: { selector: { matchLabels: { app: 'y' } } } }),
      deployment.merge({ spec: { template: { metadata: { labels: { app: 'y' } } } } }),
      deployment.merge({ spec: { replicas: 3, paused: true } }),
      deployment.merge({ spec: { paused: false, template: { metadata: { annotations: { a: '1' } } } } }),
      deployment.replace({ spec: selecting() }),
      deployment.status({ replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 }),
      deployment.apply({ spec: { ...selecting(), replicas: 2 } }),
      deployment.table,
      deployment.remove,
    ],
  ],
  [
    'replica sets, stateful sets and daemon sets',
    [
      replicaSet.create({ spec: selecting() }),
      replicaSet.refused({ spec: { ...selecting(), selector: { matchLabels: { app: 'y' } } } }),
      replicaSet.merge({ spec: { selector: { matchLabels: { app: 'y' } } } }),
      replicaSet.table,
      statefulSet.create({
        spec: { ...selecting(), serviceName: 's', volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] },
      }),
      statefulSet.refused({ spec: { ...selecting(), serviceName: 's', replicas: -1 } }),
      statefulSet.refused({ spec: selecting() }),
      statefulSet.merge({ spec: { serviceName: 't' } }),
      statefulSet.merge({ spec: { replicas: 3, template: { spec: { terminationGracePeriodSeconds: 5 } } } }),
      statefulSet.table,
      daemonSet.create({ spec: selecting() }),
      daemonSet.refused({ spec: { ...selecting(), selector: { matchLabels: { app: 'y' } } } }),
      daemonSet.merge({ spec: { selector: { matchLabels: { app: 'y' } } } }),
      daemonSet.table,
    ],
  ],
  [
    'jobs and cron jobs',
    [
      job.create({ spec: { template: { spec: pod(never) } } }),
      job.refused({ spec: { template: { spec: pod() } } }),
      job.refused({}),
      job.merge({ spec: { template: { spec: { containers: [{ name: 'c', image: 'other' }] } } } }),
      job.merge({ spec: { completions: 3 } }),
      job.merge({ spec: { parallelism: 2, suspend: true } }),
      job.table,
      job.remove,
      cronJob.create({ spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: { spec: pod(never) } } } } }),
      cronJob.refused({ spec: { jobTemplate: { spec: { template: { spec: pod(never) } } } } }),
      cronJob.refused({ spec: { schedule: 'often', jobTemplate: { spec: { template: { spec: pod(never) } } } } }),
      cronJob.refused({
        spec: { schedule: '* * * * *', concurrencyPolicy: 'X', jobTemplate: { spec: { template: { spec: pod(never) } } } },
      }),
      cronJob.table,
    ],
  ],
  [
    'pods',
    [
      pods.create({ spec: pod() }),
      pods.create({ spec: rich }, { name: 'rich' }),
      pods.refused({ spec: {} }),
      pods.refused({ spec: pod({ restartPolicy: 'X' }) }),
      pods.merge({ spec: { containers: [{ name: 'c', image: 'i:2' }] } }),
      pods.merge({ spec: { terminationGracePeriodSeconds: 7 } }),
      pods.status({
        phase: 'Running',
        podIP: '10.0.0.1',
        containerStatuses: [{ name: 'c', image: 'i', imageID: '', ready: true, restartCount: 2, started: true, state: { running: {} } }],
      }),
      pods.table,
      get('/api/v1/namespaces/NS/pods?fieldSelector=status.phase%3DRunning'),
      pods.remove,
    ],
  ],
]

const service = kind('v1', 'Service', 'services')
const secret = kind('v1', 'Secret', 'secrets')
const configMap = kind('v1', 'ConfigMap', 'configmaps')
const account = kind('v1', 'ServiceAccount', 'serviceaccounts')
const pvc = kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims')
const namespace = kind('v1', 'Namespace', 'namespaces', { cluster: true })
const quota = kind('v1', 'ResourceQuota', 'resourcequotas')
const limits = kind('v1', 'LimitRange', 'limitranges')
const endpoints = kind('v1', 'Endpoints', 'endpoints')
const event = kind('v1', 'Event', 'events')
const newEvent = kind('events.k8s.io/v1', 'Event', 'events')
const role = kind('rbac.authorization.k8s.io/v1', 'Role', 'roles')
const clusterRole = kind('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { cluster: true })
const binding = kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings')
const clusterBinding = kind('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', { cluster: true })
const ingress = kind('networking.k8s.io/v1', 'Ingress', 'ingresses')
const policy = kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies')
const budget = kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets')
const scaler = kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers')
const priority = kind('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { cluster: true })
const storage = kind('storage.k8s.io/v1', 'StorageClass', 'storageclasses', { cluster: true })
const lease = kind('coordination.k8s.io/v1', 'Lease', 'leases')
const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'x' }
const subject = { kind: 'ServiceAccount', name: 'sa', namespace: 'd' }

/** The same for the other kinds that applications are made of. */
export const kinds: readonly Conversation[] = [
  [
    'services',
    [
      service.create({ spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }),
      service.create({ spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 'http' }] } }, { name: 'np' }),
      service.create({ spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } }, { name: 'lb' }),
      service.create({ spec: { type: 'ExternalName', externalName: 'example.com' } }, { name: 'ext' }),
      service.create({ spec: { clusterIP: 'None', ports: [{ port: 80 }] } }, { name: 'headless' }),
      service.create(
        {
          spec: {
            sessionAffinity: 'ClientIP',
            ports: [
              { name: 'a', port: 80 },
              { name: 'b', port: 81, protocol: 'UDP' },
            ],
          },
        },
        { name: 'sticky' },
      ),
      service.refused({ spec: {} }),
      service.refused({ spec: { ports: [{ port: 0 }] } }),
      service.refused({ spec: { ports: [{ port: 80 }, { port: 81 }] } }),
      service.refused({
        spec: {
          ports: [
            { name: 'a', port: 80 },
            { name: 'a', port: 81 },
          ],
        },
      }),
      service.refused({ spec: { type: 'Other', ports: [{ port: 80 }] } }),
      service.refused({ spec: { ports: [{ port: 80 }] } }, { name: '1x' }),
      service.refused({ spec: { ports: [{ port: 80, protocol: 'X' }] } }),
      service.refused({ spec: { type: 'ExternalName' } }),
      service.refused({ spec: { ports: [{ port: 80 }], selector: { 'bad key': 'x' } } }),
      service.merge({ spec: { clusterIP: '10.96.99.99' } }),
      service.merge({ spec: { ports: [{ port: 81 }] } }),
      service.replace({ spec: { selector: { app: 'x' }, ports: [{ port: 82 }] } }),
      service.merge({ spec: { type: 'NodePort' } }),
      service.merge({ spec: { type: 'ClusterIP' } }),
      service.apply({ spec: { selector: { app: 'x' }, ports: [{ port: 80, name: 'http' }] } }),
      service.remove,
    ],
  ],
  [
    'secrets and config maps',
    [
      secret.create({ stringData: { a: 'text' }, data: { b: 'eA==' } }),
      secret.merge({ stringData: { a: 'other' } }),
      secret.merge({ type: 'kubernetes.io/tls' }),
      secret.refused({ type: 'kubernetes.io/tls' }),
      secret.refused({ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'no' } }),
      secret.refused({ type: 'kubernetes.io/dockerconfigjson' }),
      secret.refused({ type: 'kubernetes.io/basic-auth' }),
      secret.refused({ type: 'kubernetes.io/ssh-auth' }),
      secret.refused({ type: 'kubernetes.io/service-account-token' }),
      secret.refused({ data: { a: 'not base64!' } }),
      secret.refused({ data: { 'bad key': 'eA==' } }),
      secret.apply({ stringData: { c: '1' } }),
      secret.merge({ immutable: true }),
      secret.merge({ data: { a: 'eQ==' } }),
      secret.table,
      configMap.create({ data: { a: '1' }, immutable: true }),
      configMap.merge({ data: { a: '2' } }),
      configMap.merge({ immutable: false }),
      configMap.merge({ metadata: { labels: { still: 'mutable' } } }),
    ],
  ],
  [
    'claims, quotas, limits, accounts, endpoints',
    [
      pvc.create({ spec: claim }),
      pvc.refused({ spec: {} }),
      pvc.refused({ spec: { ...claim, resources: {} } }),
      pvc.merge({ spec: { accessModes: ['ReadWriteMany'] } }),
      pvc.merge({ spec: { storageClassName: 'other' } }),
      pvc.status({ phase: 'Bound', capacity: { storage: '1Gi' } }),
      pvc.table,
      pvc.remove,
      account.create({}),
      account.create({ automountServiceAccountToken: false, imagePullSecrets: [{ name: 's' }] }, { name: 'y' }),
      account.table,
      quota.create({ spec: { hard: { pods: '10', 'requests.cpu': '2000m' } } }),
      limits.create({ spec: { limits: [{ type: 'Container', default: { cpu: '500m' } }] } }),
      endpoints.create({ subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] }),
      namespace.create({}, { name: 'd-kinds-ns', labels: { a: 'b' } }),
      get('/api/v1/namespaces/d-kinds-ns'),
      merge('/api/v1/namespaces/d-kinds-ns', { spec: { finalizers: [] } }),
      merge('/api/v1/namespaces/d-kinds-ns', { metadata: { labels: { 'kubernetes.io/metadata.name': null } } }),
      namespace.refused({}, { name: 'with.dots' }),
    ],
  ],
  [
    'roles and bindings',
    [
      role.create({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
      role.create({ rules: [] }, { name: 'empty' }),
      role.create({}, { name: 'none' }),
      role.refused({ rules: [{ apiGroups: [''], resources: ['pods'] }] }),
      role.refused({ rules: [{ verbs: ['get'] }] }),
      role.create({ rules: [] }, { name: 'System:odd_Name' }),
      clusterRole.create({ rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] }, { name: 'd-cr' }),
      clusterRole.create({ aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }, { name: 'd-agg' }),
      binding.create({ roleRef, subjects: [subject] }),
      binding.create({ roleRef }, { name: 'y' }),
      binding.refused({ roleRef: { ...roleRef, kind: 'Other' } }),
      binding.refused({ roleRef: { ...roleRef, name: '' } }),
      binding.refused({ roleRef, subjects: [{ kind: 'ServiceAccount', name: 'sa' }] }),
      binding.refused({ roleRef, subjects: [{ kind: 'User', name: '' }] }),
      binding.refused({ roleRef, subjects: [{ kind: 'Other', name: 'x' }] }),
      binding.refused({}),
      binding.merge({ roleRef: { name: 'other' } }),
      clusterBinding.create({ roleRef: { kind: 'ClusterRole', name: 'x' }, subjects: [{ kind: 'User', name: 'u' }] }, { name: 'd-crb' }),
      role.table,
      binding.table,
    ],
  ],
  [
    'ingresses, network policies, budgets, autoscalers, classes, leases',
    [
      ingress.create({
        spec: {
          rules: [
            {
              host: 'a.example.com',
              http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
            },
          ],
        },
      }),
      ingress.refused({
        spec: { rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 's', port: { number: 80 } } } }] } }] },
      }),
      ingress.refused({ spec: {} }),
      ingress.table,
      policy.create({ spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } }),
      policy.create({ spec: { podSelector: { matchLabels: { a: 'b' } }, egress: [{}], policyTypes: ['Egress'] } }, { name: 'y' }),
      policy.table,
      budget.create({ spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } }),
      budget.refused({ spec: { minAvailable: 1, maxUnavailable: 1, selector: {} } }),
      budget.table,
      scaler.create({ spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } }),
      scaler.refused({ spec: { maxReplicas: 0, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } }),
      scaler.refused({ spec: { minReplicas: 5, maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'x' } } }),
      priority.create({ value: 100 }, { name: 'd-pc' }),
      merge('/apis/scheduling.k8s.io/v1/priorityclasses/d-pc', { value: 200 }),
      storage.create({ provisioner: 'p' }, { name: 'd-sc' }),
      merge('/apis/storage.k8s.io/v1/storageclasses/d-sc', { provisioner: 'q' }),
      lease.create({ spec: { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: '2026-01-01T00:00:00.000000Z' } }),
      lease.replace({ spec: { holderIdentity: 'you' } }),
      lease.merge({ spec: { holderIdentity: 'you' } }),
      lease.refused({ spec: { leaseDurationSeconds: 0 } }),
      lease.table,
    ],
  ],
  [
    'events',
    [
      event.create({ involvedObject: { kind: 'Pod', name: 'p', namespace: 'elsewhere' }, reason: 'R' }),
      event.create({ involvedObject: { kind: 'Pod', name: 'p' }, reason: 'R' }),
      post(
        '/api/v1/namespaces/default/events',
        event.object(
          {
            involvedObject: { kind: 'Node', name: 'n' },
            reason: 'R',
            message: 'm',
            type: 'Warning',
            source: { component: 'c' },
            count: 2,
            firstTimestamp: '2026-01-01T00:00:00Z',
            lastTimestamp: '2026-01-01T00:00:00Z',
          },
          { name: 'd-node' },
        ),
      ),
      post(
        '/apis/events.k8s.io/v1/namespaces/default/events',
        newEvent.object(
          {
            regarding: { kind: 'Node', name: 'n' },
            reason: 'R',
            action: 'A',
            note: 'n',
            type: 'Normal',
            eventTime: '2026-01-01T00:00:00.000000Z',
            reportingController: 'example.com/c',
            reportingInstance: 'i',
          },
          { name: 'd-new' },
        ),
      ),
      get('/apis/events.k8s.io/v1/namespaces/default/events/d-node'),
      get('/api/v1/namespaces/default/events/d-new'),
      get('/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dn'),
      get('/apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name%3Dn'),
      merge('/api/v1/namespaces/default/events/d-node', { count: 3 }),
      del('/apis/events.k8s.io/v1/namespaces/default/events/d-node'),
    ],
  ],
  [
    'fields that a server fills in are the same twice',
    [
      deployment.apply({ spec: selecting(rich) }),
      deployment.apply({ spec: selecting(rich) }),
      get(before => `${deployment.path}?fieldSelector=metadata.name%3D${String(at(before[0]?.body, 'metadata', 'name'))}`),
      service.apply({ spec: { ports: [{ port: 80 }] } }),
      service.apply({ spec: { ports: [{ port: 80 }] } }),
      statefulSet.apply({ spec: { ...selecting(), serviceName: 's' } }),
      statefulSet.apply({ spec: { ...selecting(), serviceName: 's' } }),
      job.apply({ spec: { template: { spec: pod(never) } } }),
      job.apply({ spec: { template: { spec: pod(never) } } }),
    ],
  ],
]
