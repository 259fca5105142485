import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { at, objectAt } from '../../src/lib/json.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { ask, speak, type Step } from './differential/talk.ts'

const kernel = testKernel()
let server: { url: string; stop(): Promise<void> }
before(async () => {
  server = await startSandboxApi(kernel)
})
after(() => server.stop())

const maps = '/api/v1/namespaces/default/configmaps'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const map = (metadata: unknown): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
const web = (spec: unknown): object => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec })
const protobuf = { type: 'application/vnd.kubernetes.protobuf' }
/** What nobody means to send. */
const odd: Step[] = [
  ...[
    null,
    [],
    'x',
    { name: 'a', managedFields: 'x' },
    { name: 'a', finalizers: 'x' },
    { name: 'b', labels: null, ownerReferences: null },
  ].map(m => ask.post(maps, map(m))),
  ask.post(maps, { apiVersion: 5, kind: 'ConfigMap' }),
  ask.post(maps, { apiVersion: 'v1', kind: {} }),
  ask.post(maps, '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"p","labels":{"__proto__":"x"}},"data":{"constructor":"z"}}'),
  ...[null, [], {}, { template: null, selector: null }, { selector: {}, template: { spec: { containers: [null] } } }].map(spec =>
    ask.post(deployments, web(spec)),
  ),
  ...[null, [], { versions: [null] }].map(spec =>
    ask.post(definitions, { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'x.y' }, spec }),
  ),
  ...[
    '/api/v1/namespaces/%zz/configmaps',
    '//',
    '/?',
    `${maps}/%2F`,
    `${maps}?limit=99999999999999999999`,
    `${maps}?labelSelector=${'a,'.repeat(3000)}a`,
  ].map(path => ask.get(path)),
  ...[
    [null],
    [{ op: 'add' }],
    [{ op: 'add', path: 'nope' }],
    [{ op: 'remove', path: '' }],
    [{ op: 'replace', path: '', value: 5 }],
    [{ op: 'copy', from: '', path: '/data' }],
  ].map(p => ask.json(`${maps}/b`, p)),
  ...['null', '5', '{"metadata":null}', '{"metadata":{"managedFields":"x"}}'].flatMap(p => [
    ask.merge(`${maps}/b`, p),
    ask.strategic(`${maps}/b`, p),
  ]),
  ...['a: &a [*a]', '{a: 1}: b', 'metadata: [a]', '- a'].map(p => ask.apply(`${maps}/b?fieldManager=x`, p)),
  ...['x', '[]', '{}'].flatMap(p => [
    ask.put(`${deployments}/a/scale`, p),
    ask.put('/api/v1/namespaces/default/finalize', p),
    ask.del(`${maps}/b`, p),
  ]),
  ask.post(maps, 'k8s\0\u0001\u0002\u0003', protobuf),
  ask.post(maps, 'k8s', protobuf),
  ask.post(maps, '['.repeat(100_000)),
  ask.post(maps, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"data":${'{"a":'.repeat(900)}1${'}'.repeat(900)}}`),
  ask.post(maps, { ...map({ name: 'big' }), data: { a: 'x'.repeat(3_200_000) } }),
]

test('nothing that is sent makes the server fail', async () => {
  const failed: string[] = []
  for (const step of odd) {
    const { status, body } = await speak(server, step, [])
    if (status >= 500 && String(at(body, 'message')).startsWith('Internal error'))
      failed.push(`${step.method} ${String(step.path)}: ${String(at(body, 'message'))}`)
  }
  assert.deepEqual(failed, [])
  assert.equal((await speak(server, ask.get(maps), [])).status, 200)
})

test('fifty managers at once all find their field', async () => {
  const apply = (i: number) => ask.apply(`${maps}/many?fieldManager=m${i}`, { ...map({ name: 'many' }), data: { [`k${i}`]: '1' } })
  await Promise.all(Array.from({ length: 50 }, (_, i) => speak(server, apply(i), [])))
  const { body } = await speak(server, ask.get(`${maps}/many`), [])
  assert.equal(Object.keys(objectAt(body, 'data')).length, 50)
})
