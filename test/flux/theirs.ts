import type { ObjectRef } from '../../src/kinds/manifest.ts'
import { refOfEntry } from '../../src/kustomize/inventory.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { reconcilers } from '../../src/tools/run/reconcilers.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { cachedCluster } from '../../src/world/cluster/cached.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { fluxControllers, startFluxControllers } from '../refs/flux-controllers.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { unending as signal } from '../support/unending.ts'
import { ensureNamespace } from '../support/world.ts'
import type { Scenario, Step } from './scenarios.ts'
import { installFluxDefinitions, suspend, take, untilCalm, untilHandled } from './side.ts'
import { inventoryIds, type Snapshot, snapshot } from './snapshot.ts'
import { type Vector, vectorReader, writeVector } from './vectors.ts'

/** A step of a scenario; the token is unlike those of the steps before. */
export interface At {
  readonly scenario: Scenario
  readonly step: Step
  readonly token: string
}

/** What Flux's controllers do, as they are run here or as they were. */
export interface Theirs {
  /** Makes the namespace of a scenario. */
  prepare(namespace: string): Promise<void>
  take(at: At): Promise<void>
  /** What the inventories after a step name, once it is calm. */
  applied(at: At): Promise<readonly ObjectRef[]>
  look(at: At, applied: readonly ObjectRef[]): Promise<Snapshot>
  /** Ends a scenario: Flux tries what fails again and again, and what waits for others every two seconds. */
  leave(scenario: Scenario): Promise<void>
  stop(): Promise<void>
}

const controllers: readonly string[] = fluxControllers

/** Flux's controllers on an API server of their own. What is seen of them is kept as vectors when `record` says so. */
export async function liveFlux({ record }: { readonly record: boolean }): Promise<Theirs> {
  const server = await startKubeApiServer()
  const stopped = new AbortController()
  const cluster = cachedCluster(await server.cluster())
  await installFluxDefinitions(cluster, signal)
  watch(cluster, stopped.signal)
  const workloads = startWorkloads({ cluster, clock: realClock })
  const flux = await startFluxControllers(server.kubeconfigPath)
  const stop = async (): Promise<void> => {
    stopped.abort()
    await flux.stop()
    await workloads.stop()
    await server.stop()
  }
  return {
    async prepare(namespace) {
      await ensureNamespace(cluster, namespace)
    },
    take: ({ scenario: { watched }, step, token }) =>
      take(cluster, { step, watched, token }, ref => untilHandled(cluster, ref, { token, signal })),
    async applied({ scenario: { watched } }) {
      await untilCalm(cluster, watched, signal)
      return inventoryOf(cluster, watched)
    },
    async look({ scenario: { watched, name }, token }, applied) {
      const seen = await snapshot(cluster, { watched, applied, namespace: name }, signal)
      if (record) writeVector(name, token, { applied, seen })
      return seen
    },
    async leave({ watched }) {
      for (const ref of watched) await suspend(cluster, ref, signal)
    },
    stop,
  }
}

/** What Flux's controllers did when the vectors were written. */
export function recordedFlux(): Theirs {
  const read = vectorReader()
  const at = ({ scenario, token }: At): Vector => read(scenario.name, token)
  return {
    prepare: async () => {},
    take: async () => {},
    applied: async step => at(step).applied,
    look: async step => at(step).seen,
    leave: async () => {},
    stop: async () => {},
  }
}

/** Every object that the inventories of Kustomizations name. */
export async function inventoryOf(cluster: Cluster, watched: readonly ObjectRef[]): Promise<ObjectRef[]> {
  const refs = watched.filter(ref => ref.kind === 'Kustomization')
  const objects = await Promise.all(refs.map(ref => cluster.get(ref, signal)))
  return objects.flatMap(inventoryIds).flatMap(id => refOfEntry({ id, v: 'v1' }) ?? [])
}

/** Watches Flux's objects, so that a cached cluster that is asked about them again and again knows them. */
function watch(cluster: Cluster, signal: AbortSignal): void {
  for (const { kind, convention } of reconcilers)
    if (controllers.includes(convention.controller)) void follow(cluster.watch(kind, signal)).catch(() => undefined)
}

async function follow(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event
}
