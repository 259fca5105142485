import { parseJson } from '../../lib/json.ts'
import { malformed } from './error.ts'
import { Branch, checkDepth, type Entry, List, type Node, nodeOf, Time } from './tree.ts'

/** A JSON object in the order of its text. @throws {SopsError} MALFORMED. */
export function readJson(text: string): Branch {
  const reader = new Reader(text)
  const value = reader.value(0)
  if (value instanceof Branch) return value
  throw malformed(
    "Could not unmarshal input data: SOPS only supports JSON files with a top-level object (starting with '{'), not arrays or other types",
  )
}

const token = /[ \t\r\n]*(?:([[\]{},:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(true|false|null|-?\d[\d.eE+-]*))/y

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Node {
    checkDepth(depth)
    return this.#valueOf(this.#next(), depth)
  }

  #valueOf({ mark, word }: Token, depth: number): Node {
    if (mark === '{') return this.#map(depth)
    if (mark === '[') return this.#list(depth)
    if (mark !== undefined) throw this.#wrong()
    return nodeOf(this.#parsed(word))
  }

  #map(depth: number): Branch {
    const items: Entry[] = []
    let next = this.#next()
    if (next.mark === '}') return new Branch(items)
    for (;;) {
      const key = next.mark === undefined ? this.#parsed(next.word) : undefined
      if (typeof key !== 'string' || this.#next().mark !== ':') throw this.#wrong()
      items.push({ key, value: this.value(depth + 1) })
      const { mark } = this.#next()
      if (mark === '}') return new Branch(items)
      if (mark !== ',') throw this.#wrong()
      next = this.#next()
    }
  }

  #list(depth: number): List {
    const items: Node[] = []
    const first = this.#next()
    if (first.mark === ']') return new List(items)
    for (let next = first; ; next = this.#next()) {
      items.push(this.#valueOf(next, depth + 1))
      const { mark } = this.#next()
      if (mark === ']') return new List(items)
      if (mark !== ',') throw this.#wrong()
    }
  }

  #next(): Token {
    token.lastIndex = this.#at
    const found = token.exec(this.#text)
    if (!found) throw this.#wrong()
    this.#at = token.lastIndex
    return { mark: found[1], word: found[2] ?? found[3] ?? '' }
  }

  #parsed(word: string): ReturnType<typeof parseJson> {
    try {
      return parseJson(word)
    } catch {
      throw this.#wrong()
    }
  }

  #wrong(): Error {
    const line = this.#text.slice(0, this.#at).split('\n').length
    return malformed(`Could not unmarshal input data: invalid JSON after line ${line}`)
  }
}

interface Token {
  readonly mark: string | undefined
  readonly word: string
}

/** A tree as SOPS prints JSON: indented with tabs, a line break at the end; comments are left out. */
export function printJson(tree: Branch): string {
  return `${printed(tree, '')}\n`
}

function printed(node: Node, indent: string): string {
  const deeper = `${indent}\t`
  if (node instanceof Branch) {
    const lines = node.entries.map(({ key, value }) => `${deeper}${quoted(key)}: ${printed(value, deeper)}`)
    return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`
  }
  if (node instanceof List) {
    const lines = node.values.map(value => deeper + printed(value, deeper))
    return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n${indent}]`
  }
  if (node instanceof Time) return quoted(node.text)
  if (node instanceof Uint8Array) return quoted(Buffer.from(node).toString('utf8'))
  return typeof node === 'string' ? quoted(node) : String(node)
}

const escapes: Readonly<Record<string, string>> = { '\\b': '\\u0008', '\\f': '\\u000c' }

/** As Go quotes: what HTML could read is escaped. */
function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed())
    .replaceAll(/\\[\\"nrtbfu]/g, pair => escapes[pair] ?? pair)
    .replaceAll(/[<>&\u2028\u2029]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
