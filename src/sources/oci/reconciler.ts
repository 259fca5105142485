import { during, type Outcome } from '../../engine/outcome.ts'
import type { Run } from '../../engine/reconciler.ts'
import { originRevision, originSource, type Artifact } from '../../kinds/artifact.ts'
import { OCIRepository, type OCIRepositoryObject } from '../../kinds/oci-repository.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { ParsedReference } from '../../lib/reference.ts'
import type { Access } from '../../world/registry/registry.ts'
import type { Room } from '../../world/storage/scratch.ts'
import type { Hands } from '../../world/world.ts'
import { SourceProblem } from '../problem.ts'
import { announce, settled, source } from '../source-reconciler.ts'
import { artifactIn, store } from '../storage-reconciler.ts'
import { accessOf } from './access-reconciler.ts'
import { contentOf } from './content-reconciler.ts'
import { type Pulled, pull, resolve, type Resolved } from './pull-reconciler.ts'
import { repositoryOf, sameContentConfig } from './ref.ts'
import { bounded, type Source } from './timeout-reconciler.ts'
import { beginVerification, verifyRevision } from './verify-reconciler.ts'

export type SourceHands = Pick<Hands, 'artifacts' | 'auth' | 'clock' | 'cluster' | 'http' | 'kernel' | 'registries' | 'scratch'>
interface Step {
  readonly hands: SourceHands
  readonly run: Run
}

const link = 'latest.tar.gz'

/** Resolves the reference, pulls what is new, stores it as an artifact. Spec: sources 3.2. */
export const ociRepositories = source(OCIRepository, { link, fetched })

async function fetched(repository: OCIRepositoryObject, { hands, run }: Step): Promise<Outcome> {
  const { spec } = repository
  beginVerification(run)
  const access = await accessOf(repository, { hands, run, tell: event => run.emit(event) })
  const target = targetOf(repository)
  const open = (purpose: 'lookup' | 'transfer'): Promise<Source> => opened(repository, { hands, access, purpose })
  const resolved = await resolve(spec, { registry: await open('lookup'), target, signal: run.signal })
  const current = run.current() as OCIRepositoryObject
  const artifact = artifactIn(current)
  const { revision, printed } = resolved
  if (artifact?.revision !== revision)
    await announce(run, `new revision '${revision}' for '${printed}'`, { outdated: artifact !== undefined })
  await verifyRevision(repository, { resolved, open: () => hands.registries.open(access, 'lookup'), hands, run })
  if (artifact?.revision === revision && sameContentConfig(current)) {
    const message = `artifact up-to-date with remote revision: '${revision}'`
    await run.emit({ severity: 'trace', reason: 'ArtifactUpToDate', message })
    return stored(repository, artifact, run)
  }
  const pulled = await pull(spec, { registry: await open('transfer'), resolved, signal: run.signal })
  const made = await hands.scratch.during(room => kept(repository, { pulled, resolved, room }, { hands, run }))
  return stored(repository, made, run)
}

async function opened(
  { spec }: OCIRepositoryObject,
  { hands: { registries, clock }, access, purpose }: { hands: SourceHands; access: Access; purpose: 'lookup' | 'transfer' },
): Promise<Source> {
  const registry = await during('OCIArtifactPullFailed', registries.open(access, purpose), `failed to pull artifact from '${spec.url}': `)
  return bounded(registry, spec, clock)
}

function targetOf({ spec }: OCIRepositoryObject): ParsedReference {
  try {
    return repositoryOf(spec.url)
  } catch (cause) {
    const message = `URL validation failed for '${spec.url}': ${messageOf(cause)}`
    throw new SourceProblem('URLInvalid', message, { cause, condition: 'FetchFailed', stalls: true })
  }
}

/** Stores what was pulled. */
async function kept(
  repository: OCIRepositoryObject,
  { pulled, resolved, room }: { pulled: Pulled; resolved: Resolved; room: Room },
  { hands: { artifacts, kernel }, run }: Step,
): Promise<Artifact> {
  const { spec } = repository
  const bytes = await contentOf(spec, pulled, { kernel, room, signal: run.signal })
  run.note({ conditions: [{ type: 'FetchFailed', status: 'absent' }] })
  const content = {
    filename: `${resolved.digest}.tar.gz`,
    revision: resolved.revision,
    metadata: pulled.annotations,
    bytes,
    verb: spec.layerSelector?.operation === 'copy' ? 'copy' : 'archive',
    observed: { observedIgnore: spec.ignore ?? null, observedLayerSelector: (spec.layerSelector as never) ?? null },
  } as const
  return store(repository, content, { artifacts, run, link })
}

/** The artifact of the status is that of the spec. Spec: sources 1.6, 3.2. */
function stored(repository: OCIRepositoryObject, artifact: Artifact, run: Run): Outcome {
  const success = { message: `stored artifact for digest '${artifact.revision}'`, news: newsText(repository, artifact) }
  return settled(repository, artifact, { run, success })
}

function newsText({ spec }: OCIRepositoryObject, { revision, metadata }: Artifact): string {
  const [source, origin] = [metadata?.[originSource], metadata?.[originRevision]]
  const text = `stored artifact with revision '${revision}' from '${spec.url}'`
  return source && origin ? `${text}, origin source '${source}', origin revision '${origin}'` : text
}
