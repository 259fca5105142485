import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AuthInfo, McpServer, type McpServerFactory } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { type SessionLimits, Sessions } from '../../src/transports/sessions.ts'
import { manualClock } from '../../src/world/clock/manual.ts'

const limits: SessionLimits = { all: 4, perCaller: 2, idleMs: 900_000, lifeMs: 43_200_000, sweepMs: 30_000 }
const url = 'http://127.0.0.1/mcp'
const auth = (user: string, expiresAt = 4_000_000_000): AuthInfo => ({
  token: '',
  clientId: user,
  scopes: ['flux:read'],
  expiresAt,
  extra: { user },
})

/** Sessions over a server with one tool that runs until it is let go. */
function scene() {
  const clock = manualClock()
  let release = (): void => {}
  let closed = 0
  const factory: McpServerFactory = () => {
    const server = new McpServer({ name: 't', version: '1' }, { capabilities: { tools: {} } })
    server.registerTool('wait', { inputSchema: z.object({}) }, async () => {
      await new Promise<void>(done => {
        release = done
      })
      return { content: [{ type: 'text', text: 'done' }] }
    })
    server.server.onclose = () => {
      closed++
    }
    return server
  }
  const sessions = new Sessions(factory, clock, limits)
  const send = (user: string, body: unknown, id?: string, method = 'POST'): Promise<Response> =>
    sessions.serve(
      new Request(url, {
        method,
        headers: {
          'content-type': 'application/json',
          accept: method === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
          ...(id ? { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' } : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
      }),
      auth(user),
    )
  const open = async (user: string): Promise<string> => {
    const answer = await send(user, {
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    })
    await answer.text()
    return answer.headers.get('mcp-session-id') ?? `none: ${answer.status}`
  }
  const ping = async (user: string, id: string): Promise<number> => {
    const answer = await send(user, { jsonrpc: '2.0', id: 1, method: 'ping' }, id)
    await answer.text()
    return answer.status
  }
  return { clock, sessions, send, open, ping, release: () => release(), closed: () => closed }
}
const call = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'wait', arguments: {} } }

test('a session is its caller’s alone: unknown, foreign and ended ones get the same answer', async () => {
  const { send, open, ping, sessions } = scene()
  const id = await open('ann')
  assert.equal(await ping('ann', id), 200)
  const answers = await Promise.all([
    send('ben', { jsonrpc: '2.0', id: 1, method: 'ping' }, id),
    send('ann', { jsonrpc: '2.0', id: 1, method: 'ping' }, 'made-up'),
  ])
  const bodies = await Promise.all(answers.map(async a => [a.status, await a.text()]))
  assert.equal(bodies[0]?.[0], 404)
  assert.deepEqual(bodies[0], bodies[1])
  assert.equal((await send('ben', undefined, id, 'DELETE')).status, 404)
  assert.equal(await ping('ann', id), 200)
  assert.equal((await send('ann', undefined, id, 'DELETE')).status, 200)
  assert.equal(await ping('ann', id), 404)
  assert.equal(sessions.size, 0)
})

test('a full caller loses the session that idles longest, and nobody else does', async () => {
  const { clock, open, ping } = scene()
  const other = await open('ben')
  const first = await open('ann')
  await clock.advance(1000)
  const second = await open('ann')
  await clock.advance(1000)
  assert.equal(await ping('ann', first), 200)
  const third = await open('ann')
  assert.equal(await ping('ann', second), 404)
  for (const id of [first, third]) assert.equal(await ping('ann', id), 200)
  assert.equal(await ping('ben', other), 200)
})

test('a session with a call in flight is not ended to make room', async () => {
  const { send, open, ping, release } = scene()
  const [first, second] = [await open('ann'), await open('ann')]
  const running = await Promise.all([first, second].map(id => send('ann', call, id)))
  assert.match(await open('ann'), /^none: 503/)
  const refused = await send('ann', { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} })
  assert.equal(refused.headers.get('retry-after'), '30')
  await refused.text()
  release()
  const [, last] = running
  assert.match((await last?.text()) ?? '', /done/)
  assert.match(await open('ann'), /^[0-9a-f-]{36}$/)
  assert.equal(await ping('ann', first), 200)
})

test('when all sessions are taken a new caller waits', async () => {
  const { open } = scene()
  for (const user of ['ann', 'ann', 'ben', 'ben']) assert.match(await open(user), /^[0-9a-f-]{36}$/)
  assert.match(await open('cid'), /^none: 503/)
})

test('an idle session ends by itself, one that is used or streams does not', async () => {
  const { clock, send, open, ping, sessions, closed } = scene()
  const [idle, used] = [await open('ann'), await open('ann')]
  const streaming = await open('ben')
  const stream = await send('ben', undefined, streaming, 'GET')
  for (let minutes = 0; minutes < 20; minutes += 5) {
    await clock.advance(300_000)
    assert.equal(await ping('ann', used), 200)
  }
  assert.equal(sessions.size, 2)
  assert.equal(await ping('ann', idle), 404)
  await stream.body?.cancel()
  await clock.advance(900_001)
  await clock.advance(30_000)
  assert.equal(sessions.size, 0)
  assert.equal(closed(), 3)
})

test('no session outlives twelve hours, or its token', async () => {
  const { clock, sessions, open, send, ping } = scene()
  const id = await open('ann')
  const stream = await send('ann', undefined, id, 'GET')
  await clock.advance(limits.lifeMs + limits.sweepMs)
  assert.equal(sessions.size, 0)
  assert.equal(await ping('ann', id), 404)
  assert.equal(await stream.text(), '')
  const brief = new Sessions(() => new McpServer({ name: 't', version: '1' }), clock, limits)
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
  })
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  await (await brief.serve(new Request(url, { method: 'POST', headers, body }), auth('ann', clock.now() / 1000 + 60))).text()
  assert.equal(brief.size, 1)
  await clock.advance(90_000)
  assert.equal(brief.size, 0)
})

test('closing ends every session and the watch over them', async () => {
  const { clock, sessions, open, closed } = scene()
  await open('ann')
  await open('ben')
  await sessions.close()
  assert.equal(sessions.size, 0)
  assert.equal(closed(), 2)
  assert.equal(clock.sleeping, 0)
})

test('a body that only speaks of initialize opens nothing and ends nothing', async () => {
  const { sessions, send, open, ping } = scene()
  const [first, second] = [await open('ann'), await open('ann')]
  for (const body of [{ method: 'tools/call', params: { x: '"method":"initialize"' } }, [], 'initialize', null])
    assert.equal((await send('ann', body)).status, 400)
  assert.equal(sessions.size, 2)
  for (const id of [first, second]) assert.equal(await ping('ann', id), 200)
})
