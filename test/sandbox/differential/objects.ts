import type { JsonObject } from '../../../src/lib/json.ts'
import { ask, type Conversation } from './talk.ts'

const { get, post, put, del } = ask
const maps = '/api/v1/namespaces/NS/configmaps'
export const map = (name: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
})

/** Reading, creating, replacing and deleting, and the ways in which each is refused. */
export const objects: readonly Conversation[] = [
  [
    'create, read, replace, delete',
    [
      get(`${maps}/c`),
      post(maps, map('c', { data: { a: '1' } })),
      post(maps, map('c')),
      get(`${maps}/c`),
      put(`${maps}/c`, map('c', { data: { a: '2' } })),
      put(`${maps}/c`, map('c', { data: { a: '2' } })),
      put(`${maps}/c`, map('other')),
      put(`${maps}/c`, { ...map('c'), metadata: { name: 'c', namespace: 'elsewhere' } }),
      put(`${maps}/c`, { ...map('c'), metadata: { name: 'c', resourceVersion: '1' } }),
      put(`${maps}/c`, { ...map('c'), metadata: { name: 'c', uid: '00000000-0000-0000-0000-000000000000' } }),
      put(`${maps}/absent`, map('absent')),
      put(`${maps}/absent`, { ...map('absent'), metadata: { name: 'absent', resourceVersion: '5' } }),
      del(`${maps}/c`),
      del(`${maps}/c`),
    ],
  ],
  [
    'bodies that are refused',
    [
      post(maps, { ...map('c'), kind: 'Secret' }),
      post(maps, { ...map('c'), apiVersion: 'v2' }),
      post(maps, { ...map('c'), apiVersion: 'apps/v1' }),
      post(maps, { kind: 'ConfigMap', metadata: { name: 'c' } }),
      post(maps, { apiVersion: 'v1', metadata: { name: 'c' } }),
      post(maps, '{"apiVersion":'),
      post(maps, 'nonsense'),
      post(maps, ''),
      post(maps, '[]'),
      post(maps, 'null'),
      post(maps, {}),
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap' }),
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
      post(maps, map('Upper_Case')),
      post(maps, map('c', { metadata: { name: 'c', namespace: 'elsewhere' } })),
      post(maps, map('c', { data: { a: 1 } })),
      post(maps, map('c', { data: ['a'] })),
      post(maps, map('c', { data: 'text' })),
      post(maps, map('c', { immutable: 'yes' })),
      post(maps, map('c', { metadata: { name: 7 } })),
      post(maps, map('c', { metadata: { name: 'c', labels: { a: 1 } } })),
      post(maps, map('c', { metadata: { name: 'c', labels: { 'bad key': 'x' } } })),
      post(maps, map('c', { metadata: { name: 'c', labels: { a: 'not valid!' } } })),
      post(maps, map('c', { metadata: { name: 'c', annotations: { 'bad key': 'x' } } })),
      post(maps, map('c', { metadata: { name: 'c', finalizers: ['unqualified'] } })),
      post(maps, map('c', { metadata: { name: 'c', finalizers: ['Not Valid/x y'] } })),
      post(maps, map('c', { metadata: { name: 'c', ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] } })),
      post(maps, map('c', { metadata: { name: 'c', ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'p', uid: 'u' }] } })),
      post(maps, map('c', { data: { 'bad key': 'x' } })),
      post(maps, map('c', { data: { a: '1' }, binaryData: { a: 'eA==' } })),
      post(maps, map('c', { binaryData: { a: '*' } })),
      post(maps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml}\ndata: {a: "1"}\n', { type: 'application/yaml' }),
      post(maps, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: from-yaml, name: twice}\n', { type: 'application/yaml' }),
      post(maps, map('c'), { type: 'text/plain' }),
      post(maps, map('c'), { accept: 'text/html' }),
      post(`${maps}?dryRun=All`, map('c')),
      post(`${maps}?dryRun=Some`, map('c')),
      get(`${maps}/c`),
    ],
  ],
  [
    'unknown and duplicate fields',
    ['Strict', 'Warn', 'Ignore', 'Other', ''].flatMap(mode => [
      post(`${maps}?dryRun=All&fieldValidation=${mode}`, map('c', { nope: 1, data: { a: '1' } })),
      post(`${maps}?dryRun=All&fieldValidation=${mode}`, map('c', { metadata: { name: 'c', nope: { deep: 1 } }, nope: 1 })),
      post(
        `${maps}?dryRun=All&fieldValidation=${mode}`,
        '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1","a":"2"},"data":{"b":"1"}}',
      ),
      post(
        `${maps}?dryRun=All&fieldValidation=${mode}`,
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: "1"}\nnope: 1\nnope: 2\n',
        {
          type: 'application/yaml',
        },
      ),
    ]),
  ],
  [
    'generated names',
    [
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } }),
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'Bad_' } }),
      post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'named', generateName: 'gen-' } }),
      post(`${maps}?dryRun=All`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } }),
    ],
  ],
  [
    'paths that are not served',
    [
      get('/api/v1/nothing'),
      get('/api/v2/configmaps'),
      get('/apis/nothing.example.com/v1/things'),
      get('/apis/apps/v9/deployments'),
      get('/apis/apps/v1/namespaces/NS/nothing'),
      get(`${maps}/c/status`),
      get('/apis/apps/v1/namespaces/NS/deployments/d/nothing'),
      get('/nothing'),
      get('/api/v1/configmaps/c'),
      get('/api/v1/namespaces/NS/nodes'),
      post(`${maps}/c`, map('c')),
      post('/api/v1/configmaps', map('c')),
      put(maps, map('c')),
      ask.merge(maps, {}),
      post('/api/v1/namespaces/absent/configmaps', map('c')),
      post('/api/v1/namespaces/absent/configmaps?dryRun=All', map('c')),
      get('/api/v1/namespaces/absent/configmaps/c'),
      get('/api/v1/namespaces/absent/configmaps'),
    ],
  ],
  [
    'kinds that an update may create',
    [
      put('/apis/coordination.k8s.io/v1/namespaces/NS/leases/made', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'made' },
        spec: { holderIdentity: 'me' },
      }),
      put('/apis/coordination.k8s.io/v1/namespaces/NS/leases/other', {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: 'other', resourceVersion: '7' },
      }),
      put('/api/v1/namespaces/NS/secrets/made', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'made' } }),
      put('/apis/rbac.authorization.k8s.io/v1/namespaces/NS/roles/made', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'made' },
      }),
    ],
  ],
]
