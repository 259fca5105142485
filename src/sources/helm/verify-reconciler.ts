import type { Run } from '../../engine/reconciler.ts'
import type { HelmChartObject } from '../../kinds/helm-chart.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { VerificationError, verifierOf } from '../verify/verify-reconciler.ts'
import { BuildProblem } from './build.ts'
import type { ChartHands, Charts } from './charts-reconciler.ts'
import type { ChartVersion } from './version.ts'

/**
 * Whether the signature that a spec asks for is there: in every pass, whether the chart is new or not. `false` where none is asked for, and where a trust
 * policy lets the chart pass without. @throws {BuildProblem} ChartVerificationError. Spec: sources 7.
 */
export async function isVerified(
  { metadata, spec }: HelmChartObject,
  { charts, found, timeoutMs }: { charts: Charts; found: ChartVersion; timeoutMs: number },
  { hands, run }: { hands: ChartHands; run: Run },
): Promise<boolean> {
  if (!spec.verify) return false
  try {
    if (!charts.signed) throw new Error('charts of an HTTP repository have no signatures')
    const { registry, signed } = await charts.signed(found)
    const verify = verifierOf(spec.verify, {
      hands,
      registry,
      namespace: metadata.namespace,
      timeoutMs,
      signal: run.signal,
      sigstoreTrustedRoot: run.settings.sigstoreTrustedRoot,
      tell: event => run.emit(event),
    })
    return (await verify(signed)) === 'verified'
  } catch (cause) {
    run.signal.throwIfAborted()
    const why = cause instanceof VerificationError ? `failed to verify ${found.urls[0] ?? ''}: ${messageOf(cause.cause)}` : messageOf(cause)
    throw new BuildProblem('ChartVerificationError', why, { cause })
  }
}
