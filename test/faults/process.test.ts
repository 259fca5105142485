import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stringAt } from '../../src/lib/json.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { freePort } from '../refs/processes.ts'
import { withPrograms } from '../refs/when.ts'
import { testKernel } from '../support/kernel.ts'
import { end, run } from '../support/program.ts'
import { seeded } from '../support/random.ts'
import { unending } from '../support/unending.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import { type Front, startFront } from './front.ts'
import { Scene } from './scene.ts'

/** How often a leader is killed: `FLUXPILOT_KILLS=200` for the long run. */
const kills = Number(process.env.FLUXPILOT_KILLS ?? 2)
/** For how long a Lease really lasts, as `FLUXPILOT_LEASE=8`, in seconds; without it, it is made to end as soon as its holder is dead. */
const leaseSeconds = Number(process.env.FLUXPILOT_LEASE ?? 0)
const apps = 4
const namespace = 'flux-system'
const leases = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease' }

/** A process of ours, and what stands between it and the API server. */
interface Ours {
  readonly front: Front
  readonly child: ReturnType<typeof run>
  /** Resolves when it acts. */
  acts(): Promise<void>
  /** Resolves when it waits for the Lease of another. */
  waits(): Promise<void>
}

/** `fluxpilot controller` as processes that are killed, and that hand over to each other. */
function processesSuite(): void {
  describe('controllers as processes', () => {
    let [api, world, scene]: [ApiServer, TestWorld, Scene] = [] as never
    const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-faults-'))
    const random = seeded(31)
    const all: Ours[] = []

    before(async () => {
      api = await startKubeApiServer()
      world = await startWorld(async () => ({ cluster: await api.cluster(), stop: () => api.stop() }), testKernel())
      await ensureNamespace(world.cluster, namespace)
      scene = new Scene({ cluster: world.cluster, hands: world.hands, registry: world.registry, apps })
      await scene.create()
    })
    after(async () => {
      for (const { child, front } of all) {
        await killed(child)
        await front.close()
      }
      await world?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    /** Starts a process, on the storage of an earlier one of that name. */
    const start = async (storage: string): Promise<Ours> => {
      const front = await startFront(api.url)
      const kubeconfig = join(folder, `${all.length}.json`)
      writeFileSync(kubeconfig, JSON.stringify(configOf(front.url, api.token)))
      const options = {
        'storage-path': join(folder, storage),
        'storage-addr': `127.0.0.1:${await freePort()}`,
        kubeconfig,
        'leader-election-lease-duration': leaseSeconds ? `${leaseSeconds}s` : '1h',
        'leader-election-renew-deadline': leaseSeconds ? `${leaseSeconds - 1}s` : '50m',
        'leader-election-retry-period': '500ms',
      }
      const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
      const child = run(['controller', '--enable-leader-election', ...flags], { KUBECONFIG: kubeconfig })
      const says = async (what: string): Promise<void> => {
        while (!child.said().includes(what)) {
          if (child.exitCode !== null) throw new Error(`the controller ended with ${child.exitCode}: ${child.said()}`)
          await Promise.race([once(child, 'said'), once(child, 'exit')])
        }
      }
      const ours: Ours = { front, child, acts: () => says('✔ reconciling'), waits: () => says('◎ waiting') }
      all.push(ours)
      return ours
    }
    const offer = async (): Promise<void> => {
      await scene.push()
      await scene.request()
    }
    const holder = async (): Promise<string> => {
      const lease = await world.cluster.get({ ...leases, namespace, name: 'kustomize-controller-leader-election' }, unending)
      return stringAt(lease, 'spec', 'holderIdentity') ?? ''
    }
    /** Waits until a process acts, while the Leases of a dead one end, as when the time had passed that they last. */
    const takesOver = async ({ acts }: Ours, dead: string): Promise<void> => {
      const taken = new AbortController()
      const ends = async (): Promise<void> => {
        for await (const event of world.cluster.watch({ ...leases, namespace }, taken.signal))
          for (const { metadata, spec } of event.type === 'gap' ? event.objects : [event.object])
            if (spec?.holderIdentity === dead && spec.leaseDurationSeconds !== 1) {
              const patch = { type: 'merge', body: { spec: { leaseDurationSeconds: 1 } }, manager: 'test' } as const
              await world.cluster.patch({ ...leases, namespace, name: metadata.name }, patch, taken.signal)
            }
      }
      const ended = leaseSeconds ? undefined : ends().catch((thrown: unknown) => taken.signal.aborted || Promise.reject(thrown as Error))
      await Promise.race([acts(), ...(ended ? [ended] : [])])
      taken.abort(new Error('it acts'))
      await ended
    }

    /** Kills a leader at a random call while it has work to do; for how long nobody acted then, in milliseconds. */
    const followed = async ({ child, front }: Ours, next: Ours): Promise<number> => {
      const died = Promise.withResolvers<number>()
      front.after(1 + Math.floor(random() * apps * 8), () => void killed(child).then(() => died.resolve(performance.now())))
      await offer()
      const diedAt = await died.promise
      if (!leaseSeconds) assert.equal(next.front.writes, 0, 'who waits writes nothing')
      if (!leaseSeconds) await scene.orphansNothing('after a kill')
      await takesOver(next, await holder())
      const gap = performance.now() - diedAt
      assert.ok(next.front.writes === 0 || next.front.firstWriteAt > front.lastWriteAt, 'never both write')
      return gap
    }
    /** Stops a leader while it has work to do: the other acts at once, however long the Lease lasts. */
    const stopped = async (leader: Ours, next: Ours): Promise<number> => {
      await offer()
      await end(leader.child)
      const ended = performance.now()
      assert.equal(leader.child.exitCode, 0)
      await next.acts()
      assert.ok(next.front.writes === 0 || next.front.firstWriteAt > leader.front.lastWriteAt, 'never both write')
      return performance.now() - ended
    }

    test(`${kills} leaders that are killed and one that stops are each followed by the one that waits, and nothing is lost`, async t => {
      const gaps: number[] = []
      let leader = await start('even')
      await leader.acts()
      for (let kill = 1; kill <= kills; kill++) {
        const next = await start(kill % 2 ? 'odd' : 'even')
        await next.waits()
        gaps.push(await followed(leader, next))
        leader = next
      }
      const [most = 0, median = 0] = [Math.max(...gaps), gaps.toSorted((a, b) => a - b)[gaps.length >> 1]]
      t.diagnostic(`the next acts ${median.toFixed(0)} ms after a death, ${most.toFixed(0)} ms at most`)
      const last = await start('last')
      t.diagnostic(`Ready ${(await scene.settled()).toFixed(0)} ms after the last began to act`)
      await scene.holds('after all kills')
      await last.waits()
      t.diagnostic(`the next acts ${(await stopped(leader, last)).toFixed(0)} ms after one that stops`)
      await scene.settled()
      await scene.holds('after the hand-over')
      await end(last.child)
      assert.equal(await holder(), '')
    })
  })
}

async function killed(child: ReturnType<typeof run>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function configOf(server: string, token: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    clusters: [{ name: 'here', cluster: { server } }],
    users: [{ name: 'here', user: { token } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'here' } }],
  }
}

withPrograms(['etcd', 'kube-apiserver'], { name: 'controllers as processes', tests: 1 }, processesSuite)
