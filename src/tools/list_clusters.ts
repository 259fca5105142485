import * as z from 'zod'
import { messageOf } from '../lib/coded-error.ts'
import { fluxControllers, isLive } from '../engine/controllers.ts'
import type { World } from '../world/world.ts'
import { type Controllers, readControllers } from './run/engine.ts'
import { inTime, tooLate } from './run/in-time.ts'
import { type Call, tool, tsv } from './tool.ts'

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
      : tsv(data.cols, data.rows),
})

const patienceMs = 10_000

/** A cluster that gives no answer in time is one row that says so. */
async function rowOf(world: World, name: string, call: Call): Promise<(string | null)[]> {
  const cluster = world.clusters.named(name)
  const failed = (why: string): (string | null)[] => [name, cluster.server, null, null, why]
  try {
    const seen = await inTime({ clock: world.clock, ms: patienceMs, signal: call.signal }, signal =>
      Promise.all([cluster.version(signal), readControllers(cluster, signal)]),
    )
    if (seen === tooLate) return failed(`no answer within ${patienceMs / 1000} s`)
    const [version, controllers] = seen
    return [name, cluster.server, version, engineOf(controllers, { mode: call.engine.mode, now: world.clock.now() }), null]
  } catch (thrown) {
    call.signal.throwIfAborted()
    return failed(messageOf(thrown))
  }
}

function engineOf(controllers: Controllers, { mode, now }: { mode: Call['engine']['mode']; now: number }): string {
  const live = fluxControllers.filter(c => isLive(c, { ...controllers, now }))
  const seen = controllers.unread ? 'controllers cannot be read' : live.length > 0 ? `${live.join(', ')} live` : 'no Flux controllers'
  if (mode !== 'auto') return `${mode === 'own' ? 'fluxpilot' : 'flux'} by --engine ${mode} (${seen})`
  return `${controllers.unread || live.length > 0 ? 'flux' : 'fluxpilot'} (${seen})`
}
