import { failed, type Outcome, stalled } from '../engine/outcome.ts'
import type { Run } from '../engine/reconciler.ts'
import type { Judged } from '../kinds/expression.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import type { KubeObject, ObjectRef } from '../kinds/manifest.ts'
import { CodedError, messageOf } from '../lib/coded-error.ts'
import type { Hands } from '../world/world.ts'
import { asVariable, type KindCheck, kindChecks, readyExpression, terminal } from './expressions.ts'

type Step = { readonly hands: Pick<Hands, 'kernel'>; readonly run: Run }

/** More than these at once would be much for the memory of a kernel's worker. */
const objectsAtOnce = 50

/** Compiles the health expressions. Answers what a run ends with when one does not. Spec: kustomization 2.2, 9.3. */
export async function unreadable(ks: KustomizationObject, { hands: { kernel }, run }: Step): Promise<Outcome | undefined> {
  for (const { index, expressions } of kindChecks(ks)) {
    try {
      await kernel.judge(expressions, [], run.signal)
    } catch (thrown) {
      run.signal.throwIfAborted()
      if (!isInvalid(thrown)) return unjudged(index, thrown)
      const why = `failed to create custom status evaluator for healthchecks[${index}]: ${messageOf(thrown)}`
      return stalled('InvalidCELExpression', terminal + why)
    }
  }
  return undefined
}

function isInvalid(thrown: unknown): boolean {
  return thrown instanceof CodedError && thrown.code === 'EXPRESSION_INVALID'
}

function unjudged(index: number, thrown: unknown): Outcome {
  const message = `spec.healthCheckExprs[${index}] cannot be compiled: ${messageOf(thrown)}`
  return failed('HealthCheckFailed', message, { events: [{ severity: 'error', message }] })
}

/** Judges objects of one kind by its expressions. @throws {CodedError} when the expressions ask for too much. */
export async function judgeBy(check: KindCheck, objects: readonly KubeObject[], { hands: { kernel }, run }: Step): Promise<Judged[]> {
  const judged: Judged[] = []
  for (let from = 0; from < objects.length; from += objectsAtOnce)
    judged.push(...(await kernel.judge(check.expressions, objects.slice(from, from + objectsAtOnce), run.signal)))
  return judged
}

/** What a `readyExpr` says of a dependency: `why` is what holds the object up. */
export type Met = { readonly is: 'met' } | { readonly is: 'unmet' | 'invalid'; readonly why: string }

/** Evaluates the `readyExpr` at `spec.dependsOn[index]`. Spec: kustomization 3.2. */
export async function readyBy(
  { text, index, ref }: { text: string; index: number; ref: ObjectRef },
  dependency: KubeObject,
  { hands: { kernel }, run }: Step,
): Promise<Met> {
  const printed = `dependency '${ref.namespace ?? ''}/${ref.name}'`
  const data = { self: asVariable(run.current(), 'self'), dep: asVariable(dependency, 'dep') }
  try {
    const found = await kernel.evaluate(readyExpression(text), data, run.signal)
    switch (found.is) {
      case 'value':
        return found.value === true ? { is: 'met' } : { is: 'unmet', why: `${printed} is not ready according to readyExpr eval` }
      case 'failed':
        return { is: 'unmet', why: found.why }
      case 'invalid':
        return { is: 'invalid', why: `terminal error: failed to evaluate dependency ${ref.name}: ${found.why}` }
    }
  } catch (thrown) {
    run.signal.throwIfAborted()
    return { is: 'unmet', why: `${printed}: spec.dependsOn[${index}].readyExpr cannot be evaluated: ${messageOf(thrown)}` }
  }
}
