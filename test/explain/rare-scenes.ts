import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { any, type Expected, fault, type FaultCase } from './case.ts'
import {
  availableNow,
  back,
  claim,
  conditions,
  crashing,
  deployment,
  ended,
  event,
  global,
  namespace,
  ns,
  object,
  ownedBy,
  pod,
  type PodShape,
  release,
  replicaFailure,
  replicaSet,
  running,
  stuck,
  waiting,
} from './objects.ts'
import { controlled, failing, firstOf, fleet, goodCharted, isWell, labelled, printing, runs, waited } from './whole.ts'

/** Clusters whose events have expired, and such where something else in the same tree looks worse than it is. */
type Near = readonly KubeObject[]
const row = (name: string, says: string, objects: Near, expect: Expected): FaultCase => fault(name, `rare: ${says}`, objects, expect)

/** A StatefulSet or DaemonSet that could not make its pods, long after its events are gone. */
const empty = (kind: 'StatefulSet' | 'DaemonSet', pods: JsonObject): KubeObject =>
  controlled(kind, 'web', {
    spec: {
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [{ name: 'app', image: 'x:1', ...(pods.container as JsonObject | undefined) }],
          ...(pods.spec as JsonObject | undefined),
        },
      },
    },
    status:
      kind === 'StatefulSet'
        ? { replicas: 0, readyReplicas: 0, currentReplicas: 0, updatedReplicas: 0 }
        : { desiredNumberScheduled: 2, currentNumberScheduled: 0, numberReady: 0, numberUnavailable: 2 },
  })
const silent = (owner: KubeObject, near: Near = []): KubeObject[] => [waited('apps', [owner]), fleet(), owner, ...near]
const stood = (shape: PodShape, near: Near = []): KubeObject[] => {
  const owner = controlled('StatefulSet', 'web')
  return silent(owner, [firstOf(owner, shape), ...near])
}
const creating = (volume: JsonObject): PodShape => ({
  container: waiting('ContainerCreating'),
  spec: { volumes: [{ name: 'v', ...volume }] },
})
const onClaim = { persistentVolumeClaim: { claimName: 'data-web-0' } }

function rolled(): { dep: KubeObject; old: KubeObject; set: KubeObject } {
  const dep = deployment('web', { progressing: stuck })
  return { dep, old: replicaSet(dep, { hash: '5c8b', replicas: 1 }), set: replicaSet(dep, { hash: '7f9d' }) }
}
const probed = (): PodShape => ({
  phase: 'Running',
  container: { ...running(), restartCount: 31, lastState: ended(143, 'Error') },
  spec: { containers: [{ name: 'app', image: 'x', livenessProbe: { httpGet: { path: '/healthz', port: 8080 } } }] },
})
function beside(): KubeObject[] {
  const { dep, set } = rolled()
  return [
    waited('apps', [dep], 'Failed'),
    fleet(),
    dep,
    set,
    leftover(set, 'web-7f9d-aaaaa'),
    pod(set, { phase: 'Running', container: running() }),
  ]
}

const expired: readonly FaultCase[] = [
  row('events gone', 'a Secret of a volume is not there', stood(creating({ secret: { secretName: 'web-tls' } })), {
    cause: 'SecretMissing',
    proof: /web-tls/,
    fix: /Secret/,
  }),
  row(
    'events gone',
    'a key of a ConfigMap is not there',
    stood(creating({ configMap: { name: 'nginx', items: [{ key: 'nginx.conf', path: 'nginx.conf' }] } }), [
      object('v1', 'ConfigMap', 'nginx', { data: { 'default.conf': '' } }),
    ]),
    { cause: 'ConfigMapKeyMissing', proof: /nginx\.conf/, fix: /key/ },
  ),
  row(
    'events gone',
    'a projected Secret is not there',
    stood(creating({ projected: { sources: [{ configMap: { name: 'ca' } }, { secret: { name: 'client-cert' } }] } }), [
      object('v1', 'ConfigMap', 'ca', { data: { 'ca.crt': '' } }),
    ]),
    { cause: 'SecretMissing', proof: /client-cert/, fix: any },
  ),
  row(
    'events gone',
    'a claim that is attached elsewhere',
    stood(creating(onClaim), [
      claim('data-web-0', { volumeName: 'pvc-2f6a' }, 'Bound'),
      global('storage.k8s.io/v1', 'VolumeAttachment', 'csi-1', {
        spec: { attacher: 'ebs.csi.aws.com', nodeName: 'node-1', source: { persistentVolumeName: 'pvc-2f6a' } },
        status: {
          attached: false,
          attachError: {
            time: '2026-01-01T00:00:00Z',
            message:
              'rpc error: code = Internal desc = Could not attach volume "vol-1" to node "i-1": volume is attached to instance i-0, VolumeInUse: vol-1 is already attached to an instance',
          },
        },
      }),
    ]),
    { cause: ['VolumeInUse', 'VolumeAttachFailed'], proof: /already attached/, fix: any },
  ),
  row(
    'events gone',
    'a claim without its class',
    stood(
      {
        phase: 'Pending',
        scheduled: ['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.'],
        spec: { volumes: [{ name: 'v', ...onClaim }] },
      },
      [claim('data-web-0', { storageClassName: 'fast' })],
    ),
    { cause: 'StorageClassMissing', proof: /fast/, fix: any },
  ),
  row(
    'events gone',
    'the account of a StatefulSet is not there',
    silent(empty('StatefulSet', { spec: { serviceAccountName: 'web-runner' } })),
    { cause: 'ServiceAccountMissing', proof: /web-runner/, fix: /ServiceAccount|serviceAccount/ },
  ),
  row(
    'events gone',
    'a quota that is used up, of a StatefulSet',
    silent(empty('StatefulSet', { container: { resources: { limits: { cpu: '1' }, requests: { cpu: '1' } } } }), [
      object('v1', 'ResourceQuota', 'team', { spec: { hard: { pods: '4' } }, status: { hard: { pods: '4' }, used: { pods: '4' } } }),
    ]),
    { cause: 'QuotaExceeded', proof: /pods/, fix: /quota/i },
  ),
  row(
    'events gone',
    'a namespace that forbids privileged pods, of a DaemonSet',
    silent(empty('DaemonSet', { container: { securityContext: { privileged: true } } }), [
      namespace(ns, { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'baseline' } } as never }),
    ]),
    { cause: 'PodSecurityDenied', proof: /baseline|privileged/, fix: any },
  ),
  row(
    'events gone',
    'a priority class of a DaemonSet is not there',
    silent(empty('DaemonSet', { spec: { priorityClassName: 'node-critical' } })),
    { cause: 'PriorityClassMissing', proof: /node-critical/, fix: any },
  ),
  (() => {
    const said = 'pods "web-6d4f-" is forbidden: exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4'
    const dep = deployment('web', { progressing: stuck, more: [replicaFailure(said)], status: { replicas: 0 } })
    return row('events gone', 'a quota, of a Deployment', silent(dep, [replicaSet(dep, { replicas: 0, more: [replicaFailure(said)] })]), {
      cause: 'QuotaExceeded',
      proof: /exceeded quota/,
      fix: any,
    })
  })(),
  row(
    'events gone',
    'a liveness probe',
    stood({
      phase: 'Running',
      container: { ...running(), restartCount: 31, lastState: ended(137, 'Error') },
      spec: { containers: [{ name: 'app', image: 'x', livenessProbe: { httpGet: { path: '/healthz', port: 8080 } } }] },
    }),
    { cause: ['LivenessProbeFailing', 'CrashLoop', 'ContainerExits', 'ReadinessProbeFailing'], proof: /137|restartCount/, fix: any },
  ),
  row(
    'events gone',
    'an image, as the pod itself says',
    stood({
      container: {
        ...waiting(
          'ImagePullBackOff',
          'Back-off pulling image "ghcr.io/acme/web:9": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/acme/web:9": failed to resolve reference "ghcr.io/acme/web:9": ghcr.io/acme/web:9: not found',
        ),
        image: 'ghcr.io/acme/web:9',
      },
    }),
    { cause: 'ImageNotFound', proof: /not found/, fix: any },
  ),
  row('events gone', 'an image, that the pod no longer explains', stood(back('ghcr.io/acme/web:9')), {
    cause: ['ImagePullFailed', 'ImageNotFound'],
    proof: /ghcr\.io\/acme\/web:9/,
    fix: any,
  }),
  row(
    'events gone',
    'a load balancer that nobody makes',
    [
      waited('apps', [
        object('v1', 'Service', 'edge', {
          spec: { type: 'LoadBalancer', selector: { app: 'gateway' }, ports: [{ port: 80 }] },
          status: { loadBalancer: {} },
        }),
      ]),
      fleet(),
      object('v1', 'Service', 'edge', {
        spec: { type: 'LoadBalancer', selector: { app: 'gateway' }, ports: [{ port: 80, targetPort: 8080 }] },
        status: { loadBalancer: {} },
      }),
      ...runs('gateway'),
    ],
    { cause: ['LoadBalancerPending', 'LoadBalancerFailed'], proof: /loadBalancer|LoadBalancer|ingress/, fix: any },
  ),
  row(
    'events gone',
    'a pod whose network is not made',
    stood({
      container: waiting('ContainerCreating'),
      status: {
        conditions: conditions(
          ['PodReadyToStartContainers', 'False', '', ''],
          ['PodScheduled', 'True', '', ''],
          ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [app]'],
        ),
      },
    }),
    { cause: ['PodNotStarting', 'PodSandboxFailed', 'PodNetworkFailed'], proof: any, fix: any },
  ),
  row(
    'events gone',
    'a LimitRange below what a DaemonSet asks for',
    silent(empty('DaemonSet', { container: { resources: { limits: { cpu: '2' } } } }), [
      object('v1', 'LimitRange', 'small', { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } }),
    ]),
    { cause: 'LimitRangeExceeded', proof: /cpu: 2/, fix: /LimitRange/ },
  ),
  row('events gone', 'a StatefulSet that nobody lets make pods', [empty('StatefulSet', {})], {
    cause: 'PodsNotCreated',
    proof: /status\.replicas: 0/,
    fix: /admission/,
  }),
  row('events gone', 'a liveness probe that its pod has', [...stood(probed())], {
    cause: 'LivenessProbeFailing',
    proof: /livenessProbe.*healthz/,
    fix: /livenessProbe/,
  }),
  row(
    'events gone',
    'a pull Secret that is not there',
    stood({ ...back('ghcr.io/acme/web:9'), spec: { imagePullSecrets: [{ name: 'regcred' }] } }),
    {
      cause: 'SecretMissing',
      proof: /regcred/,
      fix: /Secret/,
    },
  ),
  row(
    'events gone',
    'a volume that another node still holds',
    stood(creating(onClaim), [
      claim('data-web-0', { volumeName: 'pvc-2f6a', accessModes: ['ReadWriteOnce'] }, 'Bound'),
      global('storage.k8s.io/v1', 'VolumeAttachment', 'csi-2', {
        spec: { attacher: 'ebs.csi.aws.com', nodeName: 'node-9', source: { persistentVolumeName: 'pvc-2f6a' } },
        status: { attached: true },
      }),
    ]),
    { cause: 'VolumeInUse', proof: /node-9/, fix: any },
  ),
  row('probe failing', 'beside pods that were evicted, with its events gone', beside(), {
    cause: 'ReadinessProbeFailing',
    proof: any,
    fix: any,
  }),
]

const ofRelease = { 'helm.toolkit.fluxcd.io/name': 'web', 'helm.toolkit.fluxcd.io/namespace': ns }
function leftover(owner: KubeObject, name: string): KubeObject {
  const gone = pod(owner, { phase: 'Failed', status: { reason: 'Evicted', message: 'The node was low on resource: memory. ' } })
  return { ...gone, metadata: { ...gone.metadata, name } }
}
const pulling = (owner: KubeObject): KubeObject[] => {
  const one = pod(owner, back('ghcr.io/acme/web:7'))
  return [one, event(one, 'Failed', 'Failed to pull image "ghcr.io/acme/web:7": ghcr.io/acme/web:7: not found')]
}

const noisy: readonly FaultCase[] = [
  (() => {
    const { dep, old, set } = rolled()
    const now = printing(pod(set, { phase: 'Running', container: crashing(1) }), 'panic: LICENSE_KEY is not set\n')
    return row(
      'crash loop',
      'of the new revision, beside an old one that never came up',
      [waited('apps', [dep], 'Failed'), fleet(), dep, { ...old, spec: { ...old.spec, replicas: 0 } } as KubeObject, set, now],
      { cause: ['CrashLoop', 'SettingMissing', 'ContainerExits'], proof: /LICENSE_KEY/, fix: any },
    )
  })(),
  (() => {
    const { dep, set } = rolled()
    const one = pod(set, { phase: 'Running', container: running() })
    return row(
      'probe failing',
      'beside pods that were evicted last week',
      [
        waited('apps', [dep], 'Failed'),
        fleet(),
        dep,
        set,
        leftover(set, 'web-7f9d-aaaaa'),
        leftover(set, 'web-7f9d-bbbbb'),
        one,
        event(one, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404'),
      ],
      { cause: 'ReadinessProbeFailing', proof: /404/, fix: any },
    )
  })(),
  (() => {
    const dep = labelled(deployment('web', { available: true, progressing: availableNow }), ofRelease)
    const set = replicaSet(dep)
    const one = pod(set, {
      phase: 'Running',
      ready: true,
      container: { ...running(), restartCount: 3, lastState: ended(137, 'OOMKilled') },
    })
    const message =
      "Helm upgrade failed for release apps/web with chart web@1.2.3: values don't meet the specifications of the schema(s) in the following chart(s):\nweb:\n- service.port: Invalid type. Expected: integer, given: string\n"
    return row(
      'values schema',
      'beside a pod that ran out of memory at night',
      [release('web', {}, ['False', 'UpgradeFailed', message]), ...goodCharted(), dep, set, one],
      { cause: ['InvalidObject', 'ChartNeedsValue', 'TemplateFailed', 'ValuesInvalid'], proof: /service\.port/, fix: any },
    )
  })(),
  (() => {
    const { dep, set } = rolled()
    const proxy = { name: 'istio-proxy', image: 'istio/proxyv2:1.24', ready: false, restartCount: 0, ...running() }
    const app = { name: 'app', image: 'x:1', ready: false, ...crashing(1) }
    const one = pod(set, { phase: 'Running', containers: [app, proxy] })
    return row(
      'crash loop',
      'beside a proxy that waits for it',
      [
        waited('apps', [dep], 'Failed'),
        fleet(),
        dep,
        set,
        printing(one, 'Error: connect ECONNREFUSED 10.43.9.9:5432\n'),
        event(one, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503'),
      ],
      { cause: ['CrashLoop', 'ConnectionRefused', 'PeerUnreachable', 'ContainerExits'], proof: /ECONNREFUSED/, fix: any },
    )
  })(),
  (() => {
    const { dep, set } = rolled()
    const other = controlled('DaemonSet', 'agent', {
      status: {
        desiredNumberScheduled: 3,
        currentNumberScheduled: 3,
        numberReady: 2,
        numberUnavailable: 1,
        updatedNumberScheduled: 3,
        numberAvailable: 2,
      },
    })
    const top = failing(
      'apps',
      ['HealthCheckFailed', "health check failed after 5m0.02s: timeout waiting for: [Deployment/apps/web status: 'InProgress']"],
      { owns: [dep, other], spec: { wait: true } },
    )
    return row('image pull', 'the one that the message names, beside another', [top, fleet(), dep, set, ...pulling(set), other], {
      cause: 'ImageNotFound',
      at: /web/,
      proof: /web:7/,
      fix: any,
    })
  })(),
  (() => {
    const job = object('batch/v1', 'Job', 'seed', {
      spec: { template: { spec: { containers: [] } } },
      status: { failed: 1, succeeded: 1, conditions: conditions(['Complete', 'True', '', '']) },
    })
    const first = pod('seed-1', { phase: 'Failed', container: { state: ended(1) } })
    const { dep, set } = rolled()
    return row(
      'image pull',
      'beside a job that needed two tries',
      [
        waited('apps', [dep], 'Failed'),
        fleet(),
        job,
        { ...first, metadata: { ...first.metadata, ...ownedBy(job) } },
        dep,
        set,
        ...pulling(set),
      ],
      { cause: 'ImageNotFound', at: /web/, proof: /web:7/, fix: any },
    )
  })(),
  (() => {
    const { dep, set } = rolled()
    const one = pod(set, {
      container: waiting('ContainerCreating'),
      spec: { nodeName: 'node-2', volumes: [{ name: 'v', secret: { secretName: 'web-tls' } }] },
    })
    const sick = global('v1', 'Node', 'node-1', {
      status: { conditions: conditions(['Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.']) },
    })
    const well = global('v1', 'Node', 'node-2', {
      status: { conditions: conditions(['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']) },
    })
    return row(
      'missing Secret',
      'beside a node that is gone and not its own',
      [
        waited('apps', [dep], 'Failed'),
        fleet(),
        dep,
        set,
        one,
        sick,
        well,
        event(one, 'FailedMount', 'MountVolume.SetUp failed for volume "v" : secret "web-tls" not found'),
      ],
      { cause: 'SecretMissing', proof: /web-tls/, fix: any },
    )
  })(),
  row(
    'missing CRD',
    'of the first step, as the second waits for it',
    [
      failing('apps', ['DependencyNotReady', "dependency 'flux-system/operators' is not ready"], {
        spec: { dependsOn: [{ name: 'infra' }, { name: 'operators' }] },
      }),
      isWell('infra'),
      failing('operators', [
        'ReconciliationFailed',
        'ClusterIssuer/letsencrypt dry-run failed: no matches for kind "ClusterIssuer" in version "cert-manager.io/v1"',
      ]),
      fleet(),
    ],
    { cause: 'MissingCRD', at: /operators/, proof: /ClusterIssuer/, fix: any },
  ),
]

export const rareScenes: readonly FaultCase[] = [...expired, ...noisy]
