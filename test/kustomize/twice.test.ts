import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../support/laws.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import type { KustomizationObject } from '../../src/kinds/kustomization.ts'
import { type KubeObject, printRef, refOf } from '../../src/kinds/manifest.ts'
import type { Change } from '../../src/kustomize/change.ts'
import { applyAll } from '../../src/kustomize/apply-reconciler.ts'
import { owned } from '../../src/kustomize/owned.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { testKernel } from '../support/kernel.ts'
import { object } from './objects.ts'
import { onBothServers } from './servers.ts'
import { signal } from './stage.ts'

const namespace = 'twice'
const name = fc.constantFrom('a', 'b', 'c')
const text = fc.string({ maxLength: 12 })
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const map = fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.stringMatching(/^[a-zA-Z0-9]{0,6}$/), { maxKeys: 3 })
const quantity = fc.constantFrom('100m', '1000m', '1', '0.5', '1Gi', '1024Mi', '1e3')
const port = fc.integer({ min: 1, max: 65_535 })
const protocol = maybe(fc.constantFrom('TCP', 'UDP'))
const uniquePorts = (key: string): fc.Arbitrary<JsonObject[]> =>
  fc
    .uniqueArray(port, { minLength: 1, maxLength: 3 })
    .chain(ports => fc.tuple(...ports.map(p => protocol.map(proto => clean({ name: `p${p}`, [key]: p, protocol: proto })))))
const resources = fc.record({ requests: maybe(fc.record({ cpu: quantity, memory: quantity })) }).map(clean)
const probe = fc
  .record({
    httpGet: fc.record({ path: fc.constant('/'), port: fc.oneof(port, fc.constant('http')) }),
    periodSeconds: maybe(fc.integer({ min: 1, max: 9 })),
  })
  .map(clean)
const container = fc
  .record({
    name: fc.constant('app'),
    image: fc.constantFrom('example.com/app', 'example.com/app:1', 'example.com/app@sha256:' + '0'.repeat(64)),
    ports: maybe(uniquePorts('containerPort')),
    env: maybe(fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B'), value: text }), { selector: e => e.name, maxLength: 2 })),
    resources: maybe(resources),
    readinessProbe: maybe(probe),
    command: maybe(fc.array(fc.constant('x'), { maxLength: 2 })),
  })
  .map(clean)
const template = (app: string, more: JsonObject = {}): fc.Arbitrary<JsonObject> =>
  container.map(c => ({ metadata: { labels: { app } }, spec: { ...more, containers: [c], volumes: [{ name: 'v', emptyDir: {} }] } }))

function clean(value: object): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as JsonObject
}
const kind = (of: string, rest: (n: string) => fc.Arbitrary<object>): fc.Arbitrary<KubeObject> =>
  fc
    .tuple(name, map, maybe(map))
    .chain(([n, labels, annotations]) => rest(n).map(r => object(of, { namespace, name: n }, clean(r), clean({ labels, annotations }))))

const anything: fc.Arbitrary<KubeObject>[] = [
  kind('v1 ConfigMap', () => fc.record({ data: maybe(map), binaryData: fc.constant(undefined) })),
  kind('v1 Secret', () => fc.record({ stringData: maybe(map), type: maybe(fc.constant('Opaque')) })),
  kind('v1 ServiceAccount', () => fc.record({ automountServiceAccountToken: maybe(fc.boolean()) })),
  kind('v1 Service', n =>
    fc.record({
      spec: uniquePorts('port').chain(ports =>
        fc.constantFrom('ClusterIP', 'NodePort', undefined).map(type => clean({ ports, type, selector: { app: n } })),
      ),
    }),
  ),
  kind('apps/v1 Deployment', n =>
    fc.record({
      spec: template(n).chain(t =>
        maybe(fc.integer({ min: 0, max: 3 })).map(replicas => clean({ replicas, template: t, selector: { matchLabels: { app: n } } })),
      ),
    }),
  ),
  kind('apps/v1 StatefulSet', n =>
    fc.record({ spec: template(n).map(t => ({ serviceName: n, template: t, selector: { matchLabels: { app: n } } })) }),
  ),
  kind('batch/v1 CronJob', n =>
    fc.record({
      spec: template(n, { restartPolicy: 'Never' }).map(t => ({ schedule: '0 0 1 1 *', jobTemplate: { spec: { template: t } } })),
    }),
  ),
  kind('networking.k8s.io/v1 NetworkPolicy', n =>
    fc.record({
      spec: fc
        .record({
          podSelector: fc.constant({ matchLabels: { app: n } }),
          ingress: maybe(uniquePorts('port').map(ports => [{ ports: ports.map(({ name: _name, ...p }) => p) }])),
        })
        .map(clean),
    }),
  ),
  kind('networking.k8s.io/v1 Ingress', n =>
    fc.record({
      spec: fc
        .record({ defaultBackend: fc.constant({ service: { name: n, port: { number: 80 } } }), ingressClassName: maybe(fc.constant('x')) })
        .map(clean),
    }),
  ),
  kind('rbac.authorization.k8s.io/v1 Role', () =>
    fc.record({
      rules: fc.array(
        fc.record({
          apiGroups: fc.constant(['']),
          resources: fc.constantFrom(['pods'], ['configmaps', 'secrets']),
          verbs: fc.constant(['get']),
        }),
        { maxLength: 2 },
      ),
    }),
  ),
  kind('policy/v1 PodDisruptionBudget', n =>
    fc.record({
      spec: fc
        .constantFrom<JsonObject>({ minAvailable: 1 }, { maxUnavailable: '50%' })
        .map(s => ({ ...s, selector: { matchLabels: { app: n } } })),
    }),
  ),
  kind('autoscaling/v2 HorizontalPodAutoscaler', n =>
    fc.record({
      spec: fc
        .record({
          maxReplicas: fc.integer({ min: 1, max: 9 }),
          scaleTargetRef: fc.constant({ apiVersion: 'apps/v1', kind: 'Deployment', name: n }),
          metrics: maybe(
            fc.constant([{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }]),
          ),
        })
        .map(clean),
    }),
  ),
  kind('v1 ResourceQuota', () =>
    fc.record({ spec: fc.record({ hard: fc.record({ 'requests.cpu': quantity, pods: fc.constantFrom('4', '10') }) }) }),
  ),
  kind('v1 LimitRange', () => fc.record({ spec: fc.record({ limits: fc.constant([{ type: 'Container', default: { cpu: '500m' } }]) }) })),
]
const sets = fc.uniqueArray(fc.oneof(...anything), { selector: o => printRef(refOf(o)), minLength: 1, maxLength: 6 })

const kernel = testKernel()
onBothServers('the same objects applied twice', { kernel, tests: 1 }, ({ stage, cluster }) => {
  test('are all unchanged the second time', async () => {
    const s = await stage(namespace)
    const ks = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'app', namespace },
      spec: { interval: '1m', prune: true, force: true, sourceRef: { kind: 'OCIRepository', name: 'app' } },
    } as unknown as KustomizationObject
    assert.equal(s.namespace, namespace)
    const definitions = await kernel.definitions()
    const apply = async (objects: readonly KubeObject[]): Promise<readonly Change[]> =>
      (
        await applyAll(owned(objects, ks, definitions), ks, {
          hands: { cluster: cluster(), clock: realClock, kernel },
          run: {
            signal,
            settings: fluxDefaults,
            startedAt: 0,
            current: () => ks,
            save: async () => {},
            secure: async () => {},
            show: async () => {},
            note: () => {},
            emit: async () => {},
            annotate: () => {},
            progress: () => {},
          },
          record: async () => {},
        })
      ).changes
    await fc.assert(
      fc.asyncProperty(sets, async objects => {
        await apply(objects)
        const again = await apply(objects)
        assert.deepEqual(
          again.filter(c => c.action !== 'unchanged').map(c => `${printRef(c.ref)} ${c.action}`),
          [],
        )
        assert.equal(again.length, objects.length)
      }),
      { numRuns: 60, seed: 11, endOnFailure: true },
    )
  })
})
