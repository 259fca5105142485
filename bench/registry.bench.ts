import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../scripts/refs/cache.ts'
import { sha256 } from '../src/lib/digest.ts'
import { listenRegistry } from '../src/sandbox/registry.ts'
import { realClock } from '../src/world/clock/real.ts'
import { createHttp } from '../src/world/http/client.ts'
import { registryClient } from '../src/world/registry/client.ts'
import { figure, timed } from './figures.ts'

const run = promisify(execFile)
const signal = new AbortController().signal

/** Digest look-ups beside the `oras resolve` command, and a blob of 20 MB up and down. */
export async function bench(): Promise<readonly [string, string][]> {
  const server = await listenRegistry({ port: 0 })
  const client = registryClient({
    http: createHttp({}),
    clock: realClock,
    access: { credentials: { type: 'anonymous' } },
    find: async () => ({ type: 'anonymous' }),
  })
  const repository = { registry: server.address, repository: 'bench/app' }
  const config = Buffer.from('{}')
  const part = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256(config), size: config.length }
  await client.pushBlob(repository, { descriptor: part, open: () => one(config) }, { signal })
  await client.pushManifest(
    { ...repository, tag: 'v1' },
    {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      bytes: Buffer.from(
        JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config: part, layers: [] }),
      ),
    },
    signal,
  )
  const ours = await timed(300, () => client.resolve({ ...repository, tag: 'v1' }, signal))
  const big = Buffer.alloc(20 * 1024 * 1024, 7)
  const blob = { mediaType: 'application/octet-stream', digest: sha256(big), size: big.length }
  const rows: [string, string][] = [
    ['digest look-up', figure(ours)],
    [
      'push a blob of 20 MB',
      figure(await timed(1, () => client.pushBlob(repository, { descriptor: blob, open: () => one(big) }, { signal }))),
    ],
    [
      'pull a blob of 20 MB',
      figure(
        await timed(3, async () => {
          for await (const _ of client.blob(repository, blob, signal));
        }),
      ),
    ],
  ]
  const oras = findProgram('oras')
  if (oras) {
    const theirs = await timed(10, () => run(oras, ['resolve', '--plain-http', `${server.address}/bench/app:v1`]))
    rows.push(['oras resolve, the command', figure(theirs)], ['ratio (bound 10)', (median(theirs) / median(ours)).toFixed(0)])
  }
  await server.close()
  return rows
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}

async function* one(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield bytes
}
