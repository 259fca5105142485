import { parseAllDocuments, stringify, type Tags } from 'yaml'
import { CodedError } from './coded-error.ts'
import type { Json } from './json.ts'

/** Text that is no YAML. `line` and `column` count from 1; absent where the parser gave none. */
export class YamlError extends CodedError<'MALFORMED'> {
  override readonly name = 'YamlError'
  readonly line: number | undefined
  readonly column: number | undefined
  constructor(message: string, at: { line?: number | undefined; column?: number | undefined }, options?: ErrorOptions) {
    super('MALFORMED', at.line === undefined ? message : `line ${at.line}: ${message}`, options)
    this.line = at.line
    this.column = at.column
  }
}

/** YAML 1.1 as Kubernetes reads it: `yes` and `on` are booleans, `0777` is octal; times and base 60 stay text. */
const kubernetes = (tags: Tags): Tags => tags.filter(tag => typeof tag === 'string' || (tag.format !== 'TIME' && !/timestamp|binary|omap|pairs|set$/.test(tag.tag)))
const options = { version: '1.1', customTags: kubernetes } as const

/** The documents of a text; empty ones are left out. @throws {YamlError} for malformed text, duplicate keys, alias bombs. */
export function parseAll(text: string): Json[] {
  const documents = parseAllDocuments(text, options)
  if ('empty' in documents) return []
  return documents.flatMap(document => {
    const [error] = document.errors
    if (error) throw new YamlError(error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'malformed', { line: error.linePos?.[0].line, column: error.linePos?.[0].col }, { cause: error })
    const value = valueOf(() => document.toJS({ maxAliasCount: 10_000 }) as Json)
    return value === null || value === undefined ? [] : [value]
  })
}

function valueOf(read: () => Json): Json {
  try {
    return read()
  } catch (thrown) {
    throw new YamlError(thrown instanceof Error ? thrown.message : 'malformed', {}, { cause: thrown })
  }
}

/** One document with sorted keys; a string is quoted exactly when a YAML 1.1 reader would else read something different. Ends with a newline. */
export function print(value: Json): string {
  return stringify(value, { ...options, sortMapEntries: true, lineWidth: 0, indentSeq: false, aliasDuplicateObjects: false })
}

/** Documents with `---` between. */
export function printAll(values: readonly Json[]): string {
  return values.map(print).join('---\n')
}
