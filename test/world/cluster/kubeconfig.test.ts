import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, test } from 'node:test'
import { realClock } from '../../../src/world/clock/real.ts'
import type { ClusterError } from '../../../src/world/cluster/error.ts'
import { loadClusters } from '../../../src/world/cluster/kubeconfig.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { startHostile } from '../../support/hostile.ts'
import { unending } from '../../support/unending.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kubeconfig-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const http = createHttp({})
after(() => http.close())
const signal = unending
const write = (name: string, config: object): string => {
  writeFileSync(join(folder, name), JSON.stringify(config))
  return join(folder, name)
}
const config = (names: string[], more: object = {}): object => ({
  contexts: names.map(name => ({ name, context: { cluster: name, user: name, namespace: `ns-${name}` } })),
  clusters: names.map(name => ({ name, cluster: { server: `https://${name}.example.com` } })),
  users: names.map(name => ({ name, user: {} })),
  ...more,
})
const load = (env: Record<string, string>, more: { file?: string; contexts?: string[] } = {}) =>
  loadClusters({ env, home: join(folder, 'home'), http, clock: realClock, ...more })

test('a path list is merged, missing files are skipped, the first current context counts', async () => {
  const [a, b] = [write('a', config(['one', 'two'])), write('b', config(['two', 'three'], { 'current-context': 'three' }))]
  const clusters = await load({ KUBECONFIG: [a, join(folder, 'absent'), b].join(delimiter) })
  assert.deepEqual(clusters.names, ['one', 'two', 'three'])
  assert.equal(clusters.current, 'three')
  assert.equal(clusters.namespaceOf(), 'ns-three')
  assert.equal(clusters.named('one').server, 'https://one.example.com')
})

test('without any kubeconfig there is no cluster, and asking for one says what to do', async () => {
  const clusters = await load({})
  assert.deepEqual(clusters.names, [])
  assert.throws(
    () => clusters.named(),
    (error: ClusterError) => error.code === 'NO_CLUSTER' && error.advice.includes('--sandbox'),
  )
})

test('several clusters must be told apart, an unknown one is named with those that are', async () => {
  const clusters = await load({}, { file: write('c', config(['one', 'two'])) })
  assert.throws(
    () => clusters.named(),
    (error: ClusterError) => error.code === 'AMBIGUOUS' && error.call.valid?.join() === 'one,two',
  )
  assert.throws(
    () => clusters.named('three'),
    (error: ClusterError) => error.code === 'UNKNOWN_CLUSTER' && error.call.valid?.join() === 'one,two',
  )
  assert.deepEqual((await load({}, { file: join(folder, 'c'), contexts: ['two'] })).names, ['two'])
  await assert.rejects(load({}, { file: join(folder, 'c'), contexts: ['nine'] }), (error: ClusterError) => error.code === 'UNKNOWN_CLUSTER')
})

test('the standard file is found, and what is no kubeconfig is refused by name', async () => {
  mkdirSync(join(folder, 'home', '.kube'), { recursive: true })
  writeFileSync(join(folder, 'home', '.kube', 'config'), JSON.stringify(config(['standard'])))
  assert.deepEqual((await load({})).names, ['standard'])
  writeFileSync(join(folder, 'broken'), '{"contexts": [')
  await assert.rejects(
    load({}, { file: join(folder, 'broken') }),
    (error: ClusterError) => error.code === 'BAD_ANSWER' && error.message.includes('broken'),
  )
})

interface Case {
  readonly says: string
  readonly user: object
  readonly authorization: string | undefined
}
const script = join(folder, 'plugin.sh')
writeFileSync(
  script,
  `#!/bin/sh\nprintf x >> "${join(folder, 'runs')}"\nprintf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"from-%s"}}' "$1"\n`,
)
chmodSync(script, 0o755)
writeFileSync(join(folder, 'token'), 'from-file\n')
const cases: Case[] = [
  { says: 'nobody', user: {}, authorization: undefined },
  { says: 'a token', user: { token: 'plain' }, authorization: 'Bearer plain' },
  { says: 'a token file beside the kubeconfig', user: { tokenFile: 'token' }, authorization: 'Bearer from-file' },
  { says: 'a password', user: { username: 'u', password: 'p' }, authorization: `Basic ${Buffer.from('u:p').toString('base64')}` },
  {
    says: 'a plugin beside the kubeconfig',
    user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.sh', args: ['plugin'], interactiveMode: 'Never' } },
    authorization: 'Bearer from-plugin',
  },
]
for (const { says, user, authorization } of cases) {
  test(`credentials of ${says} are sent`, async () => {
    const seen: (string | undefined)[] = []
    const server = await startHostile((request, response) => {
      seen.push(request.headers.authorization)
      response.setHeader('content-type', 'application/json').end('{"gitVersion":"v1.0.0"}')
    })
    const file = write(`auth-${says.replaceAll(' ', '-')}`, {
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: server.url } }],
      users: [{ name: 'u', user }],
    })
    const cluster = (await load({}, { file })).named()
    await cluster.version(signal)
    await cluster.version(signal)
    assert.deepEqual(seen, [authorization, authorization])
    await server.close()
  })
}

test('a plugin runs once for several calls, and once more when its token is refused', async () => {
  rmSync(join(folder, 'runs'), { force: true })
  let refused = 0
  const server = await startHostile((_, response) => {
    const refuse = refused++ === 2
    response
      .writeHead(refuse ? 401 : 200, { 'content-type': 'application/json' })
      .end(refuse ? '{"kind":"Status","code":401,"message":"expired"}' : '{"gitVersion":"v1.0.0"}')
  })
  const file = write('renewed', {
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: server.url } }],
    users: [
      {
        name: 'u',
        user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.sh', args: ['x'], interactiveMode: 'Never' } },
      },
    ],
  })
  const cluster = (await load({}, { file })).named()
  for (let i = 0; i < 3; i++) assert.equal(await cluster.version(signal), 'v1.0.0')
  assert.equal(readFileSync(join(folder, 'runs'), 'utf8'), 'xx')
  await server.close()
})
