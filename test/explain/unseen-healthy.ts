import type { KubeObject } from '../../src/kinds/manifest.ts'
import { app, around, custom, inFlux, runsOn } from './practice.ts'
import { ago, atItsTop, creating, fresh, normal, onItsWay, rolling, type Well, withStatus, young } from './practice-healthy.ts'
import {
  availableNow,
  claim,
  conditions,
  deployment,
  event,
  global,
  goodChart,
  goodCharts,
  imageRepository,
  ks,
  namespace,
  object,
  pod,
  release,
  running,
} from './objects.ts'
import { controlled, firstOf, fleet, isWell, labelled, printing, runs } from './whole.ts'

const first = ([one, ...others]: readonly KubeObject[]): [KubeObject, ...KubeObject[]] => [one as KubeObject, ...others]
const checks = 'Running health checks for revision main@sha1:9f2b7c0d with a timeout of 5m0s'
const progressing = (says: string, seconds: number) =>
  fresh(seconds, ['Reconciling', 'True', 'Progressing', says], ['Ready', 'Unknown', 'Progressing', says])
const rollingWith = (state: Parameters<typeof rolling>[2], phase = 'Pending', seconds = 30) => rolling('web', [seconds, phase], state)
const at = (all: readonly KubeObject[], i: number): KubeObject => all[i] as KubeObject
const release2 = (name: string, seconds: number, says: string) =>
  release(name, {}, undefined, { helmChart: `apps/apps-${name}`, conditions: progressing(says, seconds) })

/** Clusters that are well or only slow, which nobody had seen. */
export const unseenHealthy = (): Well[] => {
  const near = around()
  const web = runs('web')
  const initial = rollingWith(creating, 'Pending', 20)
  const init = rolling('web', [25, 'Pending'], { state: { waiting: { reason: 'PodInitializing' } } })
  const node = rolling('web', [50, 'Pending'], creating)
  const db = withStatus(controlled('StatefulSet', 'db', { spec: { replicas: 3 } }), {
    replicas: 2,
    currentReplicas: 2,
    updatedReplicas: 2,
    readyReplicas: 1,
    availableReplicas: 1,
  })
  const second = young(
    {
      ...pod(db, {
        phase: 'Running',
        container: { state: { running: { startedAt: ago(8) } }, started: false },
        status: {
          conditions: fresh(
            12,
            ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [app]'],
            ['PodScheduled', 'True', '', ''],
          ),
        },
      }),
      metadata: { ...firstOf(db, {}).metadata, name: 'db-1' },
    } as KubeObject,
    14,
  )
  const daemon = withStatus(controlled('DaemonSet', 'agent'), {
    desiredNumberScheduled: 3,
    currentNumberScheduled: 3,
    numberReady: 2,
    numberAvailable: 2,
    numberUnavailable: 1,
    updatedNumberScheduled: 3,
  })
  const newest = young(
    firstOf(daemon, {
      container: creating,
      status: {
        startTime: ago(9),
        conditions: fresh(
          9,
          ['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [app]'],
          ['PodScheduled', 'True', '', ''],
        ),
      },
    }),
    9,
  )
  const long = app('reindex', {
    kind: 'Job',
    phase: 'Running',
    state: { ...runsOn, ready: true },
    log: 'indexed 120000 of 900000 documents',
    status: { conditions: fresh(3000, ['Ready', 'True', '', ''], ['PodScheduled', 'True', '', '']) },
  })
  long[0] = withStatus(at(long, 0), { ready: 1 })
  const noisy = printing(
    at(web, 2),
    '{"level":"error","msg":"request failed","status":404,"path":"/favicon.ico"}\n{"level":"warn","msg":"slow query"}',
  )
  const paused = deployment('web', {
    available: true,
    spec: { paused: true },
    progressing: ['Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused'],
  })
  const controller = inFlux(
    labelled(deployment('kustomize-controller', { available: true, progressing: availableNow, status: { readyReplicas: 1 } }), {
      'app.kubernetes.io/part-of': 'flux',
      'app.kubernetes.io/component': 'kustomize-controller',
    }),
  )
  const late = young(
    object('v1', 'Service', 'edge', {
      spec: { type: 'LoadBalancer', clusterIP: '10.96.9.9', selector: { app: 'edge' }, ports: [{ port: 443 }] },
      status: { loadBalancer: {} },
    }),
    20,
  )
  const old = release('web', {}, ['True', 'UpgradeSucceeded', 'Helm upgrade succeeded for release apps/web.v9 with chart web@1.2.3'], {
    helmChart: 'apps/apps-web',
  })
  const well = (name: string, kind: string, apiVersion: string, says: string) =>
    custom(apiVersion, kind, [name, {}, ['Ready', 'True', 'Ready', says]])
  const issuing = young(custom('cert-manager.io/v1', 'Certificate', ['tls', { secretName: 'tls', issuerRef: { name: 'le' } }]), 15)
  const cert = withStatus(issuing, {
    conditions: fresh(
      15,
      ['Issuing', 'True', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
      ['Ready', 'False', 'DoesNotExist', 'Issuing certificate as Secret does not exist'],
    ),
  })
  const expanding = withStatus(claim('data', { storageClassName: 'gp3', volumeName: 'pvc-1' }, 'Bound'), {
    conditions: fresh(20, ['Resizing', 'True', '', '']),
  })
  const hpa = atItsTop('web')
  const stopping = {
    ...pod('web-old', { phase: 'Running', container: running() }),
    metadata: { ...pod('web-old').metadata, deletionTimestamp: ago(-20), deletionGracePeriodSeconds: 30 },
  } as KubeObject
  const drained = global('v1', 'Node', 'worker-9', {
    spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
    status: { conditions: conditions(['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']) },
  })
  return [
    ['a first install whose container is being made', [onItsWay('shop', initial.slice(0, 1), checks), fleet(), ...initial, ...near]],
    ['a container that goes before and still works', [at(init, 0), ...init.slice(1), ...near]],
    [
      'a node that is on its way',
      [
        at(node, 0),
        ...node.slice(1),
        event(at(node, 4), 'FailedScheduling', '0/3 nodes are available: 3 Insufficient cpu.', { count: 1, at: ago(45) }),
        normal(at(node, 4), 'TriggeredScaleUp', 'pod triggered scale-up: [{general 3->4 (max: 10)}]', 40),
        ...near,
      ],
    ],
    [
      'a StatefulSet that adds its second replica',
      [young(db, 60), firstOf(db, { phase: 'Running', ready: true, container: { ...running(), ready: true } }), second, ...near],
    ],
    ['a DaemonSet on a node that just joined', [young(daemon, 3000), newest, ...near]],
    ['a Job that takes an hour', first([...long, ...near])],
    ['a program that prints errors of its clients', [at(web, 0), at(web, 1), noisy, ...near]],
    ['a rollout that somebody paused, all replicas there', [paused, ...near]],
    [
      'a load balancer that is being made',
      [late, normal(late, 'EnsuringLoadBalancer', 'Ensuring load balancer', 18), ...runs('edge'), ...near],
    ],
    [
      'a release that is being installed',
      [release2('web', 40, "Running 'install' action with timeout of 5m0s"), goodChart('apps-web'), goodCharts(), ...initial, ...near],
    ],
    [
      'a release that is well, with an old warning',
      [
        old,
        goodChart('apps-web'),
        goodCharts(),
        event(old, 'UpgradeFailed', 'Helm upgrade failed for release apps/web with chart web@1.2.2: context deadline exceeded', {
          count: 1,
        }),
        ...web,
        ...near,
      ],
    ],
    [
      'a certificate that is being issued',
      [cert, well('le', 'Issuer', 'cert-manager.io/v1', 'The ACME account was registered with the ACME server'), ...near],
    ],
    ['a volume that grows', [expanding, normal(expanding, 'Resizing', 'External resizer is resizing volume pvc-1', 18), ...near]],
    ['an autoscaler at its most', [hpa, ...web, ...near]],
    ['a pod that ends within its grace', [at(web, 0), ...web.slice(1), stopping, ...near]],
    [
      'operators that are content',
      first([
        isWell('data', [
          well('pg', 'Cluster', 'postgresql.cnpg.io/v1', 'Cluster is Ready'),
          well('events', 'Kafka', 'kafka.strimzi.io/v1beta2', 'ok'),
        ]),
        fleet(),
        well('pg', 'Cluster', 'postgresql.cnpg.io/v1', 'Cluster is Ready'),
        well('events', 'Kafka', 'kafka.strimzi.io/v1beta2', 'ok'),
        ...near,
      ]),
    ],
    [
      'a Kustomization that has just been made',
      [inFlux(young(ks('shop', { sourceRef: { kind: 'GitRepository', name: 'fleet' } }), 4)), controller, fleet(), ...near],
    ],
    [
      'a scan of images that worked',
      [inFlux(imageRepository('app', {}, ['True', 'Succeeded', 'successful scan: found 211 tags in 4 seconds'])), fleet(), ...near],
    ],
    ['a node that is being drained, nothing on it', [at(web, 0), ...web.slice(1), drained, namespace('apps'), ...near]],
    [
      'a pod that moved after its node was drained',
      [
        at(web, 0),
        ...web.slice(1),
        event(at(web, 2), 'TaintManagerEviction', 'Cancelling deletion of Pod apps/web-6d4f-x2x4z', { type: 'Normal', count: 1 }),
        ...near,
        object('policy/v1', 'PodDisruptionBudget', 'web', {
          spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
          status: {
            currentHealthy: 1,
            desiredHealthy: 1,
            disruptionsAllowed: 0,
            expectedPods: 1,
            observedGeneration: 1,
            conditions: conditions(['DisruptionAllowed', 'False', 'InsufficientPods', '']),
          },
        }),
      ],
    ],
  ]
}
