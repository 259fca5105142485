import * as z from 'zod'
import { messageOf } from '../lib/coded-error.ts'
import { isLive } from '../engine/controllers.ts'
import type { World } from '../world/world.ts'
import { readControllers } from './engine.ts'
import { type Call, tool } from './tool.ts'

const cols = ['cluster', 'server', 'version', 'engine', 'problem']

export const listClusters = tool({
  name: 'list_clusters',
  title: 'Clusters',
  effect: 'reads',
  description: 'The configured clusters: reachable or not, versions, and who reconciles there.',
  input: z.object({}),
  output: z.looseObject({ cols: z.array(z.string()), rows: z.array(z.array(z.union([z.string(), z.null()]))) }),
  async run(_args, world, call) {
    return { cols, rows: await Promise.all(world.clusters.names.map(name => rowOf(world, name, call))) }
  },
  say: data =>
    data.rows.length === 0
      ? 'no cluster is configured: set KUBECONFIG, pass --kubeconfig or start with --sandbox; artifact tools work without one'
      : data.rows
          .map(
            ([name, server, version, engine, problem]) =>
              `${name ?? ''}\t${server ?? ''}\t${version ?? '-'}\t${engine ?? '-'}${problem ? `\t${problem}` : ''}`,
          )
          .join('\n'),
})

async function rowOf(world: World, name: string, call: Call): Promise<(string | null)[]> {
  const cluster = world.clusters.named(name)
  try {
    const [version, controllers] = await Promise.all([cluster.version(call.signal), readControllers(cluster, call.signal)])
    const live = ['source-controller', 'kustomize-controller'].filter(c => isLive(c, { ...controllers, now: world.clock.now() }))
    const engine = controllers.unread
      ? 'flux (controllers cannot be read)'
      : live.length > 0
        ? `flux (${live.join(', ')} live)`
        : 'fluxpilot (no Flux controllers)'
    return [name, cluster.server, version, engine, null]
  } catch (thrown) {
    call.signal.throwIfAborted()
    return [name, cluster.server, null, null, messageOf(thrown)]
  }
}
