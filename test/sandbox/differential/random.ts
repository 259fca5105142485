import { fc } from '../../support/laws.ts'
import type { Json, JsonObject } from '../../../src/lib/json.ts'
import { ask, type Step } from './talk.ts'

const deployments = '/apis/apps/v1/namespaces/NS/deployments'
const things = '/apis/rand.example.com/v1/namespaces/NS/mixeds'

const word = fc.constantFrom('a', 'b', 'c', 'd')
const labels = fc.dictionary(word, fc.constantFrom('1', '2', ''), { maxKeys: 3 })
const env = fc.uniqueArray(fc.record({ name: word, value: fc.constantFrom('x', 'y') }), { selector: e => e.name, maxLength: 3 })
const container = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    image: fc.constantFrom('i:1', 'i:2'),
    env,
    args: fc.array(word, { maxLength: 2 }),
    ports: fc.uniqueArray(fc.record({ containerPort: fc.constantFrom(80, 81), protocol: fc.constantFrom('TCP', 'UDP') }), {
      selector: p => `${p.containerPort}/${p.protocol}`,
      maxLength: 2,
    }),
    resources: fc.record({
      limits: fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', '500m', '2000m'), { maxKeys: 2 }),
    }),
  },
  { requiredKeys: ['name', 'image'] },
)
const containers = fc.uniqueArray(container, { selector: c => c.name, minLength: 1, maxLength: 2 })

/** A Deployment that any manager may apply; what it leaves out differs from run to run. */
const deployment = fc
  .record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      paused: fc.boolean(),
      annotations: labels,
      labels,
      containers,
      nodeSelector: labels,
      finalizers: fc.uniqueArray(fc.constantFrom('d.example.com/x', 'd.example.com/y'), { maxLength: 2 }),
    },
    { requiredKeys: ['containers'] },
  )
  .map(({ replicas, paused, annotations, labels: own, containers: list, nodeSelector, finalizers }): JsonObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'r',
      ...(annotations ? { annotations } : {}),
      ...(own ? { labels: own } : {}),
      ...(finalizers ? { finalizers } : {}),
    },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      ...(paused === undefined ? {} : { paused }),
      selector: { matchLabels: { app: 'r' } },
      template: {
        metadata: { labels: { app: 'r' } },
        spec: { containers: list as unknown as Json[], ...(nodeSelector ? { nodeSelector } : {}) },
      },
    },
  }))

const mixedSpec = fc.record(
  {
    text: word,
    count: fc.oneof(fc.integer({ min: -1, max: 12 }), fc.constant('many')),
    set: fc.array(word, { maxLength: 3 }),
    rows: fc.array(fc.record({ id: word, value: fc.integer({ min: 0, max: 2 }) }, { requiredKeys: ['id'] }), { maxLength: 3 }),
    atomic: fc.array(word, { maxLength: 2 }),
    labels,
    free: fc.dictionary(word, fc.oneof(word, fc.array(fc.integer({ min: 0, max: 1 }), { maxLength: 2 })), { maxKeys: 2 }),
  },
  { requiredKeys: [] },
)
const mixed = mixedSpec.map(spec => ({
  apiVersion: 'rand.example.com/v1',
  kind: 'Mixed',
  metadata: { name: 'r' },
  spec: spec as unknown as JsonObject,
}))

/** The definition of the custom resources that are drawn: a list of each kind, defaults, bounds. */
export const mixedDefinition: JsonObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'mixeds.rand.example.com' },
  spec: {
    group: 'rand.example.com',
    scope: 'Namespaced',
    names: { plural: 'mixeds', kind: 'Mixed' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  text: { type: 'string', default: 'd' },
                  count: { type: 'integer', minimum: 0, maximum: 9 },
                  set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                  rows: {
                    type: 'array',
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['id'],
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: { id: { type: 'string' }, value: { type: 'integer', default: 1 } },
                    },
                  },
                  atomic: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
                  labels: { type: 'object', additionalProperties: { type: 'string' } },
                  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
        },
      },
    ],
  },
}

const manager = fc.constantFrom('one', 'two')
const forced = fc.constantFrom('', '&force=true')
const changes: Readonly<Record<string, Json[]>> = {
  [deployments]: [
    { spec: { replicas: 2 } },
    { spec: { template: { spec: { containers: [{ name: 'two', image: 'i:3' }] } } } },
    { metadata: { labels: { a: '9', b: null } } },
    { spec: { template: { metadata: { annotations: { a: '1' } } } } },
    { spec: { paused: null, template: { spec: { nodeSelector: null } } } },
  ],
  [things]: [
    { spec: { count: 4 } },
    { spec: { rows: [{ id: 'a', value: 2 }] } },
    { spec: { set: ['d'], text: null } },
    { spec: { labels: { a: null, z: '1' } } },
    { spec: null },
  ],
}
const operations: readonly Json[] = [
  [{ op: 'add', path: '/metadata/labels', value: { j: '1' } }],
  [{ op: 'remove', path: '/spec/replicas' }],
  [{ op: 'replace', path: '/spec/text', value: 'json' }],
  [
    { op: 'test', path: '/metadata/name', value: 'r' },
    { op: 'add', path: '/metadata/annotations', value: {} },
  ],
]

function steps(path: string, object: fc.Arbitrary<JsonObject>): fc.Arbitrary<Step> {
  const at = (by: string, more = ''): string => `${path}/r?fieldManager=${by}${more}`
  return fc.oneof(
    { weight: 5, arbitrary: fc.tuple(object, manager, forced).map(([o, by, force]) => ask.apply(at(by, force), o)) },
    {
      weight: 2,
      arbitrary: fc.tuple(fc.constantFrom(...(changes[path] ?? [])), manager).map(([o, by]) => ask.merge(at(by), o as JsonObject)),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...(changes[path] ?? [])), manager).map(([o, by]) => ask.strategic(at(by), o as JsonObject)),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...operations), manager).map(([o, by]) => ask.json(at(by), o as unknown as JsonObject)),
    },
  )
}

/** Sequences of applies and patches by two managers: of a workload, and of a custom resource. */
export const sequences: readonly (readonly [name: string, steps: fc.Arbitrary<Step[]>])[] = [
  ['a Deployment', fc.array(steps(deployments, deployment), { minLength: 2, maxLength: 6 })],
  ['a custom resource', fc.array(steps(things, mixed), { minLength: 2, maxLength: 6 })],
]
