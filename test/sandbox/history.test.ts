import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { at, listAt } from '../../src/lib/json.ts'
import { listenApiServer, type ApiServer } from '../../src/sandbox/api/server.ts'
import { seed } from '../../src/sandbox/api/store/seed.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { testKernel } from '../support/kernel.ts'
import { ask, speak } from './differential/talk.ts'
import { unending } from '../support/unending.ts'

const kernel = testKernel()
const maps = '/api/v1/namespaces/default/configmaps'
const settings = { group: '', plural: 'configmaps' }
const map = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})
let server: ApiServer
before(async () => {
  server = await listenApiServer({ kernel, clock: realClock, definitions: (await kernel.definitions()).all, port: 0 })
  await seed(server.store, realClock)
})
after(() => server.close())

const names = (body: unknown): string[] => listAt(body, 'items').map(item => String(at(item, 'metadata', 'name')))
/** More changes than history keeps. */
async function manyChanges(): Promise<void> {
  for (let i = 0; i < 25_000; i++)
    await server.store.put(settings, server.store.get(settings, 'default', 'busy'), map('busy', { at: String(i) }))
}

test('pages show one state, and say so when it is too old to be shown', async () => {
  for (const name of ['a', 'b', 'c']) await server.store.put(settings, undefined, map(name))
  const first = await speak(server, ask.get(`${maps}?limit=1`), [])
  const next = String(at(first.body, 'metadata', 'continue'))
  await server.store.put(settings, undefined, map('bb'))
  const second = await speak(server, ask.get(`${maps}?limit=2&continue=${next}`), [])
  assert.deepEqual([names(first.body), names(second.body)], [['a'], ['b', 'c']])
  await manyChanges()
  const late = await speak(server, ask.get(`${maps}?limit=2&continue=${next}`), [])
  assert.deepEqual([late.status, at(late.body, 'reason')], [410, 'Expired'])
  const again = String(at(late.body, 'metadata', 'continue'))
  assert.deepEqual(names((await speak(server, ask.get(`${maps}?continue=${again}`), [])).body), ['b', 'bb', 'busy', 'c'])
})

test('a watch from before history ends in 410, and the cluster hand lists again', async () => {
  const old = String(server.store.revision)
  await manyChanges()
  const told = await speak(server, ask.get(`${maps}?watch=true&timeoutSeconds=1&resourceVersion=${old}`), [])
  assert.deepEqual([at(told.body, 'type'), at(told.body, 'object', 'code'), at(told.body, 'object', 'reason')], ['ERROR', 410, 'Expired'])
  const http = createHttp({})
  const cluster = restCluster({ name: 'old', server: server.url, http, clock: realClock })
  for await (const event of cluster.watch({ group: '', kind: 'ConfigMap', namespace: 'default', resourceVersion: old }, unending)) {
    assert.deepEqual(event.type === 'gap' && event.objects.map(o => o.metadata.name), ['a', 'b', 'bb', 'busy', 'c'])
    break
  }
  await http.close()
})
