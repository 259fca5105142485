import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  conditions,
  crashing,
  deployment,
  event,
  git,
  goodCharts,
  helmChart,
  helmRepository,
  imageRepository,
  ks,
  namespace,
  object,
  oci,
  pod,
  release,
  replicaSet,
  stuck,
  waiting,
} from './objects.ts'
import { besides, failing, fleet, fluxNs, isWell, labelled, retrying, waited, within } from './whole.ts'

/** Long ways from what is asked about to where it begins. */
const row = (says: string, objects: readonly KubeObject[], expect: Expected): FaultCase =>
  fault('chain', says, [...objects, ...besides(says.length)], expect)
const ofRelease = { 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': 'apps' }
const waitsForChart = (): KubeObject =>
  release('web', {}, [
    'False',
    'SourceNotReady',
    "HelmChart 'apps/apps-web' is not ready: latest generation of object has not been reconciled",
  ])
const chartWaits = (): KubeObject =>
  helmChart('apps-web', {}, undefined, retrying('SourceUnavailable', "no artifact available for HelmRepository source 'charts'"))
const below = (shape: Parameters<typeof pod>[1], labels: Record<string, string> = {}): [KubeObject, KubeObject, KubeObject] => {
  const dep = labelled(deployment('web', { progressing: stuck }), labels)
  const set = replicaSet(dep)
  return [dep, set, pod(set, shape)]
}
const upgradeWaited = (): KubeObject =>
  release(
    'web',
    {},
    undefined,
    retrying('UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.3: context deadline exceeded'),
  )
const waitsOn = (name: string, on: string): KubeObject =>
  failing(name, ['DependencyNotReady', `dependency 'flux-system/${on}' is not ready`], { spec: { dependsOn: [{ name: on }] } })
const controller = (): KubeObject[] => {
  const dep = labelled(within(fluxNs, deployment('kustomize-controller', { progressing: stuck })), {
    'app.kubernetes.io/part-of': 'flux',
    'app.kubernetes.io/component': 'kustomize-controller',
  })
  const set = within(fluxNs, replicaSet(dep))
  return [dep, set, within(fluxNs, pod(set, { phase: 'Running', container: crashing(137, 'OOMKilled') }))]
}
const going = (message: string): JsonObject => ({
  conditions: conditions(['Reconciling', 'True', 'Progressing', message], ['Ready', 'Unknown', 'Progressing', message]),
})

const sources: readonly FaultCase[] = [
  row(
    'a Kustomization, its release, its chart, a repository that refuses the login',
    [
      waited('apps', [waitsForChart()]),
      fleet(),
      waitsForChart(),
      chartWaits(),
      helmRepository(
        'charts',
        {},
        undefined,
        retrying(
          'IndexationFailed',
          'failed to fetch Helm repository index: failed to cache index to temporary file: failed to fetch https://charts.example.com/index.yaml : 401 Unauthorized',
        ),
      ),
    ],
    { cause: ['RegistryUnauthorized', 'LoginRefused'], at: /HelmRepository/, proof: /401/, fix: /secretRef/ },
  ),
  row(
    'a Kustomization of Kustomizations, the last without its CRD',
    [
      waited('root', [failing('apps', ['ReconciliationFailed', ''])]),
      fleet(),
      failing('apps', [
        'ReconciliationFailed',
        'ServiceMonitor/apps/web dry-run failed: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"',
      ]),
    ],
    { cause: 'MissingCRD', at: /Kustomization\/flux-system\/apps/, proof: /ServiceMonitor/, fix: any },
  ),
  row(
    'a source that is suspended and was never fetched',
    [
      failing('apps', ['ArtifactFailed', 'Source artifact not found, retrying in 30s'], {
        spec: { sourceRef: { kind: 'OCIRepository', name: 'shop' } },
      }),
      within(fluxNs, oci('shop', { suspend: true })),
    ],
    { cause: 'Suspended', at: /OCIRepository/, proof: /suspend/, fix: /resume/ },
  ),
  row(
    'a release by a chart reference, whose artifact is gone',
    [
      release('web', { chart: undefined as never, chartRef: { kind: 'OCIRepository', name: 'web' } }, [
        'False',
        'SourceNotReady',
        "OCIRepository 'apps/web' is not ready: failed to determine artifact digest",
      ]),
      oci(
        'web',
        { ref: { digest: `sha256:${'4'.repeat(64)}` } },
        undefined,
        retrying(
          'OCIPullFailed',
          'failed to determine artifact digest: GET https://registry.example.com/v2/web/manifests/sha256:44: MANIFEST_UNKNOWN: manifest unknown',
        ),
      ),
    ],
    { cause: ['WrongDigest', 'TagNotFound'], at: /OCIRepository/, proof: /MANIFEST_UNKNOWN/, fix: any },
  ),
  row(
    'an automation whose repository wants another token',
    [
      within(
        fluxNs,
        object('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'fleet', {
          spec: { sourceRef: { kind: 'GitRepository', name: 'fleet' } },
          status: { observedGeneration: 1, ...retrying('SourceNotReady', "source 'GitRepository/flux-system/fleet' is not ready") },
        }),
      ),
      within(
        fluxNs,
        git(
          'fleet',
          {},
          undefined,
          retrying(
            'GitOperationFailed',
            "failed to checkout and determine revision: unable to clone 'https://github.com/a/b': authentication required: Repository not found.",
          ),
        ),
      ),
    ],
    { cause: ['GitAuthFailed', 'GitRepositoryNotFound'], at: /GitRepository/, proof: /authentication required/, fix: any },
  ),
  row(
    'a policy of a repository that is suspended',
    [
      within(
        fluxNs,
        object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', {
          spec: { imageRepositoryRef: { name: 'web' }, policy: { numerical: { order: 'asc' } } },
          status: { observedGeneration: 1, ...retrying('DependencyNotReady', 'referenced ImageRepository has not been scanned yet') },
        }),
      ),
      within(fluxNs, imageRepository('web', { suspend: true })),
    ],
    { cause: 'Suspended', at: /ImageRepository/, proof: /suspend/, fix: /resume/ },
  ),
  row(
    'a storage of source-controller that is full',
    [
      failing('apps', ['ArtifactFailed', 'Source artifact not found, retrying in 30s']),
      within(
        fluxNs,
        git(
          'fleet',
          {},
          undefined,
          retrying(
            'ArchiveOperationFailed',
            'unable to archive artifact to storage: write /data/gitrepository/flux-system/fleet/9f.tar.gz: no space left on device',
          ),
        ),
      ),
    ],
    { cause: ['StorageFull', 'DiskFull'], at: /GitRepository/, proof: /no space left/, fix: any },
  ),
]

const dependencies: readonly FaultCase[] = [
  row(
    'a release that depends on one that is out of memory',
    (() => {
      const [dep, set, one] = below({ phase: 'Running', container: crashing(137, 'OOMKilled') }, ofRelease)
      return [
        release('shop', { dependsOn: [{ name: 'web' }] }, ['False', 'DependencyNotReady', "dependency 'apps/web' is not ready"]),
        upgradeWaited(),
        goodCharts(),
        dep,
        set,
        one,
      ]
    })(),
    { cause: 'OOMKilled', at: /^Pod/, proof: /OOMKilled/, fix: /memory/ },
  ),
  row(
    'a dependency whose own source is not there',
    [
      waitsOn('apps', 'infra'),
      failing('infra', ['ArtifactFailed', "Source 'GitRepository/flux-system/infra' not found"], {
        spec: { sourceRef: { kind: 'GitRepository', name: 'infra' } },
      }),
      fleet(),
    ],
    { cause: 'SourceMissing', proof: /infra/, fix: /sourceRef/ },
  ),
  row(
    'three steps of dependencies, then a quota',
    (() => {
      const said = 'pods "web-6d4f-x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4'
      const dep = deployment('web', {
        progressing: stuck,
        more: [['ReplicaFailure', 'True', 'FailedCreate', said]],
        status: { replicas: 0 },
      })
      return [waitsOn('shop', 'apps'), waitsOn('apps', 'infra'), waited('infra', [dep], 'Failed'), fleet(), dep]
    })(),
    { cause: 'QuotaExceeded', proof: /exceeded quota/, fix: /quota/i },
  ),
  row(
    'a health check of what nobody made',
    [
      failing(
        'apps',
        ['HealthCheckFailed', "health check failed after 5m0.01s: timeout waiting for: [Deployment/apps/wbe status: 'NotFound']"],
        { spec: { healthChecks: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'wbe', namespace: 'apps' }] } },
      ),
      fleet(),
    ],
    { cause: 'ObjectMissing', proof: /wbe/, fix: /healthChecks/ },
  ),
  row(
    'a controller that is out of memory',
    [
      within(fluxNs, ks('apps', {}, undefined, going('Building manifests for revision main@sha1:9f2b with a timeout of 5m'))),
      fleet(),
      ...controller(),
    ].map(o => (o.kind === 'Kustomization' ? { ...o, metadata: { ...o.metadata, generation: 4 } } : o)),
    { cause: ['OOMKilled', 'ControllerDown'], proof: /OOMKilled|readyReplicas/, fix: /memory|bring/ },
  ),
]

const made: readonly FaultCase[] = [
  row(
    'a Secret that an ExternalSecret should make, for a pod of a release',
    (() => {
      const [dep, set, one] = below({ container: waiting('CreateContainerConfigError', 'secret "db" not found') }, ofRelease)
      const store = object('external-secrets.io/v1', 'SecretStore', 'vault', {
        spec: {},
        status: { conditions: conditions(['Ready', 'True', 'Valid', 'store validated']) },
      })
      const secret = object('external-secrets.io/v1', 'ExternalSecret', 'db', {
        spec: { secretStoreRef: { name: 'vault', kind: 'SecretStore' }, target: { name: 'db' } },
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'SecretSyncedError',
            'error processing spec.data[0] (key: prod/db), err: Secret does not exist',
          ]),
        },
      })
      return [upgradeWaited(), goodCharts(), dep, set, one, store, secret]
    })(),
    { cause: ['ExternalKeyMissing', 'SecretNotMade'], proof: /Secret does not exist|prod\/db/, fix: any },
  ),
  row(
    'a certificate that is not issued, for a volume',
    (() => {
      const [dep, set, one] = below({
        container: waiting('ContainerCreating'),
        spec: { volumes: [{ name: 'tls', secret: { secretName: 'web-tls' } }] },
      })
      const cert = object('cert-manager.io/v1', 'Certificate', 'web', {
        spec: { secretName: 'web-tls', issuerRef: { name: 'le', kind: 'Issuer' } },
        status: { conditions: conditions(['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist']) },
      })
      return [
        waited('apps', [dep], 'Failed'),
        fleet(),
        dep,
        set,
        one,
        event(one, 'FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found'),
        cert,
      ]
    })(),
    { cause: ['IssuerMissing', 'SecretNotMade'], proof: /le\b|letsencrypt|web-tls/, fix: any },
  ),
  row(
    'a namespace that goes, of a Kustomization',
    [
      failing('apps', [
        'ReconciliationFailed',
        'ServiceAccount/preview/web dry-run failed (Forbidden): serviceaccounts "web" is forbidden: unable to create new content in namespace preview because it is being terminated',
      ]),
      fleet(),
      namespace('preview', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } as never, status: { phase: 'Terminating' } }),
    ],
    { cause: ['NamespaceTerminating', 'FinalizerStuck'], proof: /terminated|Terminating/, fix: any },
  ),
  row(
    'a release whose test fails',
    [
      release('web', {}, undefined, {
        conditions: conditions(
          ['Released', 'True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v2 with chart web@1.2.3'],
          ['TestSuccess', 'False', 'TestFailed', 'Helm test failed for release apps/web.v2 with chart web@1.2.3: pod web-test failed'],
          ['Ready', 'False', 'TestFailed', 'Helm test failed for release apps/web.v2 with chart web@1.2.3: pod web-test failed'],
        ),
      }),
      goodCharts(),
    ],
    { cause: ['TestFailed', 'HookFailed'], proof: /web-test/, fix: /test/ },
  ),
  row(
    'a remote cluster that is not reached',
    [
      failing(
        'apps',
        [
          'ReconciliationFailed',
          'failed to get API group resources: unable to retrieve the complete list of server APIs: v1: Get "https://10.8.0.1:6443/api/v1?timeout=30s": dial tcp 10.8.0.1:6443: i/o timeout',
        ],
        { spec: { kubeConfig: { secretRef: { name: 'prod' } } } },
      ),
      fleet(),
      within(fluxNs, object('v1', 'Secret', 'prod', { data: { value: '' } })),
      isWell('infra'),
    ],
    { cause: 'ClusterUnreachable', proof: /10\.8\.0\.1/, fix: any },
  ),
]
export const chains: readonly FaultCase[] = [...sources, ...dependencies, ...made]
