// What the adapter does, point by point. Spec: mcp 1.3.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../src/lib/json.ts'
import { resources } from '../../src/resources/index.ts'
import { Watches } from '../../src/resources/watches.ts'
import { answer } from '../../src/tools/frame/answer.ts'
import { shown, unloadable } from '../../src/tools/frame/listed.ts'
import { allTools } from '../../src/tools/index.ts'
import { serverFactory } from '../../src/transports/adapter.ts'
import { catalogueFor } from '../../src/main/catalogue.ts'
import type { World } from '../../src/world/world.ts'
import { connectors } from '../support/clients.ts'
import { pushFiles } from '../support/push.ts'
import { type HttpProduct, startHttpProduct, stdioCaller, toolCount } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const [ann, ben] = ['ann-writes-0123456789', 'ben-writes-0123456789']
let product: HttpProduct
before(async () => {
  product = await startHttpProduct({ exposure: { tokens: `${ann} flux:write flux:destroy\n${ben} flux:write flux:destroy\n` } })
  const url = `oci://${product.registry}/app:latest`
  await pushFiles(product.composed.service.world, url, {
    'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}\n',
  })
  const create = { name: 'app', url, interval: '1h' }
  const { data } = await product.call('apply_manifests', { create })
  assert.equal((await product.call('apply_manifests', { create, plan: data?.plan })).isError, false)
})
after(() => product.stop())

interface Sent {
  readonly token?: string
  readonly capabilities?: JsonObject
  readonly meta?: JsonObject
  readonly more?: JsonObject
}

/** A modern request as it is on the wire, and every message that came back. */
async function modern(
  method: string,
  params: JsonObject,
  { token = ann, capabilities = {}, meta = {}, more = {} }: Sent = {},
): Promise<JsonObject[]> {
  const name = stringAt(params, 'name') ?? stringAt(params, 'uri')
  const answer = await fetch(product.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(name ? { 'mcp-name': name } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: {
        ...params,
        ...more,
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': capabilities,
          ...meta,
        },
      },
    }),
  })
  const text = await answer.text()
  const parts = text.includes('data: ')
    ? text
        .split('\n')
        .filter(l => l.startsWith('data: '))
        .map(l => l.slice(6))
    : [text]
  return parts.map(part => JSON.parse(part) as JsonObject)
}
const resultOf = (messages: readonly JsonObject[]): JsonObject => objectAt(messages.at(-1), 'result')

test('1: a wrong argument gets our typed error, not the free text of the SDK', async () => {
  const result = resultOf(await modern('tools/call', { name: 'get_status', arguments: { nonsense: 1 } }))
  assert.equal(result.isError, true)
  assert.equal(stringAt(result, 'structuredContent', 'error', 'code'), 'InvalidArgument')
})

for (const mode of ['auto', 'legacy'] as const)
  test(`2: a resource that fails says how and what next, and a miss stays a miss (${mode})`, async () => {
    const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode } })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(product.url), { requestInit: { headers: { authorization: `Bearer ${ann}` } } }),
    )
    await assert.rejects(client.readResource({ uri: 'flux://sandbox/Nonsense/a/b' }), (error: { code: number; data: Json }) => {
      assert.equal(error.code, -32000)
      assert.equal(stringAt(error.data, 'code'), 'NoMatch')
      assert.ok((stringAt(error.data, 'next') ?? '').length > 5)
      return true
    })
    for (const uri of [
      'flux://sandbox/Kustomization/flux-system/none',
      'flux://nowhere/overview',
      'flux://sandbox/Kustomization/flux-system/app/nonsense',
      'other://x',
    ])
      await assert.rejects(client.readResource({ uri }), (error: { code: number; data: Json }) => {
        assert.equal(error.code, -32602, uri)
        assert.equal(stringAt(error.data, 'uri'), uri)
        return true
      })
    await client.close()
  })

test('3: output schemas are objects that admit the answer, its plan and its error; inputs have no reference and no choice at the top', async () => {
  const tools = listAt(resultOf(await modern('tools/list', {})), 'tools')
  assert.equal(tools.length, toolCount)
  for (const tool of tools) {
    const name = stringAt(tool, 'name') ?? ''
    const output = objectAt(tool, 'outputSchema')
    if (!['build', 'get_logs', 'pull_artifact'].includes(name)) {
      assert.equal(output.type, 'object', name)
      assert.ok(listAt(output, 'anyOf').length >= (name === 'plan' ? 1 : 2), name)
    }
    const input = objectAt(tool, 'inputSchema')
    assert.equal(input.type, 'object', name)
    assert.ok(!('oneOf' in input) && !('anyOf' in input) && !JSON.stringify(input).includes('$ref'), name)
    for (const [field, schema] of Object.entries(objectAt(input, 'properties')))
      if (isObject(schema) && (schema.type === 'integer' || schema.type === 'number'))
        assert.ok(typeof schema.minimum === 'number' && Math.abs(Number(schema.maximum)) < 1e9, `${name}.${field}`)
  }
})

test('the list of tools may be kept for five minutes', async () => {
  const result = resultOf(await modern('tools/list', {}))
  assert.equal(result.ttlMs, 300_000)
  assert.equal(result.cacheScope, 'public')
  const read = resultOf(await modern('resources/read', { uri: 'flux://clusters' }))
  assert.equal(read.ttlMs, 0)
  assert.equal(read.cacheScope, 'private')
})

const configMap = { kind: 'ConfigMap', namespace: 'default' }
/** Makes a ConfigMap and plans to delete it. */
async function planned(name: string, token = ann): Promise<JsonObject> {
  const manifests = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\n`
  const plan = resultOf(await modern('tools/call', { name: 'apply_manifests', arguments: { manifests } }, { token }))
  await modern(
    'tools/call',
    { name: 'apply_manifests', arguments: { manifests, plan: stringAt(plan, 'structuredContent', 'plan') } },
    { token },
  )
  const target = { ...configMap, name }
  const wanted = resultOf(await modern('tools/call', { name: 'delete_object', arguments: target }, { token }))
  return { ...target, plan: stringAt(wanted, 'structuredContent', 'plan') }
}

suite('4 to 6: questions', () => {
  for (const { name, connect } of connectors)
    test(`4: a client that cannot ask is never asked, and never taken for a yes: ${name}`, async () => {
      const driver = await connect({ url: product.url, token: ann })
      const own = `kept-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.replace(/-$/, '')
      const args = await planned(own)
      const { text, isError } = await driver.call('delete_object', args)
      assert.equal(isError, true)
      assert.match(text, /^ApprovalRequired: /)
      await driver.close()
    })

  const can = { elicitation: { form: {} } }
  const call = (args: JsonObject, sent: Sent): Promise<JsonObject[]> =>
    modern('tools/call', { name: 'delete_object', arguments: args }, sent)
  const yes = { approval: { action: 'accept', content: { decision: 'approve' } } }

  test('5, 6: state is signed and of its caller; an answer without it counts for nothing', async () => {
    const args = await planned('asked')
    const [asked] = await call(args, { capabilities: can })
    assert.equal(stringAt(asked, 'result', 'resultType'), 'input_required')
    const state = stringAt(asked, 'result', 'requestState') ?? ''
    const question = objectAt(asked, 'result', 'inputRequests', 'approval')
    assert.equal(question.method, 'elicitation/create')
    assert.deepEqual(objectAt(question, 'params', 'requestedSchema', 'properties', 'decision').enum, ['approve', 'refuse'])
    const [forged] = await call(args, { capabilities: can, more: { requestState: `${state.slice(0, -2)}aa`, inputResponses: yes } })
    assert.equal(objectAt(forged, 'error').code, -32602)
    const [bens] = await call(args, { token: ben, capabilities: can, more: { requestState: state, inputResponses: yes } })
    assert.equal(objectAt(bens, 'error').code, -32602)
    const [early] = await call(args, { capabilities: can, more: { inputResponses: yes } })
    assert.equal(stringAt(early, 'result', 'resultType'), 'input_required')
    const other = await planned('asked-too')
    const [swapped] = await call(other, { capabilities: can, more: { requestState: state, inputResponses: yes } })
    assert.equal(stringAt(swapped, 'result', 'resultType'), 'input_required', 'the yes to one plan is no yes to another')
    const [done] = await call(args, { capabilities: can, more: { requestState: state, inputResponses: yes } })
    assert.equal(objectAt(done, 'result', 'structuredContent').deleted, true)
  })
})

test('7: progress comes only when asked for, rises strictly, and is short and clean', async () => {
  const reconcile = { name: 'reconcile', arguments: { kind: 'ks', namespace: 'flux-system', name: 'app', withSource: true } }
  const loud = await modern('tools/call', reconcile, { meta: { progressToken: 'p' } })
  const notes = loud.filter(m => m.method === 'notifications/progress').map(m => objectAt(m, 'params'))
  assert.ok(notes.length > 0)
  for (const [i, note] of notes.entries()) {
    assert.equal(note.progressToken, 'p')
    assert.ok(Number(note.progress) > Number(notes[i - 1]?.progress ?? 0))
    assert.ok(String(note.message).length <= 80)
  }
  const silent = await modern('tools/call', reconcile)
  assert.deepEqual(
    silent.filter(m => m.method === 'notifications/progress'),
    [],
  )
})

test('a tool that cannot be loaded any more fails with a code and the way out', async () => {
  const [first] = allTools({ gates: product.composed.service.gates, readOnly: false })
  const tool = unloadable(shown(first ?? assert.fail()), new Error("Cannot find module '/somewhere/index.js'"))
  const call = { signal: unending, caller: stdioCaller, engine: product.composed.engine, progress: () => {} }
  const { isError, text } = await answer(product.composed.service, tool, { args: { limit: 3 }, call })
  assert.equal(isError, true)
  assert.match(text, /^Internal: the program of this server is not whole any more, as after an update\. Next: end this server/)
})

test('9: making a server asks nothing of the world', async () => {
  const asked: string[] = []
  const nobody = new Proxy(
    {},
    {
      get: (_target, key) => {
        asked.push(String(key))
        return () => assert.fail(String(key))
      },
    },
  )
  const { service, engine } = product.composed
  const world = {
    ...service.world,
    clusters: nobody,
    registries: nobody,
    http: nobody,
    kernel: nobody,
    artifacts: nobody,
  } as unknown as World
  const factory = serverFactory({
    service: { ...service, world },
    engine,
    watches: new Watches(resources, world),
    catalogue: await catalogueFor(service.gates, { readOnly: false, files: false }),
    callerOf: () => stdioCaller,
  })
  for (const era of ['legacy', 'modern', 'modern'] as const) factory({ era })
  assert.deepEqual(asked, [])
})
