import { malformed, SopsError } from './error.ts'
import { Branch, Comment, type Entry, List } from './tree.ts'
import { wordOf } from './words.ts'

/** Lines of `KEY=value`; `\n` in a value is a line break. @throws {SopsError} MALFORMED, without the line. Spec: kustomization 6.5. */
export function readDotenv(text: string): Branch {
  const lines = text.split('\n').filter(line => line !== '')
  return new Branch(
    lines.map((line): Entry | Comment => {
      if (line.startsWith('#')) return new Comment(line.slice(1))
      const equals = line.indexOf('=')
      if (equals < 0) throw malformed('invalid dotenv input line: <redacted>')
      return { key: line.slice(0, equals), value: line.slice(equals + 1).replaceAll('\\n', '\n') }
    }),
  )
}

/** @throws {SopsError} CANNOT_EMIT for maps and lists. */
export function printDotenv(tree: Branch): Buffer {
  return Buffer.concat(
    tree.items.map(item => {
      if (item instanceof Comment) return Buffer.from(`#${item.text}\n`)
      const { key, value } = item
      if (value instanceof Branch || value instanceof List)
        throw new SopsError('CANNOT_EMIT', `cannot use complex value in dotenv file; offending key ${key}`)
      const shown = value instanceof Uint8Array ? value : Buffer.from(wordOf(value).replaceAll('\n', '\\n'))
      return Buffer.concat([Buffer.from(`${key}=`), shown, Buffer.from('\n')])
    }),
  )
}
