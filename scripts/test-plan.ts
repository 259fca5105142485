import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Test files that take more than some seconds each: the quick run leaves them out, so that it stays under a minute. The longest come first. */
const slow: readonly string[] = [
  'cli/artifact-verbs',
  'cli/controller',
  'cli/feature-gates',
  'cli/options',
  'cli/process',
  'cli/verbs',
  'faults/engine',
  'faults/points',
  'hostile/hostile',
  'kill/writes',
  'kustomize/build',
  'kustomize/data',
  'kustomize/edges',
  'kustomize/lifecycle',
  'kustomize/reconcile',
  'kustomize/sops',
  'kustomize/status',
  'kustomize/twice',
  'mcp/canary',
  'mcp/clients',
  'mcp/conformance',
  'mcp/http',
  'mcp/pages',
  'mcp/traps',
  'sandbox/data',
  'sources/bucket/reconcile',
  'sources/bucket/stores',
  'sources/git/reconcile',
  'sources/oci/content',
  'sources/helm/published',
  'sources/helm/push',
  'sources/helm/reconcile',
  'sources/oci/reconcile',
  'sources/verify/reconcile',
  'tools/artifacts',
  'tools/budget',
  'tools/cursor',
  'tools/every-kind',
  'tools/flux-delivers',
  'tools/plans',
  'tools/provider',
  'tools/sops',
  'world/auth/docker-registry',
  'world/git/modules',
  'world/git/reach',
  'world/git/ssh',
  'world/kernel/kernel',
  'world/storage/killed',
]

const most = 16
const fileOf = (name: string): string => `test/${name}.test.ts`

/** Test files that share a process, with the modules and the kernel that they load. */
export type Batch = readonly string[]

/** All test files below a root: slow ones each by itself, others with their neighbours. */
export function batches(root: string, { quick }: { readonly quick: boolean }): Batch[] {
  const alone = slow.map(fileOf)
  const others = globSync('test/**/*.test.ts', { cwd: root })
    .filter(file => !alone.includes(file))
    .toSorted()
  const rooms = Object.values(Object.groupBy(others, file => file.split('/').slice(0, 2).join('/')))
  const together = rooms.flatMap((files = []) =>
    Array.from({ length: Math.ceil(files.length / most) }, (_, i) => files.slice(i * most, (i + 1) * most)),
  )
  return [...(quick ? [] : alone.map(file => [file])), ...together]
}

/** The module that runs a batch: a suite for each file, so that what a file starts ends with it. */
export function entryOf(root: string, batch: Batch, path: string): string {
  const [only] = batch
  if (only !== undefined && batch.length === 1) return join(root, only)
  const suites = batch.map(
    file => `suite(${JSON.stringify(file)}, async () => void (await import(${JSON.stringify(pathToFileURL(join(root, file)).href)})))`,
  )
  writeFileSync(path, `import { suite } from 'node:test'\n${suites.join('\n')}\n`)
  return path
}

/** How many files the quick run leaves out. */
export const left = slow.length
