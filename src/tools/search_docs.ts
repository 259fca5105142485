import * as z from 'zod'
import { addressOf, searchLibrary } from './docs/library.ts'
import { tool } from './tool.ts'

const mostText = 900

export const searchDocs = tool({
  name: 'search_docs',
  title: 'Documentation',
  effect: 'reads',
  description:
    'Fields and behaviours of Flux kinds and of this server, from its own schemas and docs: defaults, allowed values, what a field does.',
  input: z.object({ query: z.string().min(2).max(300), limit: z.int().min(1).max(20).default(4) }),
  output: z.looseObject({
    total: z.number(),
    results: z.array(z.looseObject({ uri: z.string(), title: z.string(), text: z.string() })),
    next: z.string(),
  }),
  async run({ query, limit }, { docs }) {
    const hits = await searchLibrary(docs, query)
    return {
      total: hits.length,
      results: hits.slice(0, limit).map(({ chunk }) => ({
        uri: addressOf(chunk),
        title: chunk.title,
        text: chunk.text.length > mostText ? `${chunk.text.slice(0, chunk.text.lastIndexOf('\n', mostText) + 1 || mostText)}…` : chunk.text,
      })),
      next:
        hits.length === 0
          ? 'use other words: a kind and a field, such as Kustomization dependsOn'
          : 'read a uri as a resource for all of its text',
    }
  },
  say: ({ results, total, next }) =>
    [...results.map(({ uri, title, text }) => `## ${title} (${uri})\n${text}`), `${results.length} of ${total}. Next: ${next}`].join('\n'),
})
