import type MiniSearch from 'minisearch'
import type { Docs } from '../../world/docs/docs.ts'
import { type Chunk, chunksOfKind, chunksOfPage } from './chunks.ts'

const pages = ['using']

interface Library {
  readonly chunks: readonly Chunk[]
  readonly index: MiniSearch
}
const libraries = new WeakMap<Docs, Promise<Library>>()

/** A chunk with how well it fits. */
export interface Hit {
  readonly chunk: Chunk
  readonly score: number
}

/** The chunks that fit a question, the best first. The index is made at the first question. */
export async function searchLibrary(docs: Docs, query: string): Promise<Hit[]> {
  const { chunks, index } = await libraryOf(docs)
  return index.search(query).flatMap(({ id, score }) => {
    const chunk = chunks[Number(id)]
    return chunk ? [{ chunk, score }] : []
  })
}

/** All chunks, in their order. */
export async function chunksIn(docs: Docs): Promise<readonly Chunk[]> {
  return (await libraryOf(docs)).chunks
}

/** The address of a chunk. */
export function addressOf({ topic, section }: Chunk): string {
  return `flux-docs://${topic}/${section}`
}

function libraryOf(docs: Docs): Promise<Library> {
  const known = libraries.get(docs)
  if (known) return known
  const made = open(docs)
  libraries.set(docs, made)
  return made
}

async function open(docs: Docs): Promise<Library> {
  const { reconcilers } = await import('../run/reconcilers.ts')
  const texts = await Promise.all(pages.map(async page => chunksOfPage(page, (await docs.page(page)) ?? '')))
  const chunks = [...reconcilers.flatMap(r => chunksOfKind(r.kind)), ...texts.flat()]
  const { default: Index } = await import('minisearch')
  const index = new Index({
    fields: ['title', 'section', 'text'],
    tokenize: wordsOf,
    searchOptions: { boost: { title: 3, section: 2 }, prefix: term => term.length > 2, fuzzy: term => (term.length > 4 ? 0.2 : false) },
  })
  index.addAll(chunks.map((chunk, id) => ({ id, ...chunk })))
  return { chunks, index }
}

/** Words, and those within names such as `dependsOn` or `spec.postBuild`. */
function wordsOf(text: string): string[] {
  return text
    .split(/[^A-Za-z0-9]+/)
    .flatMap(word => [word, ...word.split(/(?<=[a-z0-9])(?=[A-Z])/)])
    .filter((word, i, all) => word !== '' && (i === 0 || word !== all[i - 1]))
    .map(word => word.toLowerCase())
}
