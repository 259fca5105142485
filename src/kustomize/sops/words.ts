import { type Leaf, Time } from './tree.ts'

/** A value where a format knows only text. */
export function wordOf(leaf: Leaf): string {
  if (leaf instanceof Time) return leaf.text
  if (leaf instanceof Uint8Array) return Buffer.from(leaf).toString('utf8')
  return leaf === null ? '<nil>' : String(leaf)
}
