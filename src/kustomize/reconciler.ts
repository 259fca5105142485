import { waiting, during, failed, type Outcome, ready, stalled } from '../engine/outcome.ts'
import { reconciler, type Run } from '../engine/reconciler.ts'
import { gateClosed } from '../engine/workload-identity.ts'
import { type Artifact, originRevision } from '../kinds/artifact.ts'
import { Bucket } from '../kinds/bucket.ts'
import { GitRepository } from '../kinds/git-repository.ts'
import { Kustomization, type KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject } from '../kinds/manifest.ts'
import { OCIRepository } from '../kinds/oci-repository.ts'
import { formatDuration } from '../lib/duration.ts'
import { at, isObject } from '../lib/json.ts'
import type { Hands } from '../world/world.ts'
import type { Applied } from './applied-reconciler.ts'
import { applyAll } from './apply-reconciler.ts'
import { renderDecrypted, type Rendered, requirePath, scrubbed, toApply, type Tree } from './build-reconciler.ts'
import { type Change, changeLines } from './change.ts'
import { blockedBy } from './depends-reconciler.ts'
import { sourceOf } from './depends.ts'
import { unreadable } from './expressions-reconciler.ts'
import { checkHealth, newerThan } from './health-reconciler.ts'
import { elsewhere, IdentityError, isOwn } from './identity.ts'
import { entryOf, type Inventory, isInventory } from './inventory.ts'
import { finalize, prune } from './prune-reconciler.ts'
import { convention } from './settle.ts'
import { readArtifact, sourceFor } from './source-reconciler.ts'
import { targetOf } from './target-reconciler.ts'
import { timeoutMs } from './timing.ts'
import { wokenBy } from './triggers.ts'

export interface KustomizeHands extends Pick<Hands, 'cluster' | 'remotes' | 'auth' | 'clock' | 'fetcher' | 'kernel' | 'kms'> {
  /** What earlier runs left; absent: every run asks the API server about every object. */
  readonly applied?: Applied | undefined
}

/** Builds the source at `spec.path`, applies it, prunes what left the inventory, waits for health. Spec: kustomization 2.2. */
export const kustomizations = reconciler(Kustomization, {
  convention,
  async reconcile(ks, hands: KustomizeHands, run) {
    const invalid = (await unreadable(ks, { hands, run })) ?? gateOf(ks, run)
    if (invalid) return invalid
    const source = await sourceFor(ks, hands, run)
    if ('is' in source) return source
    const { artifact } = source
    run.annotate(annotationsOf(artifact))
    const blocked = await blockedBy(ks, { hands, run, artifact })
    if (blocked) return blocked
    const done = (await unchanged(ks, { hands, run, artifact })) ?? (await applied(ks, { hands, run, artifact }))
    if ('is' in done) return done
    const { changes, cluster } = done
    const there = { ...hands, cluster }
    await prune(ks, changes, { hands: there, run })
    const newer = newerThan(artifact.revision, { ks, hands, run })
    if ((await checkHealth(ks, changes, { hands: there, run, revision: artifact.revision, newer })) === 'superseded') return canceled(ks)
    const origin = artifact.metadata?.[originRevision]
    return ready(`Applied revision: ${artifact.revision}`, {
      reason: 'ReconciliationSucceeded',
      change: { fields: { lastAppliedRevision: artifact.revision, lastAppliedOriginRevision: origin ?? null } },
    })
  },
  finalize: (ks, hands: KustomizeHands, run) => finalize(ks, hands, run),
  laneOf: elsewhere,
  secures: { field: 'inventory', isSound: isInventory },
  after: ks => (isObject(at(ks, 'spec', 'sourceRef')) ? sourceOf(ks as KustomizationObject) : undefined),
  follows: [GitRepository, OCIRepository, Bucket],
  wokenBy: (change, all) => wokenBy(change, all as readonly KustomizationObject[]),
})

/** Who would sign in as a service account needs the gate for it. Spec: kustomization 2.2 step 7. */
function gateOf({ spec }: KustomizationObject, { settings }: Run): Outcome | undefined {
  if (!spec.decryption?.serviceAccountName || settings.objectLevelWorkloadIdentity) return undefined
  return stalled('FeatureGateDisabled', gateClosed('spec.decryption.serviceAccountName', 'decryption'))
}

/** What a run made, and the cluster that it made it in. */
interface Done {
  readonly changes: readonly Change[]
  readonly cluster: Hands['cluster']
}

/** What a run that finds everything as it was left does: nothing. */
async function unchanged(ks: KustomizationObject, { hands, run, artifact }: Sourced): Promise<Done | undefined> {
  if (!isOwn(ks, run.settings)) return undefined
  const changes = await hands.applied?.unchanged(ks, artifact, run.signal)
  if (!changes) return undefined
  await run.show({ fields: { lastAttemptedRevision: artifact.revision }, conditions: working('Detecting drift', ks, artifact) })
  return { changes, cluster: hands.cluster }
}

async function applied(ks: KustomizationObject, step: Sourced): Promise<Done | Outcome> {
  const { hands, run, artifact } = step
  await announce(ks, step, 'Fetching manifests')
  const tree = await readArtifact(ks, step)
  if ('is' in tree) return tree
  await announceBuild(ks, tree, step)
  const target = await targetFor(ks, hands, run)
  if ('is' in target) return target
  const { objects, scrub } = await build(ks, tree, step)
  const there = { ...hands, ...target }
  return { changes: await scrubbed(scrub, () => apply(ks, objects, { hands: there, run, artifact })), ...target }
}

/** A wait that ends because its source has something newer; the next run begins at once. Spec: kustomization 9.2. */
function canceled(ks: KustomizationObject): Outcome {
  const { kind, namespace = '', name } = sourceOf(ks)
  const trigger = `${kind}/${namespace}/${name}`
  return waiting('HealthCheckCanceled', `New reconciliation triggered by ${trigger}`, {
    retryMs: 0,
    events: [{ severity: 'info', message: `Health checks canceled due to new reconciliation triggered by ${trigger}` }],
  })
}

interface Step {
  readonly hands: KustomizeHands
  readonly run: Run
}
interface Sourced extends Step {
  readonly artifact: Artifact
}

function annotationsOf(artifact: Artifact): Record<string, string> {
  const origin = artifact.metadata?.[originRevision]
  return {
    'kustomize.toolkit.fluxcd.io/revision': artifact.revision,
    ...(origin ? { 'kustomize.toolkit.fluxcd.io/originRevision': origin } : {}),
  }
}

/** Says in the conditions which step runs. */
async function announce(ks: KustomizationObject, { run, artifact }: { run: Run; artifact: Artifact }, what: string): Promise<void> {
  const conditions = working(what, ks, artifact)
  run.progress(conditions[1].message)
  await run.show({ conditions })
}

function working(what: string, ks: KustomizationObject, artifact: Artifact) {
  const message = `${what} for revision ${artifact.revision} with a timeout of ${formatDuration(timeoutMs(ks.spec))}`
  return [
    { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
    { type: 'Reconciling', status: 'True', reason: 'Progressing', message },
  ] as const
}

async function announceBuild(ks: KustomizationObject, tree: Tree, step: Omit<Sourced, 'hands'>): Promise<void> {
  requirePath(tree, ks.spec.path)
  await step.run.show({ fields: { lastAttemptedRevision: step.artifact.revision } })
  await announce(ks, step, 'Building manifests')
}

/** The cluster that everything from here on goes to. What fails is told without more words in the condition than in the event. */
async function targetFor(ks: KustomizationObject, hands: KustomizeHands, run: Run): Promise<Pick<Hands, 'cluster'> | Outcome> {
  try {
    return { cluster: await targetOf(ks, hands, run) }
  } catch (thrown) {
    if (!(thrown instanceof IdentityError)) throw thrown
    const { message } = thrown
    return failed('ReconciliationFailed', message, { events: [{ severity: 'error', message: `failed to build kube client: ${message}` }] })
  }
}

async function build(ks: KustomizationObject, { files, folders }: Tree, { hands, run }: Step): Promise<Rendered> {
  return renderDecrypted(ks, files, { hands, folders, settings: run.settings, signal: run.signal })
}

async function apply(ks: KustomizationObject, rendered: readonly KubeObject[], step: Sourced): Promise<readonly Change[]> {
  const { run, hands, artifact } = step
  await announce(ks, step, 'Detecting drift')
  const objects = await toApply(rendered, ks, hands)
  const memory = isOwn(ks, run.settings) ? hands.applied : undefined
  const standing = await memory?.standing(ks, objects, run.signal)
  const record = recorder(ks, run)
  const done = await during('ReconciliationFailed', applyAll(objects, ks, { hands, run, record, standing }))
  memory?.remember(ks, artifact, done)
  const lines = changeLines(done.changes, ['created', 'configured'])
  if (lines) await run.emit({ severity: 'info', message: lines })
  return done.changes
}

/** Puts what is about to be written into the inventory first: an interrupted run leaves nothing that no inventory names. */
function recorder(ks: KustomizationObject, run: Run): (changes: readonly Change[]) => Promise<void> {
  const known = new Map(((ks.status?.inventory as Inventory | undefined)?.entries ?? []).map(e => [e.id, e]))
  return async changes => {
    const added = changes.map(c => entryOf(c.ref)).filter(e => !known.has(e.id))
    if (added.length === 0) return run.secure()
    for (const entry of added) known.set(entry.id, entry)
    await run.secure({ fields: { inventory: { entries: [...known.values()].map(e => ({ ...e })) } } })
  }
}
