import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { FaultCase } from './case.ts'
import { claim, conditions, event, global, object } from './objects.ts'
import { above, asking, crash, expired, helmed, node, serves, thrice, unmounted, volumes, waited } from './outside-kit.ts'
import { alone, app, loops, pending, refuses, waits } from './practice.ts'

const past = '2026-01-01T00:00:00Z'
const none = 'preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.'
const unplaced = (message: string, more = {}) => ({ scheduled: pending(message), said: [['FailedScheduling', message]] as const, ...more })
const started = (name: string, state: JsonObject = {}): JsonObject => ({ ...serves(name), ready: false, ...state })
const probes: FaultCase[] = [
  ...thrice('probe', [
    [
      'liveness by HTTP kills it, a StatefulSet',
      waited('api', {
        kind: 'StatefulSet',
        phase: 'Running',
        state: loops('api', 137),
        container: { livenessProbe: { httpGet: { path: '/healthz', port: 8080 } } },
        said: [
          ['Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 404'],
          ['Killing', 'Container api failed liveness probe, will be restarted'],
        ],
        log: 'GET /healthz 404 0.2ms',
      }),
      /apps\/api/,
      /Liveness probe failed|failed liveness probe/,
      /probe/i,
    ],
    [
      'readiness by gRPC, asked at the pod',
      asking(
        'Pod',
        alone(
          app('api', {
            phase: 'Running',
            state: started('api'),
            container: { readinessProbe: { grpc: { port: 9090 } } },
            said: [
              [
                'Unhealthy',
                'Readiness probe failed: timeout: failed to connect service "10.42.1.17:9090" within 1s: context deadline exceeded',
              ],
            ],
          }),
        ),
      ),
      /apps\/api/,
      /Readiness probe failed/,
      /probe|port/i,
    ],
    [
      'startup by a program that is not in the image, below a release',
      helmed('api', {
        phase: 'Running',
        state: {
          ...started('api', { started: false, restartCount: 5 }),
          state: { running: { startedAt: past } },
          lastState: { terminated: { exitCode: 143, reason: 'Error', startedAt: past, finishedAt: past } },
        },
        container: { startupProbe: { exec: { command: ['curl', '-f', 'localhost:8080'] } } },
        said: [
          [
            'Unhealthy',
            'Startup probe errored: rpc error: code = Unknown desc = failed to exec in container: failed to start exec "7c1": OCI runtime exec failed: exec failed: unable to start container process: exec: "curl": executable file not found in $PATH: unknown',
          ],
          ['Killing', 'Container api failed startup probe, will be restarted'],
        ],
      }),
      /apps\/api/,
      /curl|startup probe/i,
      /probe/i,
    ],
  ]),
  ...thrice('readiness that never comes, its events gone', [
    [
      'a port that nobody listens at',
      expired(
        waited('api', {
          phase: 'Running',
          state: started('api'),
          container: { readinessProbe: { tcpSocket: { port: 9999 } } },
          log: 'listening on :8080',
        }),
      ),
      /apps\/api/,
      /ready|9999/i,
      /probe|port|ready/i,
    ],
    [
      'a readiness gate of a load balancer',
      waited('api', {
        phase: 'Running',
        state: serves('api'),
        pod: { readinessGates: [{ conditionType: 'target-health.elbv2.k8s.aws/k8s-api' }] },
        status: {
          conditions: conditions(
            ['PodScheduled', 'True', '', ''],
            ['ContainersReady', 'True', '', ''],
            ['target-health.elbv2.k8s.aws/k8s-api', 'False', 'Target.Timeout', 'Request timed out'],
            [
              'Ready',
              'False',
              'ReadinessGatesNotReady',
              'the status of pod readiness gate "target-health.elbv2.k8s.aws/k8s-api" is not "True", but False',
            ],
          ),
        },
      }),
      /apps\/api/,
      /target-health|Request timed out/,
      /./,
    ],
    [
      'one of two containers',
      asking(
        'Deployment',
        alone(
          app('api', {
            phase: 'Running',
            pod: {
              containers: [
                { name: 'api', image: 'registry.example.com/shop/api:2.4.1' },
                { name: 'proxy', image: 'registry.example.com/shop/proxy:1', readinessProbe: { httpGet: { path: '/ready', port: 15021 } } },
              ],
            },
            status: {
              containerStatuses: [
                { name: 'api', ...serves('api') },
                { name: 'proxy', ...started('proxy') },
              ],
            },
            said: [
              [
                'Unhealthy',
                'Readiness probe failed: Get "http://10.42.1.17:15021/ready": dial tcp 10.42.1.17:15021: connect: connection refused',
              ],
            ],
          }),
        ),
      ),
      /apps\/api/,
      /15021/,
      /probe|port/i,
    ],
  ]),
]
const ports: FaultCase[] = thrice('port that is taken', [
  [
    'hostPort of a DaemonSet',
    waited('ingress', {
      kind: 'DaemonSet',
      ...unplaced(
        "0/3 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
      ),
      container: { ports: [{ containerPort: 80, hostPort: 80 }] },
    }),
    /apps\/ingress/,
    /free ports/,
    /port/i,
  ],
  [
    'nodePort',
    refuses(
      'Service/apps/web dry-run failed (Invalid): Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ),
    /Kustomization\/flux-system\/shop|Service\/apps\/web/,
    /30080/,
    /nodePort|port/i,
  ],
  [
    'of the host, found by the program',
    helmed(
      'exporter',
      crash(
        'exporter',
        1,
        'ts=2026-01-01T00:00:00.000Z caller=tls_config.go:313 level=info msg="Listening on" address=[::]:9100\nlisten tcp 0.0.0.0:9100: bind: address already in use',
        { pod: { hostNetwork: true } },
      ),
    ),
    /apps\/exporter/,
    /address already in use/,
    /port/i,
  ],
])
const pvc = (name: string, spec: JsonObject, said: readonly (readonly [string, string, string?])[] = []): KubeObject[] => {
  const one = claim(name, spec)
  return [one, ...said.map(([reason, message, type = 'Warning']) => event(one, reason, message, { type }))]
}
const onClaim = (name: string) => ({ pod: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: name } }] } })
const unbound = `0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. ${none}`
const ebs = (rest: JsonObject = {}): KubeObject =>
  global('storage.k8s.io/v1', 'StorageClass', 'ebs', {
    provisioner: 'ebs.csi.aws.com',
    volumeBindingMode: 'Immediate',
    reclaimPolicy: 'Delete',
    ...rest,
  })
const bound = (name: string, volumeName: string): KubeObject => claim(name, { volumeName, storageClassName: 'ebs' }, 'Bound')
const storage: FaultCase[] = [
  ...thrice('claim without a volume', [
    [
      'no such class, asked at the claim',
      [
        ...pvc('data-db-0', { storageClassName: 'fast-ssd' }, [['ProvisioningFailed', 'storageclass.storage.k8s.io "fast-ssd" not found']]),
        ...alone(app('db', { kind: 'StatefulSet', ...unplaced(unbound, onClaim('data-db-0')) })),
      ],
      /data-db-0|fast-ssd/,
      /fast-ssd/,
      /class/i,
    ],
    [
      'no default class',
      waits([
        ...app('web', unplaced(unbound, onClaim('uploads'))),
        ...pvc('uploads', {}, [['FailedBinding', 'no persistent volumes available for this claim and no storage class is set', 'Normal']]),
      ]).filter(o => o.kind !== 'StorageClass'),
      /uploads/,
      /no storage class is set/,
      /class/i,
    ],
    [
      'the cloud refuses, below a release',
      [
        ...helmed('db', { kind: 'StatefulSet', ...unplaced(unbound, onClaim('data-db-0')) }),
        ...pvc('data-db-0', { storageClassName: 'ebs' }, [
          [
            'ExternalProvisioning',
            "Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
            'Normal',
          ],
          [
            'ProvisioningFailed',
            'failed to provision volume with StorageClass "ebs": rpc error: code = Internal desc = Could not create volume "pvc-77": could not create volume in EC2: operation error EC2: CreateVolume, https response error StatusCode: 403, RequestID: 1, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/ebs-csi/1 is not authorized to perform: ec2:CreateVolume',
          ],
        ]),
        ebs(),
      ],
      /data-db-0|StorageClass/,
      /UnauthorizedOperation|not authorized/,
      /./,
    ],
  ]),
  ...thrice('provisioner that does not act', [
    [
      'its controller crashes',
      waits([
        ...app('db', { kind: 'StatefulSet', ...unplaced(unbound, onClaim('data-db-0')) }),
        ...pvc('data-db-0', { storageClassName: 'nfs-client' }, [
          [
            'ExternalProvisioning',
            "Waiting for a volume to be created either by the external provisioner 'k8s-sigs.io/nfs-subdir-external-provisioner' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
            'Normal',
          ],
        ]),
        global('storage.k8s.io/v1', 'StorageClass', 'nfs-client', {
          provisioner: 'k8s-sigs.io/nfs-subdir-external-provisioner',
          volumeBindingMode: 'Immediate',
        }),
      ]),
      /data-db-0|nfs-client/,
      /nfs-subdir-external-provisioner/,
      /provisioner/i,
    ],
    [
      'zones of a volume',
      waits([
        ...app('db', {
          kind: 'StatefulSet',
          ...unplaced(
            `0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) had volume node affinity conflict. ${none}`,
            onClaim('data-db-0'),
          ),
        }),
        object('v1', 'PersistentVolumeClaim', 'data-db-0', {
          spec: { volumeName: 'pvc-77', storageClassName: 'ebs' },
          status: { phase: 'Bound' },
        }),
        global('v1', 'PersistentVolume', 'pvc-77', {
          spec: {
            capacity: { storage: '1Gi' },
            csi: { driver: 'ebs.csi.aws.com', volumeHandle: 'vol-1' },
            claimRef: { kind: 'PersistentVolumeClaim', name: 'data-db-0', namespace: 'apps' },
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['eu-west-1c'] }] }],
              },
            },
          },
          status: { phase: 'Bound' },
        }),
        ebs(),
      ]),
      /apps\/(db|data-db)|pvc-77/,
      /volume node affinity conflict/,
      /volume/i,
    ],
    [
      'a volume by hand is bound elsewhere',
      waits([
        ...app('web', unplaced(unbound, onClaim('uploads'))),
        ...pvc('uploads', { storageClassName: '', volumeName: 'uploads-nfs' }, [
          ['FailedBinding', 'volume "uploads-nfs" already bound to a different claim.'],
        ]),
        global('v1', 'PersistentVolume', 'uploads-nfs', {
          spec: {
            capacity: { storage: '1Gi' },
            storageClassName: '',
            claimRef: { kind: 'PersistentVolumeClaim', name: 'uploads', namespace: 'old', uid: 'x' },
          },
          status: { phase: 'Released' },
        }),
      ]),
      /uploads/,
      /already bound/,
      /claimRef|volume/i,
    ],
  ]),
  ...thrice('volume that cannot be attached', [
    [
      'it is at another node',
      waited('web', {
        ...unmounted(
          'Multi-Attach error for volume "pvc-0a1b" Volume is already used by pod(s) web-5f6c7d8e9f-abcde',
          'FailedAttachVolume',
        ),
        ...onClaim('uploads'),
      }).concat(
        object('v1', 'PersistentVolumeClaim', 'uploads', {
          spec: { accessModes: ['ReadWriteOnce'], volumeName: 'pvc-0a1b' },
          status: { phase: 'Bound' },
        }),
      ),
      /apps\/(web|uploads)/,
      /Multi-Attach/,
      /Recreate|ReadWriteMany|detach|node|attach/i,
    ],
    [
      'the node has no driver',
      asking(
        'Pod',
        alone([
          ...app('db', {
            kind: 'StatefulSet',
            ...unmounted(
              'AttachVolume.Attach failed for volume "pvc-77" : CSINode worker-1 does not contain driver ebs.csi.aws.com',
              'FailedAttachVolume',
            ),
            ...onClaim('data-db-0'),
          }),
          object('v1', 'PersistentVolumeClaim', 'data-db-0', {
            spec: { volumeName: 'pvc-77', storageClassName: 'ebs' },
            status: { phase: 'Bound' },
          }),
          ebs(),
        ]),
      ),
      /apps\/db|worker-1/,
      /does not contain driver/,
      /driver/i,
    ],
    [
      'the node is full of volumes, below a release',
      [
        ...helmed('db', {
          kind: 'StatefulSet',
          ...unplaced(`0/3 nodes are available: 3 node(s) exceed max volume count. ${none}`, onClaim('data-db-0')),
        }),
        object('v1', 'PersistentVolumeClaim', 'data-db-0', {
          spec: { volumeName: 'pvc-77', storageClassName: 'ebs' },
          status: { phase: 'Bound' },
        }),
        ebs(),
      ],
      /apps\/db/,
      /max volume count/,
      /node|volume/i,
    ],
  ]),
  ...thrice('volume that cannot be mounted', [
    [
      'NFS refuses',
      waited('media', {
        kind: 'StatefulSet',
        ...unmounted(
          'MountVolume.SetUp failed for volume "media" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs nas.corp:/export/media /var/lib/kubelet/pods/1f0c/volumes/kubernetes.io~nfs/media\nOutput: mount.nfs: access denied by server while mounting nas.corp:/export/media',
        ),
        ...volumes('media', { nfs: { server: 'nas.corp', path: '/export/media' } }),
      }),
      /apps\/media/,
      /access denied by server/,
      /export|server|NFS/i,
    ],
    [
      'its file system is broken',
      asking(
        'Pod',
        alone(
          app('db', {
            kind: 'StatefulSet',
            ...unmounted(
              'MountVolume.MountDevice failed for volume "pvc-77" : rpc error: code = Internal desc = \'fsck\' found errors on device /dev/nvme1n1 but could not correct them: fsck from util-linux 2.37.4\n/dev/nvme1n1: Superblock has an invalid journal (inode 8).\n',
            ),
            ...onClaim('data-db-0'),
          }).concat(bound('data-db-0', 'pvc-77')),
        ),
      ),
      /apps\/(db|data-db-0)/,
      /fsck/,
      /fsck|repair|file system/i,
    ],
    [
      'the driver is not on the node, below a release',
      helmed('web', {
        ...unmounted(
          'MountVolume.MountDevice failed for volume "pvc-99" : kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name efs.csi.aws.com not found in the list of registered CSI drivers',
        ),
        ...onClaim('shared'),
      }).concat(bound('shared', 'pvc-99')),
      /apps\/(web|shared)/,
      /efs\.csi\.aws\.com not found/,
      /driver/i,
    ],
  ]),
]
const placing: FaultCase[] = [
  ...thrice('no node has room', [
    [
      'memory, a StatefulSet',
      waited('search', {
        kind: 'StatefulSet',
        ...unplaced(
          '0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient memory. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod.',
        ),
        container: { resources: { requests: { memory: '64Gi' } } },
      }),
      /apps\/search/,
      /Insufficient memory/,
      /memory|request|node/i,
    ],
    [
      'GPUs, a Job, asked at the pod',
      asking(
        'Pod',
        alone(
          app('train', {
            kind: 'Job',
            ...unplaced(
              '0/3 nodes are available: 3 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.',
            ),
            container: { resources: { limits: { 'nvidia.com/gpu': '1' } } },
          }),
        ),
      ),
      /apps\/train/,
      /nvidia\.com\/gpu/,
      /gpu|node|device/i,
    ],
    [
      'places for pods; the autoscaler would not',
      above(
        waited('web', {
          ...unplaced(
            '0/2 nodes are available: 2 Too many pods. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
          ),
          said: [
            [
              'FailedScheduling',
              '0/2 nodes are available: 2 Too many pods. preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
            ],
            ['NotTriggerScaleUp', "pod didn't trigger scale-up: 1 max node group size reached"],
          ],
        }),
      ),
      /apps\/web/,
      /Too many pods|max node group size/,
      /node|pods/i,
    ],
  ]),
  ...thrice('no node may be used', [
    [
      'a taint',
      waited('agent', { kind: 'Job', ...unplaced(`0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: batch}. ${none}`) }),
      /apps\/agent/,
      /dedicated: batch/,
      /tolerat|taint/i,
    ],
    [
      'a selector that no node has',
      asking(
        'Deployment',
        alone(
          app('web', {
            ...unplaced(`0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. ${none}`),
            pod: { nodeSelector: { disktype: 'sdd' } },
          }),
        ),
      ),
      /apps\/web/,
      /node affinity\/selector/,
      /selector|affinity|label/i,
    ],
    [
      'spread and anti-affinity, below a release',
      helmed('db', {
        kind: 'StatefulSet',
        ...unplaced(
          "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 2 node(s) didn't match pod anti-affinity rules. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.",
        ),
      }),
      /apps\/db/,
      /anti-affinity|topology spread/,
      /affinity|spread|node/i,
    ],
  ]),
  ...thrice('node that is not well', [
    [
      'it does not answer',
      waits([
        ...app('db', {
          kind: 'StatefulSet',
          phase: 'Running',
          state: serves('db'),
          status: {
            conditions: conditions(['PodScheduled', 'True', '', ''], ['ContainersReady', 'True', '', ''], ['Ready', 'False', '', '']),
          },
          said: [['NodeNotReady', 'Node is not ready']],
        }),
      ]).map(o =>
        o.kind === 'Node' && o.metadata.name === 'worker-1'
          ? node('worker-1', {
              ready: ['Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'],
              spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }] },
            })
          : o,
      ),
      /Node\/.*worker-1/,
      /Kubelet stopped posting node status/,
      /node|kubelet/i,
    ],
    [
      'its network is not ready, a DaemonSet',
      waits([
        ...app('agent', {
          kind: 'DaemonSet',
          ...unmounted(
            'network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
            'NetworkNotReady',
          ),
        }),
      ]).map(o =>
        o.kind === 'Node' && o.metadata.name === 'worker-1'
          ? node('worker-1', {
              ready: [
                'False',
                'KubeletNotReady',
                'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
              ],
            })
          : o,
      ),
      /worker-1|apps\/agent/,
      /cni plugin not initialized/,
      /CNI|network/i,
    ],
    [
      'it evicts for its disk',
      asking(
        'Pod',
        alone(
          app('web', {
            phase: 'Failed',
            status: {
              reason: 'Evicted',
              message:
                'The node was low on resource: ephemeral-storage. Threshold quantity: 2136223744, available: 1907248Ki. Container web was using 5820Mi, request is 0, has larger consumption of ephemeral-storage. ',
              containerStatuses: [],
            },
            said: [
              [
                'Evicted',
                'The node was low on resource: ephemeral-storage. Threshold quantity: 2136223744, available: 1907248Ki. Container web was using 5820Mi, request is 0, has larger consumption of ephemeral-storage. ',
              ],
            ],
          }),
        ),
      ),
      /apps\/web|worker-1/,
      /ephemeral-storage/,
      /ephemeral|disk|storage/i,
    ],
  ]),
  ...thrice('sandbox of a pod', [
    [
      'no addresses left, AWS',
      waited(
        'web',
        unmounted(
          'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "3f": plugin type="aws-cni" name="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
          'FailedCreatePodSandBox',
        ),
      ),
      /apps\/web/,
      /assign an IP address/,
      /address|IP|subnet/i,
    ],
    [
      'Calico is not authorized, a DaemonSet',
      asking(
        'DaemonSet',
        alone(
          app('agent', {
            kind: 'DaemonSet',
            ...unmounted(
              'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "3f": plugin type="calico" failed (add): error getting ClusterInformation: connection is unauthorized: Unauthorized',
              'FailedCreatePodSandBox',
            ),
          }),
        ),
      ),
      /apps\/agent/,
      /connection is unauthorized/,
      /calico|CNI|network/i,
    ],
    [
      'no such runtime, below a release',
      helmed('sandboxed', {
        ...unmounted(
          'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "runsc" is configured',
          'FailedCreatePodSandBox',
        ),
        pod: { runtimeClassName: 'gvisor' },
      }),
      /apps\/sandboxed|gvisor/,
      /no runtime for "runsc"/,
      /runtime/i,
    ],
  ]),
]

export const outsideNodes: FaultCase[] = [...probes, ...ports, ...storage, ...placing]
