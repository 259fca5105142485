import { realClock } from '../src/world/clock/real.ts'
import { createHttp } from '../src/world/http/client.ts'
import { openObjects } from '../src/world/objects/open.ts'
import { diskScratch } from '../src/world/storage/disk-scratch.ts'
import { fetchedFiles, indexed } from '../src/sources/bucket/fetch-reconciler.ts'
import { findProgram } from '../scripts/refs/cache.ts'
import { startVersityGw } from '../test/refs/object-stores.ts'
import { figure, timed } from './figures.ts'

const { signal } = new AbortController()
const objects = 1000

/** A bucket of a thousand small objects at another process: listed with nothing new, and fetched. */
export async function bench(): Promise<readonly [string, string][]> {
  if (!findProgram('versitygw')) return []
  const server = await startVersityGw()
  await server.create('bench')
  for (let i = 0; i < objects; i++) await server.put('bench', `app/${i}.yaml`, `n: ${i}\n`.repeat(100))
  const http = createHttp({})
  let requests = 0
  const counting = { ...http, with: () => counting, send: (...args: Parameters<typeof http.send>) => (requests++, http.send(...args)) }
  const store = await openObjects({ http: counting, clock: realClock }).open({ ...server.place('bench'), region: 'us-east-1' }, signal)
  const spec = { bucketName: 'bench', endpoint: 'x', interval: '1m', provider: 'generic', timeout: '60s' } as const
  const rows = await diskScratch().during(async room => {
    const reading = { spec, store, room, clock: realClock, signal }
    const polls = await timed(10, () => indexed(reading))
    const perPoll = requests / 10
    const { index } = await indexed(reading)
    requests = 0
    const fetches = await timed(5, () => fetchedFiles(index, reading))
    return [
      [`poll of ${objects} objects, nothing new`, `${figure(polls)}, ${perPoll} requests`],
      [`fetch of ${objects} objects`, `${figure(fetches)}, ${requests / 5} requests`],
    ] as [string, string][]
  })
  await http.close()
  await server.stop()
  return rows
}
