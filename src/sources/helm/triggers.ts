import type { HelmChartObject } from '../../kinds/helm-chart.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'

/** The charts that a changed source wakes: those that last looked at another revision of it. Spec: sources 7. */
export function wokenBy(
  { before, after }: { before: KubeObject | undefined; after: KubeObject },
  all: readonly HelmChartObject[],
): HelmChartObject[] {
  const revision = stringAt(after, 'status', 'artifact', 'revision')
  if (revision === undefined || stringAt(before, 'status', 'artifact', 'revision') === revision) return []
  return all.filter(
    ({ metadata, spec, status }) =>
      metadata.namespace === after.metadata.namespace &&
      spec.sourceRef.kind === after.kind &&
      spec.sourceRef.name === after.metadata.name &&
      status?.observedSourceArtifactRevision !== revision,
  )
}
