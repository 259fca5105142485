import * as z from 'zod'
import { parseOciUrl, printReference } from '../lib/reference.ts'
import { eachTag } from './artifacts/each-tag.ts'
import { openRegistry, registryArguments, tagName } from './artifacts/registry-access.ts'
import { tool } from './tool.ts'

export const tagArtifact = tool({
  name: 'tag_artifact',
  title: 'Tag an artifact',
  effect: 'changes',
  repeatable: true,
  description: 'Give an existing artifact more tags, as to promote it.',
  input: z.object({
    url: z.string(),
    tags: z.array(tagName).min(1).max(20),
    ...registryArguments,
  }),
  output: z.looseObject({ digest: z.string(), tagged: z.array(z.string()), servedBy: z.string(), next: z.string() }),
  async preview({ url, tags, insecure, provider }, world, { signal }) {
    const ref = parseOciUrl(url)
    const { digest } = await (await openRegistry(world, { at: ref, insecure, provider, signal }, 'lookup')).lookUp(ref, signal)
    return {
      summary: `tag ${digest} as ${tags.join(', ')}`,
      changes: tags.map(tag => ({ action: 'tag', object: printReference({ registry: ref.registry, repository: ref.repository, tag }) })),
      live: digest,
    }
  },
  async run({ url, tags, insecure, provider }, world, { signal }) {
    const ref = parseOciUrl(url)
    const registry = await openRegistry(world, { at: ref, insecure, provider, signal }, 'transfer')
    const { digest } = await registry.lookUp(ref, signal)
    const place = { registry: ref.registry, repository: ref.repository }
    await eachTag(tags, tag => registry.tag({ ...place, digest }, tag, signal))
    return {
      digest,
      tagged: tags.map(tag => printReference({ ...place, tag })),
      servedBy: registry.served,
      next: 'reconcile withSource=true what follows one of these tags',
    }
  },
  say: d => `${d.digest} is now ${d.tagged.join(', ')} (served by ${d.servedBy}). Next: ${d.next}`,
})
