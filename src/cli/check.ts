import { controllerOf, isLive } from '../engine/controllers.ts'
import type { Kind } from '../kinds/kind.ts'
import { messageOf } from '../lib/coded-error.ts'
import { readControllers } from '../tools/engine.ts'
import type { World } from '../world/world.ts'

interface CheckOptions {
  readonly version: string
  readonly kinds: readonly Kind[]
  readonly signal: AbortSignal
}

/** Lines that say how each cluster stands for us, and whether all is well. */
export async function checkClusters(world: World, options: CheckOptions): Promise<{ lines: string[]; ok: boolean }> {
  const lines = [`fluxpilot ${options.version}`]
  let ok = true
  for (const name of world.clusters.names) {
    try {
      lines.push(...(await checkCluster(world, name, options)))
    } catch (thrown) {
      options.signal.throwIfAborted()
      ok = false
      lines.push(`✗ ${name}: ${messageOf(thrown)}`)
    }
  }
  if (world.clusters.names.length === 0)
    lines.push('► no cluster is configured: set KUBECONFIG, pass --kubeconfig or --sandbox; artifact commands work without one')
  return { lines, ok }
}

async function checkCluster(world: World, name: string, { kinds, signal }: CheckOptions): Promise<string[]> {
  const cluster = world.clusters.named(name)
  const [version, controllers] = [await cluster.version(signal), await readControllers(cluster, signal)]
  const lines = [`✔ ${name}: Kubernetes ${version} at ${cluster.server}`]
  for (const kind of kinds) {
    const served = await cluster.resourceOf({ group: kind.group, kind: kind.kind }, signal)
    const controller = controllerOf(kind.group, kind.kind) ?? ''
    const live = isLive(controller, { ...controllers, now: world.clock.now() })
    const may = served ? await cluster.allowed({ verb: 'patch', group: kind.group, resource: kind.plural }, signal) : false
    lines.push(
      served
        ? `✔ ${kind.kind} ${served.version}; ${live ? `${controller} reconciles it` : 'our engine reconciles it on request'}; ${may ? 'may be changed' : 'may not be changed by you'}`
        : `✗ ${kind.kind} is not served: fluxpilot crds --install`,
    )
  }
  return controllers.unread ? [...lines, `✗ controllers cannot be read: ${controllers.unread}`] : lines
}
