import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findProgram } from '../../scripts/refs/cache.ts'
import { installKinds } from '../../src/engine/install.ts'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { at, isObject, listAt, stringAt } from '../../src/lib/json.ts'
import { parseAll } from '../../src/lib/yaml.ts'
import { kinds } from '../../src/tools/run/reconcilers.ts'
import { listenRegistry } from '../../src/sandbox/registry.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import { type ApiServer, kubectl, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { freePort } from '../refs/processes.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { end, root, run } from '../support/program.ts'
import { pushFiles } from '../support/push.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'

/** What `deploy/` brings into a cluster, and a controller that may do what it says and nothing else. */
const variants = ['base', 'cluster-admin', 'multi-tenant']
const account = 'system:serviceaccount:flux-system:fluxpilot'
const [namespace, tenant, other] = ['flux-system', 'tenant-a', 'tenant-b']

/** A variant of `deploy/`, with all of its objects. */
function built(variant: string): KubeObject[] {
  const kustomize = findProgram('kustomize') ?? ''
  const folder = variant.includes('\n') ? written(variant) : join(root, 'deploy', variant)
  const text = execFileSync(kustomize, ['build', '--load-restrictor', 'LoadRestrictionsNone', folder], { encoding: 'utf8' })
  return parseAll(text) as unknown as KubeObject[]
}

const scratch = mkdtempSync(join(tmpdir(), 'fluxpilot-deploy-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

function written(kustomization: string): string {
  writeFileSync(join(scratch, 'kustomization.yaml'), kustomization)
  return scratch
}

const of = (objects: readonly KubeObject[], kind: string): KubeObject => objects.find(o => o.kind === kind) ?? assert.fail(`no ${kind}`)
const argsOf = (objects: readonly KubeObject[]): string[] => {
  const [container] = listAt(of(objects, 'Deployment'), 'spec', 'template', 'spec', 'containers')
  return listAt(container, 'args').map(String)
}

withPrograms(['kustomize'], { name: 'what deploy/ builds to', tests: 4 }, () => {
  test('only the variant that says so is an administrator of the cluster, and nobody reads logs', () => {
    for (const variant of variants) {
      const objects = built(variant)
      const bindings = objects.filter(o => o.kind === 'ClusterRoleBinding' && stringAt(o, 'roleRef', 'name') === 'cluster-admin')
      assert.equal(bindings.length, variant === 'cluster-admin' ? 1 : 0, variant)
      const text = JSON.stringify(objects.filter(o => o.kind.endsWith('Role')))
      assert.doesNotMatch(text, /"\*"|pods|"delete"|escalate|"bind"/, variant)
    }
  })

  test('the image is that of this version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    const [container] = listAt(of(built('base'), 'Deployment'), 'spec', 'template', 'spec', 'containers')
    assert.equal(stringAt(container, 'image'), `fluxpilot:${version}`)
  })

  test('artifact URLs name the Service that leads to the storage', () => {
    const objects = built('base')
    const service = of(objects, 'Service')
    assert.deepEqual(at(service, 'spec', 'selector'), at(of(objects, 'Deployment'), 'spec', 'template', 'metadata', 'labels'))
    assert.ok(argsOf(objects).includes(`--storage-adv-addr=${service.metadata.name}.$(RUNTIME_NAMESPACE).svc.cluster.local.`))
    assert.equal(at(listAt(service, 'spec', 'ports')[0], 'port'), 80)
  })

  test('workload identity is a component: the gate, and the right to ask for tokens', () => {
    const kustomization = (folder: string): string =>
      `resources: [${join(root, 'deploy', folder)}]\ncomponents: [${join(root, 'deploy/workload-identity')}]\n`
    const relative = (text: string): string =>
      text.replaceAll(`[${root}`, `[${'../'.repeat(scratch.split('/').length - 1)}${root.slice(1)}`)
    const objects = built(relative(kustomization('multi-tenant')))
    assert.ok(argsOf(objects).includes('--feature-gates=ObjectLevelWorkloadIdentity=true'))
    assert.ok(argsOf(objects).includes('--default-service-account=default'))
    const role = objects.find(o => o.metadata.name === 'fluxpilot-workload-identity' && o.kind === 'ClusterRole')
    assert.deepEqual(role?.rules, [{ apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] }])
  })
})

withPrograms(['kustomize', 'etcd', 'kube-apiserver', 'kubectl'], { name: 'a controller as deploy/ has it', tests: 5 }, () =>
  describe('a controller as deploy/ has it', () => {
    let [api, cluster] = [undefined as unknown as ApiServer, undefined as unknown as Cluster]
    let registry: Awaited<ReturnType<typeof listenRegistry>>
    let child: ReturnType<typeof run>
    const http = createHttp({})
    const kernel = testKernel()
    const put = (object: object): Promise<KubeObject> => cluster.apply(object as KubeObject, { manager: 'test', force: true }, unending)

    before(async () => {
      api = await startKubeApiServer()
      cluster = await api.cluster()
      registry = await listenRegistry({ port: 0 })
      await installKinds(cluster, kinds, { clock: realClock, signal: unending })
      for (const name of [tenant, other]) await ensureNamespace(cluster, name)
    })
    after(async () => {
      if (child) await end(child)
      await registry?.close()
      await http.close()
      await api?.stop()
    })

    test('every object is accepted, and the pod by the restricted level', async () => {
      for (const variant of variants.toReversed()) {
        const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: built(variant) })
        kubectl(api.kubeconfigPath, ['apply', '--server-side', '-f', '-'], text)
      }
      await cluster.delete({ ...rbac, kind: 'ClusterRoleBinding', name: 'fluxpilot-applies-as-cluster-admin' }, {}, unending)
      await put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'restricted', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      })
      const { spec } = (of(built('base'), 'Deployment').spec as { template: { spec: object } }).template
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'restricted' }, spec }
      await cluster.create(pod as never, { manager: 'test' }, unending)
      const { securityContext: _without, ...loose } = spec as { securityContext: object }
      const refused = { ...pod, metadata: { ...pod.metadata, name: 'q' }, spec: loose }
      await assert.rejects(cluster.create(refused as never, { manager: 'test' }, unending), /violates PodSecurity "restricted/)
    })

    test('its account may do what the rules say, and nothing beside', async () => {
      const asked: { says: string; allowed: boolean; attributes: object }[] = []
      const ask = (allowed: boolean, verb: string, [resource, group, within = other]: readonly string[]): void => {
        const [name, subresource] = (resource ?? '').split('/')
        const attributes = { verb, group, resource: name, namespace: within, ...(subresource ? { subresource } : {}) }
        asked.push({ says: `${verb} ${resource}`, allowed, attributes })
      }
      for (const role of built('base').filter(o => o.kind === 'ClusterRole'))
        for (const rule of listAt(role, 'rules'))
          for (const resource of listAt(rule, 'resources').map(String))
            for (const verb of listAt(rule, 'verbs').map(String)) ask(true, verb, [resource, String(listAt(rule, 'apiGroups')[0])])
      const never: (readonly [verb: string, resource: string, group?: string])[] = [
        ['get', 'pods/log'],
        ['list', 'secrets'],
        ['watch', 'secrets'],
        ['create', 'configmaps'],
        ['create', 'serviceaccounts/token'],
        ['impersonate', 'users'],
        ['impersonate', 'groups'],
        ['delete', 'kustomizations', 'kustomize.toolkit.fluxcd.io'],
        ['create', 'ocirepositories', 'source.toolkit.fluxcd.io'],
        ['update', 'leases', 'coordination.k8s.io'],
        ['create', 'clusterrolebindings', 'rbac.authorization.k8s.io'],
      ]
      for (const [verb, resource, group = ''] of never) ask(false, verb, [resource, group])
      ask(true, 'update', ['leases', 'coordination.k8s.io', namespace])
      const groups = ['system:serviceaccounts', 'system:authenticated']
      const items = asked.map(({ attributes }) => ({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: account, groups, resourceAttributes: attributes },
      }))
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
      const answers = kubectl(api.kubeconfigPath, ['create', '-f', '-', '-o', 'jsonpath={.status.allowed};'], list).split(';')
      assert.deepEqual(
        asked.filter(({ allowed }, i) => (answers[i] === 'true') !== allowed).map(({ says }) => says),
        [],
      )
    })

    /** The controller, by the arguments of the Deployment, at addresses of this machine, as the Deployment's account. */
    async function started(): Promise<void> {
      const token = kubectl(api.kubeconfigPath, ['create', 'token', 'fluxpilot', '-n', namespace]).trim()
      const config = JSON.parse(readFileSync(api.kubeconfigPath, 'utf8')) as { users: { user: object }[] }
      const file = join(scratch, 'kubeconfig')
      writeFileSync(file, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }))
      const storage = `127.0.0.1:${await freePort()}`
      const here: Record<string, string> = {
        '--storage-path': join(scratch, 'data'),
        '--storage-addr': storage,
        '--storage-adv-addr': storage,
        '--health-addr': '127.0.0.1:0',
        '--metrics-addr': '127.0.0.1:0',
      }
      const args = argsOf(built('base')).map(arg => {
        const name = arg.split('=')[0] ?? ''
        return here[name] === undefined ? arg : `${name}=${here[name]}`
      })
      child = run(['--kubeconfig', file, ...args], { RUNTIME_NAMESPACE: namespace, NODE_OPTIONS: '--max-semi-space-size=4' })
      while (!child.said().includes('✔ reconciling')) {
        assert.equal(child.exitCode, null, child.said())
        await Promise.race([once(child, 'said'), once(child, 'exit')])
      }
    }

    const source = (name: string, app: string): KubeObject =>
      ({
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'OCIRepository',
        metadata: { name, namespace: tenant },
        spec: { url: `oci://${registry.address}/${app}`, interval: '10m' },
      }) as KubeObject
    const delivery = (name: string, more: object): KubeObject =>
      ({
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name, namespace: tenant },
        spec: { interval: '10m', retryInterval: '1s', prune: true, sourceRef: { kind: 'OCIRepository', name }, ...more },
      }) as KubeObject
    const ship = async (name: string, to: string, more: object = {}): Promise<KubeObject> => {
      const registries = openRegistries({ http, clock: realClock, env: {}, home: scratch })
      const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: ${to}}\ndata: {a: b}\n`
      await pushFiles({ kernel, registries } as never, `oci://${registry.address}/${name}:latest`, { 'a.yaml': map })
      await put(source(name, name))
      return put(delivery(name, more))
    }
    async function settled(object: KubeObject, status: string): Promise<string> {
      const query = { ...refOf(object), fieldSelector: `metadata.name=${object.metadata.name}` }
      for await (const event of cluster.watch(query, unending)) {
        const live = event.type === 'gap' ? event.objects[0] : event.object
        const ready = live && conditionOf(live, 'Ready')
        if (ready?.status === status && ready.reason !== 'DependencyNotReady' && ready.reason !== 'ArtifactFailed') return ready.message
      }
      return assert.fail('the watch ended')
    }
    const there = async (name: string, where: string): Promise<boolean> =>
      (await cluster.get({ group: '', version: 'v1', kind: 'ConfigMap', namespace: where, name }, unending)) !== undefined
    const pipeline = { serviceAccountName: 'pipeline' }

    test('it delivers as an account with rights in one namespace, and what lies outside is forbidden', async () => {
      await put({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'pipeline', namespace: tenant } })
      await put({
        apiVersion: `${rbac.group}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'pipeline', namespace: tenant },
        roleRef: { apiGroup: rbac.group, kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'pipeline', namespace: tenant }],
      })
      await started()
      assert.match(await settled(await ship('inside', tenant, pipeline), 'True'), /^Applied revision: latest@sha256:/)
      assert.ok(await there('inside', tenant))
      assert.match(await settled(await ship('outside', other, pipeline), 'False'), /system:serviceaccount:tenant-a:pipeline.* cannot/s)
      assert.equal(await there('outside', other), false)
    })

    test('it leads by the Lease of Flux, tells events, and prunes when the object goes', async () => {
      const lease = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', namespace, name: 'kustomize-controller-leader-election' }
      assert.match(stringAt(await cluster.get(lease, unending), 'spec', 'holderIdentity') ?? '', /^fluxpilot_/)
      const events = await Array.fromAsync(cluster.listAll({ group: '', version: 'v1', kind: 'Event', namespace: tenant }, unending))
      assert.ok(
        events.some(e => isObject(e.involvedObject) && e.involvedObject.name === 'inside' && e.reason === 'ReconciliationSucceeded'),
      )
      const gone = refOf(delivery('inside', pipeline))
      const watch = cluster.watch({ ...gone, fieldSelector: 'metadata.name=inside' }, unending)
      await cluster.delete(gone, {}, unending)
      for await (const event of watch) if (event.type === 'deleted' || (event.type === 'gap' && event.objects.length === 0)) break
      assert.equal(await there('inside', tenant), false)
    })

    test('without an account it may apply nothing, until it is bound to cluster-admin', async () => {
      const message = await settled(await ship('anything', other), 'False')
      assert.match(message, new RegExp(`User "${account}" cannot`))
      const binding = built('cluster-admin').find(o => o.metadata.name === 'fluxpilot-applies-as-cluster-admin')
      await put(binding ?? assert.fail())
      assert.match(await settled(delivery('anything', {}), 'True'), /^Applied revision/)
      assert.ok(await there('anything', other))
      assert.doesNotMatch(child.said(), /forbidden.*(events|leases|status)/)
    })
  }),
)

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' }
