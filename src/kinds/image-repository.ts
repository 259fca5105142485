import * as z from 'zod'
import { kind, type ObjectOf } from './kind.ts'
import { accessFrom } from './namespace-access.ts'
import { columns, commonStatus, duration, localRef, shortDuration, text } from './shared-schemas.ts'

const older = {
  image: text.describe('the repository, without scheme and tag'),
  interval: duration.describe('how often to look for new tags'),
  timeout: shortDuration.optional().describe('limit of a scan; absent: the interval'),
  secretRef: localRef.optional().describe('Secret of type kubernetes.io/dockerconfigjson'),
  serviceAccountName: z
    .string()
    .max(253)
    .optional()
    .describe('ServiceAccount whose image pull secrets are used, and who signs in to the provider'),
  certSecretRef: localRef.optional().describe('Secret with ca.crt, or tls.crt and tls.key'),
  accessFrom: accessFrom.optional().describe('which other namespaces may use its tags; absent: none'),
  suspend: z.boolean().optional().describe('stops reconciling'),
}

const spec = z.looseObject({
  ...older,
  exclusionList: z
    .array(text)
    .max(25)
    .default([String.raw`^.*\.sig$`])
    .describe('regular expressions for tags to leave out'),
  provider: z.enum(['generic', 'aws', 'azure', 'gcp']).default('generic').describe('how to sign in without a Secret'),
  proxySecretRef: localRef.optional().describe('Secret with address, username, password'),
  insecure: z.boolean().optional().describe('allows plain HTTP'),
})

const scan = z.looseObject({
  tagCount: z.int().describe('how many tags there are, without those left out'),
  scanTime: z.string().meta({ format: 'date-time' }).optional().describe('when they were read'),
})
const oldStatus = {
  ...commonStatus,
  canonicalImageName: text.optional().describe('the image with registry and path spelled out'),
}
const status = z.looseObject({
  ...oldStatus,
  lastScanResult: scan
    .extend({ latestTags: z.array(text).optional().describe('some of the tags, in descending order of their bytes') })
    .optional()
    .describe('what the last scan found'),
  observedExclusionList: z.array(text).optional().describe('the exclusionList of the last scan'),
})

const tags = { name: 'Tags', type: 'string', path: '.status.lastScanResult.tagCount' } as const
const lastScan = { name: 'Last scan', type: 'string', path: '.status.lastScanResult.scanTime' } as const

/** The tags of an image. Spec: image-helm-notification A.1 */
export const ImageRepository = kind({
  group: 'image.toolkit.fluxcd.io',
  kind: 'ImageRepository',
  plural: 'imagerepositories',
  singular: 'imagerepository',
  shortNames: [],
  version: 'v1beta2',
  alsoReads: ['v1', 'v1beta1'],
  description: 'Looks for the tags of an image, for ImagePolicies to choose from.',
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      spec: z.looseObject({
        ...older,
        exclusionList: z.array(text).optional().describe('regular expressions for tags to leave out'),
      }),
      status: z.looseObject({ ...oldStatus, lastScanResult: scan.optional().describe('what the last scan found') }),
      columns: [lastScan, tags],
    },
    { name: 'v1beta2', storage: true, spec, status, columns: [lastScan, tags] },
    {
      name: 'v1',
      storage: false,
      spec,
      status,
      columns: [
        { name: 'Image', type: 'string', path: '.spec.image' },
        tags,
        columns.ready,
        columns.status,
        { ...lastScan, priority: 1 },
        columns.age,
      ],
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** An ImageRepository as the API server holds it. */
export type ImageRepositoryObject = ObjectOf<typeof ImageRepository>
