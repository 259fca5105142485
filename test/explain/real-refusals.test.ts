import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { violationOf } from '../../src/explain/rules/pod-security.ts'
import { refusals } from '../../src/explain/wordings/refusals.ts'
import { heard } from '../../src/explain/wordings/wording.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { messageOf } from '../../src/lib/coded-error.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const made = (apiVersion: string, kind: string, name: string, rest: JsonObject = {}): KubeObject => {
  const { metadata, ...body } = rest as { metadata?: JsonObject }
  return { apiVersion, kind, metadata: { name, namespace: 'judged', ...metadata }, ...(body as JsonObject) } as KubeObject
}
const web = (spec: JsonObject = {}, labels: JsonObject = { app: 'web' }): KubeObject =>
  made('apps/v1', 'Deployment', 'web', {
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'example.com/web:1' }] } },
      ...spec,
    },
  })
const bare = (name: string, namespace: string, spec: JsonObject = {}): KubeObject =>
  made('v1', 'Pod', name, { metadata: { namespace }, spec: { containers: [{ name: 'app', image: 'x' }], ...spec } })

/** Specs of pods that Pod Security takes, or not, at its levels. */
const inside = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
}
const judged: readonly JsonObject[] = [
  ...[
    {},
    inside,
    { privileged: true },
    { capabilities: { add: ['NET_ADMIN'] } },
    { capabilities: { add: ['CHOWN'] } },
    { seccompProfile: { type: 'Unconfined' } },
    { ...inside, seccompProfile: undefined },
    { ...inside, runAsUser: 0 },
    { ...inside, capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } },
    { ...inside, capabilities: { drop: ['ALL'], add: ['CHOWN'] } },
    { ...inside, capabilities: { drop: ['KILL'] } },
  ].map(securityContext => ({
    containers: [{ name: 'app', image: 'x', securityContext: JSON.parse(JSON.stringify(securityContext)) as JsonObject }],
  })),
  ...[
    { hostNetwork: true },
    { hostPID: true },
    { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    { volumes: [{ name: 'v', nfs: { server: 's', path: '/' } }] },
    { volumes: [{ name: 'v', emptyDir: {} }] },
    { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } },
    { securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1024' }] } },
    { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] } },
    { initContainers: [{ name: 'setup', image: 'x' }] },
  ].map(spec => ({ containers: [{ name: 'app', image: 'x', securityContext: inside }], ...spec }) as JsonObject),
  { containers: [{ name: 'app', image: 'x', ports: [{ containerPort: 80, hostPort: 80 }] }] },
]

const name = 'what a real API server says when it refuses'
withPrograms(['etcd', 'kube-apiserver'], { name, tests: 9 }, () =>
  describe(name, () => {
    let server: ApiServer
    let cluster: Cluster
    before(async () => {
      server = await startKubeApiServer()
      cluster = await server.cluster()
      const place = (of: string, labels: JsonObject = {}): KubeObject => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: of, labels: labels as Record<string, string> },
      })
      for (const namespace of [
        place('judged'),
        place('strict', { 'pod-security.kubernetes.io/enforce': 'restricted' }),
        place('base', { 'pod-security.kubernetes.io/enforce': 'baseline' }),
        place('full'),
      ])
        await cluster.create(namespace, { manager: 'test' }, signal)
      await cluster.apply(web(), { manager: 'first' }, signal)
      const quota = made('v1', 'ResourceQuota', 'compute', { metadata: { namespace: 'full' }, spec: { hard: { pods: '0' } } })
      await cluster.create(quota, { manager: 'test' }, signal)
      const ref = { group: '', version: 'v1', kind: 'ResourceQuota', name: 'compute', namespace: 'full' }
      const body = { status: { hard: { pods: '0' }, used: { pods: '0' } } }
      await cluster.patch(ref, { type: 'merge', body, manager: 'test', subresource: 'status' }, signal)
    })
    after(() => server.stop())

    const refused: [cause: string, says: string, object: () => KubeObject][] = [
      [
        'ImmutableField',
        'another selector',
        () =>
          web({
            selector: { matchLabels: { app: 'b' } },
            template: { metadata: { labels: { app: 'b' } }, spec: { containers: [{ name: 'app', image: 'x' }] } },
          }),
      ],
      [
        'SelectorMismatch',
        'labels that the selector does not fit',
        () => ({ ...web({}, { app: 'other' }), metadata: { name: 'new', namespace: 'judged' } }),
      ],
      ['InvalidObject', 'a port out of range', () => made('v1', 'Service', 's', { spec: { ports: [{ port: 99999 }] } })],
      ['InvalidObject', 'a field that is none', () => made('v1', 'Service', 's', { spec: { prots: [] } })],
      ['NamespaceMissing', 'a namespace that is not there', () => made('v1', 'ConfigMap', 'c', { metadata: { namespace: 'nowhere' } })],
      ['PodSecurityDenied', 'a restricted namespace', () => bare('p', 'strict')],
      ['QuotaExceeded', 'a quota without room', () => bare('p', 'full')],
      [
        'FieldManagerConflict',
        'a field of another manager',
        () =>
          web({
            replicas: 1,
            template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'example.com/web:2' }] } },
          }),
      ],
    ]
    for (const [cause, says, object] of refused)
      test(`${cause}: ${says}`, async () => {
        const message = await cluster
          .apply(object(), { manager: cause === 'ImmutableField' ? 'first' : 'second', dryRun: true }, signal)
          .then(() => 'accepted', messageOf)
        assert.equal(heard(refusals, message, 'judged')?.name, cause, message)
      })

    test('Pod Security takes and refuses what our own judgement does', async () => {
      for (const [namespace, level] of [
        ['strict', 'restricted'],
        ['base', 'baseline'],
      ] as const)
        for (const [i, spec] of judged.entries()) {
          const created = cluster.create(bare(`p${i}`, namespace, spec), { manager: 'test', dryRun: true }, signal)
          const message = await created.then(() => '', messageOf)
          const said = `${level} ${JSON.stringify(spec)}: ${message}`
          if (violationOf(spec, level)) assert.match(message, /violates PodSecurity/, said)
          else assert.equal(message, '', said)
        }
    })
  }),
)
