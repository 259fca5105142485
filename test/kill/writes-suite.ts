import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LateWrite } from '../../src/engine/later.ts'
import { type KubeObject, printRef, refOf } from '../../src/kinds/manifest.ts'
import { refOfEntry } from '../../src/kustomize/inventory.ts'
import { listAt, stringAt } from '../../src/lib/json.ts'
import { ClusterError } from '../../src/world/cluster/error.ts'
import { config, object, secret } from '../kustomize/objects.ts'
import type { Server } from '../kustomize/servers.ts'
import { over, readyOf, signal, type Stage } from '../kustomize/stage.ts'
import { type Mortal, mortal, type Point } from './mortal.ts'

const kinds = [
  ['', 'ConfigMap'],
  ['', 'Secret'],
  ['', 'Namespace'],
  ['scheduling.k8s.io', 'PriorityClass'],
] as const

/** What changes from one version to the next. */
interface Scene {
  readonly name: string
  readonly spec?: Record<string, unknown>
  objects(namespace: string, n: number): KubeObject[]
  /** What others do before version n is offered. */
  meanwhile?(s: Stage, server: Server, n: number): Promise<unknown>
  /** An object that the server refuses to write although its dry run passed. */
  readonly refused?: string
}

const own = (ns: string, n: number): KubeObject[] => ['stays', `only-${n}-a`, `only-${n}-b`].map(name => config(ns, name, { n: String(n) }))
const all: Scene[] = [
  { name: 'a reconcile with prune', objects: own },
  {
    name: 'a reconcile that recreates, takes over and applies in stages',
    spec: { force: true },
    objects: (ns, n) => [
      object('v1 Namespace', { name: `${ns}-n${n}` }),
      object('scheduling.k8s.io/v1 PriorityClass', { name: `${ns}-p${n}` }, { value: n }),
      secret(ns, 'sealed', { immutable: true, stringData: { n: String(n) } }),
      config(ns, `taken-${n}`, { n: String(n) }),
    ],
    meanwhile: (_s, { cluster }, n) =>
      cluster().create(config('kill-2', `taken-${n}`, { n: 'old' }), { manager: 'kubectl-create' }, signal),
  },
  { name: 'an apply that fails half-way', objects: own, refused: 'only-' },
]

const scenes = process.env.FLUXPILOT_QUICK === '1' ? all.slice(0, 1) : all

/** A process that dies at any write leaves nothing that the next run does not find again, on any Kubernetes API. */
export function killedAtWrites(server: Server): void {
  for (const [i, scene] of scenes.entries())
    test(`killed before or after any write of ${scene.name}, nothing is orphaned and the next run converges`, async () => {
      const s = await server.stage(`kill-${i + 1}`)
      let n = 0
      const next = async (): Promise<KubeObject[]> => {
        await scene.meanwhile?.(s, server, ++n)
        if (!scene.meanwhile) n++
        const objects = scene.objects(s.namespace, n)
        await s.offer(objects)
        return objects
      }
      await s.ship(scene.objects(s.namespace, 0), scene.spec)
      await next()
      const recording = mortal(refusing(server, scene))
      await s.pass({ cluster: recording.cluster })
      await s.again()
      const points = recording.writes.flatMap((_, at): Point[] => [
        { at: at + 1, late: false },
        { at: at + 1, late: true },
      ])
      assert.ok(points.length >= 12, recording.writes.join('; '))
      for (const point of points) {
        const what = `${point.late ? 'after' : 'before'} ${recording.writes[point.at - 1]}`
        const objects = await next()
        const { cluster, died } = mortal(refusing(server, scene), point)
        await s.pass({ cluster, signal: died }).catch(() => {})
        assert.deepEqual(await orphans(s, server), [], `an orphan, killed ${what}`)
        assert.match(readyOf(await s.again()), /^True /, what)
        assert.deepEqual(await state(s, server), { live: named(objects), inventory: named(objects) }, `killed ${what}`)
        for (const o of objects) assert.equal((await s.get(o))?.metadata.deletionTimestamp, undefined)
      }
    })

  for (const sequel of ['another revision', 'a deletion'] as const)
    test(`killed before or after any write of a first reconcile, ${sequel} leaves nothing behind`, async () => {
      const s = await server.stage(`kill-first-${sequel === 'a deletion' ? 'd' : 'r'}`)
      let n = 0
      const begin = async (): Promise<void> => {
        await s.offer(own(s.namespace, ++n))
        await s.declare()
      }
      const over = async (): Promise<void> => {
        await server.cluster().delete(s.ref, {}, signal)
        await lasting(s, mortal(server.cluster()))
        assert.equal(await server.cluster().get(s.ref, signal), undefined)
        assert.deepEqual((await state(s, server)).live, [])
      }
      await begin()
      const recording = mortal(server.cluster())
      await lasting(s, recording)
      const ks = `Kustomization/${s.namespace}/app`
      const writes = recording.writes.filter(w => !w.includes('Event/'))
      assert.deepEqual(writes.slice(0, 1).concat(writes.slice(-2)), [`patch ${ks}`, `patch ${ks} status`, `patch ${ks}`])
      assert.deepEqual(
        writes.slice(1, -2).toSorted(),
        named(own(s.namespace, n)).map(o => `apply ${o}`),
      )
      await over()
      for (const at of recording.writes.keys())
        for (const late of [false, true]) {
          const what = `killed ${late ? 'after' : 'before'} ${recording.writes[at]}`
          await begin()
          await lasting(s, mortal(server.cluster(), { at: at + 1, late })).catch(() => {})
          if (sequel === 'another revision') {
            const objects = own(s.namespace, ++n)
            await s.offer(objects)
            await lasting(s, mortal(server.cluster()))
            assert.deepEqual(await state(s, server), { live: named(objects), inventory: named(objects) }, what)
            assert.deepEqual((await server.cluster().get(s.ref, signal))?.metadata.annotations ?? {}, {}, what)
          }
          await over()
        }
    })

  for (const deletionPolicy of ['Delete', 'WaitForTermination'])
    test(`killed before or after any write of a deletion with ${deletionPolicy}, the next run takes all along`, async () => {
      const s = await server.stage(`kill-${deletionPolicy.toLowerCase()}`)
      const begin = async (): Promise<void> => {
        await s.ship(own(s.namespace, 0), { prune: false, deletionPolicy })
        await server.cluster().delete(s.ref, {}, signal)
      }
      await begin()
      const recording = mortal(server.cluster())
      await s.pass({ cluster: recording.cluster })
      assert.ok(recording.writes.length >= 5, recording.writes.join('; '))
      for (const at of recording.writes.keys())
        for (const late of [false, true]) {
          await begin()
          const { cluster, died } = mortal(server.cluster(), { at: at + 1, late })
          await s.pass({ cluster, signal: died }).catch(() => {})
          assert.deepEqual(await orphans(s, server), [])
          await s.pass()
          assert.equal(await server.cluster().get(s.ref, signal), undefined)
          assert.deepEqual((await state(s, server)).live, [])
        }
    })
}

/** A pass of a process that goes on: what the pass does not wait for is written after it. */
async function lasting(s: Stage, { cluster, died }: Mortal): Promise<void> {
  const waiting: LateWrite[] = []
  await s.pass({ cluster, signal: died, later: { add: late => waiting.push(late) > 0 } })
  for (const late of waiting) await late.write(died)
}

function refusing({ cluster }: Server, { refused }: Scene): ReturnType<Server['cluster']> {
  if (!refused) return cluster()
  return over(cluster(), {
    apply: async (o, options, stop) => {
      if (o.metadata.name.startsWith(refused) && o.metadata.name.endsWith('b') && !options.dryRun)
        throw new ClusterError('INVALID', { cluster: 'x', what: 'apply', reason: 'Invalid', message: 'refused' })
      return cluster().apply(o, options, stop)
    },
  })
}

const named = (objects: readonly KubeObject[]): string[] => objects.map(o => printRef(refOf(o))).toSorted()

/** What carries the owner's labels and is not going away, and what the inventory names. */
async function state(s: Stage, { cluster }: Server): Promise<{ live: string[]; inventory: string[] }> {
  const labelSelector = `kustomize.toolkit.fluxcd.io/name=app,kustomize.toolkit.fluxcd.io/namespace=${s.namespace}`
  const lists = await Promise.all(kinds.map(([group, kind]) => cluster().list({ group, kind, labelSelector }, signal)))
  const live = lists.flatMap(l => l.items).filter(o => !o.metadata.deletionTimestamp)
  const entries = listAt(await cluster().get(s.ref, signal), 'status', 'inventory', 'entries')
  const inventory = entries.flatMap(e => refOfEntry({ id: stringAt(e, 'id') ?? '', v: 'v1' }) ?? [])
  return { live: named(live), inventory: inventory.map(printRef).toSorted() }
}

async function orphans(s: Stage, server: Server): Promise<string[]> {
  const { live, inventory } = await state(s, server)
  return live.filter(name => !inventory.includes(name))
}
