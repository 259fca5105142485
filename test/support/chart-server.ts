import { stringify } from 'yaml'
import type { JsonObject } from '../../src/lib/json.ts'
import type { Kernel } from '../../src/world/kernel/kernel.ts'
import { startHostile } from './hostile.ts'
import { unending } from './unending.ts'

export type ChartFiles = Readonly<Record<string, string>>

/** The files of a small chart. */
export function chartFiles(name: string, version: string, more: ChartFiles = {}, metadata: JsonObject = {}): ChartFiles {
  return {
    'Chart.yaml': stringify({ apiVersion: 'v2', name, version, ...metadata }),
    'values.yaml': 'a: 1\nb:\n  c: 2\n',
    'templates/config.yaml': 'kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: {{ .Release.Name }}\n',
    ...more,
  }
}

export function bytesOf(files: ChartFiles): Map<string, Uint8Array> {
  return new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]))
}

/** The package of a chart, as our kernel makes it. */
export async function packageOf(kernel: Kernel, files: ChartFiles): Promise<Uint8Array> {
  const values = { files: [], inside: false, ignoreMissing: false }
  const { archive } = await kernel.buildChart(
    { chart: { files: bytesOf(files) }, version: '', values, dependencies: [], packaged: true },
    unending,
  )
  if (!archive) throw new Error('the kernel made no package')
  return archive
}

/** A Helm repository on loopback. */
export interface ChartServer {
  readonly url: string
  /** Answered by path, `/index.yaml` and packages; `undefined` removes one. */
  put(path: string, content: string | Uint8Array | undefined): void
  /** Redirects a path. */
  redirect(path: string, location: string): void
  /** What was asked, with the authorization that came with it. */
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[]
  close(): Promise<void>
}

/** @param user `name:password` that every request must have. */
export async function startChartServer(user?: string): Promise<ChartServer> {
  const [files, redirects] = [new Map<string, string | Uint8Array>(), new Map<string, string>()]
  const asked: { path: string; authorization: string | undefined }[] = []
  const wanted = user && `Basic ${Buffer.from(user).toString('base64')}`
  const server = await startHostile(({ url: path = '', headers: { authorization } }, response) => {
    asked.push({ path, authorization })
    const [location, content] = [redirects.get(path), files.get(path)]
    if (wanted && authorization !== wanted) return void response.writeHead(401).end()
    if (location) return void response.writeHead(302, { location }).end()
    response.writeHead(content === undefined ? 404 : 200).end(content)
  })
  return {
    url: server.url,
    asked,
    put: (path, content) => void (content === undefined ? files.delete(path) : files.set(path, content)),
    redirect: (path, location) => void redirects.set(path, location),
    close: () => server.close(),
  }
}

/** An index of charts by name, each with its versions and, where it is not the usual name, its URL. */
export function indexOf(charts: Readonly<Record<string, readonly { readonly version: string; readonly url?: string }[]>>): string {
  const entries = Object.entries(charts).map(([name, versions]) => [
    name,
    versions.map(({ version, url = `${name}-${version}.tgz` }) => ({
      apiVersion: 'v2',
      name,
      version,
      urls: [url],
      created: '2024-01-01T00:00:00Z',
    })),
  ])
  return stringify({ apiVersion: 'v1', entries: Object.fromEntries(entries) as JsonObject, generated: '2024-01-01T00:00:00Z' })
}
