import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { Definitions } from '../../src/kinds/openapi.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { normalised } from '../../src/kustomize/owned.ts'

const builtin = join(import.meta.dirname, '../../kernel/k8s/builtin.json')
const definitions = new Definitions(JSON.parse(readFileSync(builtin, 'utf8')) as JsonObject)
const metadata = { name: 'a', namespace: 'n' }
const object = (apiVersion: string, kind: string, rest: JsonObject): KubeObject => ({ apiVersion, kind, metadata, ...rest })
const container = { name: 'c', image: 'i' }
const pod = (rest: JsonObject): KubeObject => object('v1', 'Pod', { spec: rest })

const table: [says: string, given: KubeObject, normalised: JsonObject][] = [
  ['a field that the type lacks is dropped', pod({ containers: [], replica: 3 }), { spec: { containers: [] } }],
  [
    'at any depth',
    pod({ containers: [{ ...container, imagePullPolcy: 'Always' }] }),
    { spec: { containers: [{ ...container, resources: {} }] } },
  ],
  [
    'a struct that Go always writes is written',
    object('apps/v1', 'Deployment', { spec: { selector: {}, template: { spec: { containers: [container] } } } }),
    { spec: { selector: {}, strategy: {}, template: { metadata: {}, spec: { containers: [{ ...container, resources: {} }] } } } },
  ],
  ['also when its parent is not given', object('v1', 'Namespace', {}), { spec: {} }],
  ['a null is nothing', pod({ containers: [container], tolerations: null }), { spec: { containers: [{ ...container, resources: {} }] } }],
  [
    'the ports of containers are TCP, those of init containers as they were given',
    pod({
      containers: [{ ...container, ports: [{ containerPort: 1 }] }],
      initContainers: [{ ...container, ports: [{ containerPort: 2 }] }],
    }),
    {
      spec: {
        containers: [{ ...container, ports: [{ containerPort: 1, protocol: 'TCP' }], resources: {} }],
        initContainers: [{ ...container, ports: [{ containerPort: 2 }], resources: {} }],
      },
    },
  ],
  [
    'the ports of a Service too',
    object('v1', 'Service', { spec: { ports: [{ port: 1 }] } }),
    { spec: { ports: [{ port: 1, protocol: 'TCP', targetPort: 0 }] } },
  ],
  [
    'the texts of a Secret are encoded, over its data',
    object('v1', 'Secret', { stringData: { a: 'b' }, data: { a: 'eA==', c: 'ZA==' } }),
    { data: { a: 'Yg==', c: 'ZA==' } },
  ],
  [
    'an object that does not convert keeps its fields, but no status',
    pod({ hostNetwork: 'yes', more: 1 }),
    { spec: { hostNetwork: 'yes', more: 1 } },
  ],
  ['so does a Secret whose data is no base64', object('v1', 'Secret', { data: { a: '*' }, more: 1 }), { data: { a: '*' }, more: 1 }],
  [
    'quantities may be texts or numbers, and come back in their canonical form',
    pod({ containers: [{ ...container, resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }] }),
    { spec: { containers: [{ ...container, resources: { limits: { cpu: '500m', memory: '1Gi' } } }] } },
  ],
  ['a custom kind keeps its fields', object('example.com/v1', 'Thing', { spec: { any: 1 }, status: { gone: 1 } }), { spec: { any: 1 } }],
  ['a Role is left alone', object('rbac.authorization.k8s.io/v1', 'Role', { more: 1, status: {} }), { more: 1, status: {} }],
  [
    'a definition keeps its status',
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { a: 1 } }),
    { status: { a: 1 } },
  ],
]

for (const [says, given, expected] of table)
  test(says, () =>
    assert.deepEqual(normalised({ ...given, ...(given.kind === 'Pod' ? { status: {} } : {}) }, definitions), {
      ...object(given.apiVersion, given.kind, {}),
      ...expected,
    }),
  )
