import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const here = import.meta.dirname
const sources = join(here, '..')
/** In the published form everything lies beside the bundle; this code may be in a chunk of it, a folder below. */
const beside = [here, join(here, '..')].find(folder => existsSync(join(folder, 'kernel', 'modules')))
const bundle = beside !== undefined && existsSync(join(beside, 'worker.js')) ? beside : undefined
const kernel = bundle === undefined ? join(sources, '..', 'kernel') : join(bundle, 'kernel')

const script = (source: string, bundled: string): URL => pathToFileURL(bundle === undefined ? join(sources, source) : join(bundle, bundled))

/** Files that come with the program. */
export const assets = {
  modules: join(kernel, 'modules'),
  worker: script('world/kernel/worker.ts', 'worker.js'),
  /** What ssh goes through a proxy with. */
  tunnel: script('world/git/tunnel.ts', 'tunnel.js'),
  /** The small process that starts programs. */
  starter: script('world/programs/starter-process.ts', 'starter.js'),
  /** OpenAPI v3 definitions of Kubernetes' built-in kinds. */
  definitions: join(kernel, bundle === undefined ? 'k8s/builtin.json' : 'builtin.json'),
  /** What clients see of the tools, written by the build; `undefined` when the program runs from its sources. */
  tools: bundle === undefined ? undefined : join(bundle, 'tools.json'),
  /** Pages for search_docs. */
  docs: bundle === undefined ? join(sources, '..', 'docs') : join(bundle, 'docs'),
  version: (): string => (JSON.parse(readFileSync(join(bundle ?? sources, '..', 'package.json'), 'utf8')) as { version: string }).version,
}
