import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { builtinResources } from '../../../src/sandbox/api/schema/builtin.ts'
import type { Clock } from '../../../src/world/clock/clock.ts'
import { realClock } from '../../../src/world/clock/real.ts'
import type { Cluster, WatchEvent } from '../../../src/world/cluster/cluster.ts'
import type { ClusterError } from '../../../src/world/cluster/error.ts'
import { restCluster } from '../../../src/world/cluster/rest.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { startHostile } from '../../support/hostile.ts'

/** Waits are noted, not waited. */
function hasty(): Clock & { readonly waits: number[] } {
  const waits: number[] = []
  return {
    ...realClock,
    waits,
    sleep: async (ms, signal) => {
      signal.throwIfAborted()
      waits.push(ms)
    },
  }
}

const discovery = {
  kind: 'APIGroupDiscoveryList',
  items: [
    {
      metadata: {},
      versions: [
        {
          version: 'v1',
          resources: builtinResources
            .filter(r => r.group === '')
            .map(r => ({
              resource: r.plural,
              responseKind: { group: '', version: 'v1', kind: r.kind },
              scope: r.namespaced ? 'Namespaced' : 'Cluster',
              singularResource: r.singular,
              verbs: r.verbs,
            })),
        },
      ],
    },
  ],
}
const { signal } = new AbortController()
const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'n', name: 'c' }
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'n', resourceVersion: '7' } }
type Answer = (request: IncomingMessage, response: ServerResponse, count: number) => void

async function against(answer: Answer, use: (cluster: Cluster, seen: { count: number; waits: number[] }) => Promise<void>): Promise<void> {
  const seen = { count: 0, waits: [] as number[] }
  const server = await startHostile((request, response) => {
    const path = request.url ?? ''
    if (path === '/api') return void response.setHeader('content-type', 'application/json').end(JSON.stringify(discovery))
    if (path === '/apis')
      return void response.setHeader('content-type', 'application/json').end(JSON.stringify({ kind: 'APIGroupDiscoveryList', items: [] }))
    seen.count++
    answer(request, response, seen.count)
  })
  const http = createHttp({})
  const clock = hasty()
  try {
    await use(restCluster({ name: 'hostile', server: server.url, http, clock }), Object.assign(seen, { waits: clock.waits }))
  } finally {
    await http.close()
    await server.close()
  }
}

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
const failed = (reason: string, message: string, code: number): object => ({ kind: 'Status', status: 'Failure', reason, message, code })
const code =
  (wanted: string) =>
  (error: ClusterError): boolean =>
    error.code === wanted

test('429 is waited for as long as the server says, for reads and writes alike', () =>
  against(
    (_, response, n) =>
      n < 3 ? json(response, 429, failed('TooManyRequests', 'slow down', 429), { 'retry-after': '2' }) : json(response, 200, object),
    async (cluster, seen) => {
      assert.equal((await cluster.patch(ref, { type: 'merge', body: {}, manager: 'm' }, signal)).metadata.name, 'c')
      assert.deepEqual(seen.waits, [2000, 2000])
    },
  ))

test('a read is tried again after 500 and 503, a write is not', () =>
  against(
    (request, response, n) =>
      request.method === 'GET' && n > 2
        ? json(response, 200, object)
        : json(response, n === 1 ? 500 : 503, failed('InternalError', 'broken', 500)),
    async (cluster, seen) => {
      assert.equal((await cluster.get(ref, signal))?.metadata.name, 'c')
      seen.count = 0
      await assert.rejects(cluster.create(object, { manager: 'm' }, signal), code('UNAVAILABLE'))
      assert.equal(seen.count, 1)
    },
  ))

test("Forbidden keeps the server's words and is no absence", () =>
  against(
    (_, response) =>
      json(response, 403, failed('Forbidden', 'configmaps "c" is forbidden: User "u" cannot get resource "configmaps"', 403)),
    async cluster => {
      await assert.rejects(
        cluster.get(ref, signal),
        (error: ClusterError) => error.code === 'FORBIDDEN' && error.message.includes('User "u" cannot get'),
      )
    },
  ))

const odd: [says: string, answer: Answer, code: string][] = [
  ['an HTML page', (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>proxy</html>'), 'BAD_ANSWER'],
  ['an HTML error', (_, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'), 'NONE'],
  [
    'JSON that is cut',
    (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind": "Conf'),
    'BAD_ANSWER',
  ],
  ['JSON that is no object', (_, response) => json(response, 200, [1, 2]), 'BAD_ANSWER'],
]
for (const [says, answer, wanted] of odd) {
  test(`${says} is told as what it is`, () =>
    against(answer, async cluster => {
      if (wanted === 'NONE') assert.equal(await cluster.get(ref, signal), undefined)
      else await assert.rejects(cluster.get(ref, signal), code(wanted))
    }))
}

test('a connection that breaks in the middle of a read is tried again', () =>
  against(
    (_, response, n) => {
      if (n > 1) return json(response, 200, object)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
      response.write('{"kind":', () => response.destroy())
    },
    async cluster => {
      assert.equal((await cluster.get(ref, signal))?.metadata.name, 'c')
    },
  ))

test('a watch goes on after its stream ends, and lists again when history is gone', () =>
  against(
    (request, response, n) => {
      const url = new URL(request.url ?? '', 'http://x')
      const list = {
        kind: 'ConfigMapList',
        metadata: { resourceVersion: '5' },
        items: [{ metadata: { name: `listed-${n}`, namespace: 'n' } }],
      }
      if (url.searchParams.get('watch') !== 'true') return json(response, 200, list)
      response.writeHead(200, { 'content-type': 'application/json' })
      const event = (type: string, o: object): string => `${JSON.stringify({ type, object: o })}\n`
      if (n === 2)
        return void response.end(event('ADDED', object) + event('BOOKMARK', { kind: 'ConfigMap', metadata: { resourceVersion: '9' } }))
      if (n === 3)
        return void response.end(
          event('ERROR', failed('Expired', `too old resource version: ${url.searchParams.get('resourceVersion') ?? ''}`, 410)),
        )
      response.end(event('MODIFIED', { ...object, metadata: { ...object.metadata, resourceVersion: '12' } }))
    },
    async cluster => {
      const seen: string[] = []
      const stop = new AbortController()
      const watching = (async () => {
        for await (const event of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, stop.signal)) {
          seen.push(describe(event))
          if (seen.length === 4) stop.abort(new Error('enough'))
        }
      })()
      await assert.rejects(watching, /enough/)
      assert.deepEqual(seen, ['gap listed-1', 'added c', 'gap listed-4', 'modified c'])
    },
  ))

const broken: [says: string, breaks: (response: ServerResponse) => void][] = [
  ['is cut off', response => response.write(' ', () => response.destroy())],
  ['sends what is not JSON', response => response.end('<html>\n')],
]
for (const [says, breaks] of broken)
  test(`a watch whose stream ${says} goes on from where it was`, () =>
    against(
      (request, response, n) => {
        const url = new URL(request.url ?? '', 'http://x')
        if (url.searchParams.get('watch') !== 'true')
          return json(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: [] })
        response.writeHead(200, { 'content-type': 'application/json' })
        if (n === 2) return breaks(response)
        response.end(
          `${JSON.stringify({ type: 'ADDED', object: { ...object, data: { from: url.searchParams.get('resourceVersion') } } })}\n`,
        )
      },
      async cluster => {
        const seen: WatchEvent[] = []
        for await (const event of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, signal)) if (seen.push(event) === 2) break
        const [, added] = seen
        assert.deepEqual(added?.type === 'added' && added.object.data, { from: '5' })
      },
    ))

/** Where each watch begins, and how often there was a list, against a server that answers watches so. */
async function positions(watches: ((response: ServerResponse) => void)[], enough: number): Promise<{ seen: string[]; from: string[] }> {
  const [seen, from]: [string[], string[]] = [[], []]
  await against(
    (request, response) => {
      const url = new URL(request.url ?? '', 'http://x')
      if (url.searchParams.get('watch') !== 'true') {
        from.push('list')
        return json(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: [] })
      }
      const answer = watches[from.filter(f => f !== 'list').length]
      from.push(url.searchParams.get('resourceVersion') ?? '')
      answer?.(response)
    },
    async cluster => {
      for await (const event of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, signal))
        if (seen.push(describe(event)) === enough) break
    },
  )
  return { seen, from }
}
const line = (type: string, resourceVersion: string): string =>
  `${JSON.stringify({ type, object: { ...object, metadata: { ...object.metadata, resourceVersion } } })}\n`

test('a watch resumes from the last bookmark, also where it broke in the middle of an event', async () => {
  const breaks = `${line('ADDED', '7')}${line('BOOKMARK', '9')}{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"12"`
  const { seen, from } = await positions([r => void r.write(breaks, () => r.destroy()), r => void r.end(line('MODIFIED', '12'))], 3)
  assert.deepEqual(seen, ['gap ', 'added c', 'modified c'])
  assert.deepEqual(from, ['list', '5', '9'])
})

test('a watch that is refused as too old begins with a list', async () => {
  const gone = failed('Expired', 'too old resource version: 5 (9)', 410)
  const { seen, from } = await positions([r => json(r, 410, gone), r => void r.end(line('ADDED', '7'))], 3)
  assert.deepEqual(seen, ['gap ', 'gap ', 'added c'])
  assert.deepEqual(from, ['list', '5', 'list', '5'])
})

test('a list whose next page is too old to be had is begun anew, and told once', async () => {
  const asked: string[] = []
  await against(
    (request, response) => {
      const { searchParams: query } = new URL(request.url ?? '', 'http://x')
      asked.push(query.get('continue') ?? 'first')
      if (query.has('continue')) return json(response, 410, failed('Expired', 'the provided continue parameter is too old', 410))
      const next = asked.length === 1 ? { continue: 'next' } : {}
      json(response, 200, {
        kind: 'ConfigMapList',
        metadata: { resourceVersion: '5', ...next },
        items: [{ metadata: { name: `of-${asked.length}`, namespace: 'n' } }],
      })
    },
    async cluster => {
      for await (const event of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, signal)) {
        assert.equal(describe(event), 'gap of-3')
        break
      }
    },
  )
  assert.deepEqual(asked, ['first', 'next', 'first'])
})

function describe(event: WatchEvent): string {
  return event.type === 'gap' ? `gap ${event.objects.map(o => o.metadata.name).join()}` : `${event.type} ${event.object.metadata.name}`
}

test('an API group that does not answer leaves the others usable', async () => {
  const server = await startHostile((request, response) => {
    if (request.url === '/api') return json(response, 200, discovery)
    json(response, 200, {
      kind: 'APIGroupDiscoveryList',
      items: [{ metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1', freshness: 'Stale', resources: [] }] }],
    })
  })
  const http = createHttp({})
  const { resources, incomplete } = await restCluster({ name: 'partial', server: server.url, http, clock: realClock }).discover(signal)
  assert.ok(resources.some(r => r.kind === 'Pod'))
  assert.deepEqual(
    incomplete.map(i => i.group),
    ['metrics.k8s.io/v1'],
  )
  await http.close()
  await server.close()
})

test('a server that never answers does not outlive an abort', () =>
  against(
    () => {},
    async cluster => {
      const stop = new AbortController()
      const waiting = cluster.get(ref, stop.signal)
      setImmediate(() => stop.abort(new Error('no more')))
      await assert.rejects(waiting, /no more/)
    },
  ))

/** Answers a list, then the given streams one after the other, and stops when enough is seen. */
async function watching(streams: ((response: ServerResponse) => void)[], enough: number): Promise<string[]> {
  const seen: string[] = []
  let next = 0
  await against(
    (request, response) => {
      const url = new URL(request.url ?? '', 'http://x')
      if (url.searchParams.get('watch') !== 'true')
        return json(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: [] })
      response.writeHead(200, { 'content-type': 'application/json' })
      streams[next++]?.(response)
    },
    async cluster => {
      const stop = new AbortController()
      const run = (async () => {
        for await (const event of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, stop.signal)) {
          seen.push(describe(event))
          if (seen.length === enough) stop.abort(new Error('enough'))
        }
      })()
      await assert.rejects(run, /enough/)
    },
  )
  return seen
}
const added = (name: string): string =>
  `${JSON.stringify({ type: 'ADDED', object: { ...object, metadata: { ...object.metadata, name } } })}\n`
const brokenStreams: [says: string, first: (response: ServerResponse) => void][] = [
  ['is reset in the middle of a line', r => void r.write(`${added('one')}{"type":"ADD`, () => r.destroy())],
  ['ends in the middle of a line', r => void r.end(`${added('one')}{"type":"ADD`)],
  ['has a line that is no JSON', r => void r.end(`${added('one')}<html>\n`)],
  ['has a line that is no event', r => void r.end(`${added('one')}[1]\n`)],
  ['has an event of a type that nobody knows', r => void r.end(`${added('one')}{"type":"OTHER","object":{}}\n`)],
  [
    'fails with an error of the server',
    r => void r.end(`${added('one')}${JSON.stringify({ type: 'ERROR', object: failed('InternalError', 'broken', 500) })}\n`),
  ],
]
for (const [says, first] of brokenStreams)
  test(`a watch whose stream ${says} goes on`, async () => {
    assert.deepEqual(await watching([first, r => void r.end(added('two'))], 3), ['gap ', 'added one', 'added two'])
  })

test('a server that closes every watch at once is asked less and less often', async () => {
  let asked = 0
  await against(
    (request, response) => {
      if (!(request.url ?? '').includes('watch=true'))
        return json(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '5' }, items: [] })
      asked++
      response.writeHead(200, { 'content-type': 'application/json' }).end()
    },
    async (cluster, { waits }) => {
      const stop = new AbortController()
      const run = (async () => {
        for await (const _ of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, stop.signal)) continue
      })()
      while (waits.length < 8) await new Promise(setImmediate)
      stop.abort(new Error('enough'))
      await assert.rejects(run, /enough/)
      assert.ok((waits[7] ?? 0) > 10 * (waits[0] ?? 0), `${waits.join()} after ${asked} streams`)
    },
  )
})

/** A server that stops at one place: what is asked for there never ends. */
async function hungAt(path: RegExp, partly: boolean, use: (cluster: Cluster, asked: Promise<void>) => Promise<void>): Promise<void> {
  const asked = Promise.withResolvers<void>()
  const server = await startHostile((request, response) => {
    if (path.test(request.url ?? '')) {
      if (partly) response.writeHead(200, { 'content-type': 'application/json' }).write('{"kind":')
      return asked.resolve()
    }
    if (request.url === '/api') return json(response, 200, discovery)
    if (request.url === '/apis') return json(response, 200, { kind: 'APIGroupDiscoveryList', items: [] })
    if ((request.url ?? '').includes('continue=')) return json(response, 200, { kind: 'ConfigMapList', metadata: {}, items: [] })
    json(response, 200, { kind: 'ConfigMapList', metadata: { resourceVersion: '5', continue: 'next' }, items: [] })
  })
  const http = createHttp({})
  try {
    await use(restCluster({ name: 'hung', server: server.url, http, clock: realClock }), asked.promise)
  } finally {
    await http.close()
    await server.close()
  }
}
const everyCall: [says: string, path: RegExp, call: (cluster: Cluster, signal: AbortSignal) => Promise<unknown>][] = [
  ['discovery', /^\/apis?$/, (c, s) => c.discover(s)],
  ['the version', /version/, (c, s) => c.version(s)],
  ['a read', /configmaps\/c/, (c, s) => c.get(ref, s)],
  ['a list', /configmaps/, (c, s) => c.list({ group: '', kind: 'ConfigMap', namespace: 'n' }, s)],
  ['the second page of a list', /continue=next/, (c, s) => Array.fromAsync(c.listAll({ group: '', kind: 'ConfigMap', namespace: 'n' }, s))],
  ['an apply', /configmaps\/c/, (c, s) => c.apply(object, { manager: 'm' }, s)],
  ['a creation', /configmaps/, (c, s) => c.create(object, { manager: 'm' }, s)],
  ['a replacement', /configmaps\/c/, (c, s) => c.replace(object, { manager: 'm' }, s)],
  ['a patch', /configmaps\/c/, (c, s) => c.patch(ref, { type: 'merge', body: {}, manager: 'm' }, s)],
  ['a deletion', /configmaps\/c/, (c, s) => c.delete(ref, {}, s)],
  ['a question about rights', /selfsubject/, (c, s) => c.allowed({ verb: 'get', group: '', resource: 'pods' }, s)],
  ['a watch', /watch=true/, (c, s) => Array.fromAsync(c.watch({ group: '', kind: 'ConfigMap', namespace: 'n' }, s))],
  [
    'a read through a service',
    /proxy/,
    async (c, s) => Array.fromAsync((await c.serviceProxy({ namespace: 'n', service: 's', port: 'http', path: 'x' }, s)) ?? []),
  ],
]
for (const [says, path, call] of everyCall)
  for (const partly of [false, true])
    test(`an abort ends ${says} at once when the server hangs ${partly ? 'in the middle of its answer' : 'before it'}`, () =>
      hungAt(path, partly, async (cluster, asked) => {
        const stop = new AbortController()
        const waiting = call(cluster, stop.signal)
        await asked
        stop.abort(new Error('no more'))
        await assert.rejects(waiting, /no more/)
      }))

test('a caller that gives up leaves others that wait for the same discovery alone', () => {
  const held: ServerResponse[] = []
  const both = Promise.withResolvers<void>()
  return (async () => {
    const server = await startHostile((request, response) => {
      if (request.url === '/api' || request.url === '/apis') {
        held.push(response)
        if (held.length === 2) both.resolve()
        return
      }
      json(response, 200, object)
    })
    const http = createHttp({})
    const cluster = restCluster({ name: 'shared', server: server.url, http, clock: realClock })
    const first = new AbortController()
    const [gone, stays] = [cluster.get(ref, first.signal), cluster.get(ref, signal)]
    await both.promise
    first.abort(new Error('first gives up'))
    await assert.rejects(gone, /first gives up/)
    json(held[0] as ServerResponse, 200, discovery)
    json(held[1] as ServerResponse, 200, { kind: 'APIGroupDiscoveryList', items: [] })
    assert.equal((await stays)?.metadata.name, 'c')
    await http.close()
    await server.close()
  })()
})
