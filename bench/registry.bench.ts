import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findProgram } from '../scripts/refs/cache.ts'
import { mediaTypes } from '../src/kinds/oci.ts'
import { digester } from '../src/lib/digest.ts'
import { listenRegistry } from '../src/sandbox/registry.ts'
import { realClock } from '../src/world/clock/real.ts'
import { createHttp } from '../src/world/http/client.ts'
import { registryClient } from '../src/world/registry/client.ts'
import type { BlobSource, Registry } from '../src/world/registry/registry.ts'
import { startDockerRegistry } from '../test/refs/registries.ts'
import { figure, timed } from './figures.ts'

const run = promisify(execFile)
const signal = new AbortController().signal
const megabyte = 1024 * 1024

/** Digest look-ups beside the `oras resolve` command, and the time and the memory of 200 MB up and down. */
export async function bench(): Promise<readonly [string, string][]> {
  const http = createHttp({})
  const access = { credentials: { type: 'anonymous' } } as const
  const client = registryClient({ http, clock: realClock, access, find: async () => access.credentials })
  const rows = [...(await lookUps(client)), ...(await transfers(client))]
  await http.close()
  return rows
}

async function lookUps(client: Registry): Promise<[string, string][]> {
  const server = await listenRegistry({ port: 0 })
  const ref = { registry: server.address, repository: 'bench/app', tag: 'v1' }
  const config = blobOf([Buffer.from('{}')])
  await client.pushBlob(ref, config, { signal })
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, config: config.descriptor, layers: [] }))
  await client.pushManifest(ref, { mediaType: mediaTypes.manifest, bytes }, signal)
  const ours = await timed(300, () => client.resolve(ref, signal))
  const rows: [string, string][] = [['digest look-up', figure(ours)]]
  const oras = findProgram('oras')
  if (oras) {
    const theirs = await timed(10, () => run(oras, ['resolve', '--plain-http', `${server.address}/bench/app:v1`]))
    rows.push(['oras resolve, the command', figure(theirs)], ['ratio (bound 10)', (median(theirs) / median(ours)).toFixed(0)])
  }
  await server.close()
  return rows
}

/** In a registry of another process, so that the memory is ours. */
async function transfers(client: Registry): Promise<[string, string][]> {
  if (!findProgram('docker-registry')) return []
  const server = await startDockerRegistry()
  const ref = { registry: server.address, repository: 'bench/big' }
  const blob = blobOf(Array.from({ length: 200 }, (_, i) => Buffer.alloc(megabyte, i)))
  const pushed = await watched(() => client.pushBlob(ref, blob, { signal }))
  const pulled = await watched(async () => {
    for await (const _ of client.blob(ref, blob.descriptor, signal));
  })
  await server.stop()
  return [
    ['push a blob of 200 MB, memory growth', pushed],
    ['pull a blob of 200 MB, memory growth', pulled],
  ]
}

function blobOf(parts: readonly Buffer[]): BlobSource {
  const sum = digester('sha256')
  for (const part of parts) sum.update(part)
  const size = parts.reduce((all, part) => all + part.length, 0)
  return {
    descriptor: { mediaType: 'application/octet-stream', digest: sum.digest(), size },
    async *open() {
      yield* parts
    },
  }
}

async function watched(work: () => Promise<unknown>): Promise<string> {
  const before = process.memoryUsage.rss()
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 10)
  const [ms = 0] = await timed(1, work)
  clearInterval(timer)
  return `${(ms / 1000).toFixed(1)} s, ${Math.round((peak - before) / megabyte)} MB`
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
