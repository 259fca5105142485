import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drive } from '../../src/engine/drive.ts'
import { fluxDefaults } from '../../src/engine/settings.ts'
import { ownerOf } from '../../src/images/repository-reconciler.ts'
import { conditionOf, type ObjectRef } from '../../src/kinds/manifest.ts'
import { stringAt } from '../../src/lib/json.ts'
import { reconcilerOf } from '../../src/tools/run/reconcilers.ts'
import type { Hands } from '../../src/world/world.ts'
import { AutomationScene } from '../images/automation-scene.ts'
import { pushFiles } from '../support/push.ts'
import { unending } from '../support/unending.ts'
import { mortal, type Point } from './mortal.ts'

/** A process that dies at a point; without one it only records what it writes: to the cluster, the database of tags and the Git server. */
function mortalHands(hands: Hands, point?: Point): { hands: Hands; writes: readonly string[]; died: AbortSignal } {
  const { cluster, writes, died, writing } = mortal(hands.cluster, point)
  const { tags, git } = hands
  return {
    hands: {
      ...hands,
      cluster,
      tags: { ...tags, write: (...args) => writing('tags', () => tags.write(...args)) },
      git: {
        ...git,
        async checkout(...args) {
          const checkout = await git.checkout(...args)
          return { ...checkout, push: (...to) => writing('push', () => checkout.push(...to)) }
        },
      },
    },
    writes,
    died,
  }
}

/** A process that dies at any write of a scan, a choice or a push leaves nothing that the next run does not find again. */
export function imagesKilledAtWrites(stage: () => AutomationScene): void {
  const pass = async (ref: ObjectRef, point?: Point): Promise<readonly string[]> => {
    const { world } = stage()
    const { hands, writes, died } = mortalHands(world.hands, point)
    const reconciler = reconcilerOf(ref) ?? assert.fail(ref.kind)
    const common = { hub: hands.cluster, hands, clock: hands.clock, settings: fluxDefaults }
    await drive(reconciler, ref, { ...common, signal: point ? died : unending }).catch((thrown: unknown) => {
      if (!died.aborted) throw thrown
    })
    return writes
  }
  /** Dies at each write in turn: before the first, and right after every one. `next` brings something new to write. */
  const killedAtEach = async (ref: ObjectRef, next: (n: number) => Promise<unknown>, whole: (n: number, what: string) => Promise<void>) => {
    const ready = async (what: string): Promise<void> => {
      await pass(ref)
      assert.equal(conditionOf(await stage().world.cluster.get(ref, unending), 'Ready')?.status, 'True', what)
    }
    await next(0)
    await ready('the first run')
    await next(1)
    const writes = await pass(ref)
    await whole(1, 'without a death')
    const points = [{ at: 1, late: false }, ...writes.map((_, i) => ({ at: i + 1, late: true }))]
    for (const [i, point] of points.entries()) {
      const n = i + 2
      const what = `killed ${point.late ? 'after' : 'before'} ${writes[point.at - 1]}`
      await next(n)
      await pass(ref, point)
      await ready(what)
      await whole(n, what)
    }
    return writes
  }

  test('killed at any write of a scan and of a choice: the scan is whole, and the next run has the new tag', async () => {
    const scene = stage()
    const { world, namespace } = scene
    const name = scene.nextName()
    const image = `${world.registry}/${name}`
    const spec = { image, interval: '10m' }
    const repository = await scene.object('image.toolkit.fluxcd.io/v1beta2', 'ImageRepository', { name, spec })
    const policy = await scene.object('image.toolkit.fluxcd.io/v1beta2', 'ImagePolicy', {
      name,
      spec: { imageRepositoryRef: { name }, policy: { semver: { range: '*' } }, digestReflectionPolicy: 'IfNotPresent' },
    })
    const tags = (n: number): string[] => Array.from({ length: n + 1 }, (_, i) => `1.0.${i}`)
    const push = async (n: number): Promise<void> => {
      await pushFiles(world.hands, `oci://${image}:1.0.${n}`, { content: String(n) })
      const request = { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': String(n) } } }
      await world.cluster.patch(repository, { type: 'merge', body: request, manager: 'test' }, unending)
    }
    const kept = async (n: number, what: string): Promise<void> => {
      const found = await world.hands.tags.read(ownerOf({ metadata: { name, namespace } }, world.cluster.server), image)
      assert.deepEqual([...found].toSorted(byNumber), tags(n), what)
    }
    const scan = await killedAtEach(repository, push, kept)
    assert.ok(scan.includes('tags'), scan.join('; '))
    let pushed = tags(0).length + scan.length + 3
    const choice = await killedAtEach(
      policy,
      async () => {
        await push(pushed++)
        await pass(repository)
      },
      async (_n, what) => {
        const chosen = await world.cluster.get(policy, unending)
        assert.equal(stringAt(chosen, 'status', 'latestRef', 'tag'), `1.0.${pushed - 1}`, what)
        assert.match(stringAt(chosen, 'status', 'latestRef', 'digest') ?? '', /^sha256:/, what)
      },
    )
    assert.ok(choice.length >= 1, choice.join('; '))
  })

  test('killed at any write of an automation: the branch has whole commits, one for each choice', async () => {
    const scene = stage()
    const name = scene.nextName()
    const policy = `p-${name}`
    const labels = { of: name }
    const say = await scene.repository(name, { 'deploy.yaml': scene.line('0.9.0', policy) })
    const automation = await scene.automation(name, { policySelector: { matchLabels: labels } })
    const writes = await killedAtEach(
      automation,
      n => scene.policy(policy, `1.0.${n}`, { labels }),
      async (n, what) => {
        assert.equal(`${await say('show', 'refs/heads/main:deploy.yaml')}\n`, scene.line(`1.0.${n}`, policy), what)
        assert.equal(await say('rev-list', '--count', 'refs/heads/main'), String(n + 2), what)
      },
    )
    assert.ok(writes.includes('push'), writes.join('; '))
    assert.equal(await say('for-each-ref', '--format=%(refname)'), 'refs/heads/main')
    await say('fsck', '--strict')
  })
}

function byNumber(a: string, b: string): number {
  return Number(a.split('.')[2]) - Number(b.split('.')[2])
}
