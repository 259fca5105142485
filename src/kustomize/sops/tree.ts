import { digitsOf, isObject, type Json, wholeNumber } from '../../lib/json.ts'
import { malformed } from './error.ts'

/** A moment, as RFC 3339: YAML has them beside texts. */
export class Time {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A comment without its mark. `inline`: it stands behind a value. */
export class Comment {
  readonly text: string
  readonly inline: boolean
  constructor(text: string, inline = false) {
    this.text = text
    this.inline = inline
  }
}

/** Bytes are a text that is no UTF-8. */
export type Leaf = null | boolean | number | bigint | string | Time | Uint8Array
export type Node = Leaf | Branch | List
export interface Entry {
  readonly key: string
  readonly value: Node
}
/** A map in the order of its document, with comments between its entries. */
export class Branch {
  readonly items: readonly (Entry | Comment)[]
  constructor(items: readonly (Entry | Comment)[]) {
    this.items = items
  }
  /** Its entries, without comments. */
  get entries(): Entry[] {
    return this.items.filter((item): item is Entry => !(item instanceof Comment))
  }
  /** The value of a key; `undefined` where there is none. */
  at(key: string): Node | undefined {
    return this.entries.find(entry => entry.key === key)?.value
  }
}
export class List {
  readonly items: readonly (Node | Comment)[]
  constructor(items: readonly (Node | Comment)[]) {
    this.items = items
  }
  get values(): Node[] {
    return this.items.filter((item): item is Node => !(item instanceof Comment))
  }
}

/** Deeper documents are refused: nobody writes them, and each level costs a step of the stack. */
export const mostDepth = 500

export function checkDepth(depth: number): void {
  if (depth > mostDepth) throw malformed(`exceeded max depth of ${mostDepth}`)
}

/** A JSON value as a node. @throws {SopsError} MALFORMED when it is too deep. */
export function nodeOf(value: Json, depth = 0): Node {
  checkDepth(depth)
  if (Array.isArray(value)) return new List(value.map(item => nodeOf(item, depth + 1)))
  if (isObject(value))
    return new Branch(Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : [{ key, value: nodeOf(item, depth + 1) }])))
  const digits = digitsOf(value)
  return digits === undefined ? (value as null | boolean | number | string) : BigInt(digits)
}

/** A node as JSON: without comments, moments as text. */
export function jsonOf(node: Node): Json {
  if (node instanceof List) return node.values.map(jsonOf)
  if (node instanceof Branch) return Object.fromEntries(node.entries.map(({ key, value }) => [key, jsonOf(value)]))
  if (node instanceof Time) return node.text
  if (node instanceof Uint8Array) return Buffer.from(node).toString('utf8')
  return typeof node === 'bigint' ? wholeNumber(String(node)) : node
}
