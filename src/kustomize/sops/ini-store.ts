import { malformed, SopsError } from './error.ts'
import { Branch, Comment, type Entry } from './tree.ts'
import { wordOf } from './words.ts'

const unnamed = 'DEFAULT'

/** Sections as maps of texts, the keys before the first one in `DEFAULT`; read as go-ini does. @throws {SopsError} MALFORMED, without the line. Spec: kustomization 6.5. */
export function readIni(text: string): Branch {
  return new Parser(text).sections()
}

interface Key {
  readonly name: string
  value: string
  comment: string
}
interface Section {
  readonly name: string
  readonly comment: string
  readonly keys: Map<string, Key>
}

class Parser {
  readonly #lines: string[]
  #next = 0
  #comment = ''

  constructor(text: string) {
    this.#lines = text.replace(/^\ufeff/, '').split(/(?<=\n)/)
  }

  sections(): Branch {
    const all: Section[] = [{ name: unnamed, comment: '', keys: new Map() }]
    let unnumbered = 0
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const bare = line.trimStart()
      if (bare === '') continue
      if (/^[#;]/.test(bare)) this.#comment += bare
      else if (bare.startsWith('[')) all.push(this.#section(bare))
      else {
        const { name, rest } = keyIn(bare)
        const value = this.#value(rest)
        const key = { name: name === '-' ? `#${++unnumbered}` : name, value, comment: this.#taken() }
        all.at(-1)?.keys.set(key.name, key)
      }
    }
    return new Branch(all.map(({ name, comment, keys }) => ({ key: name, value: branchOf(comment, [...keys.values()]) })))
  }

  #line(): string | undefined {
    return this.#lines[this.#next++]
  }

  #taken(): string {
    const comment = this.#comment.trim()
    this.#comment = ''
    return comment
  }

  #section(line: string): Section {
    const close = line.lastIndexOf(']')
    if (close < 0) throw unreadable('unclosed section')
    if (close === 1) throw unreadable('error creating new section: empty section name')
    const behind = /[#;][\s\S]*$/.exec(line.slice(close + 1))?.[0] ?? ''
    this.#comment += behind
    return { name: line.slice(1, close), comment: this.#taken(), keys: new Map() }
  }

  #value(rest: string): string {
    const line = rest.trimStart()
    const quote = line.length > 3 && line.startsWith('"""') ? '"""' : line.startsWith('`') ? '`' : undefined
    if (quote) {
      const end = line.lastIndexOf(quote)
      return end < quote.length ? this.#until(line.slice(quote.length), quote) : line.slice(quote.length, end)
    }
    const bare = line.trim()
    if (bare.endsWith('\\')) return this.#continued(bare.slice(0, -1))
    const mark = bare.search(/[#;]/)
    if (mark >= 0) this.#comment += bare.slice(mark)
    const value = mark < 0 ? bare : bare.slice(0, mark).trim()
    return /^'[^']*'$|^"[^"]*"$/.test(value) && value.length > 1 ? value.slice(1, -1) : value
  }

  #until(first: string, quote: string): string {
    const parts = [first]
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const end = line.lastIndexOf(quote)
      parts.push(end < 0 ? line : line.slice(0, end))
      if (end >= 0) return parts.join('')
    }
    throw unreadable('missing closing key quote')
  }

  #continued(first: string): string {
    const parts = [first]
    for (let line = this.#line()?.trim(); line; line = this.#line()?.trim()) {
      const more = line.endsWith('\\')
      parts.push(more ? line.slice(0, -1) : line)
      if (!more) break
    }
    return parts.join('')
  }
}

function keyIn(line: string): { name: string; rest: string } {
  const quote = line.length > 6 && line.startsWith('"""') ? '"""' : (/^["`]/.exec(line)?.[0] ?? '')
  const end = quote === '' ? -1 : line.indexOf(quote, quote.length)
  if (quote !== '' && end < 0) throw unreadable('missing closing key quote')
  const from = quote === '' ? 0 : end + quote.length
  const at = line.slice(from).search(/[=:]/)
  if (at < 0) throw unreadable('key-value delimiter not found')
  if (quote === '' && at === 0) throw unreadable('empty key name')
  return { name: (quote === '' ? line.slice(0, at) : line.slice(quote.length, end)).trim(), rest: line.slice(from + at + 1) }
}

function unreadable(why: string): SopsError {
  return malformed(`Could not unmarshal input data: ${why}`)
}

function branchOf(comment: string, keys: readonly Key[]): Branch {
  const above = comment === '' ? [] : [new Comment(bareOf(comment))]
  const entries = keys.flatMap(({ name, value, comment: behind }): (Entry | Comment)[] => [
    { key: name, value },
    ...(behind === '' ? [] : [new Comment(bareOf(behind))]),
  ])
  return new Branch([...above, ...entries])
}

function bareOf(comment: string): string {
  return comment.startsWith(';') ? comment.replace(/^[; ]+/, '') : comment.replace(/^[# ]+/, '')
}

/** As go-ini prints: equals signs below each other, an empty line between sections. @throws {SopsError} CANNOT_EMIT. */
export function printIni(trees: readonly Branch[]): string {
  const sections = trees.flatMap(tree => tree.entries).map(sectionOf)
  return sections.flatMap((section, i) => linesOf(section, { first: i === 0, last: i === sections.length - 1 })).join('')
}

function sectionOf({ key: name, value }: Entry): Section {
  if (!(value instanceof Branch))
    throw new SopsError('CANNOT_EMIT', 'Error marshaling to INI: Error encoding section: Section values should always be TreeBranches')
  const [first, ...rest] = value.items
  const comment = first instanceof Comment ? first.text : ''
  const keys = new Map<string, Key>()
  let last: Key | undefined
  for (const item of first instanceof Comment ? rest : value.items) {
    if (item instanceof Comment) {
      if (last) last.comment = item.text
      continue
    }
    if (item.value instanceof Branch) throw new SopsError('CANNOT_EMIT', `Error marshaling to INI: the key ${item.key} has a map`)
    last = { name: item.key, value: wordOf(item.value as string), comment: '' }
    keys.set(last.name, last)
  }
  return { name, comment, keys }
}

function linesOf({ name, comment, keys }: Section, { first, last }: { first: boolean; last: boolean }): string[] {
  const above = commentLines(comment)
  const bare = first && name.toUpperCase() === unnamed
  if (bare && keys.size === 0) return above
  const all = [...keys.values()]
  const width = Math.max(0, ...all.map(key => Buffer.byteLength(quotedName(key.name))))
  const body = all.flatMap(key => {
    const shown = quotedName(key.name)
    return [...commentLines(key.comment), `${shown}${' '.repeat(width - Buffer.byteLength(shown))} = ${quotedValue(key.value)}\n`]
  })
  return [...above, ...(bare ? [] : [`[${name}]\n`]), ...body, ...(last ? [] : ['\n'])]
}

function commentLines(comment: string): string[] {
  if (comment === '') return []
  return comment.split('\n').map(line => (/^[#;]/.test(line) ? `${line.slice(0, 1)} ${line.slice(1).trim()}\n` : `; ${line.trim()}\n`))
}

function quotedName(name: string): string {
  if (/["=:]/.test(name)) return `\`${name}\``
  return name.includes('`') ? `"""${name}"""` : name
}

function quotedValue(value: string): string {
  if (/[\n`]/.test(value)) return `"""${value}"""`
  if (/[#;]/.test(value)) return `\`${value}\``
  return value.trim() === value ? value : `"${value}"`
}
