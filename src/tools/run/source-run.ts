import { isSuspended } from '../../engine/request.ts'
import { type KubeObject, type ObjectRef, printRef } from '../../kinds/manifest.ts'
import type { Cluster } from '../../world/cluster/cluster.ts'
import type { World } from '../../world/world.ts'
import { actingOn } from './engine.ts'
import { ToolError } from '../frame/error.ts'
import { type Ended, runBy } from './run-by.ts'
import { isStatic, sourceRefOf } from '../../engine/source-chain.ts'
import type { Call } from '../tool.ts'

const mostSteps = 4

/**
 * Runs what an object takes its input from, the first in the chain first: repository, chart, release. `undefined` when all got ready;
 * else how the one that did not ended. A HelmChart that does not exist yet is left to the release that makes it.
 * @throws {ToolError} Suspended for a source that is held.
 */
export async function runSources(
  world: World,
  { cluster, object, left }: { cluster: Cluster; object: KubeObject; left: () => number },
  call: Call,
): Promise<Ended | undefined> {
  for (const { ref, found } of (await chainAbove(cluster, object, call.signal)).toReversed()) {
    if (!found) return missing(ref)
    if (isStatic(found)) continue
    if (isSuspended(found))
      throw new ToolError('Suspended', `its source ${printRef(ref)} is suspended`, {
        next: 'resume it with set_suspended suspended=false, or reconcile without withSource',
        object: printRef(ref),
      })
    call.progress(`fetching ${printRef(ref)}`)
    const acting = await actingOn(world, { cluster, ref }, call)
    const { judged } = await runBy(world, { cluster, ref, acting, timeoutMs: left() }, call)
    if (judged.verdict !== 'Ready')
      return { object, source: ref, judged: { ...judged, message: `its source ${printRef(ref)}: ${judged.message ?? ''}` } }
  }
  return undefined
}

interface Link {
  readonly ref: ObjectRef
  readonly found: KubeObject | undefined
}

async function chainAbove(cluster: Cluster, object: KubeObject, signal: AbortSignal): Promise<Link[]> {
  const chain: Link[] = []
  for (let here: KubeObject | undefined = object; here && chain.length < mostSteps;) {
    const ref = sourceRefOf(here)
    if (!ref) break
    const found = await cluster.get(ref, signal)
    const isMadeByRelease = !found && here.kind === 'HelmRelease' && here.spec?.chartRef === undefined
    if (!isMadeByRelease) chain.push({ ref, found })
    here = found
  }
  return chain
}

function missing(ref: ObjectRef): Ended {
  const message = `its source ${printRef(ref)} does not exist`
  return { object: undefined, source: ref, judged: { verdict: 'Failed', reason: 'SourceNotFound', message } }
}
