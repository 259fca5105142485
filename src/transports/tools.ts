import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  requireScopes,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { plain } from '../lib/safe.ts'
import { answer } from '../tools/frame/answer.ts'
import { type Listed, unloadable } from '../tools/frame/listed.ts'
import type { Answered, Asked, Call } from '../tools/tool.ts'
import type { Bound } from './adapter.ts'
import { scopes } from './tokens.ts'

const progressPauseMs = 500
const longestNote = 80

/** Registers a tool: its hints and its scope follow from its effect. */
export function registerTool(tool: Listed, bound: Bound): void {
  const { effect, foreignText, repeatable, input, output } = tool
  bound.server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: shownOnly(input),
      ...(output ? { outputSchema: shownOnly(output) } : {}),
      ...(bound.caller.via === 'http' ? { scopeChallenge: requireScopes(scopes[effect]) } : {}),
      annotations: {
        readOnlyHint: effect === 'reads',
        destructiveHint: effect === 'destroys',
        idempotentHint: repeatable,
        openWorldHint: foreignText,
      },
    },
    async (args: unknown, context: ServerContext): Promise<CallToolResult | InputRequiredResult> => {
      const called = { args: args as Json, call: callOf(context, bound) }
      const loaded = await tool.load().catch((thrown: unknown) => unloadable(tool, thrown))
      const { isError, text, data, asked, raw } = await answer(bound.service, loaded, called)
      if (asked) return questionsOf(asked, { context, bound })
      if (raw) return raw as CallToolResult
      return { content: [{ type: 'text', text }], ...(data ? { structuredContent: data } : {}), ...(isError ? { isError: true } : {}) }
    },
  )
}

/** Shows a schema without having the SDK validate by it: wrong arguments become our typed errors. */
function shownOnly(shown: JsonObject) {
  return {
    '~standard': {
      version: 1,
      vendor: 'fluxpilot',
      jsonSchema: { input: () => shown, output: () => shown },
      validate: (value: unknown) => ({ value }),
    },
  } as const
}

/** A request as a call of ours. */
export function callOf(context: ServerContext, bound: Bound): Call {
  const { mcpReq } = context
  return {
    signal: mcpReq.signal,
    caller: bound.caller,
    engine: bound.engine,
    canAsk: askable(context, bound),
    answered: question => answeredOf(inputResponse(mcpReq.inputResponses, question)),
    state: mcpReq.requestState<Json>(),
    raw: context,
    progress: progressOf(context, bound),
  }
}

/** Which questions the client says that it can ask. A client that says nothing cannot. Spec: mcp 1.3, point 4. */
function askable({ mcpReq }: ServerContext, { era, server }: Bound): { form: boolean; url: boolean } {
  const envelope: unknown = mcpReq.envelope
  const declared = isObject(envelope) ? envelope[CLIENT_CAPABILITIES_META_KEY] : undefined
  const capabilities: unknown = era === 'modern' ? declared : server.server.getClientCapabilities()
  const elicitation = isObject(capabilities) ? capabilities.elicitation : undefined
  if (!isObject(elicitation)) return { form: false, url: false }
  return { form: elicitation.form !== undefined || elicitation.url === undefined, url: elicitation.url !== undefined }
}

function answeredOf(view: ReturnType<typeof inputResponse>): Answered {
  switch (view.kind) {
    case 'missing':
      return { action: 'missing' }
    case 'elicit':
      return { action: view.action, ...(view.content ? { value: view.content as JsonObject } : {}) }
    case 'sampling':
      return { action: 'accept', value: view.result as unknown as JsonObject }
    case 'roots':
      return { action: 'accept', value: { roots: view.roots as unknown as Json } }
  }
}

/** Questions as the protocol asks them, in either era. */
export async function questionsOf(
  { ask, state }: Asked,
  { context, bound }: { context: ServerContext; bound: Bound },
): Promise<InputRequiredResult> {
  const requests = Object.entries(ask).map(([key, question]) => [
    key,
    'raw' in question ? question.raw : inputRequired.elicit({ message: question.message, requestedSchema: question.form as never }),
  ])
  return inputRequired({
    inputRequests: Object.fromEntries(requests),
    ...(state === undefined ? {} : { requestState: await bound.states.mint(state, context) }),
  })
}

/** Progress as the protocol has it: strictly rising, at most two a second, only when it was asked for. */
function progressOf({ mcpReq }: ServerContext, { service: { world, redactor } }: Bound): (note: string) => void {
  const progressToken = mcpReq._meta?.progressToken
  if (progressToken === undefined) return () => {}
  let progress = 0
  let last = -progressPauseMs
  return note => {
    if (world.clock.elapsed() - last < progressPauseMs || mcpReq.signal.aborted) return
    last = world.clock.elapsed()
    progress++
    const message = redactor.censor(plain(note)).slice(0, longestNote)
    mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, message } }).catch(() => {})
  }
}
