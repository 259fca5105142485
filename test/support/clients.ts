import { createMCPClient, ElicitationRequestSchema } from '@ai-sdk/mcp'
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as OldStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as OldHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ElicitRequestSchema, ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { bareEnv, program, root } from './program.ts'

/** What a call answered, as a client shows it. */
export interface Reply {
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
  readonly isError: boolean
}
export interface CallOptions {
  readonly signal?: AbortSignal
  progress?(note: string): void
}
export type Reference = { readonly template: string } | { readonly prompt: string }

/** One MCP client, as far as it can. */
export interface Driver {
  /** The revision that it speaks; absent where it does not tell. */
  readonly revision: string | undefined
  tools(): Promise<string[]>
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<Reply>
  read(uri: string): Promise<string>
  complete(reference: Reference, argument: readonly [name: string, typed: string], others?: Record<string, string>): Promise<string[]>
  /** Absent: this client cannot. */
  watch?(uri: string, updated: (uri: string) => void): Promise<() => Promise<void>>
  close(): Promise<void>
}

export type Target = { readonly url: string; readonly token: string } | { readonly args: readonly string[] }
/** What the person says when asked; absent: the client cannot ask. */
export type Person = (message: string) => { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, string> }
export interface Connector {
  readonly name: string
  readonly revision: string
  readonly progress: boolean
  connect(target: Target, person?: Person): Promise<Driver>
}

const info = { name: 'test', version: '1.0.0' }
const timeout = 120_000

function replyOf({ content, structuredContent, isError }: Readonly<Record<string, unknown>>): Reply {
  const parts = Array.isArray(content) ? (content as { type: string; text?: string }[]) : []
  return {
    text: parts.map(p => p.text ?? '').join('\n'),
    data: (structuredContent ?? {}) as Record<string, unknown>,
    isError: isError === true,
  }
}

function command(target: { readonly args: readonly string[] }): {
  command: string
  args: string[]
  env: Record<string, string>
  cwd: string
} {
  return {
    command: process.execPath,
    args: [program, ...target.args],
    env: bareEnv,
    cwd: root,
  }
}

function current(mode: 'auto' | 'legacy'): Connector['connect'] {
  return async (target, person) => {
    const client = new Client(info, {
      versionNegotiation: { mode },
      capabilities: person ? { elicitation: { form: {} } } : {},
    })
    if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params.message) as never)
    const updates = new Map<string, (uri: string) => void>()
    client.setNotificationHandler('notifications/resources/updated', ({ params: { uri } }) => updates.get(uri)?.(uri))
    await client.connect(
      'url' in target
        ? new StreamableHTTPClientTransport(new URL(target.url), { requestInit: { headers: { authorization: `Bearer ${target.token}` } } })
        : new StdioClientTransport({ ...command(target), stderr: 'ignore' }),
    )
    return {
      revision: client.getNegotiatedProtocolVersion(),
      tools: async () => (await client.listTools()).tools.map(t => t.name),
      call: async (name, args = {}, { signal, progress } = {}) =>
        replyOf(
          await client.callTool(
            { name, arguments: args },
            {
              timeout,
              ...(signal ? { signal } : {}),
              ...(progress ? { onprogress: ({ message }) => progress(message ?? '') } : {}),
            },
          ),
        ),
      read: async uri => (await client.readResource({ uri })).contents.map(c => ('text' in c ? c.text : '')).join('\n'),
      complete: async (reference, [name, value], others) =>
        (
          await client.complete({
            ref:
              'template' in reference ? { type: 'ref/resource', uri: reference.template } : { type: 'ref/prompt', name: reference.prompt },
            argument: { name, value },
            ...(others ? { context: { arguments: others } } : {}),
          })
        ).completion.values,
      async watch(uri, updated) {
        updates.set(uri, updated)
        if (mode === 'legacy') {
          await client.subscribeResource({ uri })
          return async () => void (await client.unsubscribeResource({ uri }))
        }
        const subscription = await client.listen({ resourceSubscriptions: [uri] })
        if (!subscription.honoredFilter.resourceSubscriptions?.includes(uri)) throw new Error('not honoured')
        return () => subscription.close()
      },
      close: () => client.close(),
    }
  }
}

async function old(target: Target, person?: Person): Promise<Driver> {
  const client = new OldClient(info, { capabilities: person ? { elicitation: {} } : {} })
  if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params.message) as never)
  const updates = new Map<string, (uri: string) => void>()
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params: { uri } }) => updates.get(uri)?.(uri))
  await client.connect(
    ('url' in target
      ? new OldHttp(new URL(target.url), { requestInit: { headers: { authorization: `Bearer ${target.token}` } } })
      : new OldStdio({ ...command(target), stderr: 'ignore' })) as never,
  )
  // Listing first gives the client the output schemas that it then holds every answer to.
  await client.listTools()
  return {
    revision: '2025-11-25',
    tools: async () => (await client.listTools()).tools.map(t => t.name),
    call: async (name, args = {}, { signal, progress } = {}) =>
      replyOf(
        await client.callTool({ name, arguments: args }, undefined, {
          timeout,
          ...(signal ? { signal } : {}),
          ...(progress ? { onprogress: ({ message }) => progress(message ?? '') } : {}),
        }),
      ),
    read: async uri => (await client.readResource({ uri })).contents.map(c => ('text' in c ? c.text : '')).join('\n'),
    complete: async (reference, [name, value], others) =>
      (
        await client.complete({
          ref: 'template' in reference ? { type: 'ref/resource', uri: reference.template } : { type: 'ref/prompt', name: reference.prompt },
          argument: { name, value },
          ...(others ? { context: { arguments: others } } : {}),
        })
      ).completion.values,
    async watch(uri, updated) {
      updates.set(uri, updated)
      await client.subscribeResource({ uri })
      return async () => void (await client.unsubscribeResource({ uri }))
    },
    close: () => client.close(),
  }
}

async function independent(target: Target, person?: Person): Promise<Driver> {
  const client = await createMCPClient({
    transport:
      'url' in target
        ? { type: 'http', url: target.url, headers: { authorization: `Bearer ${target.token}` } }
        : new Experimental_StdioMCPTransport({ ...command(target), stderr: 'ignore' }),
    ...(person ? { capabilities: { elicitation: {} } } : {}),
  })
  if (person) client.onElicitationRequest(ElicitationRequestSchema, ({ params }) => person(params.message) as never)
  return {
    revision: client.initializeResult.protocolVersion,
    tools: async () => (await client.listTools()).tools.map(t => t.name),
    call: async (name, args = {}, { signal } = {}) =>
      replyOf(await client.callTool({ name, arguments: args, options: { timeout, ...(signal ? { signal } : {}) } })),
    read: async uri =>
      (await client.readResource({ uri })).contents.map(c => ('text' in c && typeof c.text === 'string' ? c.text : '')).join('\n'),
    complete: async (reference, [name, value], others) =>
      (
        await client.complete({
          ref: 'template' in reference ? { type: 'ref/resource', uri: reference.template } : { type: 'ref/prompt', name: reference.prompt },
          argument: { name, value },
          ...(others ? { context: { arguments: others } } : {}),
        })
      ).completion.values,
    close: () => client.close(),
  }
}

/** The clients that tests use: the SDK in both eras, the SDK before it, and one that shares no code with either. */
export const connectors: readonly Connector[] = [
  { name: 'SDK 2, modern', revision: '2026-07-28', progress: true, connect: current('auto') },
  { name: 'SDK 2, 2025', revision: '2025-11-25', progress: true, connect: current('legacy') },
  { name: 'SDK 1', revision: '2025-11-25', progress: true, connect: old },
  { name: '@ai-sdk/mcp', revision: '2026-07-28', progress: false, connect: independent },
]
