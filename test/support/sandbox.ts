import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listenApiServer } from '../../src/sandbox/api/server.ts'
import { seed } from '../../src/sandbox/api/store/seed.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Cluster } from '../../src/world/cluster/cluster.ts'
import { restCluster } from '../../src/world/cluster/rest.ts'
import { createHttp } from '../../src/world/http/client.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'

/** The built-in schemas that the sandbox serves. */
export const definitions = JSON.parse(readFileSync(join(import.meta.dirname, '../../kernel/k8s/builtin.json'), 'utf8')) as Parameters<
  typeof listenApiServer
>[0]['definitions']

/** A sandbox API server with a cluster that speaks to it. */
export async function startSandboxApi(kernel: Kernel): Promise<{ url: string; cluster: Cluster; stop(): Promise<void> }> {
  const server = await listenApiServer({ kernel, clock: realClock, definitions, port: 0 })
  await seed(server.store, realClock)
  const http = createHttp({})
  const cluster = restCluster({ name: 'sandbox', server: server.url, http, clock: realClock })
  return {
    url: server.url,
    cluster,
    stop: async () => {
      await server.close()
      await http.close()
    },
  }
}
