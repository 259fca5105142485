// What the public conformance suite expects of a server, served through the product's own adapter, HTTP stack and sessions.
import { InMemoryServerEventBus, type ServerContext } from '@modelcontextprotocol/server'
import * as z from 'zod'
import type { Json, JsonObject } from '../../src/lib/json.ts'
import type { Prompt } from '../../src/prompts/prompt.ts'
import type { Resource } from '../../src/resources/resource.ts'
import { Watches } from '../../src/resources/watches.ts'
import { listed } from '../../src/tools/frame/listed.ts'
import type { Asked, Finished, RawResult, Running, Tool } from '../../src/tools/tool.ts'
import { Approvals } from '../../src/transports/approvals.ts'
import { listenHttp } from '../../src/transports/http.ts'
import { callerOf } from '../../src/transports/tokens.ts'
import { type Product, startProduct } from '../support/service.ts'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=='
const wav = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA='
const image: Json = { type: 'image', data: png, mimeType: 'image/png' }
const text = (value: string): Json => ({ type: 'text', text: value })
const say = (value: string): Finished => ({ data: undefined, text: value })
const content = (...items: Json[]): RawResult => ({ raw: { content: items } })
const embedded = (uri: string, value: string, mimeType = 'text/plain'): Json => ({
  type: 'resource',
  resource: { uri, mimeType, text: value },
})

type Run = (args: JsonObject, call: Running, context: ServerContext) => Finished | Asked | RawResult | Promise<Finished | Asked | RawResult>

const bus = new InMemoryServerEventBus()
const product = await startProduct()
const { world } = product.composed.service

function fixture(
  name: string,
  description: string,
  { input = z.object({}), raw, run }: { input?: z.ZodObject; raw?: JsonObject; run: Run },
): Tool {
  return {
    name,
    title: name,
    description,
    effect: 'reads',
    foreignText: false,
    repeatable: true,
    gate: 'never',
    input,
    raw,
    output: undefined,
    run: async (args, _world, call) => run(args, call, call.raw as ServerContext),
  }
}

const form = (...fields: string[]): JsonObject => ({
  type: 'object',
  properties: Object.fromEntries(fields.map(f => [f, { type: 'string' }])),
  required: fields,
})
const named = { message: 'What is your name?', form: form('name') }
const sample = (prompt: string, maxTokens = 100): { raw: Json } => ({
  raw: { method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: text(prompt) }], maxTokens } },
})
const roots = { raw: { method: 'roots/list', params: {} } }
const got = (call: Running, key: string): JsonObject | undefined => {
  const { action, value } = call.answered?.(key) ?? { action: 'missing' }
  return action === 'accept' ? (value ?? {}) : undefined
}
const ended = (call: Running, key: string): Finished | undefined => {
  const { action, value } = call.answered?.(key) ?? { action: 'missing' }
  return action === 'missing' ? undefined : say(`Elicitation completed: action=${action}, content=${JSON.stringify(value ?? {})}`)
}
const pause = (call: Running): Promise<void> => world.clock.sleep(20, call.signal)

const defaults: JsonObject = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
}
const titled: Json[] = [
  { const: 'value1', title: 'First' },
  { const: 'value2', title: 'Second' },
  { const: 'value3', title: 'Third' },
]
const options = ['option1', 'option2', 'option3']
const enums: JsonObject = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  },
}
const contentTools: Tool[] = [
  fixture('test_simple_text', 'Answers with text', { run: () => say('This is a simple text response for testing.') }),
  fixture('test_image_content', 'Answers with an image', { run: () => content(image) }),
  fixture('test_audio_content', 'Answers with audio', { run: () => content({ type: 'audio', data: wav, mimeType: 'audio/wav' }) }),
  fixture('test_embedded_resource', 'Answers with a resource', {
    run: () => content(embedded('test://embedded-resource', 'This is an embedded resource content.')),
  }),
  fixture('test_multiple_content_types', 'Answers with several kinds of content', {
    run: () =>
      content(
        text('Multiple content types test:'),
        image,
        embedded('test://mixed-content-resource', '{"test":"data","value":123}', 'application/json'),
      ),
  }),
  fixture('test_error_handling', 'Fails', {
    run: () => {
      throw new Error('This tool intentionally returns an error for testing')
    },
  }),
  fixture('json_schema_2020_12_tool', 'Has a schema with much in it', {
    input: z.looseObject({}),
    raw: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      $defs: {
        address: { $anchor: 'addressDef', type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
      },
      properties: {
        name: { type: 'string' },
        address: { $ref: '#/$defs/address' },
        contactMethod: { type: 'string', enum: ['phone', 'email'] },
        phone: { type: 'string' },
        email: { type: 'string' },
      },
      allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
      if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
      // eslint-disable-next-line unicorn/no-thenable
      then: { required: ['phone'] },
      else: { required: ['email'] },
      additionalProperties: false,
    },
    run: () => say('ok'),
  }),
  fixture('test_headers', 'Has an argument that travels as a header too', {
    input: z.object({ region: z.string() }),
    raw: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } }, required: ['region'] },
    run: ({ region }) => say(String(region)),
  }),
]
const noteTools: Tool[] = [
  fixture('test_tool_with_logging', 'Logs while it runs', {
    async run(_args, call, context) {
      for (const line of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await context.mcpReq.log('info', line)
        await pause(call)
      }
      return say('logged')
    },
  }),
  fixture('test_tool_with_progress', 'Tells how far it is', {
    async run(_args, call) {
      for (const note of ['0 of 100', '50 of 100', '100 of 100']) {
        call.progress(note)
        await world.clock.sleep(510, call.signal)
      }
      return say('done')
    },
  }),
  fixture('test_logging_tool', 'Logs where that is wanted', {
    async run(_args, _call, context) {
      await context.mcpReq.log('info', 'a line')
      return say('logged')
    },
  }),
  fixture('test_reconnection', 'Ends its stream', {
    run(_args, _call, context) {
      context.http?.closeSSE?.()
      return say('reconnected')
    },
  }),
  fixture('test_trigger_tool_change', 'Tells that the tools changed', {
    run() {
      bus.publish({ kind: 'tools_list_changed' })
      return say('changed')
    },
  }),
  fixture('test_trigger_prompt_change', 'Tells that the prompts changed', {
    run() {
      bus.publish({ kind: 'prompts_list_changed' })
      return say('changed')
    },
  }),
]
const askingTools: Tool[] = [
  fixture('test_sampling', 'Asks the model of the client', {
    input: z.object({ prompt: z.string() }),
    run: (args, call) =>
      got(call, 'sample') ? say(`LLM response: ${JSON.stringify(got(call, 'sample'))}`) : { ask: { sample: sample(String(args.prompt)) } },
  }),
  fixture('test_elicitation', 'Asks the person', {
    input: z.object({ message: z.string() }),
    run: (args, call) => ended(call, 'user') ?? { ask: { user: { message: String(args.message), form: form('username', 'email') } } },
  }),
  fixture('test_elicitation_sep1034_defaults', 'Asks with defaults', {
    run: (_args, call) => ended(call, 'user') ?? { ask: { user: { message: 'Check these', form: defaults } } },
  }),
  fixture('test_elicitation_sep1330_enums', 'Asks with choices', {
    run: (_args, call) => ended(call, 'user') ?? { ask: { user: { message: 'Choose', form: enums } } },
  }),
  fixture('test_missing_capability', 'Needs sampling', {
    run: (_args, call) => (got(call, 'sample') ? say('sampled') : { ask: { sample: sample('Say hello') } }),
  }),
  fixture('test_streaming_elicitation', 'Asks after progress', {
    run: (_args, call) => ended(call, 'user') ?? { ask: { user: named } },
  }),
]
const roundTools: Tool[] = [
  fixture('test_input_required_result_elicitation', 'Asks for a name', {
    run: (_args, call) => {
      const answer = got(call, 'user_name')
      return typeof answer?.name === 'string' ? say(`Hello, ${answer.name}!`) : { ask: { user_name: named } }
    },
  }),
  fixture('test_input_required_result_sampling', 'Asks the model', {
    run: (_args, call) =>
      got(call, 'capital_question') ? say('answered') : { ask: { capital_question: sample('What is the capital of France?') } },
  }),
  fixture('test_input_required_result_list_roots', 'Asks for roots', {
    run: (_args, call) => (got(call, 'client_roots') ? say(JSON.stringify(got(call, 'client_roots'))) : { ask: { client_roots: roots } }),
  }),
  fixture('test_input_required_result_request_state', 'Keeps state', {
    run: (_args, call) =>
      got(call, 'confirm') && call.state === 'kept'
        ? say('state-ok')
        : {
            ask: {
              confirm: { message: 'Please confirm', form: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] } },
            },
            state: 'kept',
          },
  }),
  fixture('test_input_required_result_multiple_inputs', 'Asks three things', {
    run: (_args, call) =>
      ['user_name', 'greeting', 'client_roots'].every(key => got(call, key))
        ? say('all there')
        : { ask: { user_name: named, greeting: sample('Generate a greeting', 50), client_roots: roots }, state: 'three' },
  }),
  fixture('test_input_required_result_multi_round', 'Asks twice', {
    run(_args, call) {
      if (call.state === 'two' && got(call, 'step2')) return say('finished')
      if (call.state === 'one' && got(call, 'step1'))
        return { ask: { step2: { message: 'Step 2: What is your favorite color?', form: form('color') } }, state: 'two' }
      return { ask: { step1: { message: 'Step 1: What is your name?', form: form('name') } }, state: 'one' }
    },
  }),
  fixture('test_input_required_result_tampered_state', 'Keeps state that may not change', {
    run: (_args, call) => (call.state === 'kept' ? say('state-ok') : { ask: { confirm: named }, state: 'kept' }),
  }),
  fixture('test_input_required_result_capabilities', 'Asks what the client can', {
    run(_args, call, context) {
      const declared = (context.mcpReq.envelope as JsonObject | undefined)?.['io.modelcontextprotocol/clientCapabilities'] as JsonObject
      const ask = { ...(declared.sampling ? { s: sample('hello') } : {}), ...(call.canAsk?.form ? { e: named } : {}) }
      return { ask }
    },
  }),
]

function fixed(name: string, uri: string, contents: (vars: Readonly<Record<string, string>>) => Json): Resource {
  return { name, uri, title: name, description: name, mimeType: 'text/plain', read: async () => undefined, raw: vars => [contents(vars)] }
}
const resources: Resource[] = [
  fixed('static-text', 'test://static-text', () => ({
    uri: 'test://static-text',
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  })),
  fixed('static-binary', 'test://static-binary', () => ({ uri: 'test://static-binary', mimeType: 'image/png', blob: png })),
  fixed('example-resource', 'test://example-resource', () => ({
    uri: 'test://example-resource',
    mimeType: 'text/plain',
    text: 'An example.',
  })),
  {
    ...fixed('watched-resource', 'test://watched-resource', () => ({
      uri: 'test://watched-resource',
      mimeType: 'text/plain',
      text: 'Watched.',
    })),
    watched: async () => undefined,
  },
  fixed('template', 'test://template/{id}/data', ({ id = '' }) => ({
    uri: `test://template/${id}/data`,
    mimeType: 'application/json',
    text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
  })),
]

const user = (item: Json): Json => ({ role: 'user', content: item })
const prompts: Prompt[] = [
  {
    name: 'test_simple_prompt',
    title: 'Simple',
    description: 'A prompt without arguments',
    args: z.object({}),
    body: () => 'This is a simple prompt for testing.',
  },
  {
    name: 'test_prompt_with_arguments',
    title: 'Arguments',
    description: 'A prompt with arguments',
    args: z.object({ arg1: z.string(), arg2: z.string() }),
    complete: { arg1: async typed => ['test', 'testValue1'].filter(v => v.startsWith(typed)), arg2: async () => [] },
    body: ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
  },
  {
    name: 'test_prompt_with_embedded_resource',
    title: 'Resource',
    description: 'A prompt with a resource',
    args: z.object({ resourceUri: z.string() }),
    body: () => '',
    raw: ({ resourceUri = '' }) => ({
      raw: {
        messages: [
          user(embedded(resourceUri, 'Embedded resource content for testing.')),
          user(text('Please process the embedded resource above.')),
        ],
      },
    }),
  },
  {
    name: 'test_prompt_with_image',
    title: 'Image',
    description: 'A prompt with an image',
    args: z.object({}),
    body: () => '',
    raw: () => ({ raw: { messages: [user(image), user(text('Please analyze the image above.'))] } }),
  },
  {
    name: 'test_input_required_result_prompt',
    title: 'Asks',
    description: 'A prompt that asks first',
    args: z.object({}),
    body: () => '',
    raw: (_args, call) =>
      call.answered?.('user_context').action === 'accept'
        ? { raw: { messages: [user(text('with context'))] } }
        : { ask: { user_context: { message: 'What is the context?', form: form('context') } } },
  },
]

/** Starts the fixtures on loopback. */
export async function startFixtures(): Promise<{ url: string; product: Product; stop(): Promise<void> }> {
  const { service, engine } = product.composed
  const server = await listenHttp({
    host: '127.0.0.1',
    port: 0,
    tokens: undefined,
    allowedHosts: [],
    allowedOrigins: [],
    tls: undefined,
    behindTlsProxy: false,
    writes: false,
    approvals: new Approvals(world.clock),
    bus,
    service,
    engine,
    watches: new Watches(resources, world),
    catalogue: {
      tools: [...contentTools, ...noteTools, ...askingTools, ...roundTools].map(listed),
      resources,
      prompts,
      version: '0.0.0',
      changes: true,
    },
    callerOf: info => callerOf(info as never),
  })
  return {
    url: server.url,
    product,
    async stop() {
      await server.close()
      await product.stop()
    },
  }
}
