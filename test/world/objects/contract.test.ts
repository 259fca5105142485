import { after, before, describe } from 'node:test'
import { realClock } from '../../../src/world/clock/real.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import { openObjects } from '../../../src/world/objects/open.ts'
import { type RunningStore, startAzurite, startFakeGcs, startVersityGw } from '../../refs/object-stores.ts'
import { withPrograms } from '../../refs/when.ts'
import { startS3Server } from '../../support/s3-server.ts'
import { objectStoreContract, type StoreStage } from './contract.ts'

type Started = Omit<StoreStage, 'objects'> & { readonly origin?: string; stop(): Promise<void> }

function contractOf(name: string, open: () => Promise<Started>, { emulator = false } = {}): void {
  describe(name, () => {
    const http = createHttp({})
    let started: Started
    let stage: StoreStage
    before(async () => {
      started = await open()
      const env = emulator ? { STORAGE_EMULATOR_HOST: started.origin } : {}
      stage = { ...started, objects: openObjects({ http, clock: realClock, env }) }
    })
    after(async () => {
      await http.close()
      await started?.stop()
    })
    objectStoreContract(() => stage)
  })
}

contractOf('S3 in process', async () => {
  const server = await startS3Server({ page: 2 })
  return { ...server, stop: () => server.close() }
})

const real: [name: string, program: string, open: () => Promise<RunningStore>][] = [
  ['S3 by versitygw', 'versitygw', startVersityGw],
  ['Google Cloud Storage by fake-gcs-server', 'fake-gcs-server', startFakeGcs],
  ['Azure Blob by Azurite', 'azurite', startAzurite],
]
for (const [name, program, open] of real)
  withPrograms([program], { name, tests: 7 }, () => contractOf(name, open, { emulator: program === 'fake-gcs-server' }))
