import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  back,
  type Condition,
  conditions,
  crashing,
  deployment,
  ended,
  event,
  goodChart,
  goodCharts,
  object,
  ownedBy,
  pod,
  release,
  replicaSet,
  stuck,
} from './objects.ts'
import { fleet, isWell, labelled, printing, retriedJob, retrying, runs, slowStart } from './whole.ts'

/** Helm releases that fail, and what serves traffic, in whole clusters. */
type Near = readonly KubeObject[]
const row = (name: string, says: string, objects: Near, expect: Expected): FaultCase => fault(name, `whole: ${says}`, objects, expect)
const ofRelease = {
  'helm.toolkit.fluxcd.io/name': 'web',
  'helm.toolkit.fluxcd.io/namespace': 'apps',
  'app.kubernetes.io/managed-by': 'Helm',
}
const charts = (): KubeObject[] => [goodChart(), goodCharts()]
function fails(
  reason: string,
  message: string,
  { spec = {}, near = [] as Near, more = [] as readonly Condition[], status = {} as JsonObject } = {},
): KubeObject[] {
  const top = release('web', spec, undefined, {
    ...retrying(
      reason,
      message,
      ...(/^(Install|Upgrade)Failed$/.test(reason) ? [['Released', 'False', reason, message] as const] : []),
      ...more,
    ),
    history: [
      {
        name: 'web',
        namespace: 'apps',
        version: 4,
        status: 'failed',
        chartName: 'web',
        chartVersion: '1.2.3',
        digest: 'sha256:aa',
        configDigest: 'sha256:bb',
        firstDeployed: '2026-01-01T00:00:00Z',
        lastDeployed: '2026-01-01T00:00:00Z',
        deleted: null,
      },
    ],
    ...status,
  })
  return [top, ...charts(), ...near]
}
const upgrade = (rest: string): string => `Helm upgrade failed for release apps/web with chart web@1.2.3: ${rest}`
const install = (rest: string): string => `Helm install failed for release apps/web with chart web@1.2.3: ${rest}`

const refusedTemplate =
  "cannot patch \"web\" with kind StatefulSet: StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
const below = (shape: Parameters<typeof pod>[1], said: readonly (readonly [string, string])[] = [], log?: string): KubeObject[] => {
  const dep = labelled(deployment('web', { progressing: stuck }), ofRelease)
  const set = replicaSet(dep)
  const made = pod(set, shape)
  const one = log === undefined ? made : printing(made, log)
  return [dep, set, one, ...said.map(([reason, message]) => event(one, reason, message))]
}
const hook = (): KubeObject[] => {
  const job = object('batch/v1', 'Job', 'web-db-migrate', {
    metadata: { labels: ofRelease, annotations: { 'helm.sh/hook': 'pre-upgrade' } },
    spec: { backoffLimit: 1, template: { spec: { containers: [{ name: 'app', image: 'x' }] } } },
    status: {
      failed: 2,
      conditions: conditions(['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit']),
    },
  })
  const one = pod('web-db-migrate-p1', { phase: 'Failed', container: { state: ended(1) } })
  return [job, printing({ ...one, metadata: { ...one.metadata, ...ownedBy(job) } }, 'sequelize: ERROR: relation "users" already exists\n')]
}

const helms: readonly FaultCase[] = [
  row(
    'helm upgrade failed',
    'and was rolled back, for an immutable field',
    fails('RollbackSucceeded', 'Helm rollback to previous release apps/web.v3 with chart web@1.2.2 succeeded', {
      more: [
        ['Released', 'False', 'UpgradeFailed', upgrade(refusedTemplate)],
        ['Remediated', 'True', 'RollbackSucceeded', 'Helm rollback to previous release apps/web.v3 with chart web@1.2.2 succeeded'],
      ],
    }),
    { cause: 'ImmutableField', proof: /updates to statefulset spec/, fix: any },
  ),
  row(
    'helm upgrade failed',
    'an immutable field, no retry left',
    fails('UpgradeFailed', upgrade(refusedTemplate), {
      more: [['Stalled', 'True', 'RetriesExceeded', 'Failed to upgrade after 1 attempt(s)']],
    }),
    { cause: 'ImmutableField', proof: /updates to statefulset spec/, fix: any },
  ),
  row(
    'release locked',
    'by an upgrade that was killed',
    fails('UpgradeFailed', upgrade('another operation (install/upgrade/rollback) is in progress'), { near: slowStart() }),
    { cause: 'ReleaseLocked', proof: /in progress/, fix: any },
  ),
  row(
    'image pull',
    'below a release that ran out of time',
    fails('InstallFailed', install('context deadline exceeded'), {
      near: below(back('ghcr.io/acme/web:9'), [
        [
          'Failed',
          'Failed to pull image "ghcr.io/acme/web:9": failed to pull and unpack image "ghcr.io/acme/web:9": failed to resolve reference "ghcr.io/acme/web:9": ghcr.io/acme/web:9: not found',
        ],
      ]),
    }),
    { cause: 'ImageNotFound', at: /^Pod/, proof: /not found/, fix: any },
  ),
  row(
    'crash loop',
    'below a release that ran out of time',
    fails(
      'UpgradeFailed',
      upgrade('resource Deployment/apps/web not ready. status: InProgress, message: Available: 0/1\ncontext deadline exceeded'),
      {
        near: below(
          { container: crashing(1) },
          [],
          "thread 'main' panicked at src/config.rs:14:38:\ncalled `Result::unwrap()` on an `Err` value: NotPresent: KAFKA_BROKERS\n",
        ),
      },
    ),
    { cause: ['SettingMissing', 'CrashLoop', 'ContainerExits'], at: /^Pod/, proof: /KAFKA_BROKERS|exit/i, fix: any },
  ),
  row(
    'hook failed',
    'before an upgrade',
    fails(
      'UpgradeFailed',
      upgrade('pre-upgrade hooks failed: 1 error occurred:\n\t* job web-db-migrate failed: BackoffLimitExceeded\n\n'),
      { near: hook() },
    ),
    { cause: ['HookFailed', 'JobFailed', 'ContainerExits', 'AlreadyExists'], proof: /BackoffLimitExceeded|already exists/, fix: any },
  ),
  row(
    'values schema',
    'a number as text',
    fails(
      'UpgradeFailed',
      upgrade(
        "values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- replicaCount: Invalid type. Expected: integer, given: string\n",
      ),
    ),
    { cause: ['InvalidObject', 'ChartNeedsValue', 'ValuesInvalid', 'TemplateFailed'], proof: /replicaCount/, fix: /value/ },
  ),
  row(
    'value missing',
    'that a chart requires',
    fails('InstallFailed', install('execution error at (web/templates/secret.yaml:5:20): .Values.auth.password is required!'), {
      near: retriedJob(),
    }),
    { cause: ['ChartNeedsValue', 'TemplateFailed'], proof: /auth\.password/, fix: /value/ },
  ),
  row(
    'missing Secret',
    'of values',
    fails(
      'ValuesError',
      "could not resolve Secret chart values reference 'apps/web-values' with key 'values.yaml': secrets \"web-values\" not found",
      { spec: { valuesFrom: [{ kind: 'Secret', name: 'web-values' }] } },
    ),
    { cause: 'SecretMissing', at: any, proof: /web-values/, fix: /Secret|valuesFrom/ },
  ),
  row(
    'values key missing',
    'another ending',
    fails(
      'ValuesError',
      "could not resolve ConfigMap chart values reference 'apps/web-values' with key 'values.yml': missing key 'values.yml' in ConfigMap 'apps/web-values'",
      {
        spec: { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values', valuesKey: 'values.yml' }] },
        near: [object('v1', 'ConfigMap', 'web-values', { data: { 'values.yaml': 'a: 1' } })],
      },
    ),
    { cause: ['ValuesKeyMissing', 'ConfigMapKeyMissing'], at: any, proof: /values\.yml/, fix: /key/ },
  ),
  row(
    'chart dependency',
    'that was not packed',
    fails('ArtifactFailed', 'failed to load chart: found in Chart.yaml, but missing in charts/ directory: postgresql'),
    { cause: ['ChartLoadFailed'], proof: /postgresql/, fix: any },
  ),
  row(
    'cluster too old',
    'for a chart',
    fails('InstallFailed', install('chart requires kubeVersion: >=1.33.0-0 which is incompatible with Kubernetes v1.31.4+k3s1')),
    { cause: 'KubeVersionIncompatible', proof: /kubeVersion/, fix: any },
  ),
  row(
    'API removed',
    'that the last release used',
    fails(
      'UpgradeFailed',
      upgrade(
        'unable to build kubernetes objects from current release manifest: resource mapping not found for name: "web" namespace: "" from "": no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"\nensure CRDs are installed first',
      ),
    ),
    { cause: ['MissingCRD', 'ApiVersionGone'], proof: /policy\/v1beta1/, fix: any },
  ),
  row(
    'foreign object',
    'made by hand',
    fails(
      'InstallFailed',
      install(
        'Unable to continue with install: ServiceAccount "web" in namespace "apps" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: missing key "meta.helm.sh/release-name": must be set to "web"',
      ),
    ),
    { cause: ['ResourceExists', 'AlreadyExists'], proof: /cannot be imported/, fix: any },
  ),
]

const service = (spec: JsonObject): KubeObject =>
  object('v1', 'Service', 'web', { spec: { type: 'ClusterIP', ports: [{ port: 80, targetPort: 8080 }], ...spec } })
const hpa = (name: string, ...list: readonly Condition[]): KubeObject =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler', 'gateway', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, maxReplicas: 3, metrics: [] },
    status: { currentReplicas: 1, desiredReplicas: 1, conditions: conditions(...list) },
  })
const serves: readonly FaultCase[] = [
  row(
    'HPA',
    'no request to compare with',
    [
      hpa(
        'gateway',
        ['AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"],
        [
          'ScalingActive',
          'False',
          'FailedGetResourceMetric',
          'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app of Pod gateway-6d4f-x2x4z',
        ],
      ),
      ...runs('gateway'),
      isWell('apps'),
      fleet(),
    ],
    { proof: /missing request for cpu/, fix: /request/ },
  ),
  row(
    'HPA',
    'a target that was renamed',
    [
      hpa('gatway', [
        'AbleToScale',
        'False',
        'FailedGetScale',
        'the HPA controller was unable to get the target\'s current scale: deployments.apps "gatway" not found',
      ]),
      ...runs('gateway'),
    ],
    { cause: 'ScaleTargetMissing', proof: /gatway/, fix: /scaleTargetRef/ },
  ),
  row(
    'bad selector',
    'a label of another chart version',
    [service({ selector: { 'app.kubernetes.io/name': 'gateway' } }), ...runs('gateway')],
    { cause: ['SelectorMismatch', 'ServiceSelectsNothing'], proof: /app\.kubernetes\.io\/name/, fix: /selector|label/ },
  ),
  row(
    'ingress backend',
    'a Service that is not there',
    [
      object('networking.k8s.io/v1', 'Ingress', 'web', {
        spec: {
          rules: [
            {
              host: 'web.example.com',
              http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'webb', port: { number: 80 } } } }] },
            },
          ],
        },
        status: { loadBalancer: {} },
      }),
      service({ selector: { app: 'gateway' } }),
      ...runs('gateway'),
    ],
    { cause: 'BackendMissing', proof: /webb/, fix: any },
  ),
  (() => {
    const lb = service({ type: 'LoadBalancer', selector: { app: 'gateway' } })
    return row(
      'load balancer',
      'no subnet',
      [
        lb,
        ...runs('gateway'),
        event(
          lb,
          'SyncLoadBalancerFailed',
          'Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB',
        ),
      ],
      { cause: ['LoadBalancerFailed', 'LoadBalancerPending'], proof: /subnets/, fix: any },
    )
  })(),
  row(
    'TLS certificate',
    'an issuer that is not there',
    [
      object('cert-manager.io/v1', 'Certificate', 'web-tls', {
        spec: { secretName: 'web-tls', issuerRef: { name: 'letsencrypt', kind: 'Issuer' } },
        status: {
          conditions: conditions(
            ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
            ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
          ),
        },
      }),
    ],
    { cause: 'IssuerMissing', at: any, proof: /letsencrypt/, fix: /reference/ },
  ),
  row(
    'external secret',
    'a path that is not in the store',
    [
      object('external-secrets.io/v1', 'ExternalSecret', 'db', {
        spec: {
          secretStoreRef: { name: 'aws', kind: 'SecretStore' },
          target: { name: 'db' },
          data: [{ secretKey: 'password', remoteRef: { key: 'prod/db' } }],
        },
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'SecretSyncedError',
            'error processing spec.data[0] (key: prod/db), err: Secret does not exist',
          ]),
        },
      }),
      object('external-secrets.io/v1', 'SecretStore', 'aws', {
        spec: {},
        status: { conditions: conditions(['Ready', 'True', 'Valid', 'store validated']) },
      }),
    ],
    { cause: 'ExternalKeyMissing', proof: /prod\/db/, fix: any },
  ),
]

export const wholeReleases: readonly FaultCase[] = [...helms, ...serves]
