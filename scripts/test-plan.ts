import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Test files that take their time, the longest first; those in one line share a process, and the API server that they start.
 * The quick run leaves them out, so that it stays under a minute.
 */
const slow: readonly (readonly string[])[] = [
  ['kill/process'],
  ['flux/compare', 'flux/git', 'flux/helm', 'flux/buckets', 'flux/handed'],
  ['faults/engine', 'faults/points', 'faults/process'],
  ['cli/controller', 'cli/process'],
  [
    'kustomize/lifecycle',
    'kustomize/reconcile',
    'kustomize/edges',
    'kustomize/status',
    'kustomize/data',
    'kustomize/build',
    'kustomize/twice',
    'kustomize/applied',
    'kustomize/sops',
    'kustomize/expressions',
    'kustomize/identity',
    'kustomize/identity-real',
    'kustomize/envsubst',
  ],
  [
    'sources/git/reconcile',
    'sources/oci/reconcile',
    'sources/bucket/reconcile',
    'sources/bucket/stores',
    'sources/helm/reconcile',
    'sources/verify/reconcile',
    'images/reconcile',
    'world/tags/sqlite',
  ],
  ['flux/crossed', 'tools/flux-delivers', 'tools/every-kind'],
  ['world/registry/contract'],
  ['world/git/ssh'],
  ['hostile/hostile'],
  [
    'kill/writes',
    'kill/images',
    'images/corpus',
    'images/setters',
    'images/message',
    'images/automation-reconcile',
    'images/automation',
    'images/served-version',
    'tools/update-images',
    'tools/image-delivery',
  ],
  ['mcp/canary', 'mcp/clients'],
  ['mcp/conformance'],
  ['explain/explain'],
  ['world/kernel/kernel', 'sources/oci/content'],
  ['sandbox/kubectl', 'sandbox/flux-cli'],
  ['cli/options', 'cli/start', 'cli/verbs'],
  ['cli/artifact-verbs', 'cli/feature-gates'],
  ['package', 'deploy/image'],
  ['mcp/http', 'mcp/pages', 'mcp/traps', 'mcp/adapter', 'mcp/limits'],
  ['sandbox/data', 'world/storage/killed'],
  ['sources/helm/published', 'sources/helm/push', 'sources/helm/index'],
  ['sandbox/differential', 'sandbox/workloads', 'sandbox/engine', 'sandbox/history', 'sandbox/git', 'kustomize/flux-build'],
  ['cli/local-beside-flux', 'cli/beside-flux', 'deploy/cluster', 'engine/election', 'engine/conflicts'],
  ['engine/controller'],
  [
    'world/cluster/real',
    'world/registry/client',
    'world/kernel/expressions',
    'mcp/real',
    'mcp/fences',
    'kinds/crd-server',
    'explain/real-refusals',
  ],
  ['tools/diff-artifact', 'tools/beside-flux', 'tools/own-run', 'tools/faults', 'tools/bucket-delivery'],
  [
    'tools/artifacts',
    'tools/policy-image',
    'tools/budget',
    'tools/cursor',
    'tools/plans',
    'tools/provider',
    'tools/sops',
    'tools/artifacts-interop',
  ],
  [
    'world/auth/docker-registry',
    'world/git/modules',
    'world/git/push',
    'world/git/reach',
    'world/registry/access',
    'world/registry/hostile',
    'world/registry/reach',
  ],
]

const most = 30
const fileOf = (name: string): string => `test/${name}.test.ts`

/** Test files that share a process, with the modules and the kernel that they load. */
export type Batch = readonly string[]

/** All test files below a root, slow ones first, others with their neighbours. */
export function batches(root: string, { quick }: { readonly quick: boolean }): Batch[] {
  const long = slow.map(names => names.map(fileOf))
  const others = globSync('test/**/*.test.ts', { cwd: root })
    .filter(file => !long.flat().includes(file))
    .toSorted()
  const count = Math.ceil(others.length / most)
  const together = Array.from({ length: count }, (_, i) => others.filter((_file, at) => Math.floor((at * count) / others.length) === i))
  return [...(quick ? [] : long), ...together]
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
export const left = slow.flat().length
