import * as z from 'zod'

/** Which namespaces may use an object: in the API, and in no controller. */
export const accessFrom = z.looseObject({
  namespaceSelectors: z
    .array(z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional().describe('labels it must have') }))
    .describe('namespaces'),
})
