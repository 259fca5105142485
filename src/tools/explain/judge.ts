import { CodedError } from '../../lib/coded-error.ts'
import { at, stringAt } from '../../lib/json.ts'
import type { Found, JudgedBy } from '../../explain/facts.ts'
import { statementsOf } from '../../explain/statements.ts'
import type { HealthExpressions } from '../../kinds/expression.ts'
import { Kustomization, type KustomizationObject } from '../../kinds/kustomization.ts'
import { type KubeObject, refOf } from '../../kinds/manifest.ts'
import { checkFor, type KindCheck, kindChecks } from '../../kustomize/expressions.ts'
import type { World } from '../../world/world.ts'

const [mostJudged, mostText, mostValue] = [20, 200, 120]

/** How the objects of a Kustomization that waited are by its own expressions: by which one, and over which values. */
export async function judgeAll(all: readonly Found[], { kernel }: Pick<World, 'kernel'>, signal: AbortSignal): Promise<void> {
  const waiting = all.filter(
    f => f.ref.kind === Kustomization.kind && listed(f.object) && statementsOf(f).some(s => /HealthCheck/.test(s.reason)),
  )
  const judged = waiting.flatMap(parent => {
    const ks = parent.object as KustomizationObject
    const checks = kindChecks(ks)
    return all.flatMap(child => {
      const check =
        child.parent === parent && child.object
          ? checkFor(child.ref, checks, { impersonates: ks.spec.serviceAccountName !== undefined })
          : undefined
      return check && child.object ? [{ child, check, object: child.object }] : []
    })
  })
  for (const { child, check, object } of judged.slice(0, mostJudged)) {
    const by = await judgedBy(check, object, { kernel, signal })
    if (by) (child as { judged?: JudgedBy }).judged = by
  }
}

function listed(object: KubeObject | undefined): boolean {
  const checks = at(object, 'spec', 'healthCheckExprs')
  return Array.isArray(checks) && checks.length > 0
}

/** `undefined`: it is well, or the expressions cannot be judged here. */
async function judgedBy(
  { index, expressions }: KindCheck,
  object: KubeObject,
  { kernel, signal }: Pick<World, 'kernel'> & { signal: AbortSignal },
): Promise<JudgedBy | undefined> {
  const ask = async (asked: HealthExpressions): Promise<{ status: string; message: string } | undefined> => {
    try {
      return (await kernel.judge(asked, [object], signal))[0]
    } catch (thrown) {
      signal.throwIfAborted()
      if (thrown instanceof CodedError) return undefined
      throw thrown
    }
  }
  const whole = await ask(expressions)
  if (!whole || whole.status === 'Current') return undefined
  const place = `spec.healthCheckExprs[${index}]`
  if (whole.status === 'Unknown')
    return {
      by: 'unknown',
      field: place,
      text: whole.message.slice(0, mostText),
      saw: values(Object.values(expressions).join(' '), object),
    }
  const held =
    whole.status === 'Failed'
      ? 'failed'
      : (await ask({ current: 'true', inProgress: expressions.inProgress }))?.status === 'InProgress'
        ? 'inProgress'
        : 'current'
  const text = expressions[held] ?? ''
  return { by: held, field: `${place}.${held}`, text: text.slice(0, mostText), saw: values(text, object) }
}

/** The fields that an expression reads, as they stand in the object. */
function values(text: string, object: KubeObject): string {
  const paths = [...text.matchAll(/\b(?:apiVersion|kind|metadata|spec|status|data)\b(?:\.\w+(?!\w*\())*/g)].map(m => m[0])
  const shown = [...new Set(paths)].slice(0, 4).map(path => {
    const value = refOf(object).kind === 'Secret' && path.startsWith('data') ? '(hidden)' : at(object, ...path.split('.'))
    return `${path}: ${value === undefined ? '(absent)' : (stringAt({ value }, 'value') ?? JSON.stringify(value)).slice(0, mostValue)}`
  })
  return shown.length > 0 ? shown.join('; ') : '(none of its fields)'
}
