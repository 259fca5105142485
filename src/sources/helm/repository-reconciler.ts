import { StepError, type Outcome } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import type { Artifact } from '../../kinds/artifact.ts'
import { chartBounds } from '../../kinds/chart.ts'
import { HelmRepository, type HelmRepositoryObject } from '../../kinds/helm-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { sha256 } from '../../lib/digest.ts'
import { humanSize } from '../../lib/human-size.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { announce, settled, source } from '../source-reconciler.ts'
import { artifactIn, store } from '../storage-reconciler.ts'
import { accessOf, type RepositoryAccess } from './access-reconciler.ts'
import { type DownloadHands, downloaded } from './download-reconciler.ts'
import { orderedIndex } from './index-reconciler.ts'
import { indexUrl, normalUrl, withoutUser } from './url.ts'

export type RepositoryHands = Pick<Hands, 'artifacts' | 'clock' | 'cluster' | 'http' | 'kernel' | 'scratch'>
interface Step {
  readonly hands: RepositoryHands
  readonly run: Run
}

const link = 'index.yaml'

/** Downloads the index of a repository, and stores it as JSON. One of a registry has no index, and is read by charts alone. Spec: sources 6. */
export const helmRepositories = source(HelmRepository, { link, fetched, isStatic: ({ spec }) => spec.type === 'oci' })

async function fetched(repository: HelmRepositoryObject, { hands, run }: Step): Promise<Outcome> {
  const url = repositoryUrl(repository.spec.url)
  const bytes = await index({ url, access: await access(repository, { hands, run }) }, { hands, run })
  const revision = sha256(bytes)
  const current = artifactIn(run.current())
  if (current?.revision === revision) {
    const message = `artifact up-to-date with remote revision: '${revision}'`
    await run.emit({ severity: 'trace', reason: 'ArtifactUpToDate', message })
    return done(repository, current, run)
  }
  const json = await loaded(bytes, { hands, run })
  run.note({ conditions: [{ type: 'FetchFailed', status: 'absent' }] })
  await announce(run, `new index revision '${revision}'`, { outdated: current !== undefined })
  const content = {
    filename: `index-${revision.slice('sha256:'.length)}.yaml`,
    revision,
    bytes: encoded(json),
    verb: 'save',
    observed: {},
  } as const
  return done(repository, await store(repository, content, { artifacts: hands.artifacts, run, link }), run)
}

async function* encoded(parts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield new TextEncoder().encode(part)
}

/** The URL as Flux compares it. @throws {SourceProblem} URLInvalid, which no retry can help. */
export function repositoryUrl(url: string): string {
  try {
    if (url.startsWith('oci')) throw new Error("'oci' URL scheme cannot be used with 'default' HelmRepository type")
    return normalUrl(url)
  } catch (cause) {
    throw new SourceProblem('URLInvalid', `invalid Helm repository URL: ${messageOf(cause)}`, {
      cause,
      condition: 'FetchFailed',
      stalls: true,
    })
  }
}

async function access(repository: HelmRepositoryObject, { hands, run }: Step): Promise<RepositoryAccess> {
  try {
    return await accessOf(repository, { hands, signal: run.signal })
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('AuthenticationFailed', messageOf(cause), { cause })
  }
}

/** The bytes of an index. @throws {StepError} Failed. */
async function index({ url, access }: { url: string; access: RepositoryAccess }, { hands, run }: Step): Promise<Uint8Array> {
  try {
    return await downloadedIndex({ url, access }, { hands, signal: run.signal })
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('Failed', `failed to fetch Helm repository index: ${messageOf(cause)}`, { cause })
  }
}

/** The bytes of the index of a repository. Throws Flux's texts. */
export async function downloadedIndex(
  { url, access }: { url: string; access: RepositoryAccess },
  at: { hands: DownloadHands; signal: AbortSignal },
): Promise<Uint8Array> {
  const tooLarge = `index exceeds the maximum index file size of ${chartBounds.index} bytes`
  try {
    return await downloaded({ url: indexUrl(url), repository: url, access, limit: chartBounds.index, tooLarge }, at)
  } catch (cause) {
    at.signal.throwIfAborted()
    throw new Error(`failed to cache index to temporary file: ${messageOf(cause)}`, { cause })
  }
}

async function loaded(bytes: Uint8Array, { hands, run }: Step): Promise<readonly string[]> {
  try {
    return await orderedIndex(bytes, { hands, signal: run.signal })
  } catch (cause) {
    run.signal.throwIfAborted()
    throw new StepError('IndexationFailed', `failed to load Helm repository from index YAML: failed to load index: ${messageOf(cause)}`, {
      cause,
    })
  }
}

function done(repository: HelmRepositoryObject, artifact: Artifact, run: Run): Outcome {
  const size = artifact.size === undefined ? 'unknown size' : `size ${humanSize(artifact.size)}`
  const success = {
    message: `stored artifact: revision '${artifact.revision}'`,
    news: `stored fetched index of ${size} from '${withoutUser(repository.spec.url)}'`,
  }
  return settled(repository, artifact, { run, success })
}
