import { listenRegistry } from '../../../src/sandbox/registry.ts'
import { startDockerRegistry, startGcRegistry } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { type Adapter, openAdapter } from '../../support/registries.ts'
import { contractTests, registryContract, type Subject } from './contract.ts'

interface Server {
  readonly name: string
  readonly programs: readonly string[]
  readonly checksBlobs: boolean
  /** All repositories share one store of blobs. */
  readonly sharesBlobs: boolean
  start(): Promise<{ readonly address: string; close?(): Promise<void>; stop?(): Promise<void> }>
}

const servers: readonly Server[] = [
  { name: 'the sandbox', programs: [], checksBlobs: true, sharesBlobs: false, start: () => listenRegistry({ port: 0 }) },
  { name: 'docker-registry', programs: ['docker-registry'], checksBlobs: true, sharesBlobs: false, start: () => startDockerRegistry() },
  { name: 'go-containerregistry', programs: ['gcregistry'], checksBlobs: false, sharesBlobs: true, start: () => startGcRegistry() },
]

async function subject(adapter: Adapter, { start }: Server): Promise<Subject> {
  const server = await start()
  const { registry, close } = await openAdapter(adapter)
  return {
    registry,
    address: server.address,
    async stop() {
      await close()
      await (server.stop ?? server.close)?.()
    },
  }
}

for (const adapter of ['builtin', 'oras'] as const)
  for (const server of servers) {
    const name = `${adapter} with ${server.name}`
    const programs = [...server.programs, ...(adapter === 'oras' ? ['oras'] : [])]
    withPrograms(programs, { name, tests: contractTests }, () =>
      registryContract(name, () => subject(adapter, server), {
        served: adapter,
        elsewhere: server.sharesBlobs ? 'existed' : adapter === 'builtin' ? 'mounted' : 'uploaded',
        checksBlobs: server.checksBlobs,
      }),
    )
  }
