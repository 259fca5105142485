import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { findProgram } from '../scripts/refs/cache.ts'
import { versionsIn } from '../src/sources/helm/index/join.ts'
import { orderedIndex } from '../src/sources/helm/index-reconciler.ts'
import { openKernel } from '../src/world/kernel/pool.ts'
import { startChartServer } from '../test/support/chart-server.ts'

const root = join(import.meta.dirname, '..')
const { signal } = new AbortController()

/** Indexes of up to 45 MiB put in order, and one chart looked up in what is stored; the same read by the helm CLI. */
export async function bench(): Promise<readonly [string, string][]> {
  const kernel = openKernel({
    modules: join(root, 'kernel/modules'),
    definitions: join(root, 'kernel/k8s/builtin.json'),
    worker: pathToFileURL(join(root, 'src/world/kernel/worker.ts')),
  })
  const rows: [string, string][] = []
  for (const charts of [100, 1000, 2000]) {
    const bytes = Buffer.from(indexOf(charts, 30))
    const [own, parts] = await cpu(() => orderedIndex(bytes, { hands: { kernel }, signal }))
    const stored = Buffer.from(parts.join(''))
    const [lookup] = await cpu(async () => JSON.parse(versionsIn(stored, `chart-${charts - 1}`) ?? '[]') as unknown)
    const theirs = await helm(bytes)
    const beside = theirs === undefined ? '' : `; helm ${theirs.toFixed(1)} s, ratio ${(own.seconds / theirs).toFixed(1)}`
    const size = `${(bytes.length / 2 ** 20).toFixed(1)} MiB`
    rows.push([`index of ${charts} charts, ${size}`, `${own.seconds.toFixed(1)} s, ${own.cpu.toFixed(1)} s of processors${beside}`])
    rows.push([`one of its charts`, `${(lookup.seconds * 1000).toFixed(1)} ms`])
  }
  rows.push(['most memory of the process', `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`])
  await kernel.close()
  return rows
}

async function cpu<T>(work: () => Promise<T>): Promise<[{ seconds: number; cpu: number }, T]> {
  const [start, before] = [performance.now(), process.cpuUsage()]
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  return [{ seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }, result]
}

/** Seconds in which the helm CLI downloads and reads an index; absent without it. */
async function helm(bytes: Uint8Array): Promise<number | undefined> {
  const program = findProgram('helm')
  if (!program) return undefined
  const server = await startChartServer()
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-bench-'))
  server.put('/index.yaml', bytes)
  const env = { PATH: process.env.PATH, HOME: folder, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder }
  try {
    const start = performance.now()
    await promisify(execFile)(program, ['repo', 'add', 'bench', server.url], { env })
    return (performance.now() - start) / 1000
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

function indexOf(charts: number, versions: number): string {
  const entry = (chart: number, version: number): string => {
    const digest = createHash('sha256').update(`${chart}/${version}`).digest('hex')
    return `  - annotations:
      category: Infrastructure
      licenses: Apache-2.0
    apiVersion: v2
    appVersion: 1.${version}.0
    created: "2024-01-01T00:00:00.000000000Z"
    description: Chart ${chart} of an organisation, that runs a service with its database
      and its cache in a cluster
    digest: ${digest}
    home: https://charts.example.com/chart-${chart}
    icon: https://charts.example.com/icons/chart-${chart}.svg
    keywords:
    - service
    - example
    kubeVersion: '>=1.25.0-0'
    maintainers:
    - email: team@example.com
      name: team
    name: chart-${chart}
    sources:
    - https://github.com/example/chart-${chart}
    type: application
    urls:
    - https://charts.example.com/packages/chart-${chart}-1.${version}.0.tgz
    version: 1.${version}.0
`
  }
  const all = Array.from({ length: charts }, (_, c) => `  chart-${c}:\n${Array.from({ length: versions }, (_, v) => entry(c, v)).join('')}`)
  return `apiVersion: v1\nentries:\n${all.join('')}generated: "2024-01-01T00:00:00.000000000Z"\n`
}
