import type { JsonObject } from '../lib/json.ts'
import type { Tool } from '../tools/tool.ts'
import { UsageError } from './usage.ts'

/** The words that a verb takes beside its flags: how they are shown, which arguments they stand for, and what they mean. */
export interface Operands {
  /** In commander's words: `<object>`, `[path]`, with their help. */
  readonly shown: readonly (readonly [word: string, help: string])[]
  /** Arguments of the tool that words stand for; a list has no flag for them, unless the word may be left away. */
  readonly takes: readonly string[]
  read(words: readonly (string | undefined)[]): JsonObject
}

const object: Operands = {
  shown: [
    ['<object>', 'KIND/NAME, or KIND/NAMESPACE/NAME'],
    ['[name]', 'the name, after a KIND alone'],
  ],
  takes: ['kind', 'name'],
  read: ([first = '', second]) => objectFrom(first, second),
}

const someObjects: Operands = {
  shown: [['[object]', 'KIND or KIND/NAME']],
  takes: [],
  read: ([first]) => (first === undefined ? {} : first.includes('/') ? objectFrom(first, undefined) : { kind: first }),
}

const url: Operands = {
  shown: [['<url>', 'oci://REGISTRY/REPOSITORY[:TAG]']],
  takes: ['url'],
  read: ([first = '']) => ({ url: first.includes('://') ? first : `oci://${first}` }),
}

const byTool: Readonly<Record<string, Operands>> = {
  get_status: { shown: [['[kind]', 'one kind only']], takes: [], read: ([kind]) => (kind === undefined ? {} : { kind }) },
  get_events: someObjects,
  push_artifact: {
    shown: [...url.shown, ['[path]', 'folder or file to push; - reads standard input']],
    takes: ['url'],
    read: ([first, path]) => ({ ...url.read([first]), ...(path === undefined ? {} : { path }) }),
  },
  pull_artifact: url,
  tag_artifact: url,
  list_artifacts: url,
  diff_artifact: {
    shown: [...url.shown, ['[path]', 'folder or file to compare with']],
    takes: ['url'],
    read: ([first, path]) => ({ ...url.read([first]), ...(path === undefined ? {} : { path }) }),
  },
  update_images: {
    shown: [['[path]', 'file or folder with marked fields; instead of it --name NAME, of an ImageUpdateAutomation']],
    takes: ['path'],
    read: ([path]) => (path === undefined ? {} : { path }),
  },
  search_docs: { shown: [['<query>', 'a kind, a field, a question']], takes: ['query'], read: ([query = '']) => ({ query }) },
  get_image_digest: {
    shown: [['[image]', 'REGISTRY/REPOSITORY:TAG; instead of it --policy NAME']],
    takes: ['image'],
    read: ([image]) => (image === undefined ? {} : { image }),
  },
}

/** The words of a tool's verb. */
export function operandsOf({ name, input }: Tool): Operands {
  const known = byTool[name]
  if (known) return known
  const { kind, name: named } = input.shape
  const isTarget = kind !== undefined && named !== undefined && !kind.safeParse(undefined).success
  return isTarget ? object : { shown: [], takes: [], read: () => ({}) }
}

/** `KIND/NAME`, `KIND/NAMESPACE/NAME` as answers print it, or two words. @throws {UsageError} */
export function objectFrom(first: string, second: string | undefined): JsonObject {
  const parts = second === undefined ? first.split('/') : [first, ...second.split('/')]
  const [kind = '', ...rest] = parts
  const name = rest.at(-1) ?? ''
  if (parts.length < 2 || parts.length > 3 || parts.some(p => p === ''))
    throw new UsageError(`'${[first, second].filter(Boolean).join(' ')}' names no object: use KIND/NAME, such as ks/apps`)
  return { kind, name, ...(rest.length === 2 ? { namespace: rest[0] ?? '' } : {}) }
}
