import { claim, conditions, git, goodChart, goodCharts, object, past, release } from './objects.ts'
import {
  alone,
  app,
  breaks,
  chartless,
  custom,
  pulls,
  refuses,
  releases,
  repo,
  three,
  unsourced,
  wait,
  waits,
  ociFails,
} from './practice.ts'
import { asked, behind, fluxObject, fromAbove, gaveUp, gitFails, held, homeless, later, over, program } from './unseen.ts'
import { failing, fleet, runs } from './whole.ts'

/** A second round: what leans on what, and words of many programs. */
const shop = /Kustomization\/flux-system\/shop/
const web = /HelmRelease\/apps\/web|HelmChart\/apps\/apps-web/
const pods = (name: string) => new RegExp(`(?:Pod|Deployment|StatefulSet|Job|DaemonSet)/apps/${name}`)
const service = (name: string, port: number, selects = name) =>
  object('v1', 'Service', name, { spec: { clusterIP: '10.96.40.4', selector: { app: selects }, ports: [{ port }] } })
const failed = (action: 'install' | 'upgrade', says: string): readonly [string, string] => [
  action === 'install' ? 'InstallFailed' : 'UpgradeFailed',
  `Helm ${action} failed for release apps/web with chart web@1.2.3: ${says}`,
]
const operator = (apiVersion: string, kind: string, name: string, ...said: readonly (readonly [string, string, string, string])[]) =>
  custom(apiVersion, kind, [name, {}, ...said])

const unpruned = (message: string, spec = {}) => [failing('shop', ['PruneFailed', message], { spec }), fleet(), ...runs('catalog')]

export const unseenLater = [
  ...three('a program whose service is down', [
    [
      'its cache has no image',
      waits(program('web', 'redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused.'), {
        more: [
          service('cache', 6379),
          ...pulls(
            'cache',
            'redis:7.9.9',
            'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/redis:7.9.9": failed to resolve reference "docker.io/library/redis:7.9.9": docker.io/library/redis:7.9.9: not found',
          ),
        ],
      }),
      pods('cache'),
      /redis:7\.9\.9/,
      /tag|image/i,
    ],
    [
      'its broker has no node, asked at the Deployment',
      asked('Deployment', [
        ...waits(program('worker', 'dial tcp 10.96.40.4:5672: connect: connection refused\npanic: cannot reach rabbitmq', { code: 2 })),
        service('rabbit', 5672),
        ...homeless(
          'rabbit',
          '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
          { kind: 'DaemonSet' },
        ),
      ]),
      pods('rabbit'),
      /Insufficient cpu/,
      /cpu|node/i,
    ],
    [
      'a container that goes before waits for it',
      waits(
        app('web', {
          pod: { initContainers: [{ name: 'wait', image: 'busybox:1.36' }] },
          state: wait('PodInitializing', ''),
          status: {
            initContainerStatuses: [
              {
                name: 'wait',
                image: 'busybox:1.36',
                ready: false,
                started: true,
                restartCount: 0,
                state: { running: { startedAt: past } },
              },
            ],
          },
          log: 'pg:5432 - no response\nnc: connect to pg (10.96.40.4) port 5432 (tcp) failed: Connection refused',
        }),
        {
          more: [
            service('pg', 5432),
            ...program(
              'pg',
              'FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership\nHINT:  The server must be started by the user that owns the data directory.',
            ),
          ],
        },
      ),
      pods('pg'),
      /wrong ownership/,
      /owner|user|fsGroup|securityContext|permission/i,
    ],
  ]),
  ...three('charts and their pieces', [
    [
      'a file of values',
      chartless('web', ['ValuesFilesError', "values files merge error: no values file found at path 'values-prod.yaml'"], {
        chart: { chart: './charts/web', valuesFiles: ['values-prod.yaml'] },
        from: git('repo', {}, ['True', 'Succeeded', 'stored artifact']),
      }),
      web,
      /values-prod\.yaml/,
      /valuesFiles|file|path/i,
    ],
    [
      'a chart from a registry that is named and not there',
      [
        release('web', { chart: undefined as never, chartRef: { kind: 'OCIRepository', name: 'webchart', namespace: 'apps' } }, undefined, {
          conditions: conditions([
            'Ready',
            'False',
            'SourceNotReady',
            'could not get Source object: ocirepositories.source.toolkit.fluxcd.io "webchart" not found',
          ]),
        }),
        fleet(),
        ...runs('catalog'),
      ],
      /OCIRepository\/apps\/webchart|HelmRelease\/apps\/web/,
      /webchart/,
      /create|correct|chartRef/i,
    ],
    [
      'a patch after rendering',
      releases(
        'web',
        failed(
          'upgrade',
          'error while running post render on files: no resource matches strategic merge patch "Deployment.v1.apps/web-api.[noNs]": no matches for Id Deployment.v1.apps/web-api.[noNs]; failed to find unique target for patch Deployment.v1.apps/web-api.[noNs]',
        ),
      ),
      web,
      /web-api/,
      /patch|postRenderers/i,
    ],
  ]),
  ...three('what is left over cannot go', [
    [
      'no right to delete',
      unpruned(
        'Deployment/apps/legacy delete failed: deployments.apps "legacy" is forbidden: User "system:serviceaccount:apps:tenant" cannot delete resource "deployments" in API group "apps" in the namespace "apps"',
        { serviceAccountName: 'tenant' },
      ),
      shop,
      /cannot delete resource/,
      /role|RBAC|grant|verb/i,
    ],
    [
      'a webhook says no',
      unpruned(
        'Namespace/legacy delete failed: admission webhook "validate.kyverno.svc-fail" denied the request: \n\nresource Namespace//legacy was blocked due to the following policies \n\nprotect-namespaces:\n  block-delete: namespaces with label protected may not be deleted',
      ),
      shop,
      /may not be deleted/,
      /polic|webhook/i,
    ],
    [
      'a release that cannot be uninstalled',
      [
        release('web', {}, undefined, {
          conditions: conditions([
            'Ready',
            'False',
            'UninstallFailed',
            'Helm uninstall failed for release apps/web with chart web@1.2.3: 1 error occurred:\n\t* timed out waiting for the condition: job web-cleanup failed: BackoffLimitExceeded\n\n',
          ]),
        }),
        goodChart('apps-web'),
        goodCharts(),
        ...gaveUp('web-cleanup', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit', {
          ...over(1, 'Error'),
          log: 'Error from server (Forbidden): pods is forbidden: User "system:serviceaccount:apps:default" cannot delete resource "pods" in API group "" in the namespace "apps"',
        }),
      ],
      /(?:HelmRelease|Job|Pod)\/apps\/web/,
      /cannot delete resource|web-cleanup failed/,
      /./,
    ],
  ]),
  ...three('Git repositories in pieces', [
    [
      'a submodule that is closed',
      unsourced(
        gitFails(
          { recurseSubmodules: true, url: 'https://github.com/acme/fleet' },
          "failed to checkout and determine revision: unable to clone 'https://github.com/acme/fleet': authentication required: Repository not found.",
        ),
      ),
      /GitRepository\/flux-system\/deploy/,
      /Repository not found/,
      /credential|secret|url|submodule/i,
    ],
    [
      'an include that is not ready',
      unsourced(
        repo('deploy', { include: [{ repository: { name: 'shared' } }] }, [
          'IncludeUnavailable',
          'could not get resource for include \'shared\': GitRepository.source.toolkit.fluxcd.io "shared" not found',
        ]),
      ),
      /GitRepository\/flux-system\/(?:deploy|shared)/,
      /shared/,
      /include|create/i,
    ],
    [
      'a host that ends the talk',
      behind(
        unsourced(
          gitFails(
            { url: 'https://git.acme.io/fleet' },
            'failed to checkout and determine revision: unable to clone \'https://git.acme.io/fleet\': unexpected client error: unexpected requesting "https://git.acme.io/fleet/git-upload-pack" status code: 502',
          ),
        ),
      ),
      /GitRepository\/flux-system\/deploy/,
      /status code: 502/,
      /server|host|url|again/i,
    ],
  ]),
  ...three('identities of clouds', [
    [
      'none on the node, for Amazon',
      unsourced(
        ociFails(
          { provider: 'aws', url: 'oci://1.dkr.ecr.eu-west-1.amazonaws.com/fleet' },
          "failed to get credential from 'aws': operation error ECR: GetAuthorizationToken, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded",
          'AuthenticationFailed',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /no EC2 IMDS role found/,
      /identity|role|provider|serviceAccount/i,
    ],
    [
      'Google does not let the account be used',
      unsourced(
        ociFails(
          { provider: 'gcp', url: 'oci://europe-docker.pkg.dev/acme/fleet' },
          "failed to get credential from 'gcp': Post \"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/flux@acme.iam.gserviceaccount.com:generateAccessToken\": status 403: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
          'AuthenticationFailed',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /getAccessToken/,
      /identity|role|grant|right|serviceAccount/i,
    ],
    [
      'Azure knows no such federation',
      unsourced(
        ociFails(
          { provider: 'azure', url: 'oci://acme.azurecr.io/fleet' },
          "failed to get credential from 'azure': WorkloadIdentityCredential authentication failed. POST https://login.microsoftonline.com/t/oauth2/v2.0/token RESPONSE 401: AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:flux-system:source-controller'",
          'AuthenticationFailed',
        ),
      ),
      /OCIRepository\/flux-system\/manifests/,
      /AADSTS700213/,
      /identity|federat|provider|serviceAccount|credential/i,
    ],
  ]),
  ...three('automation that cannot write its commit', [
    [
      'its template',
      alone([
        fluxObject('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'bump', [
          { sourceRef: { kind: 'GitRepository', name: 'fleet' } },
          ['Ready', 'False', 'InvalidUpdateStrategy', 'failed to run update: template: commit message:3: function "rnge" not defined'],
        ]),
      ]),
      /ImageUpdateAutomation\/flux-system\/bump/,
      /rnge/,
      /template|correct/i,
    ],
    [
      'its path',
      alone([
        fluxObject('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'bump', [
          { sourceRef: { kind: 'GitRepository', name: 'fleet' }, update: { path: './clustrs', strategy: 'Setters' } },
          [
            'Ready',
            'False',
            'UpdateFailed',
            'failed to apply policies: lstat /tmp/flux-system-fleet1234/clustrs: no such file or directory',
          ],
        ]),
      ]),
      /ImageUpdateAutomation\/flux-system\/bump/,
      /clustrs/,
      /path|correct/i,
    ],
    [
      'its source is gone',
      alone([
        fluxObject('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation', 'bump', [
          { sourceRef: { kind: 'GitRepository', name: 'flet' } },
          ['Ready', 'False', 'SourceManagerError', 'failed to get source: GitRepository.source.toolkit.fluxcd.io "flet" not found'],
        ]),
      ]),
      /ImageUpdateAutomation\/flux-system\/bump|GitRepository\/flux-system\/flet/,
      /flet/,
      /create|correct/i,
    ],
  ]),
  ...three('pods that the kubelet does not let run', [
    [
      'it would run as root',
      waits(
        app('web', {
          state: wait(
            'CreateContainerConfigError',
            'container has runAsNonRoot and image will run as root (pod: "web-7c9d8b6f5d-k2x9q_apps(1f0c)", container: web)',
          ),
          said: [
            [
              'Failed',
              'Error: container has runAsNonRoot and image will run as root (pod: "web-7c9d8b6f5d-k2x9q_apps(1f0c)", container: web)',
            ],
          ],
        }),
      ),
      pods('web'),
      /runAsNonRoot/,
      /runAsUser|runAsNonRoot|image/i,
    ],
    [
      'a sysctl',
      waits(
        app('cache', {
          kind: 'DaemonSet',
          phase: 'Failed',
          status: { reason: 'SysctlForbidden', message: 'forbidden sysctl: "net.core.somaxconn" not allowlisted', containerStatuses: [] },
          said: [['SysctlForbidden', 'forbidden sysctl: "net.core.somaxconn" not allowlisted']],
        }),
      ),
      pods('cache'),
      /not allowlisted/,
      /sysctl|allow|node|names/i,
    ],
    [
      'a profile that is not on the node',
      later(
        waits(
          app('api', {
            kind: 'StatefulSet',
            state: wait(
              'CreateContainerError',
              'failed to generate security options for container "api": failed to generate seccomp security options for container: cannot load seccomp profile "/var/lib/kubelet/seccomp/profiles/api.json": open /var/lib/kubelet/seccomp/profiles/api.json: no such file or directory',
            ),
          }),
        ),
      ),
      pods('api'),
      /seccomp/,
      /profile|seccomp/i,
    ],
  ]),
  ...three('places for a pod', [
    [
      'apart from its like',
      asked(
        'Pod',
        waits(
          homeless(
            'db',
            "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      pods('db'),
      /anti-affinity/,
      /affinity|node/i,
    ],
    [
      'all nodes are closed',
      waits(
        homeless(
          'web',
          '0/2 nodes are available: 2 node(s) were unschedulable. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
        ),
      ),
      /(?:Pod|Deployment|Node)\/(?:apps\/web|\S*)/,
      /unschedulable/,
      /uncordon|node/i,
    ],
    [
      'a volume for one pod alone',
      fromAbove(
        waits(
          homeless(
            'web',
            '0/3 nodes are available: 1 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
            { pod: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } },
          ).concat(claim('data', { volumeName: 'pvc-1' }, 'Bound')),
        ),
      ),
      pods('web'),
      /ReadWriteOncePod/,
      /pod|access|claim|volume/i,
    ],
  ]),
  ...three('volumes that do not mount', [
    [
      'a path that is not one',
      waits(
        held(
          'agent',
          [
            [
              'FailedMount',
              'MountVolume.SetUp failed for volume "sock" : hostPath type check failed: /run/docker.sock is not a socket file',
            ],
          ],
          { kind: 'DaemonSet' },
        ),
      ),
      pods('agent'),
      /hostPath type check failed/,
      /hostPath|path|type/i,
    ],
    [
      'a driver that does not run on the node',
      asked(
        'Deployment',
        waits(
          held('web', [
            [
              'FailedMount',
              'MountVolume.MountDevice failed for volume "pvc-77" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
            ],
          ]),
        ),
      ),
      pods('web'),
      /efs\.csi\.aws\.com not found/,
      /driver|node|CSI/i,
    ],
    [
      'a file system that is broken',
      waits(
        held(
          'db',
          [
            [
              'FailedMount',
              'MountVolume.MountDevice failed for volume "pvc-77" : rpc error: code = Internal desc = \'fsck\' found errors on device /dev/nvme1n1 but could not correct them: fsck from util-linux 2.38: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.',
            ],
          ],
          { kind: 'StatefulSet' },
        ),
      ),
      pods('db'),
      /fsck/,
      /fsck|repair|file ?system|backup|restore/i,
    ],
  ]),
  ...three('rights within a container', [
    [
      'a low port',
      waits(program('web', 'listen tcp :80: bind: permission denied')),
      pods('web'),
      /bind: permission denied/,
      /port|NET_BIND_SERVICE|capabilit|securityContext/i,
    ],
    [
      'Redis and its file',
      waits(
        program('cache', "1:M 01 Jan 2026 00:00:00.000 # Can't open or create append-only dir appendonlydir: Permission denied", {
          kind: 'StatefulSet',
        }),
      ),
      pods('cache'),
      /Permission denied/,
      /fsGroup|securityContext|permission|owner/i,
    ],
    [
      'RabbitMQ and its cookie',
      later(waits(program('mq', 'Cookie file /var/lib/rabbitmq/.erlang.cookie must be accessible by owner only', { kind: 'StatefulSet' }))),
      pods('mq'),
      /accessible by owner only/,
      /mode|owner|permission|chmod|fsGroup|securityContext/i,
    ],
  ]),
  ...three('programs that say what they lack', [
    [
      'Rust and a variable',
      waits(
        program(
          'api',
          "thread 'main' panicked at src/config.rs:12:44:\nDATABASE_URL must be set: NotPresent\nnote: run with `RUST_BACKTRACE=1`",
          { code: 101 },
        ),
      ),
      pods('api'),
      /DATABASE_URL/,
      /DATABASE_URL|env|variable|set/i,
    ],
    [
      'Ruby and a gem',
      waits(
        program(
          'web',
          "bundler: failed to load command: puma (/usr/local/bundle/bin/puma)\n/usr/local/lib/ruby/bundler/definition.rb:524:in `materialize': Could not find pg-1.5.9 in locally installed gems (Bundler::GemNotFound)",
        ),
      ),
      pods('web'),
      /Could not find pg-1\.5\.9/,
      /image|gem|build|install|bundle/i,
    ],
    [
      'Java and its jar',
      waits(program('api', 'Error: Unable to access jarfile /app/api.jar', { kind: 'DaemonSet' })),
      pods('api'),
      /jarfile/,
      /image|path|file|command/i,
    ],
  ]),
  ...three('nodes that are not set up for it', [
    [
      'Elasticsearch',
      waits(
        program(
          'es',
          'bootstrap check failure [1] of [1]: max virtual memory areas vm.max_map_count [65530] is too low, increase to at least [262144]',
          { kind: 'StatefulSet', code: 78 },
        ),
      ),
      pods('es'),
      /vm\.max_map_count/,
      /vm\.max_map_count|sysctl|node/i,
    ],
    [
      'too many files',
      waits(program('proxy', 'accept4: too many open files\nfatal: cannot open listener')),
      pods('proxy'),
      /too many open files/,
      /limit|ulimit|files|nofile/i,
    ],
    [
      'too many threads',
      waits(
        program(
          'api',
          'java.lang.OutOfMemoryError: unable to create native thread: possibly out of memory or process/resource limits reached',
        ),
      ),
      pods('api'),
      /unable to create native thread/,
      /thread|pid|limit|memory/i,
    ],
  ]),
  ...three('data that is held or mixed up', [
    [
      'Kafka was set up anew',
      waits(
        program(
          'kafka',
          "org.apache.kafka.common.InconsistentClusterIdException: The Cluster ID kVSgfurUQFGGpHMTBqBPiw doesn't match stored clusterId Some(0Qftv9yBTAmf2iDPSlIk7g) in meta.properties. The broker is trying to join the wrong cluster.",
          { kind: 'StatefulSet' },
        ),
      ),
      pods('kafka'),
      /InconsistentClusterId|wrong cluster/,
      /cluster|data|volume|meta\.properties/i,
    ],
    [
      'MySQL runs twice',
      waits(
        program(
          'mysql',
          '[ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11\n[Note] [MY-012575] [InnoDB] Check that you do not already have another mysqld process using the same InnoDB data or log files.',
          { kind: 'Deployment' },
        ),
      ),
      pods('mysql'),
      /Unable to lock|another mysqld process/,
      /another|lock|Recreate|replica|process/i,
    ],
    [
      'Postgres has another major version',
      fromAbove(
        waits(
          program(
            'pg',
            'FATAL:  database files are incompatible with server\nDETAIL:  The data directory was initialized by PostgreSQL version 14, which is not compatible with this version 17.2.',
            { kind: 'StatefulSet' },
          ),
        ),
      ),
      pods('pg'),
      /incompatible with server/,
      /version|upgrade|image/i,
    ],
  ]),
  ...three('operators of many kinds', [
    [
      'Velero and its bucket',
      alone([
        object('velero.io/v1', 'BackupStorageLocation', 'default', {
          spec: { provider: 'aws' },
          status: {
            phase: 'Unavailable',
            message:
              'BackupStorageLocation "default" is unavailable: rpc error: code = Unknown desc = operation error S3: ListObjectsV2, https response error StatusCode: 403, api error InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.',
          },
        }),
      ]),
      /BackupStorageLocation\/apps\/default/,
      /InvalidAccessKeyId/,
      /key|credential|secret/i,
    ],
    [
      'Crossplane may not pull its package',
      waits([
        operator(
          'pkg.crossplane.io/v1',
          'Provider',
          'aws',
          [
            'Installed',
            'False',
            'UnpackingPackage',
            'cannot unpack package: failed to fetch package digest from remote: failed to fetch package descriptor with a GET request: GET https://xpkg.upbound.io/service/token?scope=repository%3Aupbound%2Fprovider-aws%3Apull: UNAUTHORIZED: authentication required',
          ],
          ['Healthy', 'Unknown', 'UnknownPackageRevisionHealth', 'cannot determine package revision health'],
        ),
      ]),
      /Provider\/apps\/aws/,
      /UNAUTHORIZED/,
      /secret|credential|packagePullSecrets/i,
    ],
    [
      'Terraform and its state',
      waits([
        operator('infra.contrib.fluxcd.io/v1alpha2', 'Terraform', 'vpc', [
          'Ready',
          'False',
          'TFExecPlanFailed',
          'error running Plan: rpc error: code = Internal desc = Error acquiring the state lock: ConditionalCheckFailedException: The conditional request failed\nLock Info:\n  ID:        5d1c\n  Who:       runner@tf\n',
        ]),
      ]),
      /Terraform\/apps\/vpc/,
      /acquiring the state lock/,
      /lock/i,
    ],
  ]),
  ...three('more operators', [
    [
      'an Application of Argo CD',
      alone([
        object('argoproj.io/v1alpha1', 'Application', 'guest', {
          spec: {},
          status: {
            sync: { status: 'Unknown' },
            health: { status: 'Healthy' },
            conditions: [
              {
                type: 'ComparisonError',
                message:
                  'Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = guestbook: app path does not exist',
                lastTransitionTime: past,
              },
            ],
          },
        }),
      ]),
      /Application\/apps\/guest/,
      /app path does not exist/,
      /path/i,
    ],
    [
      'a machine without quota',
      waits([
        operator(
          'cluster.x-k8s.io/v1beta1',
          'Machine',
          'm-1',
          [
            'InfrastructureReady',
            'False',
            'InstanceProvisionFailed',
            'failed to create AWSMachine instance: failed to run instance: VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows',
          ],
          [
            'Ready',
            'False',
            'InstanceProvisionFailed',
            'VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 32 allows',
          ],
        ),
      ]),
      /Machine\/apps\/m-1/,
      /VcpuLimitExceeded/,
      /limit|quota/i,
    ],
    [
      'a gateway without an address',
      alone([
        operator(
          'gateway.networking.k8s.io/v1',
          'Gateway',
          'edge',
          ['Accepted', 'True', 'Accepted', ''],
          ['Programmed', 'False', 'AddressNotAssigned', 'No addresses have been assigned to the Gateway'],
        ),
      ]),
      /Gateway\/apps\/edge/,
      /No addresses have been assigned/,
      /address|LoadBalancer|pool/i,
    ],
  ]),
  ...three('things around a workload', [
    [
      'a class of Ingress that nobody has',
      alone([
        object('networking.k8s.io/v1', 'Ingress', 'web', {
          spec: {
            ingressClassName: 'nginx-internal',
            rules: [
              {
                host: 'a.io',
                http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
              },
            ],
          },
          status: { loadBalancer: {} },
        }),
        object('v1', 'Service', 'web', {
          spec: { clusterIP: '10.96.1.1', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
        }),
        ...runs('web'),
      ]),
      /Ingress\/apps\/web|IngressClass\/\S*nginx-internal/,
      /nginx-internal/,
      /class|install/i,
    ],
    [
      'a budget that lets nobody go',
      alone([
        object('policy/v1', 'PodDisruptionBudget', 'web', {
          spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
          status: {
            observedGeneration: 1,
            currentHealthy: 1,
            desiredHealthy: 2,
            disruptionsAllowed: 0,
            expectedPods: 2,
            conditions: conditions(['DisruptionAllowed', 'False', 'InsufficientPods', '']),
          },
        }),
        ...program('web', 'panic: runtime error: invalid memory address or nil pointer dereference', { code: 2 }),
      ]),
      /PodDisruptionBudget\/apps\/web|Pod\/apps\/web/,
      /InsufficientPods|nil pointer|disruptionsAllowed/,
      /./,
    ],
    [
      'a claim that waits to grow',
      waits([
        {
          ...claim('data', { storageClassName: 'gp3', volumeName: 'pvc-1' }, 'Bound'),
          status: {
            phase: 'Bound',
            conditions: conditions([
              'ControllerResizeError',
              'True',
              '',
              "failed to expand volume: rpc error: code = Internal desc = VolumeModificationRateExceeded: You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.",
            ]),
          },
        } as ReturnType<typeof claim>,
      ]),
      /PersistentVolumeClaim\/apps\/data/,
      /modification rate/,
      /wait|limit|later|correct/i,
    ],
  ]),
  ...three('manifests once more', [
    [
      'a component',
      breaks(
        'kustomize build failed: accumulating components: accumulateDirectory: "accumulating resources from \'../components/tls\': open /tmp/kustomization-9/components/tls: no such file or directory"',
        { spec: { components: ['../components/tls'] } },
      ),
      shop,
      /components\/tls/,
      /component|path|folder|file/i,
    ],
    [
      'a label with a space',
      refuses(
        'Deployment/apps/web dry-run failed (Invalid): Deployment.apps "web" is invalid: spec.template.labels: Invalid value: "my team": a valid label must be an empty string or consist of alphanumeric characters',
      ),
      /Deployment\/apps\/web|Kustomization\/flux-system\/shop/,
      /valid label/,
      /label|correct/i,
    ],
    [
      'two conversions that differ',
      behind(
        refuses(
          'Certificate/apps/tls dry-run failed: conversion webhook for cert-manager.io/v1alpha2, Kind=Certificate failed: Post "https://cert-manager-webhook.cert-manager.svc:443/convert?timeout=30s": service "cert-manager-webhook" not found',
        ),
      ),
      /Kustomization\/flux-system\/shop|Service\/cert-manager\/cert-manager-webhook|Certificate\/apps\/tls/,
      /conversion webhook/,
      /webhook|service/i,
    ],
  ]),
]
