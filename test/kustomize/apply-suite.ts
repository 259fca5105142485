import assert from 'node:assert/strict'
import type { KubeObject } from '../../src/kinds/manifest.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import { verifies } from '../conformance/verifies.ts'
import { config, deployment, managersOf, object, pod, secret, service } from './objects.ts'
import type { Server } from './servers.ts'
import { idsOf, readyOf, signal } from './stage.ts'

const toolkit = 'kustomize.toolkit.fluxcd.io'
const own = 'kustomize-controller Apply'
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const changed = (events: readonly string[]): string[] =>
  events.filter(e => / (created|configured)$/m.test(e)).map(e => e.replace('Normal Progressing ', ''))

/** One object of many kinds, in no order. */
function mixed(ns: string): KubeObject[] {
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' }
  return [
    object(
      'networking.k8s.io/v1 Ingress',
      { namespace: ns, name: 'i' },
      { spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } } },
    ),
    object('admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration', { name: `${ns}-v` }, { webhooks: [] }),
    object(
      'policy/v1 PodDisruptionBudget',
      { namespace: ns, name: 'b' },
      { spec: { minAvailable: 1, selector: { matchLabels: { app: 'd' } } } },
    ),
    deployment(ns, 'd'),
    service(ns, 's'),
    secret(ns, 'z'),
    config(ns, 'c'),
    object('rbac.authorization.k8s.io/v1 RoleBinding', { namespace: ns, name: 'rb' }, { roleRef: role, subjects: [] }),
    object(
      'rbac.authorization.k8s.io/v1 Role',
      { namespace: ns, name: 'r' },
      { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
    ),
    object('v1 ServiceAccount', { namespace: ns, name: 'a' }),
    object(
      'autoscaling/v2 HorizontalPodAutoscaler',
      { namespace: ns, name: 'h' },
      { spec: { maxReplicas: 2, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } } },
    ),
    object('scheduling.k8s.io/v1 PriorityClass', { name: `${ns}-p` }, { value: 5 }),
    config(`${ns}-extra`, 'c'),
    config(ns, 'b'),
    object('v1 Namespace', { name: `${ns}-extra` }),
  ]
}

/** Staged server-side apply against any Kubernetes API. Spec: kustomization 7. */
export function applyCases({ stage, cluster }: Server): void {
  verifies('kustomization/A1', 'a first apply creates everything in order, a second one leaves all unchanged', async () => {
    const s = await stage('a1')
    const first = await s.ship(mixed('a1'))
    assert.equal(readyOf(first), 'True ReconciliationSucceeded: Applied revision: v1')
    const order = [
      'Namespace/a1-extra',
      'PriorityClass/a1-p',
      'ServiceAccount/a1/a',
      'Role/a1/r',
      'RoleBinding/a1/rb',
      'ConfigMap/a1/b',
      'ConfigMap/a1/c',
      'ConfigMap/a1-extra/c',
      'Secret/a1/z',
      'Service/a1/s',
      'Deployment/a1/d',
      'PodDisruptionBudget/a1/b',
      'HorizontalPodAutoscaler/a1/h',
      'Ingress/a1/i',
      'ValidatingWebhookConfiguration/a1-v',
    ]
    assert.deepEqual(changed(await s.events()), [order.map(id => `${id} created`).join('\n')])
    assert.equal(idsOf(first).length, 15)
    const owned = async (): Promise<unknown[]> =>
      (await Promise.all(mixed('a1').map(o => s.get(o)))).map(o =>
        listAt(o, 'metadata', 'managedFields').find(e => stringAt(e, 'manager') === 'kustomize-controller'),
      )
    const before = await owned()
    assert.ok(before.every(entry => entry !== undefined))
    assert.deepEqual(idsOf(await s.ship(mixed('a1'))), idsOf(first))
    assert.equal(changed(await s.events()).length, 1)
    assert.deepEqual(await owned(), before)
  })

  verifies('kustomization/A2', 'one changed key configures one object', async () => {
    const s = await stage('a2')
    await s.ship([config('a2', 'one'), config('a2', 'two'), secret('a2', 'three')])
    const two = await s.get(config('a2', 'two'))
    await s.ship([config('a2', 'one', { key: '2' }), config('a2', 'two'), secret('a2', 'three')])
    assert.deepEqual(changed(await s.events()).slice(1), ['ConfigMap/a2/one configured'])
    assert.deepEqual((await s.get(config('a2', 'one')))?.data, { key: '2' })
    assert.equal((await s.get(config('a2', 'two')))?.metadata.resourceVersion, two?.metadata.resourceVersion)
  })

  const sealed = (ns: string, value: string, finalizers: string[] = []): KubeObject => {
    const made = secret(ns, 'sealed', { immutable: true, stringData: { key: value } })
    return { ...made, metadata: { ...made.metadata, ...(finalizers.length > 0 ? { finalizers } : {}) } }
  }

  verifies('kustomization/A3', 'an immutable Secret that changes is refused, without its values', async () => {
    const s = await stage('a3')
    await s.ship([sealed('a3', 'private-val'), config('a3', 'one')])
    const ks = await s.ship([sealed('a3', 'private-new'), config('a3', 'one', { key: '2' })])
    assert.equal(
      readyOf(ks),
      'False ReconciliationFailed: Secret/a3/sealed dry-run failed (Invalid): Secret "sealed" is invalid: data: Forbidden: field is immutable when `immutable` is set\n',
    )
    assert.deepEqual((await s.get(config('a3', 'one')))?.data, { key: '1' })
    assert.ok(!(await s.events()).join().includes('private'))
    assert.ok(!JSON.stringify(ks).includes(Buffer.from('private-new').toString('base64')))
  })

  verifies('kustomization/A4', 'with force it is recreated once its finalizer lets it go, and only it', async () => {
    const s = await stage('a4')
    await s.ship([sealed('a4', 'val', ['example.com/hold']), config('a4', 'one')])
    const [before, one] = [await s.get(sealed('a4', '')), await s.get(config('a4', 'one'))]
    const waits: string[] = []
    const release = (message: string): void => {
      if (!message.startsWith('waiting for Secret') || waits.push(message) > 1) return
      void s.edit(sealed('a4', ''), { metadata: { finalizers: null } })
    }
    const ks = await s.ship([sealed('a4', 'new'), config('a4', 'one')], { force: true }, { progress: release })
    assert.equal(readyOf(ks), 'True ReconciliationSucceeded: Applied revision: v2')
    assert.equal(waits[0], 'waiting for Secret/a4/sealed to be deleted')
    const now = await s.get(sealed('a4', ''))
    assert.notEqual(now?.metadata.uid, before?.metadata.uid)
    assert.deepEqual(now?.data, { key: Buffer.from('new').toString('base64') })
    assert.equal((await s.get(config('a4', 'one')))?.metadata.resourceVersion, one?.metadata.resourceVersion)
    assert.deepEqual(changed(await s.events()).slice(1), ['Secret/a4/sealed created'])
  })

  verifies('kustomization/A5', 'with force a ClusterRoleBinding gets another roleRef', async () => {
    const s = await stage('a5')
    const binding = (role: string): KubeObject =>
      object(
        'rbac.authorization.k8s.io/v1 ClusterRoleBinding',
        { name: 'a5' },
        { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects: [] },
      )
    await s.ship([binding('view')])
    assert.match(
      readyOf(await s.ship([binding('edit')])),
      /^False ReconciliationFailed: ClusterRoleBinding\/a5 dry-run failed \(Invalid\): ClusterRoleBinding\.rbac\.authorization\.k8s\.io "a5" is invalid: roleRef: Invalid value: .*: field is immutable\n$/,
    )
    assert.match(readyOf(await s.ship([binding('edit')], { force: true })), /^True /)
    assert.deepEqual(changed(await s.events()), ['ClusterRoleBinding/a5 created'])
    assert.equal(stringAt(await s.get(binding('edit')), 'roleRef', 'name'), 'edit')
  })

  verifies('kustomization/A6', 'an object that says so itself is recreated without force', async () => {
    const s = await stage('a6')
    const storage = (type: string, annotations: Record<string, string> = {}): KubeObject =>
      object('storage.k8s.io/v1 StorageClass', { name: 'a6' }, { provisioner: 'example.com/none', parameters: { type } }, { annotations })
    await s.ship([storage('slow')])
    assert.match(
      readyOf(await s.ship([storage('fast')])),
      /^False ReconciliationFailed: StorageClass\/a6 dry-run failed \(Invalid\): StorageClass\.storage\.k8s\.io "a6" is invalid: parameters: Invalid value: null: field is immutable$/,
    )
    const ks = await s.ship([storage('fast', { [`${toolkit}/force`]: 'Enabled' })])
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual((await s.get(storage('')))?.parameters, { type: 'fast' })
  })

  verifies('kustomization/A7', 'what is plainly invalid stays so under force, and the live object has gone', async () => {
    const s = await stage('a7')
    await s.ship([service('a7', 'web')])
    const ks = await s.ship([service('a7', 'web', { type: 'Wrong' })], { force: true })
    assert.match(
      readyOf(ks),
      /^False ReconciliationFailed: Service\/a7\/web dry-run failed \(Invalid\): Service "web" is invalid: spec\.type: Unsupported value: "Wrong": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"\n$/,
    )
    assert.equal(await s.get(service('a7', 'web')), undefined)
    assert.match(readyOf(await s.ship([service('a7', 'web')])), /^True /)
  })

  verifies('kustomization/A9', 'an object that is excluded where it lives keeps its drift until it is not', async () => {
    const s = await stage('a9')
    await s.ship([config('a9', 'one')])
    await s.edit(config('a9', 'one'), { data: { key: 'edited' }, metadata: { annotations: { [`${toolkit}/reconcile`]: 'disabled' } } })
    await s.again()
    assert.deepEqual((await s.get(config('a9', 'one')))?.data, { key: 'edited' })
    assert.equal(changed(await s.events()).length, 1)
    await s.edit(config('a9', 'one'), { metadata: { annotations: { [`${toolkit}/reconcile`]: null } } })
    await s.again()
    assert.deepEqual((await s.get(config('a9', 'one')))?.data, { key: '1' })
    assert.deepEqual(changed(await s.events()).slice(1), ['ConfigMap/a9/one configured'])
  })

  verifies('kustomization/A10', 'IfNotPresent creates what is absent, leaves what is there, and Override takes it back', async () => {
    const s = await stage('a10')
    const one = (value: string, ssa: string): KubeObject =>
      config('a10', 'one', { key: value }, { annotations: { [`${toolkit}/ssa`]: ssa } })
    await s.ship([one('1', 'IfNotPresent')])
    assert.deepEqual((await s.get(one('', '')))?.data, { key: '1' })
    const ks = await s.ship([one('2', 'IfNotPresent')])
    assert.deepEqual((await s.get(one('', '')))?.data, { key: '1' })
    assert.deepEqual(idsOf(ks), ['a10_one__ConfigMap'])
    await s.ship([one('3', 'Override')])
    assert.deepEqual((await s.get(one('', '')))?.data, { key: '3' })
    assert.deepEqual(changed(await s.events()), ['ConfigMap/a10/one created', 'ConfigMap/a10/one configured'])
  })

  verifies('kustomization/A11', 'what kubectl applied on the client side is taken over, with its marks removed', async () => {
    const s = await stage('a11')
    const before = config(
      'a11',
      'one',
      { key: '0', old: 'x' },
      { annotations: { [lastApplied]: '{}' }, labels: { 'fluxcd.io/sync-gc-mark': 'm' } },
    )
    await cluster().create(before, { manager: 'kubectl-client-side-apply' }, signal)
    await s.ship([config('a11', 'one')])
    const live = await s.get(before)
    assert.deepEqual(live?.data, { key: '1' })
    assert.equal(live?.metadata.annotations?.[lastApplied], undefined)
    assert.equal(live?.metadata.labels?.['fluxcd.io/sync-gc-mark'], undefined)
    assert.deepEqual(
      managersOf(live).filter(m => !m.startsWith('before-first-apply ')),
      [own],
    )
    assert.deepEqual(changed(await s.events()), ['ConfigMap/a11/one configured'])
  })

  verifies('kustomization/A12', 'what kubectl applied on the server side later is undone', async () => {
    const s = await stage('a12')
    await s.ship([config('a12', 'one')])
    await cluster().apply(config('a12', 'one', { key: '2', more: 'x' }), { manager: 'kubectl', force: true }, signal)
    await s.again()
    const live = await s.get(config('a12', 'one'))
    assert.deepEqual(live?.data, { key: '1' })
    assert.deepEqual(managersOf(live), [own])
    assert.deepEqual(changed(await s.events()).slice(1), ['ConfigMap/a12/one configured'])
  })

  verifies('kustomization/A13', 'what kubectl patched goes with the next apply', async () => {
    const s = await stage('a13')
    const rule = (host: string): Record<string, unknown> => ({
      host,
      http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: { number: 80 } } } }] },
    })
    const ingress = (...hosts: string[]): KubeObject =>
      object('networking.k8s.io/v1 Ingress', { namespace: 'a13', name: 'i' }, { spec: { rules: hosts.map(rule) as never } })
    await s.ship([ingress('one.example.com')])
    await s.edit(
      ingress(),
      { spec: { rules: ['one.example.com', 'two.example.com'].map(rule), tls: [{ hosts: ['one.example.com'], secretName: 'tls' }] } },
      'kubectl-patch',
    )
    await s.ship([ingress('one.example.com', 'two.example.com')])
    const live = await s.get(ingress())
    assert.equal(live?.spec?.tls, undefined)
    assert.equal(listAt(live, 'spec', 'rules').length, 2)
    assert.deepEqual(managersOf(live), [own])
  })

  verifies('kustomization/A14', 'under ssa: Merge kubectl keeps its fields', async () => {
    const s = await stage('a14')
    const merged = (data: Record<string, string>): KubeObject =>
      config('a14', 'one', data, { annotations: { [`${toolkit}/ssa`]: 'merge' } })
    await s.ship([merged({ key: '1' })])
    await cluster().apply(config('a14', 'one', { more: 'x' }), { manager: 'kubectl', force: true }, signal)
    await s.ship([merged({ key: '2' })])
    const live = await s.get(merged({}))
    assert.deepEqual(live?.data, { key: '2', more: 'x' })
    assert.deepEqual(managersOf(live), ['kubectl Apply', own])
  })

  verifies('kustomization/A15', 'a namespaced object needs a namespace', async () => {
    const s = await stage('a15')
    const ks = await s.ship([object('v1 ConfigMap', { name: 'one' }, { data: {} })])
    assert.equal(
      readyOf(ks),
      'False ReconciliationFailed: ConfigMap/one namespace not specified: the server could not find the requested resource\n',
    )
    const lost = await s.ship([config('a15-nowhere', 'one')])
    assert.equal(readyOf(lost), 'False ReconciliationFailed: ConfigMap/a15-nowhere/one not found: namespaces "a15-nowhere" not found\n')
  })

  verifies('kustomization/A16', 'fields of a manager that may not write are taken, those of others stay', async () => {
    const s = await stage('a16')
    await s.ship([config('a16', 'one')])
    await s.edit(config('a16', 'one'), { data: { 'bad-key': 'x' } }, 'intruder')
    await s.edit(config('a16', 'one'), { data: { key2: 'y' } }, 'neighbour')
    await s.again({ settings: { overrideManagers: ['intruder'] } })
    const live = await s.get(config('a16', 'one'))
    assert.deepEqual(live?.data, { key: '1', key2: 'y' })
    assert.deepEqual(managersOf(live), [own, 'neighbour Update'])
  })

  verifies('kustomization/A17', 'the words that exclude an object are read without case, in labels and annotations', async () => {
    const s = await stage('a17')
    const words = [
      { labels: { [`${toolkit}/reconcile`]: 'Disabled' } },
      { annotations: { [`${toolkit}/reconcile`]: 'DISABLED' } },
      { labels: { [`${toolkit}/ssa`]: 'ignore' } },
      { annotations: { [`${toolkit}/ssa`]: 'IGNORE' } },
    ]
    const ks = await s.ship([
      ...words.map((meta, i) => config('a17', `c${i}`, {}, meta)),
      config('a17', 'other', {}, { annotations: { [`${toolkit}/ssa`]: '' } }),
    ])
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual(changed(await s.events()), ['ConfigMap/a17/other created'])
  })

  verifies('kustomization/A18', 'ports without a protocol are the same on the next run', async () => {
    const s = await stage('a18')
    const both = [
      { name: 'a', port: 53 },
      { name: 'b', port: 53, protocol: 'UDP' },
    ]
    const objects = [
      service('a18', 'dns', { ports: both }),
      deployment('a18', 'd', { replicas: 0 }),
      object(
        'batch/v1 CronJob',
        { namespace: 'a18', name: 'c' },
        {
          spec: {
            schedule: '0 0 1 1 *',
            jobTemplate: { spec: { template: { ...pod('c'), spec: { ...(pod('c').spec as object), restartPolicy: 'Never' } } } },
          },
        },
      ),
    ]
    await s.ship(objects)
    const ports = (await s.get(service('a18', 'dns')))?.spec?.ports
    assert.deepEqual(
      (ports as { protocol: string }[]).map(p => p.protocol),
      ['TCP', 'UDP'],
    )
    assert.match(readyOf(await s.ship(objects)), /^True /)
    assert.equal(changed(await s.events()).length, 1)
  })

  verifies('kustomization/A21', 'a kind that the cluster lacks fails the run, and nothing is written', async () => {
    const s = await stage('a21')
    const ks = await s.ship([object('example.com/v1 Gadget', { namespace: 'a21', name: 'g' }), config('a21', 'one')])
    assert.equal(
      readyOf(ks),
      'False ReconciliationFailed: Gadget/a21/g dry-run failed: no matches for kind "Gadget" in version "example.com/v1"\n',
    )
    assert.equal(ks.status?.inventory, undefined)
    assert.equal(await s.get(config('a21', 'one')), undefined)
  })

  verifies('kustomization/A22.1', 'a value of the wrong type fails the dry run, without a reason', async () => {
    const s = await stage('a22')
    const ks = await s.ship([object('v1 ConfigMap', { namespace: 'a22', name: 'one' }, { data: { key: 5 } })])
    assert.match(
      readyOf(ks),
      /^False ReconciliationFailed: ConfigMap\/a22\/one dry-run failed: failed to create typed patch object \(a22\/one; \/v1, Kind=ConfigMap\): \.data\.key: expected string, got .*\n$/,
    )
    const hidden = await s.ship([secret('a22', 'one', { data: { key: 735_190 } })])
    assert.match(readyOf(hidden), /dry-run failed: failed to create typed patch object .*\.data\.key: expected string, got /)
    assert.ok(!JSON.stringify([hidden, await s.events()]).includes('735190'))
  })

  verifies('kustomization/A22.2', 'a value that validation refuses fails it as Invalid', async () => {
    const s = await stage('a22-invalid')
    const ks = await s.ship([config('a22-invalid', 'Not_A_Name')])
    assert.match(
      readyOf(ks),
      /^False ReconciliationFailed: ConfigMap\/a22-invalid\/Not_A_Name dry-run failed \(Invalid\): ConfigMap "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": .*\n$/s,
    )
  })

  verifies('kustomization/A23', 'an object recreated by force is created, ours alone, at the new revision', async () => {
    const s = await stage('a23')
    await s.ship([sealed('a23', 'val')])
    await s.edit(sealed('a23', ''), { metadata: { labels: { by: 'hand' } } })
    const ks = await s.ship([sealed('a23', 'new')], { force: true })
    assert.equal(ks.status?.lastAppliedRevision, 'v2')
    const live = await s.get(sealed('a23', ''))
    assert.deepEqual(managersOf(live), [own])
    assert.equal(live?.metadata.labels?.by, undefined)
    const events = (await s.events()).filter(e => e.includes('Secret/a23/sealed created'))
    assert.deepEqual(events, ['Normal Progressing Secret/a23/sealed created'])
  })
}
