import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionOf, type KubeObject, refOf } from '../../src/kinds/manifest.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { config, object, secret } from './objects.ts'
import type { Server } from './servers.ts'
import { idsOf, leaping, over, readyOf, signal, type Stage } from './stage.ts'

const toolkit = 'kustomize.toolkit.fluxcd.io'
const itself = (s: Stage): KubeObject => ({
  apiVersion: `${toolkit}/v1`,
  kind: 'Kustomization',
  metadata: { name: 'app', namespace: s.namespace },
})

function definition(kind: string, group: string): KubeObject {
  const plural = `${kind.toLowerCase()}s`
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } },
  }
  return object(
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    { name: `${plural}.${group}` },
    {
      spec: {
        group,
        scope: 'Namespaced',
        names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
        versions: [version],
      },
    },
  )
}

/** A process that goes on after the pass, with more to do than what can wait. */
const goingOn = { add: (): boolean => true }

/** What hostile sets, servers and neighbours do to a reconcile, on any Kubernetes API. */
export function edgeCases({ stage, cluster }: Server): void {
  test('a definition and objects of its kind are applied in one run, and pruned in the other order', async () => {
    const s = await stage('edge-crd')
    const objects = [
      object('edge.example.com/v1 Widget', { namespace: 'edge-crd', name: 'w' }, { spec: { size: 1 } }),
      definition('Widget', 'edge.example.com'),
    ]
    assert.match(readyOf(await s.ship(objects, { wait: true })), /^True /)
    const ks = await s.ship([config('edge-crd', 'one')])
    assert.match(readyOf(ks), /^True /)
    assert.ok(
      (await s.events()).includes(
        'Normal Progressing Widget/edge-crd/w deleted\nCustomResourceDefinition/widgets.edge.example.com deleted',
      ),
    )
  })

  test('a Kustomization that is deleted while its first run waits takes along what it found as wanted', async () => {
    const s = await stage('edge-found')
    const kept = config(s.namespace, 'kept')
    await s.ship([kept], { deletionPolicy: 'Orphan' })
    await cluster().delete(s.ref, {}, signal)
    await s.pass()
    assert.equal((await s.get(kept)) !== undefined && (await cluster().get(s.ref, signal)), undefined)
    const never = { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', namespace: s.namespace }
    await s.declare({ healthChecks: [never] })
    let asked = 0
    const deleting = over(cluster(), {
      get: async (ref, stop) => {
        if (ref.name === never.name && asked++ === 0) await cluster().delete(s.ref, {}, signal)
        return cluster().get(ref, stop)
      },
    })
    await s.pass({ cluster: deleting, clock: leaping(), later: goingOn })
    assert.ok(asked > 0)
    await s.pass({ later: goingOn })
    assert.deepEqual([await cluster().get(s.ref, signal), await s.get(kept)], [undefined, undefined])
  })

  test('an object that a first run recreates is there again, whatever becomes of the Kustomization', async () => {
    const s = await stage('edge-recreated')
    const sealed = (n: string): KubeObject => secret(s.namespace, 'sealed', { immutable: true, stringData: { n } })
    await cluster().create(sealed('1'), { manager: 'someone' }, signal)
    await s.offer([sealed('2')])
    await s.declare({ force: true })
    const suspending = over(cluster(), {
      delete: async (ref, options, stop) => {
        const answer = await cluster().delete(ref, options, stop)
        await s.declare({ force: true, suspend: true })
        return answer
      },
    })
    await s.pass({ cluster: suspending, later: goingOn })
    assert.equal(stringAt(await s.get(sealed('2')), 'data', 'n'), Buffer.from('2').toString('base64'))
  })

  test('objects whose definition is gone count as deleted', async () => {
    const s = await stage('edge-gone')
    const crd = definition('Relic', 'gone.example.com')
    await s.ship([crd, object('gone.example.com/v1 Relic', { namespace: 'edge-gone', name: 'r' })])
    await cluster().delete(refOf(crd), {}, signal)
    while (await s.get(crd)) await new Promise(resolve => setImmediate(resolve))
    const ks = await s.ship([config('edge-gone', 'one')])
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual(idsOf(ks), ['edge-gone_one__ConfigMap'])
  })

  test('a cluster-scoped object with a namespace is kept without one', async () => {
    const s = await stage('edge-scope')
    const of = (annotations = {}): KubeObject =>
      object('scheduling.k8s.io/v1 PriorityClass', { namespace: 'edge-scope', name: 'edge-scope' }, { value: 3 }, { annotations })
    const ks = await s.ship([of()])
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual(idsOf(ks), ['_edge-scope_scheduling.k8s.io_PriorityClass'])
    assert.ok((await s.events()).includes('Normal Progressing PriorityClass/edge-scope created'))
    assert.deepEqual(idsOf(await s.ship([of({ [`${toolkit}/ssa`]: 'IfNotPresent' })])), ['_edge-scope_scheduling.k8s.io_PriorityClass'])
    assert.ok(await s.get(object('scheduling.k8s.io/v1 PriorityClass', { name: 'edge-scope' })))
  })

  test('lists are taken apart, an object without a name fails the build, and so does one that comes twice', async () => {
    const s = await stage('edge-list')
    const list = {
      'list.yaml': JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [config('edge-list', 'one'), secret('edge-list', 'two')] }),
    }
    assert.deepEqual(idsOf(await s.ship(list)), ['edge-list_one__ConfigMap', 'edge-list_two__Secret'])
    const nameless = { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: a-\n  namespace: edge-list\n' }
    assert.match(readyOf(await s.ship(nameless)), /^False BuildFailed: .*missing metadata\.name in object/)
    assert.match(
      readyOf(await s.ship([config('edge-list', 'one'), config('edge-list', 'one')])),
      /^False BuildFailed: .*may not add resource with an already registered id: ConfigMap\.v1\.\[noGrp\]\/one\.edge-list/,
    )
  })

  test('objects that become one by substitution fail the build', async () => {
    const s = await stage('edge-twice')
    const twice = { 'a.yaml': JSON.stringify(config('edge-twice', '${a}')), 'b.yaml': JSON.stringify(config('edge-twice', '${b}')) }
    const ks = await s.ship(twice, { postBuild: { substitute: { a: 'same', b: 'same' } } })
    assert.match(readyOf(ks), /^False BuildFailed: .*id matched 2 resources$/)
    assert.equal(await s.get(config('edge-twice', 'same')), undefined)
  })

  test('large objects pass up to what the server takes, and its refusal is told', async () => {
    const s = await stage('edge-large')
    const large = (bytes: number): KubeObject => config('edge-large', 'large', { blob: 'x'.repeat(bytes) })
    assert.match(readyOf(await s.ship([large(1_000_000)])), /^True /)
    assert.equal(
      readyOf(await s.ship([large(1_048_577)])),
      'False ReconciliationFailed: ConfigMap/edge-large/large dry-run failed (Invalid): ConfigMap "large" is invalid: []: Too long: may not be more than 1048576 bytes\n',
    )
    const heavy = secret('edge-large', 'large', { data: { blob: Buffer.alloc(1_048_577).toString('base64') } })
    assert.match(readyOf(await s.ship([heavy])), /Secret "large" is invalid: data: Too long: may not be more than 1048576 bytes\n$/)
    assert.equal(
      readyOf(await s.ship([large(3_500_000)])),
      'False ReconciliationFailed: ConfigMap/edge-large/large dry-run failed (RequestEntityTooLarge): Request entity too large: limit is 3145728\n',
    )
  })

  test('a namespace that goes away refuses new objects, and takes a Kustomization in it along', async () => {
    const s = await stage('edge-home')
    await cluster().apply(object('v1 Namespace', { name: 'edge-term' }), { manager: 'test' }, signal)
    await s.apply({ ...config('edge-term', 'held'), metadata: { name: 'held', namespace: 'edge-term', finalizers: ['example.com/hold'] } })
    await cluster().delete({ group: '', kind: 'Namespace', name: 'edge-term' }, {}, signal)
    const ks = await s.ship([config('edge-term', 'one')])
    assert.equal(
      readyOf(ks),
      'False ReconciliationFailed: ConfigMap/edge-term/one dry-run failed (Forbidden): configmaps "one" is forbidden: unable to create new content in namespace edge-term because it is being terminated\n',
    )
    await s.edit(config('edge-term', 'held'), { metadata: { finalizers: null } })

    await s.ship([config('edge-home', 'one')], { deletionPolicy: 'WaitForTermination' })
    await cluster().delete({ group: '', kind: 'Namespace', name: 'edge-home' }, {}, signal)
    while (!(await cluster().get(s.ref, signal))?.metadata.deletionTimestamp) await new Promise(resolve => setImmediate(resolve))
    assert.equal((await s.pass()).is, 'gone')
    assert.equal(await cluster().get(s.ref, signal), undefined)
  })

  test('a change between the dry run and the write keeps what others own', async () => {
    const s = await stage('edge-race')
    await s.ship([config('edge-race', 'one')])
    let raced = 0
    const racing = over(cluster(), {
      apply: async (o, options, stop) => {
        if (!options.dryRun && o.kind === 'ConfigMap' && ++raced === 1) await s.edit(o, { data: { key: 'theirs', other: 'x' } })
        return cluster().apply(o, options, stop)
      },
    })
    assert.match(readyOf(await s.ship([config('edge-race', 'one', { key: '2' })], {}, { cluster: racing })), /^True /)
    assert.deepEqual((await s.get(config('edge-race', 'one')))?.data, { key: '2', other: 'x' })
  })

  test('a change before a take-over is read again, and not undone', async () => {
    const s = await stage('edge-take')
    await cluster().create(config('edge-take', 'one', { key: '0', old: 'x' }), { manager: 'kubectl-create' }, signal)
    let raced = 0
    const racing = over(cluster(), {
      patch: async (ref, patch, stop) => {
        if (patch.type === 'json' && ++raced === 1) await s.edit(config('edge-take', 'one'), { data: { other: 'y' } }, 'neighbour')
        return cluster().patch(ref, patch, stop)
      },
    })
    assert.match(readyOf(await s.ship([config('edge-take', 'one')], {}, { cluster: racing })), /^True /)
    assert.equal(raced, 2)
    assert.deepEqual((await s.get(config('edge-take', 'one')))?.data, { key: '1', other: 'y' })
  })

  test('a spec and a request that come during a run are not taken for handled', async () => {
    const s = await stage('edge-during')
    const first = await s.ship([config('edge-during', 'one')])
    let edited = false
    const progress = (): void => {
      if (edited) return
      edited = true
      pending.push(
        s.edit(itself(s), { spec: { timeout: '5m' }, metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'later' } } }),
      )
    }
    const pending: Promise<unknown>[] = []
    const late = over(cluster(), {
      apply: async (o, options, stop) => {
        progress()
        await Promise.all(pending)
        return cluster().apply(o, options, stop)
      },
    })
    const ks = await s.again({ cluster: late })
    assert.equal(ks.metadata.generation, (first.metadata.generation ?? 0) + 1)
    assert.equal(ks.status?.observedGeneration, first.metadata.generation)
    assert.equal(ks.status?.lastHandledReconcileAt, undefined)
    assert.equal(conditionOf(ks, 'Ready')?.observedGeneration, first.metadata.generation)
    const next = await s.again()
    assert.equal(next.status?.observedGeneration, next.metadata.generation)
    assert.equal(next.status?.lastHandledReconcileAt, 'later')
  })

  test('whatever calls the server refuses, nothing is orphaned, and quiet brings all about', async () => {
    const s = await stage('edge-storm')
    await s.ship([0, 1, 2, 3].map(i => config('edge-storm', `old-${i}`)))
    const wanted = [0, 1, 2, 3].map(i => config('edge-storm', `new-${i}`))
    let seed = 5
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648
    const codes = ['UNAVAILABLE', 'RATE_LIMITED', 'CONFLICT', 'TIMEOUT', 'UNREACHABLE'] as const
    const stormy =
      (name: 'get' | 'apply' | 'patch' | 'delete' | 'create') =>
      async (...args: unknown[]): Promise<never> => {
        const late = random() < 0.5
        const fails = random() < 0.12
        const call = (): Promise<never> => Reflect.apply(cluster()[name], cluster(), args) as Promise<never>
        if (!fails) return call()
        if (late) await call()
        const code = codes[Math.floor(random() * codes.length)] ?? 'TIMEOUT'
        throw new ClusterError(code, { cluster: 'x', what: name, status: 500, message: `storm: ${code}` })
      }
    const storm = over(cluster(), {
      get: stormy('get'),
      apply: stormy('apply'),
      patch: stormy('patch'),
      delete: stormy('delete'),
      create: stormy('create'),
    })
    await s.offer(wanted)
    for (let run = 0; run < 25; run++) {
      await s.pass({ cluster: storm }).catch(() => {})
      const { items } = await cluster().list(
        { group: '', kind: 'ConfigMap', namespace: 'edge-storm', labelSelector: `${toolkit}/name=app` },
        signal,
      )
      const inventory = listAt(await cluster().get(s.ref, signal), 'status', 'inventory', 'entries').map(e => stringAt(e, 'id'))
      assert.deepEqual(
        items.map(o => o.metadata.name).filter(name => !inventory.includes(`edge-storm_${name}__ConfigMap`)),
        [],
        `run ${run}`,
      )
    }
    const ks = await s.again()
    assert.match(readyOf(ks), /^True /)
    assert.deepEqual(
      idsOf(ks),
      wanted.map(o => `edge-storm_${o.metadata.name}__ConfigMap`),
    )
    const left = await cluster().list(
      { group: '', kind: 'ConfigMap', namespace: 'edge-storm', labelSelector: `${toolkit}/name=app` },
      signal,
    )
    assert.equal(left.items.length, 4)
  })

  test('a prune that the server refuses is told, kept, and tried again', async () => {
    const s = await stage('edge-prune')
    await s.ship([config('edge-prune', 'one'), config('edge-prune', 'two')])
    const refusing = over(cluster(), {
      delete: async (ref, options, stop) => {
        if (ref.name === 'one')
          throw new ClusterError('FORBIDDEN', { cluster: 'x', what: 'delete', message: 'admission webhook "keep" denied the request' })
        return cluster().delete(ref, options, stop)
      },
    })
    const ks = await s.ship([secret('edge-prune', 'three')], {}, { cluster: refusing })
    assert.equal(
      readyOf(ks),
      'False PruneFailed: delete failed, errors: ConfigMap/edge-prune/one delete failed: admission webhook "keep" denied the request;',
    )
    assert.deepEqual(idsOf(ks), ['edge-prune_three__Secret', 'edge-prune_one__ConfigMap'])
    assert.equal(await s.get(config('edge-prune', 'two')), undefined)
    assert.deepEqual(idsOf(await s.again()), ['edge-prune_three__Secret'])
    assert.equal(await s.get(config('edge-prune', 'one')), undefined)
  })

  test('whole numbers beyond what a double holds arrive with every digit', async () => {
    const s = await stage('edge-numbers')
    const crd = definition('Number', 'numbers.example.com')
    const number =
      'apiVersion: numbers.example.com/v1\nkind: Number\nmetadata:\n  name: n\n  namespace: edge-numbers\nspec:\n  big: 9007199254740993\n  low: -9223372036854775808\n  part: ${part}\n'
    const files = { 'crd.yaml': JSON.stringify(crd), 'n.yaml': number }
    assert.match(readyOf(await s.ship(files, { postBuild: { substitute: { part: '1234567890123456789' } } })), /^True /)
    const live = await s.get(object('numbers.example.com/v1 Number', { namespace: 'edge-numbers', name: 'n' }))
    assert.equal(JSON.stringify(live?.spec), '{"big":9007199254740993,"low":-9223372036854775808,"part":1234567890123456789}')
    const version = live?.metadata.resourceVersion
    await s.again()
    assert.equal(
      (await s.get(object('numbers.example.com/v1 Number', { namespace: 'edge-numbers', name: 'n' })))?.metadata.resourceVersion,
      version,
    )
  })

  test('a Secret that is still encrypted fails the run before anything is written', async () => {
    const s = await stage('edge-sops')
    const sealed = 'ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]'
    for (const field of ['data', 'stringData']) {
      const ks = await s.ship([config('edge-sops', 'one'), secret('edge-sops', 'two', { [field]: { key: sealed }, sops: { mac: sealed } })])
      assert.equal(
        readyOf(ks),
        'False ReconciliationFailed: Secret/edge-sops/two is SOPS encrypted, configuring decryption is required for this secret to be reconciled',
      )
    }
    assert.equal(await s.get(config('edge-sops', 'one')), undefined)
  })
}
