import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { stringAt } from '../../src/lib/json.ts'
import { deletionOf } from '../../src/tools/preview/deletion.ts'
import { evidenceFor } from '../../src/tools/run/evidence.ts'
import type { Auth } from '../../src/world/auth/provider.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { openRemotes, type Remotes } from '../../src/world/cluster/remote.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { Http } from '../../src/world/http/http.ts'
import { verifies } from '../conformance/verifies.ts'
import { type ApiFront, startApiFront } from '../support/api-front.ts'
import { testKernel } from '../support/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { startWorld, type TestWorld } from '../support/world.ts'
import { config, object, secret } from './objects.ts'
import { idsOf, leaping, noAuth, readyOf, signal, Stage, type Turn } from './stage.ts'

const kernel = testKernel()
const token = 'token-of-the-remote-cluster'
let [home, away] = [] as unknown as [TestWorld, TestWorld]
let [front, far] = [] as unknown as [ApiFront, ApiFront]
let [http, remotes, guarded] = [] as unknown as [Http, Remotes, Cluster]
const learned: string[] = []

before(async () => {
  const urls: string[] = []
  const open = async (): ReturnType<typeof startSandboxApi> => {
    const started = await startSandboxApi(kernel)
    urls.push(started.url)
    return started
  }
  home = await startWorld(open, kernel)
  away = await startWorld(open, kernel)
  front = await startApiFront(urls[0] ?? '')
  far = await startApiFront(urls[1] ?? '', ({ authorization }) => (authorization === `Bearer ${token}` ? undefined : 401))
  http = createHttp({})
  remotes = openRemotes({ http, clock: realClock, learn: s => void learned.push(s) })
  guarded = restCluster({ name: 'home', server: front.url, http, clock: realClock })
})
after(async () => {
  await front?.close()
  await far?.close()
  await http?.close()
  await home?.stop()
  await away?.stop()
})

const turn = (more: Turn = {}): Turn => ({ cluster: guarded, remotes, ...more })
const stage = async (namespace: string): Promise<Stage> => {
  front.judge = () => undefined
  await away.cluster.apply(object('v1 Namespace', { name: namespace }), { manager: 'test' }, signal)
  return Stage.open({ cluster: home.cluster, kernel }, namespace)
}
const account = (namespace: string, name: string): ReturnType<typeof object> => object('v1 ServiceAccount', { namespace, name })

interface Kubeconfig {
  readonly server?: string
  readonly user?: Record<string, unknown>
  readonly cluster?: Record<string, unknown>
}
const kubeconfig = ({ server = far.url, user = { token }, cluster = {} }: Kubeconfig = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'far',
    contexts: [{ name: 'far', context: { cluster: 'far', user: 'far' } }],
    clusters: [{ name: 'far', cluster: { server, ...cluster } }],
    users: [{ name: 'far', user }],
  })
const kubeconfigs = (namespace: string, stringData: Record<string, string>): ReturnType<typeof secret> =>
  secret(namespace, 'far', { stringData })
const toFar = (key?: string): Record<string, unknown> => ({ kubeConfig: { secretRef: { name: 'far', ...(key ? { key } : {}) } } })

verifies('kustomization/C6', 'objects of no service account act as the default one, which must have the rights', async () => {
  const s = await stage('c6')
  const settings = { defaultServiceAccount: 'default' }
  front.judge = ({ user, method }) => (user === 'system:serviceaccount:c6:default' && method !== 'GET' ? 403 : undefined)
  assert.match(readyOf(await s.ship([config('c6', 'one')], {}, turn())), /^True /)
  const ks = await s.ship([config('c6', 'two')], {}, turn({ settings }))
  assert.match(
    readyOf(ks),
    /^False ReconciliationFailed: ConfigMap\/c6\/two dry-run failed \(Forbidden\): .*system:serviceaccount:c6:default/,
  )
  assert.deepEqual(idsOf(ks), ['c6_one__ConfigMap'])
  const mine = await s.ship([config('c6', 'two')], { serviceAccountName: 'mighty' }, turn({ settings }))
  assert.match(readyOf(mine), /^True /)
})

test('only what is built is impersonated: sources, variables, status and events are not', async () => {
  const s = await stage('only')
  await s.apply(config('only', 'vars', { who: 'tenant' }))
  front.calls.length = 0
  const spec = { serviceAccountName: 'tenant', wait: true, postBuild: { substituteFrom: [{ kind: 'ConfigMap', name: 'vars' }] } }
  assert.match(readyOf(await s.ship([config('only', 'one', { by: '${who}' })], spec, turn())), /^True /)
  const users = new Map<string, Set<string>>()
  for (const { path, user } of front.calls) {
    const kind = /\/(configmaps\/vars|configmaps\/one|ocirepositories|kustomizations|events)/.exec(path)?.[1] ?? 'discovery'
    users.set(kind, (users.get(kind) ?? new Set()).add(user))
  }
  const tenant = 'system:serviceaccount:only:tenant'
  assert.deepEqual(users.get('configmaps/one'), new Set([tenant]))
  for (const own of ['configmaps/vars', 'ocirepositories', 'kustomizations', 'events']) assert.deepEqual(users.get(own), new Set(['']), own)
})

verifies('kustomization/I21', 'the deletion of an object is done as its service account', async () => {
  const s = await stage('i21')
  await s.apply(account('i21', 'tenant'))
  await s.ship([config('i21', 'one'), secret('i21', 'two')], { serviceAccountName: 'tenant' }, turn())
  front.calls.length = 0
  await home.cluster.delete(s.ref, {}, signal)
  await s.pass(turn())
  assert.equal(await s.get(config('i21', 'one')), undefined)
  assert.equal(await home.cluster.get(s.ref, signal), undefined)
  const deleted = front.calls.filter(c => c.method === 'DELETE').map(c => c.user)
  assert.deepEqual(deleted, ['system:serviceaccount:i21:tenant', 'system:serviceaccount:i21:tenant'])
})

verifies('kustomization/I21.2', 'a service account that is gone leaves the objects, says which, and lets the object go', async () => {
  const s = await stage('i21-2')
  await s.ship([secret('i21-2', 'two'), config('i21-2', 'one')], { serviceAccountName: 'gone' }, turn())
  await home.cluster.delete(s.ref, {}, signal)
  await s.pass(turn())
  assert.equal(await home.cluster.get(s.ref, signal), undefined)
  assert.ok(await s.get(config('i21-2', 'one')))
  const told = 'Warning ReconciliationSucceeded unable to prune objects: \nConfigMap/i21-2/one\nSecret/i21-2/two'
  assert.ok((await s.events()).includes(told))
})

verifies('kustomization/I21.3', 'a service account that may not delete keeps the finalizer until it may', async () => {
  const s = await stage('i21-3')
  await s.apply(account('i21-3', 'tenant'))
  await s.ship([config('i21-3', 'one'), config('i21-3', 'two')], { serviceAccountName: 'tenant' }, turn())
  await home.cluster.delete(s.ref, {}, signal)
  front.judge = ({ user, method, path }) => (user && method === 'DELETE' && path.endsWith('/one') ? 403 : undefined)
  await s.pass(turn())
  const ks = await home.cluster.get(s.ref, signal)
  assert.ok(ks)
  assert.equal(await s.get(config('i21-3', 'two')), undefined)
  assert.ok((await s.events()).includes('Warning ReconciliationSucceeded pruning for deleted resource failed'))
  front.judge = () => undefined
  await s.pass(turn())
  assert.equal(await home.cluster.get(s.ref, signal), undefined)
  assert.equal(await s.get(config('i21-3', 'one')), undefined)
})

verifies(
  'kustomization/C7',
  'a kubeconfig that is missing fails the run, and once it is there everything goes to its cluster',
  async () => {
    const s = await stage('c7')
    const missing = await s.ship([config('c7', 'one')], { ...toFar('conf'), wait: true }, turn())
    const why = `unable to read KubeConfig secret 'c7/far' error: secrets "far" not found`
    assert.equal(readyOf(missing), `False ReconciliationFailed: ${why}`)
    assert.ok((await s.events()).includes(`Warning ReconciliationFailed failed to build kube client: ${why}`))
    await s.apply(kubeconfigs('c7', { conf: kubeconfig() }))
    const ks = await s.again(turn())
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual(idsOf(ks), ['c7_one__ConfigMap'])
    assert.equal(await s.get(config('c7', 'one')), undefined)
    const live = await away.cluster.get({ group: '', kind: 'ConfigMap', namespace: 'c7', name: 'one' }, signal)
    assert.equal(live?.metadata.labels?.['kustomize.toolkit.fluxcd.io/name'], 'app')
  },
)

verifies('kustomization/C7.2', 'without a key the kubeconfig is that of value, then of value.yaml', async () => {
  const rows: [data: Record<string, string>, key: string | undefined, ready: RegExp][] = [
    [{ value: kubeconfig(), 'value.yaml': 'x' }, undefined, /^True /],
    [{ 'value.yaml': kubeconfig() }, undefined, /^True /],
    [{ other: kubeconfig() }, 'other', /^True /],
    [{ other: kubeconfig() }, undefined, /: KubeConfig secret 'c7-2\/far' does not contain a 'value' key with a kubeconfig$/],
    [{ value: kubeconfig() }, 'other', /: KubeConfig secret 'c7-2\/far' does not contain a 'other' key with a kubeconfig$/],
  ]
  const s = await stage('c7-2')
  for (const [data, key, ready] of rows) {
    await home.cluster.delete({ group: '', kind: 'Secret', namespace: 'c7-2', name: 'far' }, {}, signal)
    await s.apply(kubeconfigs('c7-2', data))
    assert.match(readyOf(await s.ship([config('c7-2', 'one')], toFar(key), turn())), ready)
  }
})

test('what is no kubeconfig is refused before anything is asked, without its text', async () => {
  const s = await stage('bad')
  const config_ = (more: object): string => JSON.stringify({ ...JSON.parse(kubeconfig()), ...more })
  const rows: [text: string, why: string][] = [
    ['{', 'it is no YAML'],
    ['hush-hush', 'it is no YAML object'],
    [config_({ 'current-context': '' }), 'it has no current-context'],
    [config_({ 'current-context': 'x' }), 'context "x" does not exist'],
    [config_({ clusters: [] }), 'cluster "far" does not exist'],
    [config_({ users: null }), 'user "far" does not exist'],
    [kubeconfig({ server: '' }), 'its cluster has no server'],
    [kubeconfig({ server: 'file:///etc' }), 'the server of its cluster is no http or https address'],
    [kubeconfig({ server: 'https://me:hush-hush@x' }), 'the server of its cluster is more than an address'],
    [kubeconfig({ cluster: { 'proxy-url': 'socks5://x' } }), 'its proxy-url is no http or https address'],
  ]
  for (const [value, why] of rows) {
    await s.apply(kubeconfigs('bad', { value }))
    const ks = await s.ship([config('bad', 'one')], toFar(), turn())
    assert.equal(readyOf(ks), `False ReconciliationFailed: invalid kubeconfig: ${why}`)
    assert.ok(!JSON.stringify([ks, await s.events()]).includes('hush'))
  }
})

verifies('kustomization/C7.3', 'programs, files, auth providers and impersonation in a kubeconfig are dropped', async () => {
  const s = await stage('c7-3')
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sh',
    args: ['-c', `echo '${granted()}'`],
    interactiveMode: 'Never',
  }
  const rows: [user: Record<string, unknown>, settings: Turn['settings'], ready: RegExp][] = [
    [{ exec }, {}, /dry-run failed|Unauthorized/],
    [{ exec }, { insecureKubeconfigExec: true }, /^True /],
    [{ tokenFile: import.meta.filename }, {}, /Unauthorized/],
    [{ 'auth-provider': { name: 'tokenFile', config: { tokenFile: import.meta.filename } } }, {}, /Unauthorized/],
    [{ token, as: 'system:admin' }, {}, /^True /],
  ]
  for (const [user, settings, ready] of rows) {
    await s.apply(kubeconfigs('c7-3', { value: kubeconfig({ user }) }))
    far.calls.length = 0
    assert.match(readyOf(await s.ship([config('c7-3', 'one')], toFar(), turn({ settings: settings ?? {} }))), ready)
    assert.ok(far.calls.length > 0)
    assert.ok(far.calls.every(c => c.user === '' && ['', `Bearer ${token}`].includes(c.authorization)))
  }
})

const granted = (): string => JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } })

verifies('kustomization/C7.4', 'with both, the service account is impersonated in the other cluster', async () => {
  const s = await stage('c7-4')
  await s.apply(kubeconfigs('c7-4', { value: kubeconfig() }))
  await s.apply(account('c7-4', 'tenant'))
  far.calls.length = 0
  const spec = { ...toFar(), serviceAccountName: 'tenant' }
  assert.match(readyOf(await s.ship([config('c7-4', 'one'), config('c7-4', 'two')], spec, turn())), /^True /)
  assert.match(readyOf(await s.ship([config('c7-4', 'one')], spec, turn())), /^True /)
  const one = { group: '', kind: 'ConfigMap', namespace: 'c7-4', name: 'one' }
  assert.equal(await away.cluster.get({ ...one, name: 'two' }, signal), undefined)
  await home.cluster.delete(s.ref, {}, signal)
  await s.pass(turn())
  assert.equal(await away.cluster.get(one, signal), undefined)
  const built = far.calls.filter(c => c.path.includes('/configmaps'))
  assert.deepEqual(new Set(built.map(c => c.user)), new Set(['system:serviceaccount:c7-4:tenant']))
  assert.ok(built.some(c => c.method === 'DELETE'))
})

test('a deletion whose kubeconfig is gone waits for it, without an event', async () => {
  const s = await stage('orphan')
  await s.apply(kubeconfigs('orphan', { value: kubeconfig() }))
  await s.ship([config('orphan', 'one')], toFar(), turn())
  await home.cluster.delete({ group: '', kind: 'Secret', namespace: 'orphan', name: 'far' }, {}, signal)
  await home.cluster.delete(s.ref, {}, signal)
  const before_ = await s.events()
  const driven = await s.pass(turn())
  assert.ok(driven.is === 'done' && driven.settled.backoff)
  assert.deepEqual(await s.events(), before_)
  await s.apply(kubeconfigs('orphan', { value: kubeconfig() }))
  await s.pass(turn())
  assert.equal(await home.cluster.get(s.ref, signal), undefined)
})

test('another kubeconfig in the Secret is another cluster from the next run on', async () => {
  const s = await stage('rotate')
  await s.apply(kubeconfigs('rotate', { value: kubeconfig({ user: { token: 'expired' } }) }))
  assert.match(readyOf(await s.ship([config('rotate', 'one')], toFar(), turn())), /^False ReconciliationFailed: .*Unauthorized/)
  await s.apply(kubeconfigs('rotate', { value: kubeconfig() }))
  assert.match(readyOf(await s.again(turn())), /^True /)
  assert.ok(learned.includes(token) && learned.includes('expired'))
})

verifies('kustomization/C7.5', 'a ConfigMap says how to sign in to a cluster, and as whom', async () => {
  const s = await stage('c7-5')
  const asked: string[] = []
  const auth: Auth = {
    ...noAuth,
    cluster: async ({ issuer, ...place }, { serviceAccount }) => {
      asked.push(
        JSON.stringify([issuer.server === front.url, place, serviceAccount?.namespace, serviceAccount?.name, serviceAccount?.allowed]),
      )
      return { server: far.url, token, expiresAt: realClock.now() + 60_000 }
    },
  }
  const byMap = { kubeConfig: { configMapRef: { name: 'far' } } }
  const described = (data: Record<string, string>): Promise<unknown> => s.apply(config('c7-5', 'far', data))
  const missing = await s.ship([config('c7-5', 'one')], byMap, turn({ auth }))
  assert.equal(readyOf(missing), 'False ReconciliationFailed: failed to get configmap c7-5/far: configmaps "far" not found')
  await described({ provider: 'ibm' })
  assert.match(readyOf(await s.again(turn({ auth }))), /: provider 'ibm' not supported: it is one of aws, azure, gcp, generic$/)
  assert.deepEqual(asked, [])
  const settings = { defaultKubeconfigServiceAccount: 'lowly', objectLevelWorkloadIdentity: true }
  await described({ provider: 'generic', address: 'https://x', audiences: ' one\n\ntwo ', 'ca.crt': 'PEM' })
  assert.match(readyOf(await s.again(turn({ auth, settings }))), /^True /)
  assert.ok(await away.cluster.get({ group: '', kind: 'ConfigMap', namespace: 'c7-5', name: 'one' }, signal))
  const place = { provider: 'generic', address: 'https://x', ca: 'PEM', audiences: ['one', 'two'] }
  assert.deepEqual(new Set(asked), new Set([JSON.stringify([true, place, 'c7-5', 'lowly', true])]))
  await described({ provider: 'aws', cluster: 'arn', serviceAccountName: 'mine' })
  asked.length = 0
  await s.again(turn({ auth, settings }))
  assert.deepEqual(
    new Set(asked),
    new Set([JSON.stringify([true, { provider: 'aws', cluster: 'arn', audiences: [] }, 'c7-5', 'mine', true])]),
  )
})

test('a cluster that never answers fails the run after 30 s', async t => {
  const s = await stage('hung')
  const hung = await startApiFront('', () => 'hang')
  t.after(() => hung.close())
  await s.apply(kubeconfigs('hung', { value: kubeconfig({ server: hung.url }) }))
  const clock = leaping()
  const hasty = openRemotes({ http, clock, learn: () => {} })
  const ks = await s.ship([config('hung', 'one')], toFar(), turn({ remotes: hasty, clock }))
  assert.match(readyOf(ks), /^False ReconciliationFailed: .*context deadline exceeded: discover \/api.* took longer than 30s/)
})

test('a stopped run stops what it asked a hung cluster', async t => {
  const s = await stage('stopped')
  const hung = await startApiFront('', () => 'hang')
  t.after(() => hung.close())
  await s.apply(kubeconfigs('stopped', { value: kubeconfig({ server: hung.url }) }))
  const stop = new AbortController()
  hung.judge = () => {
    stop.abort(new Error('enough'))
    return 'hang'
  }
  await assert.rejects(s.ship([config('stopped', 'one')], toFar(), turn({ signal: stop.signal })), /enough/)
})

test('the source is looked at in its own cluster while health is awaited in another', async () => {
  const s = await stage('newer')
  await s.apply(kubeconfigs('newer', { value: kubeconfig() }))
  const healthChecks = [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'newer', name: 'later' }]
  const settings = { cancelHealthCheckOnNewRevision: true }
  let offered = false
  const progress = (message: string): void => {
    if (!message.startsWith('Running health') || offered) return
    offered = true
    void s.offer([config('newer', 'one')])
  }
  const ks = await s.ship([config('newer', 'one')], { ...toFar(), healthChecks }, turn({ settings, progress }))
  assert.match(readyOf(ks), /^False HealthCheckCanceled/)
})

test('a service account with a name that is none is nobody', async () => {
  const s = await stage('odd')
  const ks = await s.ship([config('odd', 'one')], { serviceAccountName: 'x\r\nimpersonate-group: system:masters' }, turn())
  assert.match(readyOf(ks), /^False ReconciliationFailed: .*is no name of a user/)
  assert.equal(stringAt(await s.get(config('odd', 'one')), 'kind'), undefined)
})

test('a deletion asks a hung cluster once, and keeps all of the inventory', async t => {
  const s = await stage('silent')
  const names = ['a', 'b', 'c', 'd', 'e']
  await s.apply(kubeconfigs('silent', { value: kubeconfig() }))
  await s.ship(
    names.map(name => config('silent', name)),
    toFar(),
    turn(),
  )
  const hung = await startApiFront('', () => 'hang')
  t.after(() => hung.close())
  await s.apply(kubeconfigs('silent', { value: kubeconfig({ server: hung.url }) }))
  await home.cluster.delete(s.ref, {}, signal)
  const clock = leaping()
  const hasty = openRemotes({ http, clock, learn: () => {} })
  const driven = await s.pass(turn({ remotes: hasty, clock }))
  assert.ok(driven.is === 'done' && driven.settled.backoff)
  assert.ok(hung.calls.length <= 2, 'discovery alone was asked')
  assert.deepEqual(idsOf(driven.object).length, names.length)
  assert.match(readyOf(driven.object), /ConfigMap\/silent\/e query failed: .*;ConfigMap\/silent\/a query failed: context deadline exceeded/)
})

test('what speaks for a failure, and what a deletion takes along, says that another cluster was not read', async () => {
  const s = await stage('told')
  await s.apply(kubeconfigs('told', { value: kubeconfig() }))
  const ks = await s.ship([config('told', 'one')], toFar(), turn())
  const { incomplete, failing } = await evidenceFor(
    ks,
    { cluster: guarded, world: { clock: realClock, kernel } },
    { signal, engine: { mode: 'auto', settings: fluxDefaults } },
  )
  assert.deepEqual(
    [failing, incomplete],
    [[], 'its objects are in the cluster of Secret/told/far, which was not read: the Ready message names what failed there'],
  )
  assert.deepEqual((await deletionOf(guarded, ks, signal)).slice(1), [
    {
      action: 'prune',
      object: '1 objects in the cluster of Secret/told/far',
      detail: 'that cluster was not read: view inventory names them',
    },
  ])
})
