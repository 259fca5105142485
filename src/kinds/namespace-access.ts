import * as z from 'zod'

/** Which namespaces may use an object: acted on for ImageRepositories alone. */
export const accessFrom = z.looseObject({
  namespaceSelectors: z
    .array(z.looseObject({ matchLabels: z.record(z.string(), z.string()).optional().describe('labels it must have') }))
    .describe('namespaces'),
})
