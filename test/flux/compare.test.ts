import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { KubeObject, ObjectRef } from '../../src/kinds/manifest.ts'
import { mediaTypes } from '../../src/kinds/oci.ts'
import type { Json } from '../../src/lib/json.ts'
import { refOfEntry } from '../../src/kustomize/inventory.ts'
import { startWorkloads } from '../../src/sandbox/workloads.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { startFluxControllers, type FluxControllers } from '../refs/flux-controllers.ts'
import { type ApiServer, startKubeApiServer } from '../refs/kube-apiserver.ts'
import { withPrograms } from '../refs/when.ts'
import { withData } from '../support/data.ts'
import { testKernel } from '../support/kernel.ts'
import { pushFiles, pushLayers } from '../support/push.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import { applyScenarios } from './apply-scenarios.ts'
import { expected } from './expected.ts'
import { type Scenario, scenarios, type Step } from './scenarios.ts'
import { sourceScenarios } from './source-scenarios.ts'
import { installFluxDefinitions, request, untilCalm, untilHandled } from './side.ts'
import { differences, inventoryIds, snapshot } from './snapshot.ts'

const name = "our reconcilers beside Flux's own controllers"
const { signal } = new AbortController()
const annotations = {
  'org.opencontainers.image.source': 'https://example.com/app.git',
  'org.opencontainers.image.revision': 'main@sha1:abc',
}
const all = (registry: string): Scenario[] => [...scenarios(registry), ...sourceScenarios(registry), ...applyScenarios(registry)]
const named = all('127.0.0.1:1').map(scenario => scenario.name)

withData({ name, tests: named.length }, () =>
  withPrograms(['etcd', 'kube-apiserver', 'source-controller', 'kustomize-controller'], { name, tests: named.length }, () => {
    const kernel = testKernel()
    let [world, server, flux]: [TestWorld?, ApiServer?, FluxControllers?] = []
    let theirs: Cluster
    let stopWorkloads = async (): Promise<void> => {}
    before(async () => {
      const ours = await startKubeApiServer()
      world = await startWorld(async () => ({ cluster: await ours.cluster(), stop: () => ours.stop() }), kernel)
      server = await startKubeApiServer()
      theirs = await server.cluster()
      for (const cluster of [theirs, world.cluster]) await installFluxDefinitions(cluster, signal)
      const workloads = startWorkloads({ cluster: theirs, clock: realClock })
      stopWorkloads = () => workloads.stop()
      flux = await startFluxControllers(server.kubeconfigPath)
    })
    after(async () => {
      await flux?.stop()
      await stopWorkloads()
      await server?.stop()
      await world?.stop()
    })

    /** Does a step on both sides and gives what differs afterwards. */
    async function compared(scenario: Scenario, step: Step, token: string): Promise<string[]> {
      if (!world) throw new Error('the world did not start')
      const { cluster, hands, registry } = world
      for (const tag of step.push ? (step.tags ?? ['latest']) : [])
        await pushFiles(hands, `oci://${registry}/${scenario.name}:${tag}`, step.push ?? {}, annotations)
      if (step.layer)
        await pushLayers(hands, `oci://${registry}/${scenario.name}:latest`, [{ mediaType: mediaTypes.fluxContent, bytes: step.layer }])
      for (const side of [theirs, cluster]) await prepare(side, step)
      for (const ref of step.run ?? scenario.watched.slice(0, 2)) {
        for (const side of [theirs, cluster]) await request(side, ref, { token, signal })
        await world.pass(ref)
        await untilHandled(theirs, ref, { token, signal })
      }
      await untilCalm(theirs, scenario.watched, signal)
      const applied = await inventoryOf([theirs, cluster], scenario.watched)
      const view = { watched: scenario.watched, applied, namespace: scenario.name }
      const [a, b] = [await snapshot(theirs, view, signal), await snapshot(cluster, view, signal)]
      return differences(a as unknown as Json, b as unknown as Json)
    }

    for (const wanted of named)
      test(`${wanted}: status, events, objects and their field managers are the same`, async () => {
        const scenario = all(world?.registry ?? '').find(s => s.name === wanted)
        if (!scenario || !world) throw new Error('no such scenario')
        for (const cluster of [theirs, world.cluster]) await ensureNamespace(cluster, wanted)
        for (const [i, step] of scenario.steps.entries()) {
          const found = await compared(scenario, step, `${wanted}-${i}`)
          assert.deepEqual(
            found.filter(difference => !expected(difference)),
            [],
            `step ${i + 1}`,
          )
        }
      })
  }),
)

async function prepare(cluster: Cluster, { apply = [], patch = [], remove = [] }: Step): Promise<void> {
  for (const object of apply) await cluster.apply(object, { manager: 'test', force: true }, signal)
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
