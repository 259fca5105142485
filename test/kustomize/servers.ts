import { after, before, describe } from 'node:test'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { useApiServer } from '../refs/shared-api-server.ts'
import { withPrograms } from '../refs/when.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import { startWorld, type TestWorld } from '../support/world.ts'
import type { Started } from '../world/cluster/contract.ts'
import { Stage } from './stage.ts'

/** What a suite gets: a server that all its cases share, and a namespace with a Kustomization for each. */
export interface Server {
  readonly cluster: () => Cluster
  readonly stage: (namespace: string) => Promise<Stage>
}

/** Defines a suite twice: on the sandbox and on a real API server, both with the simulated controllers. */
export function onBothServers(what: string, { kernel, tests }: { kernel: Kernel; tests: number }, define: (server: Server) => void): void {
  const on = (name: string, open: () => Promise<Started>): void =>
    void describe(name, () => {
      let world: TestWorld
      before(async () => {
        world = await startWorld(open, kernel)
      })
      after(() => world?.stop())
      define({ cluster: () => world.cluster, stage: namespace => Stage.open({ cluster: world.cluster, kernel }, namespace) })
    })
  on(`${what} in the sandbox`, () => startSandboxApi(kernel))
  const name = `${what} on the real API server`
  withPrograms(['etcd', 'kube-apiserver'], { name, tests }, () => on(name, useApiServer()))
}
