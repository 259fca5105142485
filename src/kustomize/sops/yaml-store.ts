import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Pair, parseAllDocuments, type YAMLMap, type YAMLSeq } from 'yaml'
import { malformed } from './error.ts'
import { Branch, checkDepth, Comment, type Entry, type Leaf, List, type Node } from './tree.ts'
import { tags } from './yaml-scalar.ts'

const options = { version: '1.2', schema: 'failsafe', merge: false, uniqueKeys: true, customTags: tags } as const
/** Aliases are written out: a small text could become a large one. */
const mostNodes = 500_000

/** The documents of a text, in order, with their comments; aliases are expanded. @throws {SopsError} MALFORMED. Spec: kustomization 6.5. */
export function readYaml(text: string): Branch[] {
  const documents = parse(text)
  return documents.map(document => new Reader(document).branch())
}

function parse(text: string): Document.Parsed[] {
  const wrong = (why: string, cause?: unknown): Error => malformed(`Error unmarshaling input YAML: yaml: ${why}`, { cause })
  try {
    const documents = parseAllDocuments(text, options)
    if ('empty' in documents) return []
    for (const { errors } of documents) {
      const [first] = errors
      if (first) throw wrong(`line ${first.linePos?.[0].line ?? 0}: ${first.code}`)
    }
    return documents
  } catch (thrown) {
    throw thrown instanceof RangeError ? wrong('exceeded max depth', thrown) : thrown
  }
}

interface Commented {
  readonly comment?: string | null | undefined
  readonly commentBefore?: string | null | undefined
}

class Reader {
  readonly #document: Document.Parsed
  readonly #open = new Set<unknown>()
  #nodes = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  branch(): Branch {
    const { contents, commentBefore, comment } = this.#document
    const above = comments(commentBefore)
    if (isScalar(contents) && contents.value === null) return new Branch(above)
    const target = isAlias(contents) ? this.#target(contents) : contents
    if (!isMap(target)) throw malformed(`YAML documents that are ${isSeq(target) ? 'sequences' : 'values'} are not supported`)
    const { items } = this.#map(target, 0)
    return new Branch([...above, ...comments(target.commentBefore), ...items, ...comments(comment)])
  }

  #node(node: unknown, depth: number): Node {
    checkDepth(depth)
    if (++this.#nodes > mostNodes) throw malformed('document contains excessive aliasing')
    if (isAlias(node)) return this.#aliased(node, depth)
    if (isMap(node)) return this.#map(node, depth)
    if (isSeq(node)) return this.#list(node, depth)
    return isScalar(node) ? (node.value as Leaf) : null
  }

  #target(alias: Alias): unknown {
    return alias.resolve(this.#document)
  }

  #aliased(alias: Alias, depth: number): Node {
    const target = this.#target(alias)
    if (this.#open.has(target)) throw malformed('an anchor contains itself')
    this.#open.add(target)
    const node = this.#node(target, depth + 1)
    this.#open.delete(target)
    return node
  }

  #map(map: YAMLMap, depth: number): Branch {
    this.#open.add(map)
    const items = map.items.flatMap(pair => this.#pair(pair, depth))
    this.#open.delete(map)
    return new Branch([...items, ...comments(map.comment)])
  }

  #pair({ key, value }: Pair, depth: number): (Entry | Comment)[] {
    const about = (value ?? {}) as Commented
    const above = comments(about.commentBefore)
    const node = this.#node(value, depth + 1)
    const isTree = isMap(value) || isSeq(value)
    return [
      ...comments((key as Commented).commentBefore),
      ...comments((key as Commented).comment),
      ...(isTree ? [] : [...above, ...comments(about.comment, true)]),
      { key: this.#key(key), value: isTree ? begunWith(above, node) : node },
    ]
  }

  #key(key: unknown): string {
    const target = isAlias(key) ? this.#target(key) : key
    const { value, source } = (isScalar(target) ? target : {}) as { value?: unknown; source?: string }
    if (typeof value === 'string') return value
    throw malformed(`Tree contains a non-string key: ${(source ?? 'a list or map').slice(0, 40)}. Only string keys are supported`)
  }

  #list(list: YAMLSeq, depth: number): List {
    this.#open.add(list)
    const items = list.items.flatMap((item): (Node | Comment)[] => {
      const about = (item ?? {}) as Commented
      const isLeaf = !isMap(item) && !isSeq(item)
      return [...comments(about.commentBefore), ...(isLeaf ? comments(about.comment, true) : []), this.#node(item, depth + 1)]
    })
    this.#open.delete(list)
    return new List([...items, ...comments(list.comment)])
  }
}

/** What stands above the first of a map or a list is within it, as its name is in the way to what is encrypted. */
function begunWith(above: readonly Comment[], node: Node): Node {
  if (above.length === 0) return node
  if (node instanceof Branch) return new Branch([...above, ...node.items])
  return node instanceof List ? new List([...above, ...node.items]) : node
}

function comments(text: string | null | undefined, inline = false): Comment[] {
  return (text ?? '')
    .split('\n')
    .filter(line => line !== '')
    .map(line => new Comment(line, inline))
}
