import { type Outcome, stalled, waiting } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { Artifact } from '../kinds/artifact.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { CodedError } from '../lib/coded-error.ts'
import { formatDuration } from '../lib/duration.ts'
import type { Hands } from '../world/world.ts'
import { dependencies, notReady } from './depends.ts'
import { type Met, readyBy } from './expressions-reconciler.ts'
import { terminal } from './expressions.ts'

interface Step {
  readonly hands: Pick<Hands, 'cluster' | 'kernel'>
  readonly run: Run
  readonly artifact: Artifact
}

/** Reads an object; why it cannot be read is told apart from its absence. */
export async function tryRead(
  ref: ObjectRef,
  cluster: Hands['cluster'],
  run: Run,
): Promise<{ object?: KubeObject | undefined; unread?: CodedError }> {
  try {
    return { object: await cluster.get(ref, run.signal) }
  } catch (thrown) {
    if (thrown instanceof CodedError) return { unread: thrown }
    throw thrown
  }
}

/** What a run ends with while a dependency holds it up: the first in the order of `spec.dependsOn`. Spec: kustomization 3.2. */
export async function blockedBy(ks: KustomizationObject, step: Step): Promise<Outcome | undefined> {
  for (const [index, ref] of dependencies(ks).entries()) {
    const met = await readiness(ks, { index, ref }, step)
    if (met.is === 'invalid') return stalled('InvalidCELExpression', terminal + met.why)
    if (met.is === 'unmet') return waits(met.why, step.run.settings.requeueDependencyMs)
  }
  return undefined
}

async function readiness(ks: KustomizationObject, { index, ref }: { index: number; ref: ObjectRef }, step: Step): Promise<Met> {
  const { object, unread } = await tryRead(ref, step.hands.cluster, step.run)
  const text = ks.spec.dependsOn?.[index]?.readyExpr
  if (object && text) return readyBy({ text, index, ref }, object, step)
  const why = notReady(ks, { ref, found: object, unread: unread?.message }, step.artifact)
  return why ? { is: 'unmet', why } : { is: 'met' }
}

function waits(why: string, retryMs: number): Outcome {
  return waiting('DependencyNotReady', why, {
    retryMs,
    events: [{ severity: 'info', message: `Dependencies do not meet ready condition, retrying in ${formatDuration(retryMs)}` }],
  })
}
