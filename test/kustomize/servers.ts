import type { Cluster } from '../../src/world/cluster/cluster.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { onBothApiServers } from '../refs/both-servers.ts'
import { startWorld } from '../support/world.ts'
import { Stage } from './stage.ts'

/** What a suite gets: a server that all its cases share, and a namespace with a Kustomization for each. */
export interface Server {
  readonly cluster: () => Cluster
  readonly stage: (namespace: string) => Promise<Stage>
}

/** Defines a suite twice: on the sandbox and on a real API server, both with the simulated controllers. */
export function onBothServers(what: string, { kernel, tests }: { kernel: Kernel; tests: number }, define: (server: Server) => void): void {
  onBothApiServers(what, { kernel, tests, open: startWorld }, world =>
    define({ cluster: () => world().cluster, stage: namespace => Stage.open({ cluster: world().cluster, kernel }, namespace) }),
  )
}
