import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const here = import.meta.dirname
const sources = join(here, '..')
/** In the published form everything lies beside the bundle. */
const bundled = existsSync(join(here, 'kernel', 'modules'))
const kernel = bundled ? join(here, 'kernel') : join(sources, '..', 'kernel')

/** Files that come with the program. */
export const assets = {
  modules: join(kernel, 'modules'),
  worker: pathToFileURL(bundled ? join(here, 'worker.js') : join(sources, 'world', 'kernel', 'worker.ts')),
  /** OpenAPI v3 definitions of Kubernetes' built-in kinds. */
  definitions: join(kernel, bundled ? 'builtin.json' : 'k8s/builtin.json'),
  version: (): string =>
    (JSON.parse(readFileSync(join(bundled ? here : sources, '..', 'package.json'), 'utf8')) as { version: string }).version,
}
