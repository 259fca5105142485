import { listenRegistry } from '../../../src/sandbox/registry.ts'
import type { Access } from '../../../src/world/registry/registry.ts'
import { startDockerRegistry, startGcRegistry, user } from '../../refs/registries.ts'
import { withPrograms } from '../../refs/when.ts'
import { dockerByPassword, dockerByToken } from '../../support/guarded.ts'
import { type Adapter, openAdapter } from '../../support/registries.ts'
import { contractTests, registryContract, type Subject } from './contract.ts'

interface Server {
  readonly access?: Access
  readonly name: string
  readonly programs: readonly string[]
  readonly checksBlobs: boolean
  /** All repositories share one store of blobs. */
  readonly sharesBlobs: boolean
  start(): Promise<{ readonly address: string; close?(): Promise<void>; stop?(): Promise<void> }>
}

const access: Access = { credentials: { type: 'basic', ...user } }
const servers: readonly Server[] = [
  { name: 'the sandbox', programs: [], checksBlobs: true, sharesBlobs: false, start: () => listenRegistry({ port: 0 }) },
  { name: 'docker-registry', programs: ['docker-registry'], checksBlobs: true, sharesBlobs: false, start: () => startDockerRegistry() },
  {
    name: 'docker-registry by password',
    programs: ['docker-registry'],
    checksBlobs: true,
    sharesBlobs: false,
    access,
    start: dockerByPassword,
  },
  { name: 'docker-registry by token', programs: ['docker-registry'], checksBlobs: true, sharesBlobs: false, access, start: dockerByToken },
  { name: 'go-containerregistry', programs: ['gcregistry'], checksBlobs: false, sharesBlobs: true, start: () => startGcRegistry() },
]

async function subject(adapter: Adapter, { start, access }: Server): Promise<Subject> {
  const server = await start()
  const { registry, close } = await openAdapter(adapter, access ? { access } : {})
  return {
    registry,
    address: server.address,
    async stop() {
      await close()
      await (server.stop ?? server.close)?.()
    },
  }
}

// How oras signs in is in access.test.ts: of the contract it would only say again what is said without.
for (const adapter of ['builtin', 'oras'] as const)
  for (const server of servers.filter(s => adapter === 'builtin' || !s.access)) {
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
