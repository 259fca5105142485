import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, fault, type FaultCase } from './case.ts'
import { event, goodGit, inventory, ks, notHealthy, ns, object, past, readyTrue } from './objects.ts'

type Row = readonly [
  says: string,
  kind: string,
  status: JsonObject,
  cause: string | readonly string[],
  proof: RegExp,
  said?: readonly [string, string],
]

const made = (kind: string, status: JsonObject): KubeObject => {
  const [apiVersion = '', name = ''] = kind.split(' ')
  return object(apiVersion, name, 'main', { spec: {}, status })
}
/** Under a Kustomization that waited for it, and asked itself. */
const rows = ([says, kind, status, cause, proof, said]: Row): FaultCase[] => {
  const one = made(kind, status)
  const at = new RegExp(`^${one.kind}/${ns}/main$|^Secret/|^ResourceQuota/`)
  const more = said ? [event(one, ...said)] : []
  const expect = { cause, at, proof, fix: any }
  return [
    fault(
      'operator',
      `${says}, waited for`,
      [ks('apps', { wait: true }, notHealthy(`${one.kind}/${ns}/main`), inventory(one)), goodGit(), one, ...more],
      expect,
    ),
    fault('operator', `${says}, asked itself`, [one, ...more], expect),
  ]
}
const c = (type: string, status: string, reason: string, message: string, more: JsonObject = {}): JsonObject => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: past,
  ...more,
})

/** Objects of operators that tell of their failure in ways of their own. */
export const operatorWordings: readonly FaultCase[] = (
  [
    [
      'Cluster API machine',
      'cluster.x-k8s.io/v1beta1 Machine',
      {
        phase: 'Failed',
        failureReason: 'CreateError',
        failureMessage:
          'failed to create AWSMachine instance: failed to run instance: UnauthorizedOperation: You are not authorized to perform this operation',
        conditions: [
          c('Ready', 'False', 'InstanceProvisionFailed', '1 of 2 completed'),
          c('InfrastructureReady', 'False', 'InstanceProvisionFailed', '1 of 2 completed', { severity: 'Error' }),
        ],
      },
      ['ProviderDenied', 'CreateError', 'InstanceProvisionFailed'],
      /UnauthorizedOperation/,
    ],
    [
      'Velero backup',
      'velero.io/v1 Backup',
      {
        phase: 'FailedValidation',
        validationErrors: [
          'an existing backup storage location wasn\'t specified at backup creation time and the server default "default" doesn\'t exist',
        ],
      },
      ['FailedValidation'],
      /doesn't exist/,
    ],
    [
      'Velero location',
      'velero.io/v1 BackupStorageLocation',
      {
        phase: 'Unavailable',
        message:
          'BackupStorageLocation "default" is unavailable: rpc error: code = Unknown desc = NoSuchBucket: The specified bucket does not exist',
      },
      ['Unavailable', 'BucketNotFound'],
      /NoSuchBucket/,
    ],
    [
      'ACK terminal',
      'elasticache.services.k8s.aws/v1alpha1 ReplicationGroup',
      {
        conditions: [
          { type: 'ACK.ResourceSynced', status: 'False' },
          { type: 'ACK.Terminal', status: 'True', message: 'The number of replicas per node group must be within 0 and 5.' },
        ],
      },
      [],
      /within 0 and 5/,
    ],
    [
      'ACK recoverable',
      'elasticache.services.k8s.aws/v1alpha1 ReplicationGroup',
      {
        conditions: [
          {
            type: 'ACK.Recoverable',
            status: 'True',
            message: 'AccessDeniedException: User is not authorized to perform: elasticache:CreateReplicationGroup',
          },
        ],
      },
      ['ProviderDenied'],
      /CreateReplicationGroup/,
    ],
    [
      'OLM version',
      'operators.coreos.com/v1alpha1 ClusterServiceVersion',
      {
        phase: 'Failed',
        reason: 'InstallCheckFailed',
        message: 'install timeout',
        conditions: [
          { phase: 'Installing', reason: 'InstallWaiting', message: 'apiServices not installed' },
          { phase: 'Failed', reason: 'InstallCheckFailed', message: 'install timeout' },
        ],
      },
      ['Failed', 'InstallCheckFailed'],
      /install timeout/,
    ],
    [
      'OLM subscription',
      'operators.coreos.com/v1alpha1 Subscription',
      {
        state: 'UpgradePending',
        conditions: [
          c('CatalogSourcesUnhealthy', 'False', 'AllCatalogSourcesHealthy', 'all available catalogsources are healthy'),
          c(
            'ResolutionFailed',
            'True',
            'ConstraintsNotSatisfiable',
            'constraints not satisfiable: no operators found in package etcd in the catalog referenced by subscription etcd',
          ),
        ],
      },
      ['ConstraintsNotSatisfiable'],
      /no operators found/,
    ],
    [
      'Tekton run',
      'tekton.dev/v1 PipelineRun',
      {
        conditions: [
          c(
            'Succeeded',
            'False',
            'CouldntGetTask',
            'Pipeline apps/build can\'t be Run; it contains Tasks that don\'t exist: Couldn\'t retrieve Task "kaniko": tasks.tekton.dev "kaniko" not found',
          ),
        ],
      },
      ['CouldntGetTask', 'ObjectMissing'],
      /kaniko/,
    ],
    [
      'Karpenter claim',
      'karpenter.sh/v1 NodeClaim',
      {
        conditions: [
          c(
            'Launched',
            'False',
            'LaunchFailed',
            'insufficient capacity, with fleet error(s), InsufficientInstanceCapacity: We currently do not have sufficient capacity in the Availability Zone you requested',
          ),
          c('Ready', 'Unknown', 'ReconcilingDependents', ''),
        ],
      },
      ['LaunchFailed', 'ProviderQuotaExceeded', 'InsufficientCapacity'],
      /InsufficientInstanceCapacity/,
    ],
    [
      'KubeVirt machine',
      'kubevirt.io/v1 VirtualMachine',
      {
        printableStatus: 'ErrorUnschedulable',
        ready: false,
        conditions: [
          c('Ready', 'False', 'GuestNotRunning', 'Guest VM is not reported as running'),
          c('PodScheduled', 'False', 'Unschedulable', '0/1 nodes are available: 1 Insufficient devices.kubevirt.io/kvm.'),
        ],
      },
      ['Unschedulable', 'UnschedulableResources', 'ErrorUnschedulable'],
      /Insufficient devices/,
    ],
    [
      'CDI volume',
      'cdi.kubevirt.io/v1beta1 DataVolume',
      {
        phase: 'ImportInProgress',
        conditions: [
          c('Bound', 'True', 'Bound', 'PVC main Bound'),
          c('Ready', 'False', 'TransferRunning', ''),
          c('Running', 'False', 'Error', 'Unable to connect to http data source: expected status code 200, got 404. Status: 404 Not Found'),
        ],
      },
      ['Error', 'NotFoundThere'],
      /got 404/,
    ],
    [
      'Argo CD application',
      'argoproj.io/v1alpha1 Application',
      {
        health: { status: 'Healthy' },
        sync: { status: 'Unknown' },
        conditions: [
          {
            type: 'ComparisonError',
            message:
              'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = apps/prod: app path does not exist',
            lastTransitionTime: past,
          },
        ],
      },
      ['ComparisonError', 'PathNotFound'],
      /app path does not exist/,
    ],
    [
      'Argo CD operation',
      'argoproj.io/v1alpha1 Application',
      {
        health: { status: 'Degraded' },
        sync: { status: 'OutOfSync' },
        operationState: {
          phase: 'Failed',
          message:
            'one or more objects failed to apply, reason: Deployment.apps "web" is invalid: spec.selector: Invalid value: field is immutable',
        },
      },
      ['Degraded', 'Failed', 'ImmutableField'],
      /immutable/,
    ],
    [
      'Argo workflow',
      'argoproj.io/v1alpha1 Workflow',
      { phase: 'Error', message: 'failed to resolve {{inputs.parameters.image}}' },
      ['Error'],
      /failed to resolve/,
    ],
    [
      'snapshot',
      'snapshot.storage.k8s.io/v1 VolumeSnapshot',
      {
        readyToUse: false,
        error: {
          time: past,
          message:
            'Failed to create snapshot content with error failed to get input parameters to create snapshot main: "the PVC data is not yet bound to a PV, will not attempt to take a snapshot"',
        },
      },
      [],
      /not yet bound/,
    ],
    [
      'Ceph',
      'ceph.rook.io/v1 CephCluster',
      {
        phase: 'Ready',
        state: 'Created',
        message: 'Cluster created successfully',
        ceph: { health: 'HEALTH_ERR', details: { OSD_FULL: { message: '1 full osd(s)', severity: 'HEALTH_ERR' } } },
        conditions: [c('Ready', 'True', 'ClusterCreated', 'Cluster created successfully')],
      },
      [],
      /full osd|HEALTH_ERR/,
    ],
    [
      'Elasticsearch',
      'elasticsearch.k8s.elastic.co/v1 Elasticsearch',
      { health: 'red', phase: 'ApplyingChanges', availableNodes: 1 },
      [],
      /red/,
    ],
    [
      'Longhorn',
      'longhorn.io/v1beta2 Volume',
      {
        state: 'detached',
        robustness: 'faulted',
        conditions: [c('Scheduled', 'False', 'ReplicaSchedulingFailure', 'insufficient storage;precheck new replica failed')],
      },
      ['ReplicaSchedulingFailure'],
      /insufficient storage/,
    ],
    [
      'MongoDB',
      'mongodbcommunity.mongodb.com/v1 MongoDBCommunity',
      { phase: 'Failed', message: 'Error ensuring password secret: Secret "main-admin" not found' },
      ['SecretMissing', 'Failed'],
      /main-admin/,
    ],
    [
      'Zalando',
      'acid.zalan.do/v1 postgresql',
      { PostgresClusterStatus: 'CreateFailed' },
      [],
      /could not create/,
      ['Create', 'could not create statefulset: pods "main-0" is forbidden: no priority class'],
    ],
    [
      'RabbitMQ',
      'rabbitmq.com/v1beta1 RabbitmqCluster',
      {
        conditions: [
          c('AllReplicasReady', 'False', 'NotAllPodsReady', '0/3 Pods ready'),
          c('NoWarnings', 'True', 'NoWarnings', ''),
          c(
            'ReconcileSuccess',
            'False',
            'Error',
            'failed to update StatefulSet: StatefulSet.apps "main-server" is invalid: spec: Forbidden: updates to statefulset spec for fields other than replicas are forbidden',
          ),
        ],
      },
      ['ImmutableField', 'InvalidObject', 'Error'],
      /statefulset spec/,
    ],
    [
      'Canary',
      'flagger.app/v1beta1 Canary',
      {
        phase: 'Failed',
        failedChecks: 5,
        conditions: [c('Promoted', 'False', 'Failed', 'Canary analysis failed, Deployment scaled to zero.')],
      },
      ['AnalysisFailed'],
      /analysis failed/,
      ['Synced', 'Rolling back main.apps failed checks threshold reached 5'],
    ],
    [
      'Crossplane provider',
      'pkg.crossplane.io/v1 Provider',
      {
        conditions: [
          c(
            'Installed',
            'False',
            'UnpackingPackage',
            'cannot unpack package: failed to fetch package digest from remote: GET https://xpkg.upbound.io/v2/acme/p/manifests/v1: MANIFEST_UNKNOWN: manifest unknown',
          ),
          c('Healthy', 'Unknown', 'UnknownPackageRevisionHealth', ''),
        ],
      },
      ['UnpackingPackage', 'TagNotFound', 'NotFoundThere'],
      /MANIFEST_UNKNOWN/,
    ],
    [
      'Terraform',
      'infra.contrib.fluxcd.io/v1alpha2 Terraform',
      {
        conditions: [
          c(
            'Ready',
            'False',
            'TFExecPlanFailed',
            'error running Plan: rpc error: code = Internal desc = exit status 1: Error: error configuring S3 Backend: no valid credential sources for S3 Backend found.',
          ),
        ],
      },
      ['TFExecPlanFailed', 'ServerError', 'LoginRefused', 'RequestUnauthorized'],
      /no valid credential/,
    ],
    [
      'Prometheus',
      'monitoring.coreos.com/v1 Prometheus',
      {
        conditions: [
          c('Available', 'False', 'NoPodReady', 'shard 0: pod prometheus-main-0: 0/3 nodes are available: 3 Insufficient memory.'),
          c('Reconciled', 'True', '', ''),
        ],
      },
      ['NoPodReady', 'UnschedulableResources'],
      /Insufficient memory/,
    ],
    [
      'Spark',
      'sparkoperator.k8s.io/v1beta2 SparkApplication',
      {
        applicationState: {
          state: 'SUBMISSION_FAILED',
          errorMessage:
            'failed to run spark-submit: Exception in thread "main" io.fabric8.kubernetes.client.KubernetesClientException: pods is forbidden: User "system:serviceaccount:apps:spark" cannot create resource "pods"',
        },
      },
      ['RbacDenied', 'SUBMISSION_FAILED'],
      /cannot create resource/,
    ],
    [
      'Flink',
      'flink.apache.org/v1beta1 FlinkDeployment',
      {
        lifecycleState: 'FAILED',
        jobManagerDeploymentStatus: 'ERROR',
        error:
          '{"type":"org.apache.flink.kubernetes.operator.exception.DeploymentFailedException","message":"Back-off pulling image \\"flink:9.9\\""}',
      },
      [],
      /flink:9\.9/,
    ],
    [
      'Ray',
      'ray.io/v1 RayCluster',
      { state: 'failed', reason: 'pods "main-head" is forbidden: exceeded quota: team, requested: cpu=8, used: cpu=4, limited: cpu=8' },
      ['QuotaExceeded', 'Failed'],
      /exceeded quota/,
    ],
    [
      'KServe',
      'serving.kserve.io/v1beta1 InferenceService',
      {
        conditions: [c('Ready', 'False', 'PredictorNotReady', '')],
        modelStatus: {
          transitionStatus: 'BlockedByFailedLoad',
          lastFailureInfo: { reason: 'ModelLoadFailed', message: 'botocore.exceptions.NoCredentialsError: Unable to locate credentials' },
        },
      },
      [],
      /Unable to locate credentials/,
    ],
    [
      'Keycloak',
      'k8s.keycloak.org/v2alpha1 Keycloak',
      {
        conditions: [
          { type: 'Ready', status: 'False', message: 'Waiting for more replicas' },
          { type: 'HasErrors', status: 'True', message: 'Secret kc-db-secret does not exist' },
        ],
      },
      [],
      /kc-db-secret/,
    ],
    [
      'Config Connector',
      'storage.cnrm.cloud.google.com/v1beta1 StorageBucket',
      {
        conditions: [
          c(
            'Ready',
            'False',
            'UpdateFailed',
            'Update call failed: error applying desired state: summary: googleapi: Error 403: x does not have storage.buckets.create access, forbidden',
          ),
        ],
      },
      ['ProviderDenied', 'UpdateFailed'],
      /403/,
    ],
    [
      'Istio',
      'networking.istio.io/v1 VirtualService',
      {
        validationMessages: [
          { type: { code: 'IST0101', name: 'ReferencedResourceNotFound' }, level: 'ERROR', documentationUrl: 'https://istio.io' },
        ],
        conditions: [c('Reconciled', 'False', 'ReferencedResourceNotFound', 'Referenced gateway not found: "public"')],
      },
      ['ReferencedResourceNotFound', 'ObjectMissing'],
      /gateway not found/,
    ],
    [
      'Percona',
      'psmdb.percona.com/v1 PerconaServerMongoDB',
      {
        state: 'error',
        message: 'Error: reconcile statefulset: create StatefulSet: rs0: check if stable: backup storage: s3 bucket: NoSuchBucket',
        ready: 0,
      },
      [],
      /NoSuchBucket/,
    ],
    [
      'status that is a word of its own',
      'metallb.io/v1beta2 BGPPeer',
      { sessionStatus: 'Error', lastError: 'dial tcp 10.0.0.1:179: connect: connection refused' },
      [],
      /connection refused/,
    ],
  ] as readonly Row[]
).flatMap(rows)

type Of = readonly [KubeObject, ...KubeObject[]]
const fine = (kind: string, status: JsonObject): Of => {
  const one = made(kind, status)
  return [ks('apps', { wait: true }, readyTrue, inventory(one)), goodGit(), one]
}
/** Objects of operators that are well, or on their way, though some of their words look bad. */
export const healthyOperators: readonly (readonly [says: string, objects: Of])[] = (
  [
    ['a finished backup with warnings', 'velero.io/v1 Backup', { phase: 'Completed', warnings: 2, progress: { totalItems: 3 } }],
    [
      'an application that drifted',
      'argoproj.io/v1alpha1 Application',
      {
        health: { status: 'Healthy' },
        sync: { status: 'OutOfSync' },
        operationState: { phase: 'Succeeded', message: 'successfully synced (all tasks run)' },
      },
    ],
    [
      'a Kafka with warnings',
      'kafka.strimzi.io/v1beta2 Kafka',
      {
        conditions: [
          c('Warning', 'True', 'KafkaStorage', 'A Kafka cluster with a single replica and ephemeral storage will lose topic messages'),
          c('Ready', 'True', '', ''),
        ],
      },
    ],
    [
      'a revision without traffic',
      'serving.knative.dev/v1 Revision',
      { conditions: [c('Active', 'False', 'NoTraffic', 'The target is not receiving traffic.'), c('Ready', 'True', '', '')] },
    ],
    [
      'a scaler at rest',
      'keda.sh/v1alpha1 ScaledObject',
      {
        conditions: [
          c('Ready', 'True', 'ScaledObjectReady', 'ScaledObject is defined correctly and is ready for scaling'),
          c('Active', 'False', 'ScalerNotActive', 'Scaling is not performed because triggers are not active'),
          c('Fallback', 'False', 'NoFallbackFound', 'No fallbacks are active on this scaled object'),
        ],
      },
    ],
    [
      'a snapshot that failed once',
      'snapshot.storage.k8s.io/v1 VolumeSnapshot',
      { readyToUse: true, error: { message: 'Failed to check and update snapshot content: timeout' } },
    ],
    [
      'Ceph with a warning',
      'ceph.rook.io/v1 CephCluster',
      {
        phase: 'Ready',
        state: 'Created',
        message: 'Cluster created successfully',
        ceph: { health: 'HEALTH_WARN' },
        conditions: [c('Ready', 'True', 'ClusterCreated', '')],
      },
    ],
    ['a green search', 'elasticsearch.k8s.elastic.co/v1 Elasticsearch', { health: 'green', phase: 'Ready' }],
    [
      'a volume',
      'longhorn.io/v1beta2 Volume',
      {
        state: 'attached',
        robustness: 'healthy',
        conditions: [
          c('TooManySnapshots', 'False', '', ''),
          c('Restore', 'False', '', ''),
          c('Scheduled', 'True', '', ''),
          c('WaitForBackingImage', 'False', '', ''),
        ],
      },
    ],
    [
      'an operator that is installed',
      'operators.coreos.com/v1alpha1 ClusterServiceVersion',
      {
        phase: 'Succeeded',
        reason: 'InstallSucceeded',
        message: 'install strategy completed with no errors',
        conditions: [
          { phase: 'Failed', reason: 'ComponentUnhealthy', message: 'installing: deployment changed' },
          { phase: 'Succeeded', reason: 'InstallSucceeded' },
        ],
      },
    ],
    [
      'a queue',
      'rabbitmq.com/v1beta1 RabbitmqCluster',
      {
        conditions: [
          c('AllReplicasReady', 'True', 'AllPodsAreReady', ''),
          c('NoWarnings', 'False', 'MemoryRequestAndLimitDifferent', ''),
          c('ReconcileSuccess', 'True', 'Success', ''),
        ],
      },
    ],
    [
      'a machine that is off',
      'kubevirt.io/v1 VirtualMachine',
      { printableStatus: 'Stopped', conditions: [c('Ready', 'False', 'VMINotExists', 'VMI does not exist')] },
    ],
    [
      'a run that goes on',
      'tekton.dev/v1 PipelineRun',
      { conditions: [c('Succeeded', 'Unknown', 'Running', 'Tasks Completed: 1 (Failed: 0, Cancelled 0), Incomplete: 2, Skipped: 0')] },
    ],
    ['a Job of Spark', 'sparkoperator.k8s.io/v1beta2 SparkApplication', { applicationState: { state: 'RUNNING' }, executionAttempts: 1 }],
  ] as const
).flatMap(([says, kind, status]) => [
  [says, fine(kind, status as unknown as JsonObject)] as const,
  [`${says}, asked itself`, [made(kind, status as unknown as JsonObject)] as Of] as const,
])
