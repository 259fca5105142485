import type { KubeObject } from '../../src/kinds/manifest.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  type Condition,
  conditions,
  deployment,
  event,
  goodCharts,
  helmChart,
  imageRepository,
  object,
  pod,
  release,
  replicaSet,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'
import { failing, fleet, fluxNs, goodCharted, retrying, waited, within, type Reported, reportedAs } from './whole.ts'

const up = 'Helm upgrade failed for release apps/web with chart web@1.2.3: '
const upgrades: readonly Reported[] = [
  [
    'a merge without its key',
    `${up}failed to create patch: map: map[] does not contain declared merge key: name`,
    ['InvalidObject', 'TemplateFailed'],
    /merge key/,
  ],
  [
    'a webhook that goes away',
    `${up}cannot patch "kube-apiserver-burnrate.rules" with kind PrometheusRule: Internal error occurred: failed calling webhook "prometheusrulemutate.monitoring.coreos.com": Post "https://operator.monitoring.svc:443/admission-prometheusrules/validate?timeout=10s": EOF && cannot patch "kube-apiserver-histogram.rules" with kind PrometheusRule: Internal error occurred: failed calling webhook "prometheusrulemutate.monitoring.coreos.com": Post "https://operator.monitoring.svc:443/admission-prometheusrules/validate?timeout=10s": dial tcp 10.240.28.152:443: connect: connection refused`,
    'WebhookUnreachable',
    /connection refused|EOF/,
  ],
  [
    'a number for a text',
    `${up}failed to create patch: failed to get versionedObject: unable to convert unstructured object to apps/v1beta1, Kind=Deployment: cannot convert int64 to string`,
    ['InvalidObject'],
    /int64 to string/,
  ],
  [
    'an account that is gone',
    `${up}no ServiceAccount with the name "vulcan-api" found`,
    ['ServiceAccountMissing', 'ObjectMissing'],
    /vulcan-api/,
  ],
  [
    'an operator that owns fields',
    `${up}conflict occurred while applying object rno/greptime-cluster greptime.io/v1alpha1, Kind=GreptimeDBCluster: Apply failed with 2 conflicts: conflicts with "greptimedb-operator" using greptime.io/v1alpha1:\n- .spec.frontendGroups\n- .spec.monitoring.standalone.base.main.image`,
    'FieldManagerConflict',
    /greptimedb-operator/,
  ],
  [
    'a manifest that is nothing',
    `${up}error validating data: Object 'Kind' is missing in 'null'`,
    ['YamlInvalid', 'TemplateFailed', 'InvalidObject'],
    /is missing/,
  ],
]
const charts: readonly Reported[] = [
  [
    'a login that fails',
    'unknown build error: failed to login to OCI registry',
    ['RegistryUnauthorized', 'LoginRefused'],
    /failed to login/,
  ],
  [
    'a server of its own kind',
    'failed to fetch https://contoso.azurecr.io/helm/v1/repo/_blobs/cdn-1.0.0.tgz : 500 Internal Server Error',
    'ServerError',
    /500/,
  ],
  [
    'a private package',
    'chart pull error: failed to get chart version for remote reference: GET "https://ghcr.io/v2/a/helm/podinfo/tags/list": GET "https://ghcr.io/token?scope=repository%3Aa%2Fhelm%2Fpodinfo%3Apull&service=ghcr.io": unexpected status code 401: unauthorized: authentication required',
    'RegistryUnauthorized',
    /401/,
  ],
]
const applies: readonly Reported[] = [
  [
    'a webhook without its Service',
    'CephCluster/apps/rook dry-run failed (InternalError): Internal error occurred: failed calling webhook "cephcluster-wh.rook.io": Post "https://rook-ceph-admission-controller.helm-ns.svc:443/validate?timeout=5s": service "rook-ceph-admission-controller" not found',
    ['WebhookUnreachable', 'BackendMissing'],
    /rook-ceph-admission-controller/,
  ],
  [
    'a plugin that takes too long',
    'RedisEnterpriseDatabase/apps/db dry-run failed (InternalError): Internal error occurred: admission plugin "ValidatingAdmissionWebhook" failed to complete validation in 13s',
    'AdmissionTimeout',
    /13s/,
  ],
  [
    'a webhook by its old name',
    'Pod/apps/web dry-run failed (InternalError): Internal error occurred: failed calling admission webhook "pods.vault-secrets-webhook.admission.banzaicloud.com": the server could not find the requested resource',
    'WebhookUnreachable',
    /vault-secrets-webhook/,
  ],
  [
    'a deletion that is forbidden',
    'ConfigMap/apps/old delete failed: configmaps "old" is forbidden: User "system:serviceaccount:apps:tenant" cannot delete resource "configmaps" in API group "" in the namespace "apps"',
    'RbacDenied',
    /cannot delete/,
  ],
  [
    'a name that is too long',
    'Ingress/apps/web dry-run failed (Invalid): Ingress.networking.k8s.io "web" is invalid: metadata.name: Invalid value: "Web_App": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\'',
    'InvalidObject',
    /RFC 1123/,
  ],
]
const creations: readonly Reported[] = [
  [
    'a webhook that is offline',
    'Timeout: request did not complete within allowed duration',
    ['AdmissionTimeout', 'NoAnswer'],
    /allowed duration/,
  ],
  ['a webhook that gives no reason', '', 'PodCreationFailed', /Error creating|FailedCreate/],
]
const places: readonly Reported[] = [
  ['a driver that a node lacks', '0/1 nodes are available: 1 everest driver not found at node', ['VolumeDriverMissing'], /everest driver/],
  [
    'a small disk',
    '0/7 nodes are available: 7 Insufficient ephemeral-storage. preemption: 0/7 nodes are available: 7 No preemption victims found for incoming pod.',
    'UnschedulableResources',
    /ephemeral-storage/,
  ],
]
const sandboxes: readonly Reported[] = [
  [
    'a thin pool',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: devmapper: Thin Pool has 15991 free data blocks which is less than minimum required 16383 free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior',
    ['PodSandboxFailed', 'DiskFull', 'ImageDiskFull', 'StorageFull'],
    /Thin Pool/,
  ],
]

const charted = (message: string): KubeObject[] => [
  release('web', {}, [
    'False',
    'SourceNotReady',
    "HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled",
  ]),
  helmChart('apps-web', {}, undefined, retrying('ChartPullError', message)),
  goodCharts(),
]
const refusedPods = (words: string): KubeObject[] => {
  const dep = deployment('web', { progressing: stuck, status: { replicas: 0 } })
  const set = replicaSet(dep, { replicas: 0 })
  return [waited('apps', [dep], 'Failed'), fleet(), dep, set, event(set, 'FailedCreate', `Error creating: ${words}`)]
}
const below = (shape: Parameters<typeof pod>[1], [reason, message]: readonly [string, string]): KubeObject[] => {
  const dep = deployment('web', { progressing: stuck })
  const set = replicaSet(dep)
  const one = pod(set, shape)
  return [waited('apps', [dep], 'Failed'), fleet(), dep, set, one, event(one, reason, message)]
}
const notReady = (kind: string, name: string, ready: readonly [string, string], spec: object): KubeObject =>
  within(
    fluxNs,
    object(kind, kind.includes('notification') ? 'Receiver' : 'ImagePolicy', name, {
      spec: spec as never,
      status: { observedGeneration: 1, conditions: conditions(['Ready', 'False', ...ready] satisfies Condition) },
    }),
  )
const row = (name: string, says: string, objects: readonly KubeObject[], cause: Expected['cause'], proof: RegExp): FaultCase =>
  fault(name, `reported: ${says}`, objects, { cause: cause ?? [], proof, fix: any })

/** Further messages as people report them. */
export const reportedMore: readonly FaultCase[] = [
  ...upgrades.map(reportedAs('upgrade', m => [release('web', {}, undefined, retrying('UpgradeFailed', m)), ...goodCharted()])),
  ...charts.map(reportedAs('chart', charted)),
  ...applies.map(reportedAs('apply', m => [failing('apps', ['ReconciliationFailed', m]), fleet()])),
  ...creations.map(reportedAs('creation', refusedPods)),
  ...places.map(reportedAs('place', m => below({ ...unscheduled(m), container: {} }, ['FailedScheduling', m]))),
  ...sandboxes.map(reportedAs('sandbox', m => below({ container: waiting('ContainerCreating') }, ['FailedCreatePodSandBox', m]))),
  row(
    'receiver',
    'a token that nobody made',
    [
      notReady(
        'notification.toolkit.fluxcd.io/v1',
        'github',
        ['TokenNotFound', 'unable to read token from secret \'flux-system/webhook-token\' error: Secret "webhook-token" not found'],
        { type: 'github', secretRef: { name: 'webhook-token' }, resources: [] },
      ),
    ],
    'SecretMissing',
    /webhook-token/,
  ),
  row(
    'policy',
    'of images that cannot be scanned',
    [
      notReady('image.toolkit.fluxcd.io/v1', 'web', ['DependencyNotReady', 'referenced ImageRepository has not been scanned yet'], {
        imageRepositoryRef: { name: 'web' },
        policy: { semver: { range: '^1' } },
      }),
      within(
        fluxNs,
        imageRepository(
          'web',
          { image: 'ghcr.io/a/web' },
          undefined,
          retrying(
            'ReadOperationFailed',
            'scan failed: GET https://ghcr.io/token?scope=repository%3Aa%2Fweb%3Apull&service=ghcr.io: DENIED: requested access to the resource is denied',
          ),
        ),
      ),
    ],
    ['RegistryDenied', 'RegistryUnauthorized'],
    /DENIED/,
  ),
  row(
    'chart reference',
    'to nothing',
    [
      release('web', { chart: undefined as never, chartRef: { kind: 'OCIRepository', name: 'web' } }, [
        'False',
        'SourceNotReady',
        'Unable to get chart source: OCIRepository.source.toolkit.fluxcd.io "web" not found',
      ]),
      fleet(),
    ],
    'SourceMissing',
    /web/,
  ),
]
