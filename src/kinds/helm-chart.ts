import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { accessFrom } from './namespace-access.ts'
import { columns, duration, localRef, sourceStatus, text, oldArtifact } from './shared-schemas.ts'

const verify = z
  .looseObject({
    provider: z.enum(['cosign', 'notation']).default('cosign').describe('who signed'),
    secretRef: localRef.optional().describe('Secret with the keys of those who may sign'),
    matchOIDCIdentity: z
      .array(z.looseObject({ issuer: text.describe('regular expression of the issuer'), subject: text.describe('and of who signed') }))
      .optional()
      .describe('who may sign without a key'),
  })
  .meta({ required: ['provider'] })

const older = {
  chart: text.describe('name of the chart, or its path in a GitRepository or Bucket'),
  version: text.default('*').describe('version or range of a HelmRepository'),
  sourceRef: z
    .looseObject({
      apiVersion: text.optional().describe('API version of the source'),
      kind: z.enum(['HelmRepository', 'GitRepository', 'Bucket']).describe('kind of the source'),
      name: text.describe('name of the source, in the same namespace'),
    })
    .describe('where the chart is'),
  reconcileStrategy: z
    .enum(['ChartVersion', 'Revision'])
    .default('ChartVersion')
    .describe('what makes a new artifact: another version of the chart, or another revision of its source'),
  valuesFiles: z.array(text).optional().describe('files that replace the default values, later ones over earlier ones'),
  suspend: z.boolean().optional().describe('stops reconciling'),
}

const fields = {
  ...older,
  interval: duration.describe('how often to look for a new version'),
  ignoreMissingValuesFiles: z.boolean().optional().describe('passes over values files that are not there'),
  verify: verify.optional().describe('the signature that a chart of a registry must have'),
}
const deprecated = {
  accessFrom: accessFrom.optional().describe('never acted on'),
  valuesFile: text.optional().describe('no longer acted on: use valuesFiles'),
}

const spec = z.looseObject(fields)
const status = z.looseObject({
  ...sourceStatus,
  observedSourceArtifactRevision: text.optional().describe('revision of the source that was last looked at'),
  observedChartName: text.optional().describe('name of the chart in the artifact'),
  observedValuesFiles: z.array(text).optional().describe('values files that were there'),
})
const oldStatus = z.looseObject({
  ...sourceStatus,
  artifact: oldArtifact('version of the chart'),
})

const printed = [
  { name: 'Chart', type: 'string', path: '.spec.chart' },
  { name: 'Version', type: 'string', path: '.spec.version' },
  { name: 'Source Kind', type: 'string', path: '.spec.sourceRef.kind' },
  { name: 'Source Name', type: 'string', path: '.spec.sourceRef.name' },
] as const

/** A Helm chart as a source. Spec: sources 7 */
export const HelmChart = kind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'HelmChart',
  plural: 'helmcharts',
  singular: 'helmchart',
  shortNames: ['hc'],
  version: 'v1',
  description: 'Packages one chart of a HelmRepository, GitRepository or Bucket.',
  versions: [
    { name: 'v1', storage: true, spec, status, columns: [...printed, columns.age, columns.ready, columns.status] },
    {
      name: 'v1beta1',
      storage: false,
      deprecated: 'v1beta1 HelmChart is deprecated, upgrade to v1',
      spec: z.looseObject({ ...older, ...deprecated, interval: text.describe('how often to look for a new version') }),
      status: oldStatus,
      columns: [...printed, columns.ready, columns.status, columns.age],
    },
    {
      name: 'v1beta2',
      storage: false,
      deprecated: 'v1beta2 HelmChart is deprecated, upgrade to v1',
      spec: z.looseObject({ ...fields, ...deprecated }),
      status,
      columns: [...printed, columns.age, columns.ready, columns.status],
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** A HelmChart as the API server holds it. */
export type HelmChartObject = ObjectOf<typeof HelmChart>
