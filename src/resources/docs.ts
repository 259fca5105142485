import { addressOf, chunksIn } from '../tools/docs/library.ts'
import { fitting } from '../tools/objects/completions.ts'
import { resource } from './resource.ts'

const topics: NonNullable<Parameters<typeof resource>[0]['complete']>[string] = async (typed, _others, { docs }) =>
  fitting(
    (await chunksIn(docs)).map(c => c.topic),
    typed,
  )

export const docsTopic = resource({
  name: 'docs',
  uri: 'flux-docs://{topic}',
  title: 'Documentation of a topic',
  description: 'The sections of a topic: a kind in lower case, or using.',
  async read({ topic = '' }, { docs }) {
    const sections = (await chunksIn(docs)).filter(c => c.topic === topic)
    return sections.length === 0 ? undefined : { topic, sections: sections.map(c => ({ uri: addressOf(c), title: c.title })) }
  },
  complete: { topic: topics },
})

export const docsSection = resource({
  name: 'docs_section',
  uri: 'flux-docs://{topic}/{section}',
  title: 'A section of the documentation',
  description: 'One field of a kind with what is below it, or one section of a page.',
  async read({ topic = '', section = '' }, { docs }) {
    const found = (await chunksIn(docs)).find(c => c.topic === topic && c.section === decodeURIComponent(section))
    return found && { topic, section: found.section, title: found.title, text: found.text }
  },
  complete: {
    topic: topics,
    section: async (typed, { topic }, { docs }) =>
      fitting(
        (await chunksIn(docs)).filter(c => c.topic === topic).map(c => c.section),
        typed,
      ),
  },
})
