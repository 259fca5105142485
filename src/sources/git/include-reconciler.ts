import type { Run } from '../../engine/reconciler.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { GitRepository, type GitRepositoryObject } from '../../kinds/git-repository.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { Tree } from '../../lib/tree.ts'
import { unpack, type Unpacked } from '../../lib/untar.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { artifactIn } from '../storage-reconciler.ts'
import { grafted, linkOn, within } from './graft.ts'

type Include = NonNullable<GitRepositoryObject['spec']['include']>[number]

interface Step {
  readonly hands: Pick<Hands, 'cluster' | 'fetcher'>
  readonly run: Run
}

/** An included artifact is unpacked in memory. Spec: sources 15. */
const limits = { maxBytes: 1024 * 1024 * 1024, maxEntries: 500_000, maxEntryBytes: 512 * 1024 * 1024 }

/** The artifacts that a repository includes, in the order of its spec. @throws {SourceProblem} NotFound, NoArtifact: looked for again later. Spec: sources 4.3. */
export async function includesOf({ metadata, spec }: GitRepositoryObject, step: Step): Promise<Artifact[]> {
  const artifacts: Artifact[] = []
  for (const { repository } of spec.include ?? []) artifacts.push(await artifactOf(repository.name, metadata.namespace, step))
  return artifacts
}

async function artifactOf(name: string, namespace: string | undefined, { hands, run }: Step): Promise<Artifact> {
  const waits = { condition: 'IncludeUnavailable', waitMs: run.settings.requeueDependencyMs } as const
  const object = await read(name, namespace, { hands, run }).catch((cause: unknown) => {
    run.signal.throwIfAborted()
    throw new SourceProblem('NotFound', `could not get resource for include '${name}': ${messageOf(cause)}`, { cause, ...waits })
  })
  const artifact = artifactIn(object)
  if (!artifact) throw new SourceProblem('NoArtifact', `no artifact available for include '${name}'`, waits)
  return artifact
}

async function read(name: string, namespace: string | undefined, { hands, run }: Step): Promise<KubeObject> {
  const { group, kind, version } = GitRepository
  const found = await hands.cluster.get({ group, version, kind, namespace, name }, run.signal)
  if (!found) throw new Error(`${kind}.${group} "${name}" not found`)
  return found
}

/** A tree with the included artifacts in it. @throws {SourceProblem} IllegalPath, CopyFailure. Spec: sources 4.3 step 8. */
export async function withIncludes(
  tree: Tree,
  { spec }: GitRepositoryObject,
  { artifacts, ...step }: Step & { artifacts: readonly Artifact[] },
): Promise<Tree> {
  let whole = tree
  for (const [i, include] of (spec.include ?? []).entries()) {
    const artifact = artifacts[i]
    if (artifact) whole = await withInclude(whole, { include, artifact }, step)
  }
  return whole
}

async function withInclude(tree: Tree, { include, artifact }: { include: Include; artifact: Artifact }, step: Step): Promise<Tree> {
  const { repository, fromPath = '', toPath } = include
  const to = within(toPath || repository.name)
  const link = await linkOn(tree, to)
  if (link !== undefined)
    throw new SourceProblem('IllegalPath', `path calculation for include '${repository.name}' failed: '${link}' is a link`, {
      condition: 'StorageOperationFailed',
    })
  try {
    return await grafted(tree, await opened(artifact, step), { from: within(fromPath), to })
  } catch (cause) {
    step.run.signal.throwIfAborted()
    const message = `failed to copy '${repository.name}' include from ${fromPath} to ${toPath || repository.name}: ${messageOf(cause)}`
    throw new SourceProblem('CopyFailure', message, { cause, condition: 'StorageOperationFailed' })
  }
}

async function opened(artifact: Artifact, { hands, run }: Step): Promise<Unpacked> {
  const body = await hands.fetcher.fetch(artifact, run.signal)
  if (!body) throw new Error(`open ${artifact.path}: no such file or directory`)
  return unpack(body, limits)
}
