import { after, before, describe } from 'node:test'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { startSandboxApi } from '../support/sandbox.ts'
import type { Started } from '../world/cluster/contract.ts'
import { useApiServer } from './shared-api-server.ts'
import { withPrograms } from './when.ts'

interface Both<S> {
  readonly kernel: Kernel
  /** How many tests the suite has. */
  readonly tests: number
  /** What it needs on either server. */
  readonly programs?: readonly string[]
  /** Opens what it works in. */
  open(server: () => Promise<Started>, kernel: Kernel): Promise<S>
}

/** Defines a suite twice, in the sandbox and on the real API server, each with a scene of its own that ends with it. */
export function onBothApiServers<S extends { stop(): Promise<void> }>(
  what: string,
  { kernel, tests, programs = [], open }: Both<S>,
  define: (scene: () => S) => void,
): void {
  const on = (name: string, server: () => Promise<Started>): void =>
    void describe(name, () => {
      let scene: S
      before(async () => {
        scene = await open(server, kernel)
      })
      after(() => scene?.stop())
      define(() => scene)
    })
  const [sandbox, real] = [`${what} in the sandbox`, `${what} on the real API server`]
  const inSandbox = (): void => on(sandbox, () => startSandboxApi(kernel))
  if (programs.length === 0) inSandbox()
  else withPrograms(programs, { name: sandbox, tests }, inSandbox)
  withPrograms([...programs, 'etcd', 'kube-apiserver'], { name: real, tests }, () => on(real, useApiServer()))
}
