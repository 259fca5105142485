import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { applied, fault, type FaultCase } from './case.ts'
import {
  chain,
  claim,
  type Condition,
  conditions,
  ended,
  event,
  git,
  goodChart,
  goodCharts,
  goodGit,
  goodOci,
  inventory,
  ks,
  object,
  oci,
  pod,
  release,
  restartedOnce,
  waiting,
} from './objects.ts'

type Expect = FaultCase['expect']
const cloned = (name: string, says: string, [message, expect]: readonly [string, Expect]): FaultCase =>
  fault(name, says, [git('repo', {}, ['False', 'GitOperationFailed', message]), restartedOnce()], {
    at: /GitRepository\/apps\/repo/,
    ...expect,
  })
/** An object of another controller that a Kustomization applied and waited for. */
function waitedFor(
  name: string,
  says: string,
  [made, expect]: readonly [
    { apiVersion: string; kind: string; rest: JsonObject; said?: readonly [string, string]; near?: KubeObject },
    Expect,
  ],
): FaultCase {
  const one = object(made.apiVersion, made.kind, 'main', made.rest)
  const message = `health check failed after 5m0s: timeout waiting for: [${made.kind}/apps/main status: 'InProgress']`
  const top = ks('shop', { wait: true }, ['False', 'HealthCheckFailed', message], inventory(one))
  const said = made.said ? [event(one, ...made.said)] : []
  return fault(name, says, [top, goodGit(), one, ...(made.near ? [made.near] : []), ...said, restartedOnce()], {
    at: new RegExp(`${made.kind}/apps/main`),
    ...expect,
  })
}
const parent = (...list: Condition[]): JsonObject => ({
  parents: [
    { parentRef: { name: 'public' }, controllerName: 'gateway.envoyproxy.io/gatewayclass-controller', conditions: conditions(...list) },
  ],
})

/** Faults in the words of programs that the rules were not written for. */
export const fieldVariants: readonly FaultCase[] = [
  (() => {
    const image = 'harbor.corp.test/shop/api:3.1'
    const { ks: top, all, pod: one } = chain({ container: { ...waiting('ImagePullBackOff', `Back-off pulling image "${image}"`), image } })
    const said = `Failed to pull image "${image}": failed to pull and unpack image "${image}": failed to resolve reference "${image}": unexpected status from HEAD request to https://harbor.corp.test/v2/shop/api/manifests/3.1: 412 Precondition Failed`
    return fault('image pull', 'Harbor holds a vulnerable image back', [top, ...all, event(one, 'Failed', said), restartedOnce()], {
      cause: 'ImageBlocked',
      at: /^Pod\//,
      proof: /412/,
      fix: /polic|vulnerab|signature/i,
    })
  })(),
  (() => {
    const { ks: top, all } = chain({
      scheduled: [
        'PodScheduled',
        'False',
        'Unschedulable',
        '0/4 nodes are available: 4 cannot allocate all claims. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.',
      ],
    })
    return fault('unschedulable (devices)', 'dynamic resource allocation', [top, ...all, restartedOnce()], {
      cause: ['DevicesUnavailable', 'UnschedulableResources'],
      proof: /allocate all claims/,
      fix: /ResourceClaim|device/i,
    })
  })(),
  (() => {
    const { ks: top, all, pod: one } = chain({ container: waiting('ContainerCreating') })
    const said =
      'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "9f1c": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized'
    return fault('pod network', 'Calico lost its token', [top, ...all, event(one, 'FailedCreatePodSandBox', said)], {
      cause: 'PodNetworkFailed',
      proof: /calico/,
      fix: /CNI|network/,
    })
  })(),
  (() => {
    const message =
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: error mounting "/var/lib/kubelet/pods/0c/volume-subpaths/settings/app/0" to rootfs at "/etc/app/app.conf": mount src=/proc/self/fd/8, dst=/etc/app/app.conf, flags=MS_BIND|MS_REC: not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type'
    const container = {
      ...waiting('CrashLoopBackOff', 'back-off 2m40s restarting failed container=app'),
      lastState: ended(128, 'StartError', message),
      restartCount: 5,
    }
    const { ks: top, all } = chain({ phase: 'Running', container })
    return fault('volume', 'a folder mounted over a file', [top, ...all, restartedOnce()], {
      cause: ['VolumeMountFailed', 'MountPathConflict'],
      proof: /app\.conf/,
      fix: /subPath|mountPath/,
    })
  })(),
  (() => {
    const job = object('batch/v1', 'Job', 'import', {
      spec: { template: {}, backoffLimit: 6 },
      status: {
        failed: 1,
        conditions: conditions(
          [
            'FailureTarget',
            'True',
            'PodFailurePolicy',
            'Container main for pod apps/import-x7 failed with exit code 42 matching FailJob rule at index 0',
          ],
          [
            'Failed',
            'True',
            'PodFailurePolicy',
            'Container main for pod apps/import-x7 failed with exit code 42 matching FailJob rule at index 0',
          ],
        ),
      },
    })
    return fault('job failed', 'pod failure policy', [job, restartedOnce()], {
      cause: ['JobFailed', 'JobFailurePolicy'],
      proof: /FailJob rule/,
      fix: /exit code|podFailurePolicy/,
    })
  })(),
  applied('immutable field', 'a claim that shrinks', [
    'PersistentVolumeClaim/apps/data dry-run failed (Forbidden): persistentvolumeclaims "data" is invalid: spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    { cause: ['VolumeCannotShrink', 'ImmutableField'], proof: /less than/, fix: /storage|size/ },
  ]),
  applied('API server', 'etcd is full', [
    'ConfigMap/apps/settings dry-run failed: etcdserver: mvcc: database space exceeded',
    { cause: ['EtcdFull', 'StorageFull'], proof: /space exceeded/, fix: /etcd/ },
  ]),
  fault(
    'release',
    'too large for its Secret',
    [
      release('web', {}, [
        'False',
        'UpgradeFailed',
        'Helm upgrade failed for release apps/web with chart web@1.2.3: create: failed to create: Secret "sh.helm.release.v1.web.v12" is invalid: data: Too long: may not be more than 1048576 bytes',
      ]),
      goodChart(),
      goodCharts(),
      restartedOnce(),
    ],
    { cause: 'ReleaseTooLarge', proof: /1048576/, fix: /chart|\.helmignore|split/ },
  ),
  cloned('Git authentication', 'GitHub single sign-on', [
    "failed to checkout and determine revision: unable to clone 'https://github.com/org/repo': The 'org' organization has enabled or enforced SAML SSO. To access this repository, you must use the HTTPS remote with a personal access token or SSH with an SSH key and passphrase that has been authorized for this organization.",
    { cause: 'GitAuthFailed', proof: /SAML SSO/, fix: /credential|token|authori/i },
  ]),
  cloned('Git repository', 'GitLab hides it', [
    "failed to checkout and determine revision: unable to list remote for 'https://gitlab.com/org/repo.git': The project you were looking for could not be found or you don't have permission to view it.",
    { cause: ['GitRepositoryNotFound', 'GitAuthFailed'], proof: /could not be found/, fix: /spec\.url|credentials/ },
  ]),
  fault(
    'registry',
    'a blob was collected',
    [
      oci('repo', {}, [
        'False',
        'OCIArtifactPullFailed',
        "failed to pull artifact from 'oci://registry.example.com/org/app': GET https://registry.example.com/v2/org/app/blobs/sha256:aa11: BLOB_UNKNOWN: blob unknown to registry; map[digest:sha256:aa11]",
      ]),
      restartedOnce(),
    ],
    { cause: ['BlobMissing', 'TagNotFound'], proof: /BLOB_UNKNOWN/, fix: /push/ },
  ),
  fault(
    'image policy',
    'the filter leaves no tag',
    [
      object('image.toolkit.fluxcd.io/v1', 'ImagePolicy', 'web', {
        spec: { imageRepositoryRef: { name: 'web' }, filterTags: { pattern: '^rel-' }, policy: { semver: { range: '1.x' } } },
        status: {
          observedGeneration: 1,
          conditions: conditions([
            'Ready',
            'False',
            'Failure',
            'cannot determine latest tag for policy: version list argument cannot be empty',
          ]),
        },
      }),
      object('image.toolkit.fluxcd.io/v1', 'ImageRepository', 'web', {
        spec: { image: 'registry.example.com/org/web', interval: '5m' },
        status: { observedGeneration: 1, conditions: conditions(['Ready', 'True', 'Succeeded', 'successful scan: found 12 tags']) },
      }),
      restartedOnce(),
    ],
    { cause: ['NoTagsLeft', 'SemverNoMatch'], proof: /cannot be empty/, fix: /filterTags|pattern/ },
  ),
  (() => {
    const certificate = object('cert-manager.io/v1', 'Certificate', 'shop', {
      spec: { secretName: 'shop-tls', issuerRef: { name: 'letsencrypt', kind: 'Issuer' } },
      status: { conditions: conditions(['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist']) },
    })
    const asked = object('cert-manager.io/v1', 'CertificateRequest', 'shop-1', {
      metadata: {
        ownerReferences: [{ apiVersion: 'cert-manager.io/v1', kind: 'Certificate', name: 'shop', uid: certificate.metadata.uid ?? '' }],
      },
      spec: { issuerRef: { name: 'letsencrypt', kind: 'Issuer' } },
      status: {
        conditions: conditions([
          'Ready',
          'False',
          'Pending',
          'Referenced "Issuer" not found: issuer.cert-manager.io "letsencrypt" not found',
        ]),
      },
    })
    return fault('certificate', 'its issuer is in another namespace', [certificate, asked, restartedOnce()], {
      cause: 'IssuerMissing',
      at: /Issuer\/apps\/letsencrypt/,
      proof: /letsencrypt/,
      fix: /issuerRef|reference/,
    })
  })(),
  waitedFor('external secret', 'the role may not read it', [
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      rest: {
        spec: { secretStoreRef: { name: 'aws', kind: 'SecretStore' }, target: { name: 'db' } },
        status: { conditions: conditions(['Ready', 'False', 'SecretSyncedError', 'could not get secret data from provider']) },
      },
      near: object('external-secrets.io/v1', 'SecretStore', 'aws', {
        spec: { provider: { aws: {} } },
        status: { conditions: conditions(['Ready', 'True', 'Valid', 'store validated']) },
      }),
      said: [
        'UpdateFailed',
        'error retrieving secret at .data[0], key: prod/db, err: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/eso/1 is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/db',
      ],
    },
    { cause: 'ProviderDenied', proof: /GetSecretValue/, fix: /right|permission|role/ },
  ]),
  waitedFor('route', 'no such backend', [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      rest: {
        spec: { rules: [{ backendRefs: [{ name: 'api', port: 80 }] }] },
        status: parent(
          ['Accepted', 'True', 'Accepted', 'Route is accepted'],
          ['ResolvedRefs', 'False', 'BackendNotFound', 'Failed to process route rule 0 backendRef 0: service apps/api not found.'],
        ),
      },
    },
    { cause: ['BackendMissing', 'BackendNotFound'], proof: /service apps\/api not found/, fix: /create|correct/ },
  ]),
  waitedFor('scaler', 'KEDA cannot read its trigger', [
    {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      rest: {
        status: {
          conditions: conditions([
            'Ready',
            'False',
            'ScaledObjectCheckFailed',
            'Failed to ensure HPA is correctly created for ScaledObject',
          ]),
        },
      },
      said: ['KEDAScalerFailed', 'error parsing prometheus metadata: missing required parameter "serverAddress" in [triggerMetadata]'],
    },
    { cause: 'ScaledObjectCheckFailed', proof: /serverAddress/, fix: /.{10}/ },
  ]),
  waitedFor('cloud resource', 'Crossplane is refused', [
    {
      apiVersion: 'rds.aws.test/v1beta1',
      kind: 'DBInstance',
      rest: {
        status: {
          conditions: conditions(
            ['Ready', 'False', 'Creating', ''],
            [
              'Synced',
              'False',
              'ReconcileError',
              'create failed: async create failed: InvalidParameterValue: The parameter MasterUserPassword is not a valid password.',
            ],
          ),
        },
      },
    },
    { cause: 'RequestInvalid', proof: /MasterUserPassword/, fix: /.{10}/ },
  ]),
  waitedFor('rollout', 'Argo gives up', [
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      rest: {
        status: {
          phase: 'Degraded',
          message:
            'RolloutAborted: Rollout aborted update to revision 4: Metric "error-rate" assessed Failed due to failed (2) > failureLimit (1)',
          conditions: conditions(['Available', 'True', 'AvailableReason', 'Rollout has minimum availability']),
        },
      },
    },
    { cause: ['AnalysisFailed', 'RolloutAborted'], proof: /error-rate/, fix: /.{10}/ },
  ]),
  (() => {
    const container = waiting(
      'CreateContainerError',
      'failed to reserve container name "app_web-6d4f-x2x4z_apps_1_0": name is reserved for "5be1"',
    )
    const { ks: top, all } = chain({ container })
    return fault('container', 'its name is still reserved on the node', [top, ...all, restartedOnce()], {
      cause: ['ContainerCannotStart', 'ContainerNameReserved'],
      proof: /reserved/,
      fix: /node|runtime/,
    })
  })(),
  (() => {
    const data = claim('data', { storageClassName: 'gp3', resources: { requests: { storage: '900Ti' } } }, 'Bound')
    const said =
      'resize volume "pvc-1" by resizer "ebs.csi.aws.com" failed: rpc error: code = Internal desc = Could not resize volume "vol-1": volume size 900Ti exceeds the maximum of 16Ti'
    return fault('volume', 'cannot be resized', [data, event(data, 'VolumeResizeFailed', said), goodOci(), pod('idle')], {
      cause: 'VolumeResizeFailed',
      at: /PersistentVolumeClaim\/apps\/data/,
      proof: /maximum of 16Ti/,
      fix: /size|storage/,
    })
  })(),
]
