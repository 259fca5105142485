import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import type { Json } from '../../src/lib/json.ts'
import { refOfEntry } from '../../src/kustomize/inventory.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { reconcilers } from '../../src/tools/run/reconcilers.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { cachedCluster } from '../../src/world/cluster/cached.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { fluxControllers, startFluxControllers } from '../refs/flux-controllers.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { testKernel } from '../support/kernel.ts'
import { type Opened, shared } from '../support/shared.ts'
import { unending as signal } from '../support/unending.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import { expected } from './expected.ts'
import type { Scenario, Step } from './scenarios.ts'
import { installFluxDefinitions, request, suspend, untilCalm, untilHandled } from './side.ts'
import { differences, inventoryIds, snapshot } from './snapshot.ts'

/** Two API servers with Flux's definitions: our reconcilers run on one, Flux's controllers on the other. */
export interface Pair {
  readonly world: TestWorld
  /** Of the API server that our reconcilers run on. */
  readonly kubeconfigPath: string
  /** Makes the namespace of a scenario on both sides. */
  prepare(namespace: string): Promise<void>
  /** Does a step on both sides and gives what differs afterwards, without what is expected to. */
  unexpected(scenario: Scenario, step: Step, token: string): Promise<string[]>
  /** Ends a scenario: Flux tries what fails again and again, and what waits for others every two seconds. */
  leave(scenario: Scenario): Promise<void>
}

const mostLooks = 3
const controllers: readonly string[] = fluxControllers
const pairs = shared<Pair>()

/** The pair of this process, for a suite that is being defined. */
export function usePair(): () => Pair {
  const kernel = testKernel()
  return pairs(() => startPair(kernel))
}

async function startPair(kernel: Kernel): Promise<Opened<Pair>> {
  const ours = await startKubeApiServer()
  const world = await startWorld(async () => ({ cluster: await ours.cluster(), stop: () => ours.stop() }), kernel)
  const server = await startKubeApiServer()
  const stopped = new AbortController()
  const theirs = cachedCluster(await server.cluster())
  const clusters = [theirs, world.cluster]
  for (const cluster of clusters) await installFluxDefinitions(cluster, signal)
  watch(theirs, stopped.signal)
  const workloads = startWorkloads({ cluster: theirs, clock: realClock })
  const flux = await startFluxControllers(server.kubeconfigPath)
  const pair: Pair = {
    world,
    kubeconfigPath: ours.kubeconfigPath,
    async prepare(namespace) {
      await Promise.all(clusters.map(cluster => ensureNamespace(cluster, namespace)))
    },
    async unexpected(scenario, step, token) {
      await Promise.all(clusters.map(side => apply(side, step)))
      for (const ref of step.run ?? scenario.watched.slice(0, 2)) {
        await Promise.all(clusters.map(side => request(side, ref, { token, signal })))
        await Promise.all([world.pass(ref), untilHandled(theirs, ref, { token, signal })])
      }
      const look = async (): Promise<string[]> => {
        await untilCalm(theirs, scenario.watched, signal)
        const applied = await inventoryOf(clusters, scenario.watched)
        const view = { watched: scenario.watched, applied, namespace: scenario.name }
        const [a, b] = await Promise.all([snapshot(theirs, view, signal), snapshot(world.cluster, view, signal)])
        return differences(a as unknown as Json, b as unknown as Json).filter(difference => !expected(difference))
      }
      // What Flux tries again by itself may be under way in one look: what differs, differs in the next ones too.
      for (let looks = 1; ; looks++) {
        const found = await look()
        if (found.length === 0 || looks === mostLooks) return found
      }
    },
    async leave({ watched }) {
      for (const ref of watched) await suspend(theirs, ref, signal)
    },
  }
  const close = async (): Promise<void> => {
    stopped.abort()
    await flux.stop()
    await workloads.stop()
    await server.stop()
    await world.stop()
  }
  return { value: pair, close }
}

/** Watches Flux's objects, so that a cached cluster that is asked about them again and again knows them. */
function watch(cluster: Cluster, signal: AbortSignal): void {
  for (const { kind, convention } of reconcilers)
    if (controllers.includes(convention.controller)) void follow(cluster.watch(kind, signal)).catch(() => undefined)
}

async function follow(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event
}

async function apply(cluster: Cluster, { apply: objects = [], patch = [], remove = [] }: Step): Promise<void> {
  // Flux reads an object as soon as it is there: what it refers to is there before.
  for (const object of objects.toSorted((a, b) => Number(b.kind === 'Secret') - Number(a.kind === 'Secret')))
    await cluster.apply(object, { manager: 'test', force: true }, signal)
  for (const { ref, patch: change } of patch) await cluster.patch(ref, change, signal)
  for (const ref of remove) await cluster.delete(ref, {}, signal)
}

/** Every object that an inventory of either side names. */
async function inventoryOf(clusters: readonly Cluster[], watched: readonly ObjectRef[]): Promise<ObjectRef[]> {
  const refs = watched.filter(ref => ref.kind === 'Kustomization')
  const objects: (KubeObject | undefined)[] = []
  for (const cluster of clusters) for (const ref of refs) objects.push(await cluster.get(ref, signal))
  return [...new Set(objects.flatMap(inventoryIds))].flatMap(id => refOfEntry({ id, v: 'v1' }) ?? [])
}
