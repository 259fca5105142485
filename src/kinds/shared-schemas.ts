import * as z from 'zod'

/** `1h30m`: hours, minutes, seconds, milliseconds. Spec: sources 1.7 */
export const duration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/)
/** A duration without hours, as timeouts of sources are. */
export const shortDuration = z.string().regex(/^([0-9]+(\.[0-9]+)?(ms|s|m))+$/)
/** Names an object of the same namespace. */
export const localRef = z.looseObject({ name: z.string().describe('name of the object, in the same namespace') })
/** Any text, the empty one too. */
export const text = z.string()
/** Texts by name. */
export const texts = z.record(z.string(), z.string())

const dateTime = z.string().meta({ format: 'date-time' })
const int64 = z.int().meta({ format: 'int64' })
const conditionType = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$/

const condition = z.looseObject({
  type: z.string().max(316).regex(conditionType).describe('what is judged'),
  status: z.enum(['True', 'False', 'Unknown']).describe('the judgement'),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe('why, for programs'),
  message: z.string().max(32768).describe('why, for people'),
  lastTransitionTime: dateTime.describe('when the status became what it is'),
  observedGeneration: int64.min(0).optional().describe('the generation that was judged'),
})

/** `.status.artifact`. Spec: sources 1.1 */
export const artifact = z.looseObject({
  path: text.describe('path below the storage root'),
  url: text.describe('where the file can be had'),
  revision: text.describe('identifies the content upstream'),
  digest: z
    .string()
    .regex(/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/)
    .optional()
    .describe('digest of the file'),
  lastUpdateTime: dateTime.describe('when the file was written'),
  size: int64.optional().describe('bytes of the file'),
  metadata: texts.optional().describe('annotations of the upstream artifact'),
})

/** Status fields that every Flux kind has. */
export const commonStatus = {
  conditions: z.array(condition).optional().describe('how the object is doing'),
  lastHandledReconcileAt: text.optional().describe('the last requestedAt that was acted on'),
  observedGeneration: int64.optional().describe('the generation that the status is about'),
}
/** Status fields that every source has. */
export const sourceStatus = {
  ...commonStatus,
  artifact: artifact.optional().describe('the last stored artifact'),
  url: text.optional().describe('a stable address of the newest artifact'),
}

const ready = '.status.conditions[?(@.type=="Ready")]'
/** Printed columns that all kinds share. */
export const columns = {
  url: { name: 'URL', type: 'string', path: '.spec.url' },
  ready: { name: 'Ready', type: 'string', path: `${ready}.status` },
  status: { name: 'Status', type: 'string', path: `${ready}.message` },
  age: { name: 'Age', type: 'date', path: '.metadata.creationTimestamp' },
} as const

/** The artifact in the status of a version before v1. */
export function oldArtifact(revision: string) {
  return z
    .looseObject({
      path: text.describe('path below the storage root'),
      url: text.describe('where the file can be had'),
      revision: text.optional().describe(revision),
      checksum: text.optional().describe('checksum of the file'),
      lastUpdateTime: dateTime.describe('when the file was written'),
    })
    .optional()
    .describe('the last stored artifact')
}
