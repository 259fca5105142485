import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { installKinds } from '../../src/engine/install.ts'
import { Kustomization } from '../../src/kinds/kustomization.ts'
import { OCIRepository } from '../../src/kinds/oci-repository.ts'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { listAt } from '../../src/lib/json.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { type ApiServer, kubectl, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { connectors, type Driver } from '../support/clients.ts'
import { type HttpProduct, startHttpProduct, tokens } from '../support/service.ts'
import { unending } from '../support/unending.ts'

const signal = unending
const rights: [user: string, verbs: string[]][] = [
  ['getter', ['get']],
  ['watcher', ['get', 'list', 'watch']],
]
const group = 'kustomize.toolkit.fluxcd.io'

withPrograms(['etcd', 'kube-apiserver', 'kubectl'], { name: 'MCP with the rights of a real API server', tests: 5 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-rights-'))
  let api: ApiServer
  let cluster: Cluster
  let product: HttpProduct
  let driver: Driver
  const put = (object: unknown): Promise<KubeObject> => cluster.apply(object as KubeObject, { manager: 'test', force: true }, signal)
  const app = (name: string, spec: Record<string, unknown> = {}): Record<string, unknown> => ({
    apiVersion: `${group}/v1`,
    kind: 'Kustomization',
    metadata: { name, namespace: 'apps' },
    spec: { interval: '1h', prune: true, sourceRef: { kind: 'OCIRepository', name: 'none' }, ...spec },
  })
  before(async () => {
    api = await startKubeApiServer()
    cluster = await api.cluster()
    await installKinds(cluster, [OCIRepository, Kustomization], { clock: realClock, signal })
    await put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } })
    for (const [user, verbs] of rights) {
      const metadata = { name: user, namespace: 'apps' }
      await put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata })
      await put({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata,
        rules: [
          { apiGroups: [group], resources: ['kustomizations'], verbs },
          { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['ocirepositories'], verbs: ['list'] },
        ],
      })
      await put({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
        subjects: [{ kind: 'ServiceAccount', name: user, namespace: 'apps' }],
      })
    }
    await put(app('web'))
    await put(app('other'))
    const config = JSON.parse(readFileSync(api.kubeconfigPath, 'utf8')) as { clusters: unknown[]; users: unknown[]; contexts: unknown[] }
    for (const [user] of rights) {
      const token = kubectl(api.kubeconfigPath, ['create', 'token', user, '-n', 'apps']).trim()
      config.users.push({ name: user, user: { token } })
      config.contexts.push({ name: user, context: { cluster: 'real', user } })
    }
    writeFileSync(join(folder, 'config'), JSON.stringify(config))
    product = await startHttpProduct({ options: { sandbox: false, kubeconfig: join(folder, 'config') } })
    const [{ connect } = assert.fail()] = connectors
    driver = await connect({ url: product.url, token: tokens.writer })
  })
  after(async () => {
    await driver.close()
    await product.stop()
    await api.stop()
    rmSync(folder, { recursive: true })
  })
  const web = { kind: 'Kustomization', namespace: 'apps', name: 'web' }

  test('who may only get, gets an object and reads its resource', async () => {
    const got = await driver.call('get_object', { cluster: 'getter', ...web })
    assert.equal(got.isError, false, got.text)
    assert.match(await driver.read('flux://getter/Kustomization/apps/web'), /"name":"web"/)
  })

  test('what may not be listed is said, with the right that is missing', async () => {
    const status = await driver.call('get_status', { cluster: 'getter', namespace: 'apps' })
    assert.equal(status.isError, false, status.text)
    const missing = listAt(status.data, 'incomplete').map(i => JSON.stringify(i))
    assert.ok(
      missing.some(i => i.includes('"code":"Forbidden"') && i.includes('cannot list resource') && i.includes('kustomizations')),
      missing.join('\n'),
    )
    const secret = await driver.call('get_object', { cluster: 'getter', kind: 'Secret', namespace: 'apps', name: 'x' })
    assert.match(secret.text, /^Forbidden: .*secrets/)
    await assert.rejects(driver.read('flux://getter/OCIRepository/apps/x'), /Forbidden/)
  })

  test('a change is refused with the right that is missing, and nothing happens', async () => {
    const refused = await driver.call('set_suspended', { cluster: 'watcher', ...web, suspended: true })
    assert.equal(refused.isError || refused.data.planned === true, true)
    const done =
      refused.data.planned === true
        ? await driver.call('set_suspended', { cluster: 'watcher', ...web, suspended: true, plan: refused.data.plan })
        : refused
    assert.match(done.text, /^Forbidden: /)
    assert.notEqual((await cluster.get({ group, version: 'v1', ...web }, signal))?.spec?.suspend, true)
  })

  test('only who may watch is told of changes, and only of those that mean something', async () => {
    assert.ok(driver.watch)
    await assert.rejects(
      driver.watch('flux://getter/Kustomization/apps/web', () => {}),
      /not honoured/,
    )
    const heard: string[] = []
    const first = Promise.withResolvers<void>()
    const stop = await driver.watch('flux://watcher/Kustomization/apps/web', uri => {
      heard.push(uri)
      first.resolve()
    })
    const other = Promise.withResolvers<void>()
    const stopOther = await driver.watch('flux://watcher/Kustomization/apps/other', () => other.resolve())
    assert.equal(product.watches.open, 1, 'one watch for both')
    await put({ ...app('web'), metadata: { name: 'web', namespace: 'apps', labels: { means: 'nothing' } } })
    await put(app('other', { suspend: true }))
    await other.promise
    assert.deepEqual(heard, [], 'a label means nothing')
    await put(app('web', { suspend: true }))
    await first.promise
    await stop()
    await stopOther()
  })

  test('completion offers what may be listed, and nothing else', async () => {
    const template = 'flux://{cluster}/{kind}/{namespace}/{name}'
    assert.deepEqual(await driver.complete({ template }, ['name', 'w'], { cluster: 'watcher', kind: 'Kustomization', namespace: 'apps' }), [
      'web',
    ])
    assert.deepEqual(
      await driver.complete({ template }, ['name', 'w'], { cluster: 'getter', kind: 'Kustomization', namespace: 'apps' }),
      [],
    )
  })
})
