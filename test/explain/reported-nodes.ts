import type { KubeObject } from '../../src/kinds/manifest.ts'
import { any, fault, type FaultCase } from './case.ts'
import {
  back,
  claim,
  conditions,
  crashing,
  deployment,
  event,
  global,
  pod,
  type PodShape,
  release,
  replicaSet,
  running,
  stuck,
  unscheduled,
  waiting,
} from './objects.ts'
import { controlled, failing, fleet, goodCharted, printing, retrying, waited, type Reported, reportedAs } from './whole.ts'

function below(
  shape: PodShape,
  events: readonly (readonly [reason: string, message: string, count?: number])[],
  near: readonly KubeObject[] = [],
): KubeObject[] {
  const dep = deployment('web', { progressing: stuck })
  const set = replicaSet(dep)
  const one = pod(set, shape)
  return [
    waited('apps', [dep], 'Failed'),
    fleet(),
    dep,
    set,
    one,
    ...events.map(([reason, message, count = 5]) => event(one, reason, message, { count })),
    ...near,
  ]
}
const scc: readonly Reported[] = [
  [
    'a group that is not allowed',
    'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: unable to validate against any security context constraint: [provider "anyuid": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{999}: 999 is not an allowed group, provider restricted-v2: .containers[0].runAsUser: Invalid value: 999: must be in the ranges: [1000680000, 1000689999], provider "restricted": Forbidden: not usable by user or serviceaccount]',
    'PodSecurityDenied',
    /999 is not an allowed group|security context constraint/,
  ],
  [
    'no constraint at all',
    'create Pod web-0 in StatefulSet web failed error: pods "web-0" is forbidden: unable to validate against any security context constraint: []',
    'PodSecurityDenied',
    /security context constraint/,
  ],
]
const volumes: readonly Reported[] = [
  [
    'an image of Ceph',
    'MountVolume.SetUp failed for volume "pvc-838a" : mount command failed, status: Failure, reason: Rook: Mount volume failed: failed to attach volume replicapool/pvc-838a: failed to map image replicapool/pvc-838a cluster rook-ceph',
    ['VolumeMountFailed', 'VolumeAttachFailed'],
    /failed to map image/,
  ],
  [
    'an operation that goes on',
    'MountVolume.MountDevice failed for volume "pvc-689f" : rpc error: code = Aborted desc = an operation with the given Volume ID 0001-0009-rook-ceph-0000000000000001-40c3daa8 already exists',
    ['VolumeMountFailed', 'VolumeAttachFailed'],
    /an operation with the given Volume ID/,
  ],
  [
    'a mount point that is busy',
    'MountVolume.MountDevice failed for volume "pvc-05cb" : rpc error: code = Internal desc = mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t ext4 -o defaults /dev/longhorn/pvc-05cb /var/lib/kubelet/plugins/kubernetes.io/csi/pv/pvc-05cb/globalmount\nOutput: mount: /globalmount: /dev/longhorn/pvc-05cb already mounted or mount point busy.',
    ['VolumeMountFailed', 'VolumeInUse'],
    /mount point busy/,
  ],
  [
    'a map of rbd',
    'MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal desc = rbd: map failed with error an error (exit status 1) occurred while running rbd args',
    ['VolumeMountFailed'],
    /rbd: map failed/,
  ],
  [
    'a wait without a reason',
    'Unable to mount volumes for pod "web-6d4f-x2x4z_apps(dd2b)": timeout expired waiting for volumes to attach/mount for pod "apps"/"web-6d4f-x2x4z". list of unattached/unmounted volumes=[data]',
    ['VolumeMountFailed', 'VolumeAttachFailed'],
    /timeout expired/,
  ],
]
const networks: readonly Reported[] = [
  [
    'a file of Flannel',
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "c981": plugin type="flannel" failed (add): loadFlannelSubnetEnv failed: open /run/flannel/subnet.env: no such file or directory',
    'PodNetworkFailed',
    /subnet\.env/,
  ],
]
const pulls: readonly Reported[] = [
  [
    'no endpoint',
    'rpc error: code = Unknown desc = failed to resolve image "x:latest": no available registry endpoint: x:latest not found',
    ['ImageNotFound', 'RegistryUnreachable'],
    /no available registry endpoint/,
  ],
  [
    'a digest that is not told',
    'rpc error: code = Unknown desc = failed to pull and unpack image "x": failed to resolve reference "x": could not resolve digest for x',
    ['ImageNotFound', 'RegistryUnreachable'],
    /could not resolve digest/,
  ],
  [
    'a blob of a mirror',
    'rpc error: code = Unknown desc = error pulling image configuration: download failed after attempts=1: unknown blob',
    ['ImageNotFound'],
    /unknown blob/,
  ],
  [
    'a package that is private',
    'rpc error: code = Unknown desc = failed to pull and unpack image "x": failed to resolve reference "x": unexpected status from HEAD request to https://ghcr.io/v2/a/voy/manifests/latest: 403 Forbidden',
    'ImagePullDenied',
    /403/,
  ],
]
const logs: readonly Reported[] = [
  [
    'Prometheus and its volume',
    'ts=2022-12-06T08:52:19.501Z caller=query_logger.go:91 level=error component=activeQueryTracker msg="Error opening query log file" file=/data/queries.active err="open /data/queries.active: permission denied"\npanic: Unable to create mmap-ed active query log\n',
    'CrashLoop',
    /permission denied|mmap/,
  ],
  [
    'Grafana and its volume',
    "GF_PATHS_DATA='/var/lib/grafana' is not writable.\nYou may have issues with file permissions, more information here: http://docs.grafana.org/installation/docker/#migrate-to-v51-or-later\nmkdir: can't create directory '/var/lib/grafana/plugins': Permission denied\n",
    'CrashLoop',
    /Permission denied/,
  ],
  [
    'an adapter of metrics',
    'F1112 09:12:55.047847       1 adapter.go:206] unable to install resource metrics API: open /tmp/client-ca-file078381703: no such file or directory\n',
    'CrashLoop',
    /client-ca-file/,
  ],
]
const places: readonly Reported[] = [
  [
    'a disk under pressure',
    '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
    ['UnschedulableTaint', 'NodePressure', 'NodesCordoned'],
    /disk-pressure/,
  ],
]
const releases: readonly Reported[] = [
  [
    'a field of a projection',
    'Helm upgrade failed for release apps/web with chart web@1.2.3: error validating "": error validating data: ValidationError(CronJob.spec.jobTemplate.spec.template.spec.volumes[6].projected.sources[0]): unknown field "name" in io.k8s.api.core.v1.VolumeProjection',
    ['InvalidObject', 'TemplateFailed'],
    /VolumeProjection/,
  ],
]
const applies: readonly Reported[] = [
  [
    'an API server without time',
    'Jenkins/apps/ci dry-run failed: failed to check CRD: failed to list CRDs: the server was unable to return a response in the time allotted, but may still be processing the request (get customresourcedefinitions.apiextensions.k8s.io)',
    ['NoAnswer', 'ServerError', 'AdmissionTimeout'],
    /time allotted/,
  ],
]

const creating: PodShape = {
  container: waiting('ContainerCreating'),
  spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
}
const bound = (): KubeObject => claim('data', { volumeName: 'pv-1', accessModes: ['ReadWriteOnce'] }, 'Bound')
const sick = (): KubeObject =>
  global('v1', 'Node', 'node-1', {
    status: {
      conditions: conditions([
        'Ready',
        'False',
        'KubeletNotReady',
        'PLEG is not healthy: pleg was last seen active 16h17m50.791825508s ago; threshold is 3m0s',
      ]),
    },
  })
const refusedSet = (words: string): KubeObject[] => {
  const sts = controlled('StatefulSet', 'web', { status: { replicas: 0, readyReplicas: 0 } })
  return [waited('apps', [sts]), fleet(), sts, event(sts, 'FailedCreate', words)]
}
const printed = (words: string): KubeObject[] => {
  const [top, source, dep, set, one] = below({ phase: 'Running', container: crashing(1) }, [])
  return [top, source, dep, set, one && printing(one, words)].filter(o => o !== undefined)
}

/** What people report of nodes, volumes and admission. */
export const reportedNodes: readonly FaultCase[] = [
  ...scc.map(reportedAs('constraint', refusedSet)),
  ...volumes.map(reportedAs('volume', w => below(creating, [['FailedMount', w]], [bound()]))),
  ...networks.map(reportedAs('network', w => below({ container: waiting('ContainerCreating') }, [['FailedCreatePodSandBox', w]]))),
  ...pulls.map(reportedAs('pull', w => below(back('x'), [['Failed', `Failed to pull image "x": ${w}`]]))),
  ...logs.map(reportedAs('log', printed)),
  ...places.map(reportedAs('place', w => below({ ...unscheduled(w), container: {} }, [['FailedScheduling', w]]))),
  ...releases.map(reportedAs('release', w => [release('web', {}, undefined, retrying('UpgradeFailed', w)), ...goodCharted()])),
  ...applies.map(reportedAs('apply', w => [failing('apps', ['ReconciliationFailed', w]), fleet()])),
  fault(
    'node',
    'reported: a kubelet that lost its containers',
    below({ phase: 'Running', container: running() }, [['NodeNotReady', 'Node is not ready']], [sick()]),
    { cause: 'NodeNotReady', proof: /PLEG/, fix: any },
  ),
]
