import {
  alone,
  app,
  type App,
  config,
  loops,
  refuses,
  releases,
  repo,
  runsOn,
  three,
  unsourced,
  unstarted,
  wait,
  waits,
} from './practice.ts'
import { claim, type Condition, conditions, event, global, object, ownedBy, past } from './objects.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'

function crash(
  name: string,
  exitCode: number,
  { reason, message, ...more }: App & { reason?: string; message?: string } = {},
): KubeObject[] {
  const one = more.kind === 'StatefulSet' ? `${name}-0` : `${name}-7c9d8b6f5d-k2x9q`
  const state = loops(name, exitCode, { pod: one, ...(reason ? { reason } : {}), ...(message ? { message } : {}) })
  const said = [...(more.said ?? []), ['BackOff', `Back-off restarting failed container ${name} in pod ${one}_apps(1f0c2a7e)`] as const]
  return app(name, { phase: 'Running', ...more, state, said })
}
const unplaced = (message: string): Condition => ['PodScheduled', 'False', 'Unschedulable', message]
const unfit = (name: string, message: string, more: App = {}): KubeObject[] =>
  app(name, { ...more, scheduled: unplaced(message), said: [['FailedScheduling', message]] })
const mounts = (volume: JsonObject, claimed = ''): JsonObject => ({
  volumes: [claimed ? { name: 'data', persistentVolumeClaim: { claimName: claimed } } : volume],
})
const creating = { state: { waiting: { reason: 'ContainerCreating' } } }
const pulled = (name: string, image: string, message: string, more: App = {}): KubeObject[] =>
  app(name, {
    ...more,
    image,
    state: wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`),
    said: [
      ['Pulling', `Pulling image "${image}"`],
      ['Failed', `Failed to pull image "${image}": ${message}`],
      ['Failed', 'Error: ErrImagePull'],
      ['BackOff', `Back-off pulling image "${image}"`],
    ],
  })
const unbound =
  '0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'
/** A StatefulSet whose claim does not come. */
function unclaimed(name: string, storageClassName: string | undefined, [reason, message]: readonly [string, string]): KubeObject[] {
  const pvc = claim(`data-${name}-0`, storageClassName === undefined ? {} : { storageClassName })
  return [
    ...unfit(name, unbound, { kind: 'StatefulSet', pod: mounts({}, `data-${name}-0`) }),
    pvc,
    event(pvc, reason, message, { count: 32 }),
  ]
}
function failedJob(name: string, shape: App): KubeObject[] {
  const [job, one, ...rest] = app(name, { ...shape, kind: 'Job', phase: 'Failed' }) as [KubeObject, KubeObject]
  const why = conditions(
    ['FailureTarget', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
    ['Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
  )
  return [
    { ...job, status: { failed: 7, ready: 0, startTime: past, conditions: why } } as KubeObject,
    one,
    ...rest,
    event(job, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'),
  ]
}
const ended = (exitCode: number, reason = 'Error', message = ''): JsonObject => ({
  state: { terminated: { exitCode, reason, startedAt: past, finishedAt: past, ...(message ? { message } : {}) } },
})
const bound = (name: string): KubeObject => claim(name, { storageClassName: 'gp3', volumeName: 'pvc-0a1b' }, 'Bound')
const lost = (): KubeObject =>
  global('v1', 'Node', 'worker-1', {
    spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
    status: {
      allocatable: { cpu: '4', memory: '16Gi' },
      conditions: conditions(
        ['MemoryPressure', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
        ['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
      ),
    },
  })
function evicted(): KubeObject[] {
  const message =
    'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8123Mi. Container import was using 30Gi, request is 0, has larger consumption of ephemeral-storage. '
  const state = ended(137, 'ContainerStatusUnknown', 'The container could not be located when the pod was terminated')
  return failedJob('import', { state, status: { reason: 'Evicted', message }, said: [['Evicted', message]] })
}
const leaving = (made: KubeObject): KubeObject =>
  made.kind === 'Pod'
    ? ({ ...made, metadata: { ...made.metadata, deletionTimestamp: past, deletionGracePeriodSeconds: 30 } } as KubeObject)
    : made
/** A cluster of a database whose first pod has no place. */
function database(): KubeObject[] {
  const pg = object('postgresql.cnpg.io/v1', 'Cluster', 'pg', {
    spec: { instances: 1, storage: { size: '10Gi' }, resources: { requests: { cpu: '6' } } },
    status: {
      phase: 'Setting up primary',
      phaseReason: 'Creating primary instance pg-1',
      instances: 1,
      readyInstances: 0,
      conditions: conditions(['Ready', 'False', 'ClusterIsNotReady', 'Cluster Is Not Ready']),
    },
  })
  const job = object('batch/v1', 'Job', 'pg-1-initdb', {
    metadata: ownedBy(pg),
    spec: { backoffLimit: 6, template: { spec: {} } },
    status: { active: 1, ready: 0, startTime: past },
  })
  const message =
    '0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.'
  const one = object('v1', 'Pod', 'pg-1-initdb-9x2lm', {
    metadata: { ...ownedBy(job), labels: { 'cnpg.io/cluster': 'pg', 'job-name': 'pg-1-initdb' } },
    spec: { containers: [{ name: 'initdb', image: 'ghcr.io/cloudnative-pg/postgresql:16.4', resources: { requests: { cpu: '6' } } }] },
    status: { phase: 'Pending', conditions: conditions(unplaced(message)) },
  })
  return [pg, job, one, event(one, 'FailedScheduling', message)]
}

export const podsPractice = [
  ...three('an image cannot be pulled', [
    [
      'a CronJob, and Docker Hub',
      alone(
        pulled(
          'report',
          'docker.io/acme/reprot:2.4.1',
          'failed to pull and unpack image "docker.io/acme/reprot:2.4.1": failed to resolve reference "docker.io/acme/reprot:2.4.1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
          { kind: 'CronJob' },
        ),
      ),
      /Pod\/apps\/report|Job\/apps\/report|CronJob\/apps\/report/,
      /acme\/reprot:2\.4\.1.*pull access denied/,
    ],
    [
      'CRI-O',
      waits(
        pulled(
          'api',
          'quay.io/acme/api:2.4.1',
          'unable to pull image or OCI artifact: pull image err: initializing source docker://quay.io/acme/api:2.4.1: reading manifest 2.4.1 in quay.io/acme/api: manifest unknown; artifact err: get manifest: build image source: reading manifest 2.4.1 in quay.io/acme/api: manifest unknown',
        ),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /manifest unknown/,
    ],
    [
      'a name that is no name',
      waits(
        app('api', {
          image: 'registry.example.com/Shop/API:2.4.1',
          state: wait(
            'InvalidImageName',
            'Failed to apply default image tag "registry.example.com/Shop/API:2.4.1": couldn\'t parse image name "registry.example.com/Shop/API:2.4.1": invalid reference format: repository name (Shop/API) must be lowercase',
          ),
          said: [
            [
              'InspectFailed',
              'Failed to apply default image tag "registry.example.com/Shop/API:2.4.1": couldn\'t parse image name "registry.example.com/Shop/API:2.4.1": invalid reference format: repository name (Shop/API) must be lowercase',
            ],
            ['Failed', 'Error: InvalidImageName'],
          ],
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /must be lowercase/,
    ],
  ]),
  ...three('a Secret is missing', [
    [
      'values of a release',
      unstarted(
        'web',
        [
          'ValuesError',
          "could not resolve Secret chart values reference 'apps/web-values' with key 'values.yaml': secrets \"web-values\" not found",
        ],
        { valuesFrom: [{ kind: 'Secret', name: 'web-values' }] },
      ),
      /Secret\/apps\/web-values|HelmRelease\/apps\/web/,
      /"web-values" not found/,
    ],
    [
      'a volume',
      waits(
        app('web', {
          pod: mounts({ name: 'tls', secret: { secretName: 'web-tls' } }),
          state: creating,
          said: [['FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found']],
        }),
      ),
      /Secret\/apps\/web-tls|Pod\/apps\/web|Deployment\/apps\/web/,
      /secret "web-tls" not found/,
    ],
    [
      'of a source',
      unsourced(
        repo('deploy', { secretRef: { name: 'git-auth' } }, [
          'AuthenticationFailed',
          'failed to get secret \'flux-system/git-auth\': secrets "git-auth" not found',
        ]),
      ),
      /Secret\/flux-system\/git-auth|GitRepository\/flux-system\/deploy/,
      /"git-auth" not found/,
    ],
  ]),
  ...three('waiting took too long', [
    [
      'a hook of a release',
      releases(
        'web',
        [
          'InstallFailed',
          'Helm install failed for release apps/web with chart web@1.2.3: failed pre-install: 1 error occurred:\n\t* timed out waiting for the condition\n\n',
        ],
        {
          made: app('web-migrate', {
            kind: 'Job',
            phase: 'Running',
            state: { ...runsOn, ready: true },
            log: '2026-01-01T00:00:00Z INFO migrating to 0042\n2026-01-01T00:00:01Z WARN waiting for advisory lock 7421 held by pid 913',
            status: { conditions: conditions(['Ready', 'True', '', ''], ['PodScheduled', 'True', '', '']) },
          }).map(o =>
            o.kind === 'Job' ? ({ ...o, metadata: { ...o.metadata, annotations: { 'helm.sh/hook': 'pre-install' } } } as KubeObject) : o,
          ),
        },
      ),
      /Job\/apps\/web-migrate|Pod\/apps\/web-migrate/,
      /timed out waiting|advisory lock/,
    ],
    [
      'the deadline of an upgrade',
      releases('web', ['UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.3: context deadline exceeded'], {
        made: app('web', {
          phase: 'Running',
          state: { ...runsOn },
          container: { readinessProbe: { httpGet: { path: '/ready', port: 8080 } } },
          said: [
            [
              'Unhealthy',
              'Readiness probe failed: Get "http://10.42.1.17:8080/ready": dial tcp 10.42.1.17:8080: connect: connection refused',
            ],
          ],
        }),
      }),
      /Pod\/apps\/web|Deployment\/apps\/web/,
      /Readiness probe failed/,
    ],
    ['a database that has no place', waits(database()), /Pod\/apps\/pg-1-initdb/, /Insufficient cpu/],
  ]),
  ...three('a container crashes', [
    [
      'a StatefulSet',
      waits(
        crash('db', 1, {
          kind: 'StatefulSet',
          log: 'PostgreSQL Database directory appears to contain a database; Skipping initialization\n2026-01-01 00:00:00.001 UTC [1] FATAL:  data directory "/var/lib/postgresql/data" has wrong ownership\n2026-01-01 00:00:00.001 UTC [1] HINT:  The server must be started by the user that owns the data directory.',
        }),
      ),
      /Pod\/apps\/db-0|StatefulSet\/apps\/db/,
      /wrong ownership/,
    ],
    ['a signal', waits(crash('encoder', 139)), /Pod\/apps\/encoder|Deployment\/apps\/encoder/, /139/],
    [
      'a traceback',
      waits(
        crash('api', 1, {
          log: 'Traceback (most recent call last):\n  File "/app/main.py", line 12, in <module>\n    url = os.environ["DATABASE_URL"]\n  File "<frozen os>", line 685, in __getitem__\nKeyError: \'DATABASE_URL\'',
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /KeyError: 'DATABASE_URL'/,
    ],
  ]),
  ...three('a probe fails', [
    [
      'a StatefulSet is killed',
      waits(
        crash('db', 137, {
          kind: 'StatefulSet',
          container: { livenessProbe: { httpGet: { path: '/healthz', port: 8080 } } },
          said: [
            [
              'Unhealthy',
              'Liveness probe failed: Get "http://10.42.1.17:8080/healthz": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
            ],
            ['Killing', 'Container db failed liveness probe, will be restarted'],
          ],
        }),
      ),
      /Pod\/apps\/db-0|StatefulSet\/apps\/db/,
      /Liveness probe failed/,
    ],
    [
      'gRPC',
      waits(
        app('api', {
          phase: 'Running',
          state: runsOn,
          container: { readinessProbe: { grpc: { port: 9090 } } },
          said: [['Unhealthy', 'Readiness probe failed: service unhealthy (responded with "NOT_SERVING")']],
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /NOT_SERVING/,
    ],
    [
      'HTTP',
      waits(
        app('api', {
          phase: 'Running',
          state: runsOn,
          container: { readinessProbe: { httpGet: { path: '/readyz', port: 8080 } } },
          said: [['Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 500']],
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /statuscode: 500/,
    ],
  ]),
  ...three('a port is taken', [
    [
      'of the host',
      waits(
        unfit(
          'edge',
          "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
          { kind: 'DaemonSet', container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
        ),
      ),
      /Pod\/apps\/edge|DaemonSet\/apps\/edge/,
      /free ports/,
    ],
    [
      'of the nodes',
      refuses(
        'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
      ),
      /Service\/apps\/web|Kustomization\/flux-system\/shop/,
      /30080: provided port is already allocated/,
    ],
    [
      'in the pod',
      waits(
        crash('proxy', 1, {
          log: '2026/01/01 00:00:00 [emerg] 1#1: bind() to 0.0.0.0:8080 failed (98: Address already in use)\nnginx: [emerg] bind() to 0.0.0.0:8080 failed (98: Address already in use)',
        }),
      ),
      /Pod\/apps\/proxy|Deployment\/apps\/proxy/,
      /Address already in use/,
    ],
  ]),
  ...three('a claim is pending', [
    [
      'no such class',
      waits(unclaimed('db', 'fast', ['ProvisioningFailed', 'storageclass.storage.k8s.io "fast" not found'])),
      /PersistentVolumeClaim\/apps\/data-db-0|StorageClass\/(?:.*\/)?fast/,
      /"fast" not found/,
    ],
    [
      'the driver may not',
      waits(
        unclaimed('db', 'gp3', [
          'ProvisioningFailed',
          'failed to provision volume with StorageClass "gp3": rpc error: code = Internal desc = Could not create volume "pvc-c338311b-294b": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, RequestID: 5d7b314e, api error UnauthorizedOperation: You are not authorized to perform this operation.',
        ]),
      ),
      /PersistentVolumeClaim\/apps\/data-db-0/,
      /UnauthorizedOperation/,
    ],
    [
      'no volume and no class',
      waits(unclaimed('db', '', ['FailedBinding', 'no persistent volumes available for this claim and no storage class is set'])),
      /PersistentVolumeClaim\/apps\/data-db-0/,
      /no persistent volumes available/,
    ],
  ]),
  ...three('memory is not enough', [
    [
      'a Job',
      waits(failedJob('import', { container: { resources: { limits: { memory: '256Mi' } } }, state: ended(137, 'OOMKilled') }), {
        status: 'Failed',
      }),
      /Pod\/apps\/import|Job\/apps\/import/,
      /OOMKilled/,
    ],
    [
      'before it starts',
      waits(
        crash('api', 128, {
          reason: 'StartError',
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown',
          container: { resources: { limits: { memory: '4Mi' } } },
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /OOM-killed/,
      /memory/,
    ],
    [
      'a Deployment',
      waits(crash('api', 137, { reason: 'OOMKilled', container: { resources: { limits: { memory: '128Mi' } } } })),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /OOMKilled/,
    ],
  ]),
  ...three('a pod has no place', [
    [
      'taints',
      waits(
        unfit(
          'db',
          '0/2 nodes are available: 2 node(s) had untolerated taint {dedicated: gpu}. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
          { kind: 'StatefulSet' },
        ),
      ),
      /Pod\/apps\/db-0|StatefulSet\/apps\/db/,
      /untolerated taint/,
    ],
    [
      'a selector of nodes',
      waits(
        unfit(
          'api',
          "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
          { pod: { nodeSelector: { disk: 'nvme' } } },
        ),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /node affinity\/selector/,
    ],
    [
      'cpu',
      waits(
        unfit(
          'api',
          '0/2 nodes are available: 2 Insufficient cpu. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
          { container: { resources: { requests: { cpu: '8' } } } },
        ),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /Insufficient cpu/,
    ],
  ]),
  ...three('a key is missing', [
    [
      'of a CronJob',
      [
        ...alone(
          app('report', {
            kind: 'CronJob',
            container: { env: [{ name: 'LOG_LEVEL', valueFrom: { configMapKeyRef: { name: 'settings', key: 'LOG_LEVEL' } } }] },
            state: wait('CreateContainerConfigError', "couldn't find key LOG_LEVEL in ConfigMap apps/settings"),
            said: [['Failed', "Error: couldn't find key LOG_LEVEL in ConfigMap apps/settings"]],
          }),
        ),
        config('settings', { REGION: 'eu' }),
      ],
      /ConfigMap\/apps\/settings|Pod\/apps\/report|Job\/apps\/report|CronJob/,
      /couldn't find key LOG_LEVEL/,
    ],
    [
      'of a volume',
      [
        ...waits(
          app('web', {
            pod: mounts({ name: 'config', configMap: { name: 'settings', items: [{ key: 'app.yaml', path: 'app.yaml' }] } }),
            state: creating,
            said: [
              ['FailedMount', 'MountVolume.SetUp failed for volume "config" : configmap references non-existent config key: app.yaml'],
            ],
          }),
        ),
        config('settings', { 'application.yaml': 'a: 1' }),
      ],
      /ConfigMap\/apps\/settings|Pod\/apps\/web|Deployment\/apps\/web/,
      /non-existent config key: app\.yaml/,
    ],
    [
      'of values',
      [
        ...unstarted(
          'web',
          [
            'ValuesError',
            "could not resolve ConfigMap chart values reference 'apps/web-values' with key 'values.yaml': missing key 'values.yaml' in ConfigMap 'apps/web-values'",
          ],
          { valuesFrom: [{ kind: 'ConfigMap', name: 'web-values' }] },
        ),
        config('web-values', { 'prod.yaml': 'a: 1' }),
      ],
      /ConfigMap\/apps\/web-values|HelmRelease\/apps\/web/,
      /values\.yaml/,
    ],
  ]),
  ...three('a volume does not come to the node', [
    [
      'it is at another one',
      [
        ...waits(
          app('db', {
            kind: 'StatefulSet',
            pod: mounts({}, 'data-db-0'),
            state: creating,
            said: [
              [
                'FailedAttachVolume',
                'Multi-Attach error for volume "pvc-0a1b" Volume is already exclusively attached to one node and can\'t be attached to another',
              ],
            ],
          }),
        ),
        bound('data-db-0'),
      ],
      /Pod\/apps\/db-0|PersistentVolumeClaim\/apps\/data-db-0|StatefulSet\/apps\/db|PersistentVolume/,
      /Multi-Attach error/,
    ],
    [
      'the cloud refuses',
      [
        ...waits(
          app('db', {
            kind: 'StatefulSet',
            pod: mounts({}, 'data-db-0'),
            state: creating,
            said: [
              [
                'FailedAttachVolume',
                'AttachVolume.Attach failed for volume "pvc-0a1b" : rpc error: code = Internal desc = Could not attach volume "vol-036f02de0e81cbb95" to node "i-0a9c": operation error EC2: AttachVolume, https response error StatusCode: 400, RequestID: 77, api error InvalidVolume.ZoneMismatch: The volume \'vol-036f02de0e81cbb95\' is not in the same availability zone as instance \'i-0a9c\'',
              ],
            ],
          }),
        ),
        bound('data-db-0'),
      ],
      /Pod\/apps\/db-0|PersistentVolumeClaim\/apps\/data-db-0|StatefulSet\/apps\/db|PersistentVolume/,
      /not in the same availability zone/,
    ],
    [
      'its file system is broken',
      [
        ...waits(
          app('web', {
            pod: mounts({}, 'data'),
            state: creating,
            said: [
              [
                'FailedMount',
                'MountVolume.MountDevice failed for volume "pvc-0a1b" : rpc error: code = Internal desc = could not format "/dev/nvme1n1" and mount it at "/var/lib/kubelet/plugins/kubernetes.io/csi/ebs.csi.aws.com/9f/globalmount": mount failed: exit status 32\nMounting command: mount\nOutput: mount: wrong fs type, bad option, bad superblock on /dev/nvme1n1, missing codepage or helper program, or other error',
              ],
            ],
          }),
        ),
        bound('data'),
      ],
      /Pod\/apps\/web|PersistentVolumeClaim\/apps\/data|Deployment\/apps\/web|PersistentVolume/,
      /bad superblock/,
    ],
  ]),
  ...three('a program cannot be started', [
    [
      'another architecture',
      waits(failedJob('migrate', { state: ended(255), log: 'exec /app/migrate: exec format error' }), { status: 'Failed' }),
      /Pod\/apps\/migrate|Job\/apps\/migrate/,
      /exec format error/,
    ],
    [
      'no such file',
      waits(
        crash('api', 128, {
          reason: 'StartError',
          message:
            'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/server": stat /app/server: no such file or directory: unknown',
          said: [
            [
              'Failed',
              'Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/app/server": stat /app/server: no such file or directory: unknown',
            ],
          ],
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /\/app\/server: no such file/,
    ],
    [
      'no right to',
      waits(
        crash('api', 127, {
          reason: 'StartError',
          message:
            'container create failed: time="2026-01-01T00:00:00Z" level=error msg="runc create failed: unable to start container process: exec: \\"/entrypoint.sh\\": permission denied"',
          said: [
            [
              'Failed',
              'Error: container create failed: time="2026-01-01T00:00:00Z" level=error msg="runc create failed: unable to start container process: exec: \\"/entrypoint.sh\\": permission denied"',
            ],
          ],
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api/,
      /entrypoint\.sh.*permission denied/,
      /execut|chmod|permission/,
    ],
  ]),
  ...three('a node is not well', [
    [
      'it is gone',
      [
        ...waits(
          app('db', {
            kind: 'StatefulSet',
            phase: 'Running',
            state: runsOn,
            status: { conditions: conditions(['Ready', 'False', '', ''], ['PodScheduled', 'True', '', '']) },
            said: [['NodeNotReady', 'Node is not ready']],
          }).map(leaving),
        ),
        lost(),
      ],
      /Node\/(?:.*\/)?worker-1/,
      /stopped posting node status/,
    ],
    [
      'its disk is full',
      waits(evicted(), { status: 'Failed' }),
      /Pod\/apps\/import|Job\/apps\/import|Node/,
      /low on resource: ephemeral-storage/,
    ],
    [
      'its network is not ready',
      waits(
        app('api', {
          state: creating,
          said: [
            [
              'FailedCreatePodSandBox',
              'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "9a1c": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
            ],
          ],
        }),
      ),
      /Pod\/apps\/api|Deployment\/apps\/api|Node|calico/,
      /plugin type="calico" failed/,
    ],
  ]),
]
