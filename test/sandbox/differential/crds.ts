import type { JsonObject } from '../../../src/lib/json.ts'
import { listAt, stringAt } from '../../../src/lib/json.ts'
import { ask, type Conversation, type Said } from './talk.ts'

const { get, post, put, merge, json, strategic, apply, del } = ask
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

interface Options {
  readonly schema?: JsonObject
  readonly more?: JsonObject
  readonly spec?: JsonObject
}

function definition(plural: string, { schema = { type: 'object' }, more = {}, spec = {} }: Options = {}): JsonObject {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.d.example.com` },
    spec: {
      group: 'd.example.com',
      scope: 'Namespaced',
      names: { plural, kind, shortNames: [plural.slice(0, 2)] },
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema } } }, ...more },
      ],
      ...spec,
    },
  }
}
const established = (said: Said): boolean =>
  listAt(said.body, 'status', 'conditions').some(c => stringAt(c, 'type') === 'Established' && stringAt(c, 'status') === 'True')
const served = (said: Said): boolean => said.status === 200
const object = (kind: string, spec: JsonObject | undefined, name = 'x'): JsonObject => ({
  apiVersion: 'd.example.com/v1',
  kind,
  metadata: { name },
  ...(spec === undefined ? {} : { spec }),
})
const things = '/apis/d.example.com/v1/namespaces/NS/things'
const schema: JsonObject = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
    count: { type: 'integer', minimum: 1, maximum: 9, default: 3 },
    ratio: { type: 'number', exclusiveMinimum: true, minimum: 0 },
    flag: { type: 'boolean' },
    mode: { type: 'string', enum: ['fast', 'slow'], default: 'fast' },
    when: { type: 'string', format: 'date-time' },
    port: { 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', maxItems: 3 },
    rows: {
      type: 'array',
      minItems: 1,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: { type: 'object', required: ['id'], properties: { id: { type: 'string' }, value: { type: 'integer', default: 7 } } },
    },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    maybe: { type: 'string', nullable: true },
    nested: { type: 'object', default: { deep: 'd' }, properties: { deep: { type: 'string' }, other: { type: 'string', default: 'o' } } },
  },
}
const columns = [
  { name: 'Count', type: 'integer', jsonPath: '.spec.count' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Since', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode', priority: 1 },
]
const good = { name: 'abc' }
const thing = (spec: JsonObject | undefined, name = 'x'): JsonObject => object('Thing', spec, name)
/** A real server establishes a definition a moment after it is stored. */
const later = { unlike: 'the sandbox serves a definition as soon as it is stored' }
const refused = (spec: JsonObject | undefined) => post(`${things}?dryRun=All`, thing(spec, 'refused'))
const status = {
  type: 'object',
  properties: {
    conditions: { type: 'array', items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } } },
    replicas: { type: 'integer' },
    selector: { type: 'string' },
  },
}

/** Custom resources: their definitions, their schemas, and what both refuse. */
export const crds: readonly Conversation[] = [
  [
    'definitions that are refused',
    [
      post(definitions, { ...definition('bads'), metadata: { name: 'other.d.example.com' } }),
      post(definitions, definition('bads', { more: { schema: undefined } })),
      post(definitions, definition('bads', { more: { storage: false } })),
      post(definitions, definition('bads', { spec: { scope: 'Other' } })),
      post(definitions, definition('bads', { spec: { versions: [] } })),
      post(definitions, definition('bads', { spec: { group: '' } })),
    ],
  ],
  [
    'custom resources with a schema',
    [
      post(
        definitions,
        definition('things', {
          schema,
          more: {
            additionalPrinterColumns: columns,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: schema, status } } },
          },
        }),
        later,
      ),
      get(`${definitions}/things.d.example.com`, { until: established }),
      get(things, { until: served }),
      post(definitions, definition('things')),
      post(things, thing(good)),
      post(things, thing(good)),
      get(`${things}/x`),
      get(things),
      get(things, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
      get(`${things}?fieldSelector=metadata.name%3Dx`),
      get(`${things}?fieldSelector=spec.name%3Dx`),
      refused(undefined),
      refused({}),
      refused({ name: 'a' }),
      refused({ name: 'abcdef' }),
      refused({ name: 'ABC' }),
      refused({ name: 5 }),
      refused({ name: null }),
      refused({ ...good, count: 0 }),
      refused({ ...good, count: 10 }),
      refused({ ...good, count: '5' }),
      refused({ ...good, ratio: 0 }),
      refused({ ...good, flag: 'true' }),
      refused({ ...good, mode: 'odd' }),
      refused({ ...good, when: 'yesterday' }),
      refused({ ...good, port: true }),
      refused({ ...good, tags: ['a', 'a'] }),
      refused({ ...good, tags: ['a', 'b', 'c', 'd'] }),
      refused({ ...good, rows: [] }),
      refused({ ...good, rows: [{ id: 'a' }, { id: 'a' }] }),
      refused({ ...good, rows: [{ value: 1 }] }),
      refused({ ...good, labels: { a: 1 } }),
      post(
        things,
        thing(
          {
            ...good,
            port: 'http',
            tags: ['a'],
            rows: [{ id: 'r' }],
            labels: { a: 'b' },
            free: { any: { thing: [1] } },
            maybe: null,
            nested: {},
          },
          'full',
        ),
      ),
      post(`${things}?fieldValidation=Strict`, thing({ ...good, nope: 1, nested: { nope: 2 }, rows: [{ id: 'a', nope: 3 }] }, 'strict')),
      post(things, thing({ ...good, nope: 1, nested: { nope: 2 }, free: { kept: 1 } }, 'pruned')),
      post(`${things}?fieldValidation=Ignore`, thing({ ...good, nope: 1 }, 'ignored')),
      post(
        `${things}?fieldValidation=Strict`,
        '{"apiVersion":"d.example.com/v1","kind":"Thing","metadata":{"name":"dup"},"spec":{"name":"abc","name":"def"}}',
      ),
      post(things, { ...thing(good, 'meta'), metadata: { name: 'meta', nope: 1, labels: { a: 1 } } }),
      post(things, { ...thing(good, 'meta'), metadata: { name: 'meta', finalizers: ['unqualified'] } }),
      post(things, { ...thing(good), kind: 'Other' }),
      post(things, { ...thing(good), apiVersion: 'other.example.com/v1' }),
      post(things, { kind: 'Thing', metadata: { name: 'versionless' }, spec: good }),
      post(things, ''),
      post(things, 'nonsense'),
      put(`${things}/x`, thing({ name: 'new' })),
      put(`${things}/x`, before => ({
        ...thing({ name: 'new' }),
        metadata: { name: 'x', resourceVersion: stringAt(before[4]?.body, 'metadata', 'resourceVersion') },
      })),
      merge(`${things}/x`, { spec: { count: 5 } }),
      merge(`${things}/x`, { spec: { count: 50 } }),
      merge(`${things}/x`, { spec: { nope: 1 } }),
      merge(`${things}/x?fieldValidation=Strict`, { spec: { nope: 1 } }),
      merge(`${things}/x`, { spec: { count: null } }),
      merge(`${things}/x`, { spec: 'text' }),
      json(`${things}/x`, [{ op: 'replace', path: '/spec/name', value: 'json' }]),
      strategic(`${things}/x`, { spec: { count: 6 } }),
      apply(`${things}/x?fieldManager=flux`, thing({ name: 'apply', rows: [{ id: 'a' }] })),
      apply(`${things}/x?fieldManager=flux&force=true`, thing({ name: 'apply', rows: [{ id: 'a' }] })),
      apply(`${things}/x?fieldManager=other`, thing({ rows: [{ id: 'b', value: 1 }] } as JsonObject)),
      apply(`${things}/x?fieldManager=other`, thing({ rows: [{ id: 'a', value: 9 }] } as JsonObject)),
      apply(`${things}/x?fieldManager=other`, thing({ nope: 1 })),
      apply(`${things}/x?fieldManager=other`, thing({ count: 'x' })),
      apply(`${things}/x?fieldManager=other&force=true`, thing({ count: 99 })),
      apply(`${things}/y?fieldManager=flux`, thing(good, 'y')),
      merge(`${things}/x/status`, {
        status: { conditions: [{ type: 'Ready', status: 'True' }], nope: 1 },
        spec: { name: 'ignored' },
        metadata: { labels: { ignored: 'yes' } },
      }),
      merge(`${things}/x`, { status: { replicas: 5 } }),
      get(`${things}/x/status`),
      get(`${things}/x/scale`),
      get(`${things}/x`, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }),
      del(`${things}/x`),
      get(`${things}/x`),
      get('/apis/d.example.com/v1'),
      get('/apis/d.example.com'),
      get('/apis/d.example.com/v2'),
    ],
  ],
  [
    'versions, deprecation and the scale of custom resources',
    [
      post(
        definitions,
        definition('scaleds', {
          spec: {
            versions: [
              {
                name: 'v1beta1',
                served: true,
                storage: false,
                deprecated: true,
                schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
              },
              {
                name: 'v1',
                served: true,
                storage: true,
                schema: {
                  openAPIV3Schema: {
                    type: 'object',
                    properties: { spec: { type: 'object', properties: { replicas: { type: 'integer' } } }, status },
                  },
                },
                subresources: {
                  status: {},
                  scale: {
                    specReplicasPath: '.spec.replicas',
                    statusReplicasPath: '.status.replicas',
                    labelSelectorPath: '.status.selector',
                  },
                },
              },
              { name: 'v1alpha1', served: false, storage: false, schema: { openAPIV3Schema: { type: 'object' } } },
            ],
          },
        }),
        later,
      ),
      get(`${definitions}/scaleds.d.example.com`, { until: established }),
      get('/apis/d.example.com/v1/namespaces/NS/scaleds', { until: served }),
      post('/apis/d.example.com/v1/namespaces/NS/scaleds', object('Scaled', { replicas: 2 })),
      get('/apis/d.example.com/v1beta1/namespaces/NS/scaleds/x'),
      get('/apis/d.example.com/v1alpha1/namespaces/NS/scaleds/x'),
      get('/apis/d.example.com/v1/namespaces/NS/scaleds/x/scale'),
      merge('/apis/d.example.com/v1/namespaces/NS/scaleds/x/scale', { spec: { replicas: 5 } }),
      merge('/apis/d.example.com/v1/namespaces/NS/scaleds/x/status', { status: { replicas: 5, selector: 'a=b' } }),
      get('/apis/d.example.com/v1/namespaces/NS/scaleds/x/scale'),
      get('/apis/d.example.com/v1/namespaces/NS/scaleds/x'),
      get('/apis/d.example.com'),
      del(`${definitions}/scaleds.d.example.com`),
      get('/apis/d.example.com/v1/namespaces/NS/scaleds', { until: said => said.status === 404 }),
    ],
  ],
]
