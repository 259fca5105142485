import { printScalar } from '../../lib/yaml-print.ts'
import { Branch, Comment, List, type Leaf, type Node, Time } from './tree.ts'

const step = 4

/** Documents as SOPS prints YAML: an indent of four, lists indented as well, comments in their places. Spec: kustomization 6.5. */
export function printYaml(trees: readonly Branch[]): string {
  return trees.map(tree => (tree.entries.length === 0 ? `${commentLines(tree.items, 0)}{}\n` : mapLines(tree, 0))).join('---\n')
}

/** Lines that each begin at the indent and end. */
function mapLines({ items }: Branch, indent: number): string {
  return withComments(items, indent, ({ key, value }, behind) => {
    const name = `${' '.repeat(indent)}${printScalar(key, { indent, key: true })}:`
    return name + valueText(value, { indent, behind })
  })
}

function listLines({ items }: List, indent: number): string {
  return withComments(items, indent, (value, behind) => itemText(value, { indent, behind }))
}

interface Place {
  readonly indent: number
  /** The comment that stands behind a value on its line. */
  readonly behind: string
}

function valueText(value: Node, { indent, behind }: Place): string {
  if (value instanceof Branch && value.entries.length > 0) return `${behind}\n${mapLines(value, indent + step)}`
  if (value instanceof List && value.values.length > 0) return `${behind}\n${listLines(value, indent + step)}`
  return ` ${line(leafText(value, indent), behind)}`
}

/** The first line of a map or a list stands behind the mark. */
function itemText(value: Node, { indent, behind }: Place): string {
  const mark = `${' '.repeat(indent)}- `
  const isFilled = (value instanceof Branch && value.entries.length > 0) || (value instanceof List && value.values.length > 0)
  if (!isFilled) return mark + line(leafText(value, indent), behind)
  const inner = value instanceof Branch ? mapLines(value, indent + 2) : listLines(value as List, indent + 2)
  return mark + inner.slice(indent + 2)
}

/** The comment behind a text of several lines stands on its first. */
function line(text: string, behind: string): string {
  const [first = '', ...more] = text.replace(/\n$/, '').split('\n')
  return `${[first + behind, ...more].join('\n')}\n`
}

function leafText(value: Node, indent: number): string {
  if (value instanceof Branch) return '{}'
  if (value instanceof List) return '[]'
  return textOf(value, indent)
}

function textOf(leaf: Leaf, indent: number): string {
  if (leaf === null) return 'null'
  if (leaf instanceof Time) return leaf.text
  if (leaf instanceof Uint8Array) return `!!binary ${Buffer.from(leaf).toString('base64')}`
  if (typeof leaf === 'string') return printScalar(leaf, { indent: indent + step, step })
  return typeof leaf === 'number' ? numeral(leaf) : String(leaf)
}

/** Go's shortest form: an exponent of two digits from 21 digits on. */
function numeral(value: number): string {
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2')
}

function withComments<T>(items: readonly (T | Comment)[], indent: number, print: (item: T, behind: string) => string): string {
  const out: string[] = []
  let behind: string[] = []
  for (const item of items) {
    if (item instanceof Comment) {
      if (item.inline) behind.push(item.text)
      else out.push(`${' '.repeat(indent)}#${item.text}\n`)
      continue
    }
    out.push(print(item, behind.map(text => ` #${text}`).join('')))
    behind = []
  }
  return [...out, ...behind.map(text => `${' '.repeat(indent)}#${text}\n`)].join('')
}

function commentLines(items: Branch['items'], indent: number): string {
  return items.flatMap(item => (item instanceof Comment ? [`${' '.repeat(indent)}#${item.text}\n`] : [])).join('')
}
