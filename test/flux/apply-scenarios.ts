import type { ObjectRef } from '../../src/kinds/manifest.ts'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import { kustomization, ksRef, type Scenario, type Story, told } from './scenarios.ts'

const yaml = (object: Json): string => JSON.stringify(object)
const file = (...objects: Json[]): Record<string, string> =>
  Object.fromEntries(objects.map((o, i) => [`f${String(i).padStart(3, '0')}.yaml`, yaml(o)]))
const ob = (kind: string, namespace: string | undefined, name: string, rest: JsonObject = {}, meta: JsonObject = {}): JsonObject => {
  const [apiVersion = '', k = ''] = kind.split(' ')
  return { apiVersion, kind: k, metadata: { name, ...(namespace ? { namespace } : {}), ...meta }, ...rest }
}
const cm = (n: string, name: string, data: JsonObject = { k: '1' }, meta: JsonObject = {}) => ob('v1 ConfigMap', n, name, { data }, meta)
const sec = (n: string, name: string, rest: JsonObject = { stringData: { k: 'v' } }, meta: JsonObject = {}) =>
  ob('v1 Secret', n, name, rest, meta)
const svc = (n: string, name: string, spec: JsonObject = {}) =>
  ob('v1 Service', n, name, { spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }], ...spec } })
const podT = (name: string, more: JsonObject = {}): JsonObject => ({
  metadata: { labels: { app: name } },
  spec: {
    containers: [
      { name: 'app', image: 'example.com/app:1', ports: [{ containerPort: 80 }], resources: { requests: { cpu: '1000m', memory: '1Gi' } } },
    ],
    ...more,
  },
})
const dep = (n: string, name: string, more: JsonObject = {}) =>
  ob('apps/v1 Deployment', n, name, { spec: { selector: { matchLabels: { app: name } }, template: podT(name), ...more } })
const ref = (group: string, kind: string, namespace: string | undefined, name: string): ObjectRef => ({
  group,
  version: 'v1',
  kind,
  ...(namespace ? { namespace } : {}),
  name,
})
const note = (k: string, v: string) => ({ annotations: { [`kustomize.toolkit.fluxcd.io/${k}`]: v } })
const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }
const mixed = (n: string): JsonObject[] => [
  ob('networking.k8s.io/v1 Ingress', n, 'i', { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } }),
  ob('admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', undefined, `${n}-v`, { webhooks: [] }),
  ob('policy/v1 PodDisruptionBudget', n, 'b', { spec: { minAvailable: 1, selector: { matchLabels: { app: 'd' } } } }),
  dep(n, 'd'),
  svc(n, 's'),
  sec(n, 'z'),
  cm(n, 'c'),
  ob('rbac.authorization.k8s.io/v1 RoleBinding', n, 'rb', { roleRef: role, subjects: [] }),
  ob('rbac.authorization.k8s.io/v1 Role', n, 'r', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  ob('v1 ServiceAccount', n, 'a'),
  ob('autoscaling/v2 HorizontalPodAutoscaler', n, 'h', {
    spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
  }),
  ob('scheduling.k8s.io/v1 PriorityClass', undefined, `${n}-p`, { value: 5 }),
  cm(`${n}-extra`, 'c'),
  cm(n, 'b'),
  ob('v1 Namespace', undefined, `${n}-extra`),
  ob('batch/v1 CronJob', n, 'cj', {
    spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: podT('cj', { restartPolicy: 'Never' }) } } },
  }),
  ob('apps/v1 StatefulSet', n, 'st', {
    spec: { serviceName: 's', replicas: 0, selector: { matchLabels: { app: 'st' } }, template: podT('st') },
  }),
  ob('networking.k8s.io/v1 NetworkPolicy', n, 'np', { spec: { podSelector: {}, ingress: [{}] } }),
]
const mapRef = (n: string, name = 'one') => ref('', 'ConfigMap', n, name)
const merge = (r: ObjectRef, body: JsonObject, manager = 'someone') => ({ ref: r, patch: { type: 'merge' as const, body, manager } })

const crdOf = (kind: string, group: string): JsonObject =>
  ob('apiextensions.k8s.io/v1 CustomResourceDefinition', undefined, `${kind.toLowerCase()}s.${group}`, {
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'apply-kubernetes-preserve-unknown-fields': true } } },
          },
        },
      ],
    },
  })
const job = (n: string, image: string) =>
  ob('batch/v1 Job', n, 'j', { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image }] } } } })

const stories: readonly Story[] = [
  { name: 'apply-mixed', files: n => file(...mixed(n)), more: n => [{}, { push: file(cm(n, 'only')) }] },
  {
    name: 'apply-sealed',
    files: n => file(sec(n, 's', { immutable: true, stringData: { k: 'private' } }), cm(n, 'one')),
    more: n => [
      { push: file(sec(n, 's', { immutable: true, stringData: { k: 'other' } }), cm(n, 'one', { k: '2' })) },
      { apply: [kustomization(n, { force: true })] },
    ],
  },
  {
    name: 'apply-roleref',
    files: n => file(ob('rbac.authorization.k8s.io/v1 RoleBinding', n, 'rb', { roleRef: role, subjects: [] })),
    more: n => [
      { push: file(ob('rbac.authorization.k8s.io/v1 RoleBinding', n, 'rb', { roleRef: { ...role, name: 'q' }, subjects: [] })) },
      { apply: [kustomization(n, { force: true })] },
    ],
  },
  {
    name: 'apply-class',
    files: () => file(ob('storage.k8s.io/v1 StorageClass', undefined, 'apply-class', { provisioner: 'a.b/c', parameters: { t: 'a' } })),
    more: () => [
      { push: file(ob('storage.k8s.io/v1 StorageClass', undefined, 'apply-class', { provisioner: 'a.b/c', parameters: { t: 'b' } })) },
      {
        push: file(
          ob(
            'storage.k8s.io/v1 StorageClass',
            undefined,
            'apply-class',
            { provisioner: 'a.b/c', parameters: { t: 'b' } },
            note('force', 'Enabled'),
          ),
        ),
      },
    ],
  },
  {
    name: 'apply-off',
    files: n => file(cm(n, 'one'), sec(n, 'two')),
    more: n => [
      { patch: [merge(mapRef(n), { data: { k: 'edited' }, metadata: note('reconcile', 'disabled') })] },
      { push: file(cm(n, 'one-new'), sec(n, 'two-new')) },
    ],
  },
  {
    name: 'apply-kubectl',
    files: n => file(cm(n, 'one')),
    more: n => [
      {
        patch: [
          merge(
            mapRef(n),
            {
              data: { k: '2', more: 'x' },
              metadata: {
                annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', mine: 'y' },
                labels: { 'fluxcd.io/sync-gc-mark': 'm', l: 'v' },
              },
            },
            'kubectl-client-side-apply',
          ),
        ],
      },
      {
        patch: [merge(mapRef(n), { metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' } } }, 'neighbour')],
      },
      {
        patch: [
          merge(mapRef(n), { data: { b: 'x' } }, 'before-first-apply'),
          merge(mapRef(n), { data: { c: 'x' } }, 'kustomize-controller'),
        ],
      },
    ],
  },
  {
    name: 'apply-scope',
    files: n => file(ob('scheduling.k8s.io/v1 PriorityClass', n, 'apply-scope', { value: 1 })),
    more: n => [
      { push: file(ob('scheduling.k8s.io/v1 PriorityClass', n, 'apply-scope', { value: 1 }, note('ssa', 'IfNotPresent'))) },
      { push: file(cm(n, 'one')) },
    ],
  },
  {
    name: 'apply-owner',
    files: n => file(cm(n, 'one'), cm(n, 'two'), cm(n, 'three', {}, note('prune', 'Disabled'))),
    more: n => [
      { patch: [merge(mapRef(n), { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'other' } } })] },
      {
        patch: [merge(mapRef(n, 'two'), { metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'other' } } })],
        push: file(sec(n, 'only')),
      },
      { remove: [ksRef(n)], run: [ksRef(n)] },
    ],
  },
  { name: 'apply-empty', files: n => file(cm(n, 'one')), more: n => [{ push: { 'readme.txt': 'x' } }, { push: file(cm(n, 'one')) }] },
  {
    name: 'apply-delete',
    files: n => file(cm(n, 'one')),
    ks: { prune: false, deletionPolicy: 'WaitForTermination' },
    more: n => [{ remove: [ksRef(n)], run: [ksRef(n)] }],
  },
  {
    name: 'apply-orphan',
    files: n => file(cm(n, 'one')),
    ks: { deletionPolicy: 'Orphan' },
    more: n => [{ remove: [ksRef(n)], run: [ksRef(n)] }],
  },
  { name: 'apply-astray', files: n => file(dep(n, 'd')), ks: { healthChecks: [{ kind: 'Deployment', name: 'd' }] } },
  {
    name: 'apply-crash',
    files: n =>
      file(
        ob('apps/v1 StatefulSet', n, 'db', {
          spec: {
            serviceName: 'db',
            selector: { matchLabels: { app: 'db' } },
            template: {
              metadata: { labels: { app: 'db' } },
              spec: { containers: [{ name: 'db', image: 'example.com/db:1', command: ['false'] }] },
            },
          },
        }),
      ),
    ks: { wait: true, timeout: '30s', retryInterval: '1h' },
  },
  {
    name: 'apply-crd',
    files: n =>
      file(
        ob('apply.example.com/v1 Widget', n, 'w', { spec: { a: 1 } }),
        ob('apiextensions.k8s.io/v1 CustomResourceDefinition', undefined, 'widgets.apply.example.com', {
          spec: {
            group: 'apply.example.com',
            scope: 'Namespaced',
            names: { kind: 'Widget', plural: 'widgets', singular: 'widget', listKind: 'WidgetList' },
            versions: [
              {
                name: 'v1',
                served: true,
                storage: true,
                schema: {
                  openAPIV3Schema: {
                    type: 'object',
                    properties: { spec: { type: 'object', 'apply-kubernetes-preserve-unknown-fields': true } },
                  },
                },
              },
            ],
          },
        }),
      ),
    ks: { wait: true },
    more: n => [{ push: file(cm(n, 'one')) }],
  },
  {
    name: 'more-job',
    files: n => file(job(n, 'example.com/a:1')),
    ks: { wait: true },
    more: n => [{ push: file(job(n, 'example.com/a:2')) }, { apply: [kustomization(n, { force: true, wait: true })] }],
  },
  {
    name: 'more-selector',
    files: n => file(dep(n, 'd')),
    more: n => [
      { push: file(dep(n, 'd', { selector: { matchLabels: { app: 'e' } }, template: podT('e') })) },
      { apply: [kustomization(n, { force: true })] },
    ],
  },
  {
    name: 'more-replicas',
    files: n => file(dep(n, 'd', { replicas: 2 })),
    more: n => [
      { patch: [merge(ref('apps', 'Deployment', n, 'd'), { spec: { replicas: 4 } }, 'scaler')] },
      { push: file(dep(n, 'd')) },
      { patch: [merge(ref('apps', 'Deployment', n, 'd'), { spec: { replicas: 3 } }, 'scaler')] },
    ],
  },
  {
    name: 'more-lists',
    files: n =>
      file(
        ob('apps/v1 Deployment', n, 'd', {
          spec: {
            replicas: 0,
            selector: { matchLabels: { app: 'd' } },
            template: {
              metadata: { labels: { app: 'd' } },
              spec: {
                containers: [
                  {
                    name: 'a',
                    image: 'x',
                    env: [
                      { name: 'A', value: '1' },
                      { name: 'B', value: '2' },
                    ],
                    args: ['1'],
                  },
                  { name: 'b', image: 'y' },
                ],
                volumes: [{ name: 'v', emptyDir: {} }],
              },
            },
          },
        }),
      ),
    more: n => [
      {
        push: file(
          ob('apps/v1 Deployment', n, 'd', {
            spec: {
              replicas: 0,
              selector: { matchLabels: { app: 'd' } },
              template: {
                metadata: { labels: { app: 'd' }, annotations: { x: 'y' } },
                spec: {
                  containers: [
                    { name: 'c', image: 'z' },
                    { name: 'a', image: 'x', env: [{ name: 'B', value: '3' }], args: [] },
                  ],
                },
              },
            },
          }),
        ),
      },
    ],
  },
  {
    name: 'more-services',
    files: n =>
      file(
        svc(n, 'a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30123, targetPort: 'http' }] }),
        svc(n, 'b', { type: 'ExternalName', externalName: 'example.com', ports: [], selector: {} }),
        svc(n, 'c', { clusterIP: 'None' }),
      ),
    more: n => [
      {
        push: file(
          svc(n, 'a'),
          svc(n, 'c', {
            clusterIP: 'None',
            ports: [
              { name: 'a', port: 1 },
              { name: 'b', port: 2, protocol: 'UDP' },
            ],
          }),
        ),
      },
    ],
  },
  {
    name: 'more-secrets',
    files: n =>
      file(
        sec(n, 'a', { type: 'kubernetes.io/basic-auth', stringData: { username: 'u', password: 'p' } }),
        ob('v1 ConfigMap', n, 'b', { binaryData: { x: 'AAEC' }, data: { y: '' } }),
        sec(n, 'e', { data: {} }),
      ),
    more: n => [{ push: file(sec(n, 'a', { stringData: { username: 'u' } })) }],
  },
  {
    name: 'more-quota',
    files: n =>
      file(
        ob('v1 ResourceQuota', n, 'q', { spec: { hard: { cpu: '1000m', memory: '1024Mi', pods: 4 } } }),
        ob('v1 LimitRange', n, 'l', { spec: { limits: [{ type: 'Container', default: { cpu: 0.5 } }] } }),
        ob('v1 PersistentVolumeClaim', n, 'p', {
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
        }),
      ),
    more: () => [{}],
  },
  {
    name: 'more-owner',
    files: n => file(cm(n, 'one')),
    ks: { commonMetadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'boss', x: 'y' } } },
    more: n => [{ push: file(cm(n, 'two')) }],
  },
  {
    name: 'more-home',
    files: n => file(ob('v1 Namespace', undefined, `${n}-ns`), cm(`${n}-ns`, 'one'), ob('v1 ServiceAccount', `${n}-ns`, 'sa')),
    more: n => [{ push: file(cm(n, 'left')) }],
  },
  {
    name: 'more-numbers',
    files: () => file(crdOf('Number', 'more.example.com')),
    more: n => [
      {
        push: {
          ...file(crdOf('Number', 'more.example.com')),
          'n.yaml': `apiVersion: more.example.com/v1\nkind: Number\nmetadata: {name: n, namespace: ${n}}\nspec:\n  big: 9007199254740993\n  float: 1.5\n  exp: 1e3\n  neg: -0.25\n  oct: 0777\n  hex: 0x1F\n  yes: yes\n  date: 2026-01-01\n  nul: null\n  empty: {}\n  list: []\n  text: "1e3"\n  tiny: 1.0e-10\n  one: 1.0\n`,
        },
      },
      {},
    ],
  },
  {
    name: 'more-badcrd',
    files: n => file(cm(n, 'one')),
    more: n => [
      {
        push: file(
          ob('apiextensions.k8s.io/v1 CustomResourceDefinition', undefined, 'wrong.more.example.com', {
            spec: { group: 'more.example.com', scope: 'Namespaced', names: { kind: 'Wrong', plural: 'wrongs' }, versions: [] },
          }),
        ),
      },
      { push: file(ob('v1 Namespace', undefined, 'Not_A_Name'), cm(n, 'one')) },
    ],
  },
  {
    name: 'more-self',
    files: n => file(cm(n, 'one')),
    ks: { healthChecks: [{ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', name: 'app', namespace: 'more-self' }] },
  },
  {
    name: 'more-agg',
    files: n =>
      file(
        ob('rbac.authorization.k8s.io/v1 ClusterRole', undefined, 'more-agg:a', {
          aggregationRule: { clusterRoleSelectors: [{ matchLabels: { x: 'y' } }] },
          rules: [],
        }),
        ob('rbac.authorization.k8s.io/v1 ClusterRoleBinding', undefined, 'more-agg:b', {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'more-agg:a' },
          subjects: [{ kind: 'ServiceAccount', name: 's', namespace: n }],
        }),
      ),
    more: n => [{}, { push: file(cm(n, 'one')) }],
  },
  {
    name: 'more-webhook',
    files: n =>
      file(
        ob('admissionregistration.k8s.io/v1 MutatingWebhookConfiguration', undefined, 'more-webhook', {
          webhooks: [
            {
              name: 'a.example.com',
              sideEffects: 'None',
              admissionReviewVersions: ['v1'],
              clientConfig: { url: 'https://x.invalid/' },
              rules: [{ apiGroups: ['nope.example.com'], apiVersions: ['v1'], operations: ['*'], resources: ['nopes'] }],
            },
          ],
        }),
        cm(n, 'one'),
      ),
    more: n => [{}, { push: file(cm(n, 'one')) }],
  },
  {
    name: 'more-meta',
    files: n => file(cm(n, 'one', {}, { labels: { a: '1' }, annotations: { b: '2' } })),
    more: n => [
      { patch: [merge(mapRef(n), { metadata: { labels: { a: 'x', c: 'z' }, annotations: { b: null } } })] },
      { push: file(cm(n, 'one')) },
    ],
  },
  {
    name: 'more-drop',
    files: n =>
      file(
        ob(
          'apps/v1 Deployment',
          n,
          'd',
          {
            spec: {
              replicas: 0,
              selector: { matchLabels: { app: 'd' } },
              template: {
                metadata: { labels: { app: 'd' } },
                spec: {
                  hostNetwork: false,
                  automountServiceAccountToken: false,
                  containers: [
                    {
                      name: 'a',
                      image: 'x',
                      tty: false,
                      imagePullPolicy: '',
                      securityContext: {},
                      livenessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 0 },
                    },
                  ],
                  terminationGracePeriodSeconds: 0,
                },
              },
            },
          },
          {},
        ),
        ob('v1 ServiceAccount', n, 'sa', { automountServiceAccountToken: false, imagePullSecrets: [{ name: 'p' }] }),
      ),
    more: () => [{}],
  },
]

/** Applying, taking over, recreating, pruning and judging what a Kustomization ships. */
export function applyScenarios(registry: string): Scenario[] {
  return told(stories, registry)
}
