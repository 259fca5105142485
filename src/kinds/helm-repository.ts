import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { accessFrom } from './namespace-access.ts'
import { columns, duration, localRef, shortDuration, sourceStatus, text, oldArtifact } from './shared-schemas.ts'

const older = {
  secretRef: localRef.optional().describe('Secret with username and password'),
  passCredentials: z.boolean().optional().describe('sends them to other hosts too that the index names'),
  suspend: z.boolean().optional().describe('stops reconciling'),
  accessFrom: accessFrom.optional().describe('never acted on'),
}

const spec = z.looseObject({
  ...older,
  url: z
    .string()
    .regex(/^(http|https|oci):\/\/.*$/)
    .describe('where the index is, or the charts of a registry'),
  type: z.enum(['default', 'oci']).optional().describe('how charts are offered: by an index over HTTP, or in a registry'),
  certSecretRef: localRef.optional().describe('Secret with ca.crt, or tls.crt and tls.key'),
  interval: duration.optional().describe('how often to look for a new index, 1m unless it is set'),
  timeout: shortDuration.optional().describe('limit of a download, 60s unless it is set'),
  insecure: z.boolean().optional().describe('allows plain HTTP, of oci'),
  provider: z.enum(['generic', 'aws', 'azure', 'gcp']).default('generic').describe('who signs in to the registry, of oci'),
})

const status = z.looseObject(sourceStatus)
const oldStatus = z.looseObject({
  ...sourceStatus,
  artifact: oldArtifact('identifies the content upstream'),
})
const current = [columns.url, columns.age, columns.ready, columns.status]

/** A repository of Helm charts. Spec: sources 6 */
export const HelmRepository = kind({
  group: 'source.toolkit.fluxcd.io',
  kind: 'HelmRepository',
  plural: 'helmrepositories',
  singular: 'helmrepository',
  shortNames: ['helmrepo'],
  version: 'v1',
  description: 'Keeps the index of a Helm repository, or names a registry with charts.',
  versions: [
    { name: 'v1', storage: true, spec, status, columns: current },
    {
      name: 'v1beta1',
      storage: false,
      deprecated: 'v1beta1 HelmRepository is deprecated, upgrade to v1',
      spec: z.looseObject({
        ...older,
        url: text.describe('where the index is'),
        interval: text.describe('how often to look for a new index'),
        timeout: text.default('60s').describe('limit of a download'),
      }),
      status: oldStatus,
      columns: [columns.url, columns.ready, columns.status, columns.age],
    },
    {
      name: 'v1beta2',
      storage: false,
      deprecated: 'v1beta2 HelmRepository is deprecated, upgrade to v1',
      spec,
      status,
      columns: current,
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** A HelmRepository as the API server holds it. */
export type HelmRepositoryObject = ObjectOf<typeof HelmRepository>
