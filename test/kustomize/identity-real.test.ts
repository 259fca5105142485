import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe } from 'node:test'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { verifies } from '../conformance/verifies.ts'
import { testKernel } from '../support/kernel.ts'
import { startWorld, type TestWorld } from '../support/world.ts'
import { config, object, secret } from './objects.ts'
import { readyOf, signal, Stage } from './stage.ts'

const kernel = testKernel()
const name = 'service accounts and other clusters on real API servers'

withPrograms(
  ['etcd', 'kube-apiserver'],
  { name, tests: 3 },
  () =>
    void describe(name, () => {
      let [home, away] = [] as unknown as [TestWorld, ApiServer]
      let far: Awaited<ReturnType<ApiServer['cluster']>>
      before(async () => {
        away = await startKubeApiServer()
        far = await away.cluster()
        home = await startWorld(async () => {
          const server = await startKubeApiServer()
          return { cluster: await server.cluster(), stop: () => server.stop() }
        }, kernel)
      })
      after(async () => {
        await home?.stop()
        await away?.stop()
      })
      const stage = (namespace: string): Promise<Stage> => Stage.open({ cluster: home.cluster, kernel }, namespace)
      const rights = (namespace: string, account: string): KubeObject[] => [
        object('v1 ServiceAccount', { namespace, name: account }),
        object(
          'rbac.authorization.k8s.io/v1 RoleBinding',
          { namespace, name: account },
          {
            roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
            subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
          },
        ),
      ]

      verifies('kustomization/C6.2', 'the default service account is refused until it has the rights', async () => {
        const s = await stage('c6-real')
        const turn = { settings: { defaultServiceAccount: 'default' } }
        const refused = await s.ship([config('c6-real', 'one')], {}, turn)
        assert.match(
          readyOf(refused),
          /^False ReconciliationFailed: configmaps "one" is forbidden: User "system:serviceaccount:c6-real:default" cannot get resource|^False ReconciliationFailed: ConfigMap\/c6-real\/one dry-run failed \(Forbidden\): .*system:serviceaccount:c6-real:default/,
        )
        for (const o of rights('c6-real', 'default')) await s.apply(o)
        assert.match(readyOf(await s.again(turn)), /^True /)
      })

      verifies('kustomization/I21.4', 'an impersonated account may do what its rights say, up to the deletion', async () => {
        const s = await stage('i21-real')
        for (const o of rights('i21-real', 'tenant')) await s.apply(o)
        await s.apply(object('v1 Namespace', { name: 'i21-other' }))
        const spec = { serviceAccountName: 'tenant' }
        const outside = await s.ship([config('i21-real', 'one'), config('i21-other', 'two')], spec)
        assert.match(readyOf(outside), /^False ReconciliationFailed: .*\(Forbidden\): .*system:serviceaccount:i21-real:tenant/s)
        assert.equal(await s.get(config('i21-real', 'one')), undefined)
        assert.match(readyOf(await s.ship([config('i21-real', 'one')], spec)), /^True /)
        await home.cluster.delete(s.ref, {}, signal)
        await s.pass()
        assert.equal(await s.get(config('i21-real', 'one')), undefined)
        assert.equal(await home.cluster.get(s.ref, signal), undefined)
      })

      verifies('kustomization/C7.6', 'a kubeconfig leads to another API server; unverified certificates need a flag', async () => {
        const s = await stage('c7-real')
        await far.apply(object('v1 Namespace', { name: 'c7-real' }), { manager: 'test' }, signal)
        const value = readFileSync(away.kubeconfigPath, 'utf8')
        const [cluster] = (JSON.parse(value) as { clusters: { cluster: { server: string } }[] }).clusters
        const blind = JSON.stringify({
          ...JSON.parse(value),
          clusters: [{ name: 'real', cluster: { server: cluster?.cluster.server, 'insecure-skip-tls-verify': true } }],
        })
        const spec = { kubeConfig: { secretRef: { name: 'far' } } }
        await s.apply(secret('c7-real', 'far', { stringData: { value: blind } }))
        assert.match(readyOf(await s.ship([config('c7-real', 'one')], spec)), /^False ReconciliationFailed: .*certificate/)
        assert.match(readyOf(await s.again({ settings: { insecureKubeconfigTls: true } })), /^True /)
        await s.apply(secret('c7-real', 'far', { stringData: { value } }))
        assert.match(readyOf(await s.ship([config('c7-real', 'two')], spec)), /^True /)
        const there = async (wanted: string): Promise<boolean> =>
          (await far.get({ group: '', kind: 'ConfigMap', namespace: 'c7-real', name: wanted }, signal)) !== undefined
        assert.deepEqual([await there('one'), await there('two'), await s.get(config('c7-real', 'two'))], [false, true, undefined])
      })
    }),
)
