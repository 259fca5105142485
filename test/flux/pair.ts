import type { Json } from '../../src/lib/json.ts'
import { printRef } from '../../src/kinds/manifest.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { startKubeApiServer } from '../refs/kube-apiserver.ts'
import { testKernel } from '../support/kernel.ts'
import { type Opened, shared } from '../support/shared.ts'
import { unending as signal } from '../support/unending.ts'
import { ensureNamespace, startWorld, type TestWorld } from '../support/world.ts'
import { expected } from './expected.ts'
import { live } from './live.ts'
import type { Scenario, Step } from './scenarios.ts'
import { installFluxDefinitions, take, untilCalm } from './side.ts'
import { differences, snapshot } from './snapshot.ts'
import { type At, inventoryOf, liveFlux, recordedFlux } from './theirs.ts'
import { numbered } from './unlike.ts'

/** Our reconcilers on an API server with Flux's definitions, and what Flux's controllers do with the same. */
export interface Pair {
  readonly world: TestWorld
  /** Of the API server that our reconcilers run on. */
  readonly kubeconfigPath: string
  /** Makes the namespace of a scenario on both sides. */
  prepare(namespace: string): Promise<void>
  /** Does a step on both sides and gives what differs afterwards, without what is expected to. */
  unexpected(scenario: Scenario, step: Step, token: string): Promise<string[]>
  /** Ends a scenario. */
  leave(scenario: Scenario): Promise<void>
}

const mostLooks = 3
const pairs = shared<Pair>()

/** The pair of this process, for a suite that is being defined. */
export function usePair(): () => Pair {
  const kernel = testKernel()
  return pairs(() => startPair(kernel))
}

async function startPair(kernel: Kernel): Promise<Opened<Pair>> {
  const server = await startKubeApiServer()
  const world = await startWorld(async () => ({ cluster: await server.cluster(), stop: () => server.stop() }), kernel)
  const { cluster } = world
  await installFluxDefinitions(cluster, signal)
  const theirs = live ? await liveFlux(live) : recordedFlux()
  const look = async (at: At): Promise<string[]> => {
    const { watched, name: namespace } = at.scenario
    const named = [...(await theirs.applied(at)), ...(await inventoryOf(cluster, watched))]
    const applied = [...new Map(named.map(ref => [printRef(ref), ref])).values()]
    const [a, b] = [await theirs.look(at, applied), await snapshot(cluster, { watched, applied, namespace }, signal)].map(
      seen => (at.scenario.unlike ? numbered(seen) : seen) as unknown as Json,
    )
    return differences(a, b).filter(found => !expected(found, at.scenario.known))
  }
  const pair: Pair = {
    world,
    kubeconfigPath: server.kubeconfigPath,
    async prepare(namespace) {
      await Promise.all([theirs.prepare(namespace), ensureNamespace(cluster, namespace)])
    },
    async unexpected(scenario, step, token) {
      const at = { scenario, step, token }
      await Promise.all([theirs.take(at), take(cluster, { step, watched: scenario.watched, token }, ref => world.pass(ref))])
      // What is tried or written again by itself may be under way in one look: what differs, differs in the next ones too.
      for (let looks = 1; ; looks++) {
        const found = await look(at)
        if (found.length === 0 || looks === mostLooks) return found
        await untilCalm(cluster, scenario.watched, signal)
      }
    },
    leave: theirs.leave,
  }
  const close = async (): Promise<void> => {
    await theirs.stop()
    await world.stop()
  }
  return { value: pair, close }
}
