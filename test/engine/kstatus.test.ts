import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kstatus } from '../../src/engine/kstatus.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const now = Date.parse('2026-01-01T00:01:00Z')
const ago = (seconds: number): string => new Date(now - seconds * 1000).toISOString()
const on = (type: string, status: string, more: JsonObject = {}): JsonObject => ({ type, status, ...more })

interface Fields {
  spec?: JsonObject
  status?: JsonObject
  metadata?: JsonObject
}
const object = (kind: string, { spec, status, metadata }: Fields = {}): KubeObject => {
  const [apiVersion = '', name = ''] = kind.split(' ')
  return { apiVersion, kind: name, metadata: { name: 'x', ...metadata }, ...(spec ? { spec } : {}), ...(status ? { status } : {}) }
}

const [pod, claim, set, daemons, deployment, replicas] = [
  'v1 Pod',
  'v1 PersistentVolumeClaim',
  'apps/v1 StatefulSet',
  'apps/v1 DaemonSet',
  'apps/v1 Deployment',
  'apps/v1 ReplicaSet',
] as const
const [budget, custom, job, service, crd] = [
  'policy/v1 PodDisruptionBudget',
  'example.io/v1 Thing',
  'batch/v1 Job',
  'v1 Service',
  'apiextensions.k8s.io/v1 CustomResourceDefinition',
] as const
const unschedulable = { phase: 'Pending', conditions: [on('PodScheduled', 'False', { reason: 'Unschedulable' })] }
const crashing = {
  phase: 'Running',
  containerStatuses: [
    { name: 'a', state: { waiting: { reason: 'CrashLoopBackOff' } } },
    { name: 'b', state: { running: {} } },
  ],
}
const four = { replicas: 4, readyReplicas: 4, currentReplicas: 4, updatedReplicas: 4, currentRevision: 'r', updateRevision: 'r' }
const scheduled = {
  observedGeneration: 1,
  desiredNumberScheduled: 4,
  currentNumberScheduled: 4,
  updatedNumberScheduled: 4,
  numberAvailable: 4,
  numberReady: 4,
}
const rolled = { replicas: 1, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 }
const available = on('Available', 'True')
const progressed = on('Progressing', 'True', { reason: 'NewReplicaSetAvailable' })
const deadline = { progressDeadlineSeconds: 600 }
const labelled = { replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2 }

type Row = [id: BehaviourId, says: string, object: KubeObject, expected: string]
const pods: Row[] = [
  ['kustomization/H1.1', 'a pod without status', object(pod), 'InProgress: Pod phase not available'],
  [
    'kustomization/H1.2',
    'a running, ready pod',
    object(pod, { status: { phase: 'Running', conditions: [on('Ready', 'True')] } }),
    'Current: Pod is Ready',
  ],
  [
    'kustomization/H1.3',
    'a pod that succeeded',
    object(pod, { status: { phase: 'Succeeded' } }),
    'Current: Pod has completed successfully',
  ],
  [
    'kustomization/H1.4',
    'a pod that failed',
    object(pod, { status: { phase: 'Failed' } }),
    'Current: Pod has completed, but not successfully',
  ],
  [
    'kustomization/H2.1',
    'a fresh pod that fits nowhere',
    object(pod, { status: unschedulable, metadata: { creationTimestamp: ago(14) } }),
    'InProgress: Pod has not been scheduled',
  ],
  [
    'kustomization/H2.2',
    'an old pod that fits nowhere',
    object(pod, { status: unschedulable, metadata: { creationTimestamp: ago(15) } }),
    'Failed: Pod could not be scheduled',
  ],
  ['kustomization/H3', 'a crash looping pod', object(pod, { status: crashing }), 'Failed: Containers in CrashLoop state: a'],
  ['kustomization/H4.1', 'a claim without status', object(claim), 'InProgress: PVC is not Bound. phase: unknown'],
  ['kustomization/H4.2', 'a bound claim', object(claim, { status: { phase: 'Bound' } }), 'Current: PVC is Bound'],
]
const sets: Row[] = [
  ['kustomization/H5.1', 'a StatefulSet without status', object(set), 'InProgress: Replicas: 0/1'],
  ['kustomization/H5.2', 'current replicas only', object(set, { status: { currentReplicas: 1 } }), 'InProgress: Replicas: 0/1'],
  [
    'kustomization/H5.3',
    'four of four',
    object(set, { spec: { replicas: 4 }, status: four }),
    'Current: All replicas scheduled as expected. Replicas: 4',
  ],
  [
    'kustomization/H5.4',
    'two ready',
    object(set, { spec: { replicas: 4 }, status: { ...four, readyReplicas: 2 } }),
    'InProgress: Ready: 2/4',
  ],
  [
    'kustomization/H5.5',
    'two current',
    object(set, { spec: { replicas: 4 }, status: { ...four, currentReplicas: 2 } }),
    'InProgress: current: 2/4',
  ],
  [
    'kustomization/H5.6',
    'eight of four',
    object(set, { spec: { replicas: 4 }, status: { ...four, replicas: 8 } }),
    'InProgress: Pending termination: 4',
  ],
  [
    'kustomization/H6.1',
    'a DaemonSet without status',
    object(daemons, { metadata: { generation: 1 } }),
    'InProgress: DaemonSet status.observedGeneration not found',
  ],
  [
    'kustomization/H6.2',
    'a DaemonSet on every node',
    object(daemons, { metadata: { generation: 1 }, status: scheduled }),
    'Current: All replicas scheduled as expected. Replicas: 4',
  ],
  [
    'kustomization/H6.3',
    'a DaemonSet of an older generation',
    object(daemons, { metadata: { generation: 2 }, status: scheduled }),
    'InProgress: DaemonSet generation is 2, but latest observed generation is 1',
  ],
  [
    'kustomization/H6.4',
    'a DaemonSet with fewer available',
    object(daemons, { metadata: { generation: 1 }, status: { ...scheduled, numberAvailable: 2 } }),
    'InProgress: Available: 2/4',
  ],
  ['kustomization/H7.1', 'a Deployment without status', object(deployment), 'InProgress: Replicas: 0/1'],
  [
    'kustomization/H7.2',
    'a Deployment in full',
    object(deployment, { spec: deadline, status: { ...rolled, conditions: [progressed, available] } }),
    'Current: Deployment is available. Replicas: 1',
  ],
  [
    'kustomization/H7.3',
    'a Deployment that does not progress',
    object(deployment, { spec: deadline, status: { ...rolled, conditions: [on('Progressing', 'False', { reason: 'R' }), available] } }),
    'InProgress: ReplicaSet not Available',
  ],
  [
    'kustomization/H7.4',
    'a Deployment without deadline',
    object(deployment, { status: { ...rolled, conditions: [available] } }),
    'Current: Deployment is available. Replicas: 1',
  ],
  [
    'kustomization/H7.5',
    'a Deployment that is not available',
    object(deployment, { spec: deadline, status: { ...rolled, conditions: [progressed, on('Available', 'False')] } }),
    'InProgress: Deployment not Available',
  ],
  [
    'kustomization/H8.1',
    'a ReplicaSet in full',
    object(replicas, { spec: { replicas: 2 }, status: labelled }),
    'Current: ReplicaSet is available. Replicas: 2',
  ],
  [
    'kustomization/H8.2',
    'a ReplicaSet with fewer available',
    object(replicas, { spec: { replicas: 2 }, status: { ...labelled, availableReplicas: 1 } }),
    'InProgress: Available: 1/2',
  ],
  [
    'kustomization/H8.3',
    'a ReplicaSet with a failure',
    object(replicas, { spec: { replicas: 2 }, status: { ...labelled, conditions: [on('ReplicaFailure', 'True')] } }),
    'InProgress: Replica Failure condition. Check Pods',
  ],
]
const others: Row[] = [
  [
    'kustomization/H9.1',
    'a budget not observed',
    object(budget, { metadata: { generation: 2 }, status: { observedGeneration: 1 } }),
    'InProgress: PodDisruptionBudget generation is 2, but latest observed generation is 1',
  ],
  [
    'kustomization/H9.2',
    'a budget observed',
    object(budget, { metadata: { generation: 1 }, status: { observedGeneration: 1 } }),
    'Current: AllowedDisruptions has been computed.',
  ],
  ['kustomization/H10.1', 'a custom resource without status', object(custom), 'Current: Resource is current'],
  [
    'kustomization/H10.2',
    'one that is ready',
    object(custom, { status: { conditions: [on('Ready', 'True')] } }),
    'Current: Resource is Ready',
  ],
  [
    'kustomization/H10.3',
    'one that is not ready',
    object(custom, { status: { conditions: [on('Ready', 'False', { message: 'not yet' })] } }),
    'InProgress: not yet',
  ],
  [
    'kustomization/H10.4',
    'one with another condition',
    object(custom, { status: { conditions: [on('SomeCondition', 'False')] } }),
    'Current: Resource is current',
  ],
  [
    'kustomization/H10.5',
    'one observed at generation 1 of 2',
    object(custom, { metadata: { generation: 2 }, status: { observedGeneration: 1 } }),
    'InProgress: Thing generation is 2, but latest observed generation is 1',
  ],
  ['kustomization/H11.1', 'a Job without status', object(job), 'InProgress: Job in progress'],
  [
    'kustomization/H11.2',
    'a complete Job',
    object(job, { spec: { parallelism: 2 }, status: { succeeded: 2, conditions: [on('Complete', 'True')] } }),
    'Current: Job Completed. succeeded: 2/2',
  ],
  [
    'kustomization/H11.3',
    'a failed Job',
    object(job, { spec: { completions: 3 }, status: { failed: 1, conditions: [on('Failed', 'True')] } }),
    'Failed: Job Failed. failed: 1/3',
  ],
  ['kustomization/H11.4', 'a Job that runs', object(job, { status: { startTime: ago(5), active: 1 } }), 'InProgress: Job in progress'],
  ['kustomization/H12', 'any CronJob', object('batch/v1 CronJob', { status: { active: [{}] } }), 'Current: Resource is always ready'],
  ['kustomization/H13.1', 'a Service', object(service), 'Current: Service is ready'],
  ['kustomization/H13.2', 'a NodePort Service', object(service, { spec: { type: 'NodePort' } }), 'Current: Service is ready'],
  [
    'kustomization/H13.3',
    'a load balancer without address',
    object(service, { spec: { type: 'LoadBalancer' } }),
    'InProgress: ClusterIP not set. Service type: LoadBalancer',
  ],
  [
    'kustomization/H13.4',
    'a load balancer with address',
    object(service, { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } }),
    'Current: Service is ready',
  ],
  ['kustomization/H14.1', 'a definition without conditions', object(crd), 'InProgress: Install in progress'],
  [
    'kustomization/H14.2',
    'a definition that is installed now',
    object(crd, { status: { conditions: [on('Established', 'False', { reason: 'Installing' })] } }),
    'InProgress: Install in progress',
  ],
  [
    'kustomization/H14.3',
    'a definition whose names clash',
    object(crd, { status: { conditions: [on('NamesAccepted', 'False', { message: 'taken' })] } }),
    'Failed: taken',
  ],
  [
    'kustomization/H14.4',
    'an established definition',
    object(crd, { status: { conditions: [on('NamesAccepted', 'True'), on('Established', 'True')] } }),
    'Current: CRD is established',
  ],
]
const told = (given: KubeObject, at?: number): string => {
  const { status, message } = kstatus(given, at)
  return `${status}: ${message}`
}
for (const [id, says, given, expected] of [...pods, ...sets, ...others])
  verifies(id, `${says} is ${expected}`, () => assert.equal(told(given, now), expected))

const more: [says: string, object: KubeObject, expected: string][] = [
  [
    'what is being deleted',
    object(custom, { metadata: { deletionTimestamp: ago(1), generation: 2 }, status: { observedGeneration: 1 } }),
    'Terminating: Resource scheduled for deletion',
  ],
  [
    'what reconciles',
    object(deployment, {
      status: { conditions: [on('Reconciling', 'True', { message: 'at it' }), on('Stalled', 'True', { message: 'stuck' })] },
    }),
    'InProgress: at it',
  ],
  [
    'what stalled',
    object(custom, { status: { conditions: [on('Stalled', 'True', { message: 'stuck' }), on('Reconciling', 'True')] } }),
    'Failed: stuck',
  ],
  ['what may be ready', object(custom, { status: { conditions: [on('Ready', 'Unknown', { message: 'wait' })] } }), 'InProgress: wait'],
  [
    'a deadline that passed',
    object(deployment, {
      spec: deadline,
      status: { ...rolled, conditions: [on('Progressing', 'False', { reason: 'ProgressDeadlineExceeded' }), available] },
    }),
    'Failed: Progress deadline exceeded',
  ],
  [
    'a deadline that never comes',
    object(deployment, { spec: { progressDeadlineSeconds: 2147483647 }, status: { ...rolled, conditions: [available] } }),
    'Current: Deployment is available. Replicas: 1',
  ],
  [
    'a Deployment without replicas',
    object(deployment, { spec: { replicas: 0 }, status: { conditions: [available] } }),
    'Current: Deployment is available. Replicas: 0',
  ],
  [
    'a StatefulSet updated by hand',
    object(set, { spec: { updateStrategy: { type: 'OnDelete' } } }),
    'Current: StatefulSet is using the ondelete update strategy',
  ],
  [
    'a rollout with partition 0',
    object(set, { spec: { replicas: 4, updateStrategy: { rollingUpdate: { partition: 0 } } }, status: { ...four, updatedReplicas: 3 } }),
    'InProgress: updated: 3/4',
  ],
  [
    'a rollout with partition 0, done',
    object(set, {
      spec: { replicas: 4, updateStrategy: { rollingUpdate: { partition: 0 } } },
      status: { ...four, currentReplicas: 0, currentRevision: 'old' },
    }),
    'Current: Partition rollout complete. updated: 4',
  ],
  [
    'a rollout with partition 2',
    object(set, { spec: { replicas: 4, updateStrategy: { rollingUpdate: { partition: 2 } } }, status: { ...four, updatedReplicas: 2 } }),
    'Current: Partition rollout complete. updated: 2',
  ],
  [
    'revisions that differ',
    object(set, { spec: { replicas: 4 }, status: { ...four, currentRevision: 'old' } }),
    'InProgress: Waiting for updated revision to match current',
  ],
  [
    'replicas that are no whole number',
    object(set, { spec: { replicas: '4' }, status: { ...four, replicas: 1 } }),
    'Current: All replicas scheduled as expected. Replicas: 1',
  ],
  ['a DaemonSet without generation', object(daemons, { status: scheduled }), 'InProgress: DaemonSet metadata.generation not found'],
  [
    'a DaemonSet that wants no number',
    object(daemons, { metadata: { generation: 1 }, status: { observedGeneration: 1 } }),
    'InProgress: Missing .status.desiredNumberScheduled',
  ],
  ['an odd phase', object(pod, { status: { phase: 'Odd' } }), 'Unknown: unknown phase Odd'],
  ['a pod of another group', object('example.io/v1 Pod'), 'Current: Resource is current'],
  ['a ConfigMap', object('v1 ConfigMap'), 'Current: Resource is always ready'],
  ['a Secret', object('v1 Secret'), 'Current: Resource is always ready'],
  [
    'a definition that failed',
    object(crd, { status: { conditions: [on('Established', 'False', { reason: 'R', message: 'no' })] } }),
    'Failed: no',
  ],
  ['an old Deployment of its first group', object('extensions/v1beta1 Deployment'), 'InProgress: Replicas: 0/1'],
]
for (const [says, given, expected] of more) test(`${says} is ${expected}`, () => assert.equal(told(given, now), expected))

test('without a clock no pod is too old', () =>
  assert.equal(
    told(object(pod, { status: unschedulable, metadata: { creationTimestamp: ago(3600) } })),
    'InProgress: Pod has not been scheduled',
  ))
