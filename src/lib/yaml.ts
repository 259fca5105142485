import { type Document, isAlias, isMap, isScalar, LineCounter, parseAllDocuments, type ScalarTag, type Tags, visit } from 'yaml'
import { CodedError } from './coded-error.ts'
import { type Json, wholeNumber } from './json.ts'
import { isTime, numberOf, wholeDigits, wordOf } from './yaml-scalars.ts'

export { print, printAll } from './yaml-print.ts'

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

const prefix = 'tag:yaml.org,2002:'

/** Plain scalars as Kubernetes reads them. */
const plain: readonly ScalarTag[] = [
  { tag: `${prefix}null`, default: true, test: /^(?:~|null|Null|NULL)?$/, resolve: () => null },
  {
    tag: `${prefix}bool`,
    default: true,
    test: /^(?:[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/,
    resolve: text => wordOf(text) ?? text,
  },
  { tag: `${prefix}float`, default: true, test: /^[-+.]?[0-9.]/, resolve: (text, onError) => jsonNumber(text, onError) ?? text },
]
/** What stands behind a tag. */
const tagged: readonly ScalarTag[] = [
  { tag: `${prefix}null`, resolve: (text, onError) => (/^(?:~|null|Null|NULL)?$/.test(text) ? null : onError(`${text} is no null`)) },
  { tag: `${prefix}bool`, resolve: (text, onError) => wordOf(text) ?? onError(`${text} is no bool`) },
  {
    tag: `${prefix}int`,
    resolve: (text, onError) => (wholeDigits(text) === undefined ? onError(`${text} is no int`) : jsonNumber(text, onError)),
  },
  { tag: `${prefix}float`, resolve: (text, onError) => jsonNumber(text, onError) ?? onError(`${text} is no float`) },
  { tag: `${prefix}timestamp`, resolve: (text, onError) => (isTime(text) ? text : onError(`${text} is no timestamp`)) },
  { tag: `${prefix}binary`, resolve: text => Buffer.from(text, 'base64').toString('utf8') },
]

function jsonNumber(text: string, onError: (message: string) => void): Json | undefined {
  const whole = wholeDigits(text)
  if (whole !== undefined) return wholeNumber(whole)
  const value = numberOf(text)
  if (value !== undefined && !Number.isFinite(value)) onError(`${text} has no JSON form`)
  return value
}

const kubernetes = (tags: Tags): Tags => [
  ...tags.filter(
    tag => typeof tag !== 'string' && (tag.collection !== undefined ? !/omap|pairs|set$/.test(tag.tag) : tag.tag === `${prefix}str`),
  ),
  ...tagged,
  ...plain,
]
const options = { version: '1.1', schema: 'failsafe', merge: true, customTags: kubernetes } as const

/**
 * The documents of a text; empty ones are left out. YAML 1.1 as Kubernetes reads it: `yes` and `on` are booleans, `0777` is octal, times and base 60 stay text.
 * Whole numbers are exact within 64 bits.
 * @throws {YamlError} For malformed text, duplicate keys, alias bombs, infinities.
 */
export function parseAll(text: string): Json[] {
  const documents = parseAllDocuments(text, options)
  if ('empty' in documents) {
    refuse(documents)
    return []
  }
  return documents.flatMap(document => {
    refuse(document)
    checkKeys(document)
    const value = valueOf(() => document.toJS({ maxAliasCount: 10_000 }) as Json)
    return value === null || value === undefined ? [] : [value]
  })
}

/**
 * The first document of a text as an API server reads a body: a key that stands twice is no failure, the last one counts.
 * `duplicates` names the later ones. Lines count from 1. `null` for an empty text.
 * @throws {YamlError} For malformed text, alias bombs, infinities.
 */
export function parseOne(text: string): { value: Json; duplicates: { line: number; key: string }[] } {
  const lines = new LineCounter()
  const [document] = parseAllDocuments(text, { ...options, uniqueKeys: false, lineCounter: lines })
  if (!document) return { value: null, duplicates: [] }
  refuse(document)
  checkKeys(document)
  return { value: valueOf(() => document.toJS({ maxAliasCount: 10_000 }) as Json), duplicates: duplicatesIn(document, lines) }
}

function duplicatesIn(document: Document.Parsed, lines: LineCounter): { line: number; key: string }[] {
  const found: { line: number; key: string }[] = []
  visit(document, {
    Map(_, map) {
      if (!isMap(map)) return
      const seen = new Set<string>()
      for (const { key } of map.items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        if (seen.has(name)) found.push({ line: lines.linePos(key.range?.[0] ?? 0).line, key: name })
        seen.add(name)
      }
    },
  })
  return found
}

function refuse({ errors, warnings }: Pick<Document, 'errors' | 'warnings'>): void {
  const wrong = errors[0] ?? warnings.find(w => w.code === 'BAD_DIRECTIVE')
  if (!wrong) return
  const [at] = wrong.linePos ?? []
  throw new YamlError(
    wrong.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'malformed',
    { line: at?.line, column: at?.col },
    { cause: wrong },
  )
}

/** JSON has only words as keys: lists, maps and nothing are refused. */
function checkKeys(document: Document.Parsed): void {
  visit(document, {
    Pair: (_, { key }) => {
      if (!isScalar(key) && !isAlias(key)) throw new YamlError('a list or map is a key', {})
      if (isScalar(key) && key.value === null) throw new YamlError('a key is null', {})
    },
  })
}

function valueOf(read: () => Json): Json {
  try {
    return read()
  } catch (thrown) {
    throw new YamlError(thrown instanceof Error ? thrown.message : 'malformed', {}, { cause: thrown })
  }
}
