import * as z from 'zod'
import type { JsonObject } from '../lib/json.ts'
import { kind, type ObjectOf } from './kind.ts'
import { type Rule, ruled } from './rule.ts'
import { columns, commonStatus, duration, text } from './shared-schemas.ts'

const order = z.enum(['asc', 'desc']).default('asc').describe('asc takes the last, desc the first')

const older = {
  imageRepositoryRef: z
    .looseObject({
      name: text.describe('name of the ImageRepository'),
      namespace: text.optional().describe('its namespace; absent: the same'),
    })
    .describe('whose tags to choose from'),
  policy: z
    .looseObject({
      semver: z
        .looseObject({ range: text.describe("range of versions, in the words of Masterminds' library") })
        .optional()
        .describe('takes the highest version in a range'),
      alphabetical: z.looseObject({ order }).optional().describe('compares tags as texts, byte by byte'),
      numerical: z.looseObject({ order }).optional().describe('compares tags as numbers'),
    })
    .describe('how to choose; of several that are set, the first of semver, alphabetical, numerical'),
  filterTags: z
    .looseObject({
      pattern: text.optional().describe('regular expression that tags must match'),
      extract: text.optional().describe('what of a tag is compared, such as $1 or $name; absent: all of it'),
    })
    .optional()
    .describe('which tags to choose from; absent: all'),
}

const always = (self: JsonObject): boolean => self.digestReflectionPolicy === 'Always'

/** What the API server judges of an ImagePolicy beyond its schema. */
export const imagePolicyRules: readonly Rule[] = [
  {
    rule: "!has(self.interval) || (has(self.digestReflectionPolicy) && self.digestReflectionPolicy == 'Always')",
    message: "spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'",
    holds: self => self.interval === undefined || always(self),
  },
  {
    rule: "has(self.interval) || !has(self.digestReflectionPolicy) || self.digestReflectionPolicy != 'Always'",
    message: "spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
    holds: self => self.interval !== undefined || !always(self),
  },
]

const spec = ruled(
  z.looseObject({
    ...older,
    digestReflectionPolicy: z
      .enum(['Always', 'IfNotPresent', 'Never'])
      .default('Never')
      .describe('when the digest of the latest tag is looked up: at each interval, once for a tag, not at all'),
    interval: duration.optional().describe('how often the digest is looked up, with Always'),
    suspend: z.boolean().optional().describe('stops reconciling'),
  }),
  imagePolicyRules,
)

const imageRef = z.looseObject({
  name: text.describe('the image, as its ImageRepository names it'),
  tag: text.describe('its tag'),
  digest: text.optional().describe('what the tag stands for'),
})
/** An image with its tag. */
export type ImageRef = z.infer<typeof imageRef>

const status = z.looseObject({
  ...commonStatus,
  latestRef: imageRef.optional().describe('the image that the policy chose'),
  observedPreviousRef: imageRef.optional().describe('the one that it chose before'),
})
const { lastHandledReconcileAt: _, ...oldStatus } = commonStatus
const latestImage = text.optional().describe('the image that the policy chose, as one text')
const printed = [{ name: 'LatestImage', type: 'string', path: '.status.latestImage' }] as const

/** Chooses one of the tags that an ImageRepository has found. Spec: image-helm-notification A.2 */
export const ImagePolicy = kind({
  group: 'image.toolkit.fluxcd.io',
  kind: 'ImagePolicy',
  plural: 'imagepolicies',
  singular: 'imagepolicy',
  shortNames: [],
  version: 'v1beta2',
  alsoReads: ['v1', 'v1beta1'],
  description: 'Chooses the latest of the tags that an ImageRepository has found.',
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      spec: z.looseObject(older),
      status: z.looseObject({ ...oldStatus, latestImage }),
      columns: printed,
    },
    {
      name: 'v1beta2',
      storage: true,
      spec,
      status: status.extend({
        latestImage,
        observedPreviousImage: text.optional().describe('the one that it chose before, as one text'),
      }),
      columns: printed,
    },
    {
      name: 'v1',
      storage: false,
      spec,
      status,
      columns: [
        { name: 'Image', type: 'string', path: '.status.latestRef.name' },
        { name: 'Tag', type: 'string', path: '.status.latestRef.tag' },
        columns.ready,
        columns.status,
        columns.age,
      ],
    },
  ],
  spec,
  status,
  unsupported: [],
})

/** An ImagePolicy as the API server holds it. */
export type ImagePolicyObject = ObjectOf<typeof ImagePolicy>
