import { isMap, isScalar, isSeq, type ParsedNode, parseAllDocuments, type Scalar, visit } from 'yaml'
import type { ChangedObject } from '../kinds/commit-message.ts'
import { printScalar } from '../lib/yaml-print.ts'
import { needsQuotes } from '../lib/yaml-scalars.ts'
import { commentsIn, lineComment, standingComment } from './setters-comments.ts'
import { markerIn, markerToken, type Setter } from './setters.ts'

/** One scalar that got another text. */
export interface SetterChange {
  readonly object: ChangedObject
  readonly oldValue: string
  readonly newValue: string
  readonly setter: Setter
}

export interface UpdatedFile {
  readonly content: Uint8Array
  /** In the order of the file; at least one. */
  readonly changes: readonly SetterChange[]
}

const options = { uniqueKeys: false, strict: false, logLevel: 'silent', schema: 'failsafe', keepSourceTokens: true } as const
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Writes what setters say into the marked scalars of a file; all other bytes stay. `undefined` when nothing changes: no marker of a setter, or no YAML.
 * Spec: images A.4.
 */
export function withSetters(content: Uint8Array, setters: ReadonlyMap<string, Setter>): UpdatedFile | undefined {
  const read = markedIn(content)
  if (!read) return undefined
  const { text, marked } = read
  const found = marked.flatMap(({ object, marker, value, span }): Found[] => {
    const setter = setters.get(marker)
    if (!setter || value === setter.value) return []
    return [{ object, oldValue: value, newValue: setter.value, setter, edit: { ...span, text: span.written(setter.value) } }]
  })
  if (found.length === 0) return undefined
  return {
    content: new TextEncoder().encode(
      edited(
        text,
        found.map(({ edit }) => edit),
      ),
    ),
    changes: found.map(({ object, oldValue, newValue, setter }) => ({ object, oldValue, newValue, setter })),
  }
}

/** A scalar that has a marker. */
export interface Marked {
  readonly object: ChangedObject
  /** What the marker names: `namespace:policy`, and `:name`, `:tag` or `:digest`. */
  readonly marker: string
  readonly value: string
}

/** The marked scalars of a file, in its order; none in what is no YAML. Spec: images A.4.2. */
export function marksIn(content: Uint8Array): Marked[] {
  return (markedIn(content)?.marked ?? []).map(({ object, marker, value }) => ({ object, marker, value }))
}

function markedIn(content: Uint8Array): { text: string; marked: (Marked & { span: Span })[] } | undefined {
  if (!Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(markerToken)) return undefined
  const text = textOf(content)
  const objects = text === undefined ? undefined : objectsIn(text)
  if (text === undefined || objects === undefined) return undefined
  const comments = commentsIn(text)
  const marked = objects.flatMap(({ object, node }) =>
    scalarsIn(node).flatMap(scalar => {
      const span = spanOf(scalar)
      const comment = span && (lineComment(text, span.end, comments) ?? standingComment(text, span.from, comments))
      const marker = markerIn(comment ?? '')
      return span && marker !== undefined ? [{ object, marker, value: String(scalar.value), span }] : []
    }),
  )
  return { text, marked }
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}
interface Found extends SetterChange {
  readonly edit: Edit
}

function edited(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let at = 0
  for (const { from, to, text: written } of edits.toSorted((a, b) => a.from - b.from)) {
    parts.push(text.slice(at, from), written)
    at = to
  }
  return parts.join('') + text.slice(at)
}

/** What no YAML may have. */
// oxlint-disable-next-line no-control-regex -- it is about them
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

/** A document that begins on the line of its separator. */
const inSeparator = /\n---[ \t]*[^\s#]/

function textOf(content: Uint8Array): string | undefined {
  try {
    const text = utf8.decode(content)
    return unprintable.test(text) || inSeparator.test(text) ? undefined : text
  } catch {
    return undefined
  }
}

interface Place {
  readonly object: ChangedObject
  readonly node: ParsedNode
}

/** The objects of a file; those of a List that stands alone each by itself. `undefined` when the file is none that holds objects. */
function objectsIn(text: string): Place[] | undefined {
  const parsed = parsedIn(text)
  if (parsed === undefined) return undefined
  const roots = parsed.filter(node => !(isScalar(node) && node.source === ''))
  if (!roots.every(node => isMap(node))) return undefined
  const [only, ...more] = roots
  const items = only && isMap(only) && more.length === 0 && /^(?:Resource)?List$/.test(textAt(only, 'kind')) ? only.get('items') : undefined
  const nodes = isSeq(items) ? (items.items as ParsedNode[]) : roots
  return nodes.map(node => ({ node, object: identifierOf(node) }))
}

function parsedIn(text: string): ParsedNode[] | undefined {
  try {
    const documents = parseAllDocuments(text, options)
    if ('empty' in documents || documents.some(({ errors }) => errors.length > 0)) return undefined
    return documents.flatMap(({ contents }) => (contents ? [contents] : []))
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined
    throw thrown
  }
}

function identifierOf(node: ParsedNode): ChangedObject {
  const metadata = isMap(node) ? node.get('metadata') : undefined
  const within = (name: string): string => (isMap(metadata) ? textAt(metadata, name) : '')
  return { apiVersion: textAt(node, 'apiVersion'), kind: textAt(node, 'kind'), namespace: within('namespace'), name: within('name') }
}

function textAt(node: unknown, key: string): string {
  const found = isMap(node) ? node.get(key) : undefined
  return typeof found === 'string' ? found : ''
}

function scalarsIn(node: ParsedNode): Scalar.Parsed[] {
  const found: Scalar.Parsed[] = []
  visit(node, {
    Scalar(key, scalar) {
      if (key !== 'key') found.push(scalar as Scalar.Parsed)
    },
  })
  return found
}

/** Where a scalar stands, and how another text is written there. */
interface Span {
  readonly from: number
  readonly to: number
  /** Where what stands behind it begins: for a block scalar what stands behind its header. */
  readonly end: number
  written(value: string): string
}

function spanOf({ srcToken }: Scalar.Parsed): Span | undefined {
  switch (srcToken?.type) {
    case 'scalar':
    case 'single-quoted-scalar':
    case 'double-quoted-scalar': {
      const { offset: from, source, type } = srcToken
      if (source === '') return undefined
      return { from, to: from + source.length, end: from + source.length, written: value => quoted(value, type) }
    }
    case 'block-scalar': {
      const header = srcToken.props.find(token => token.type === 'block-scalar-header')
      const last = srcToken.props.at(-1)
      if (!header || !last || !('source' in header) || !('source' in last)) return undefined
      const body = last.offset + last.source.length
      const between = srcToken.props.slice(srcToken.props.indexOf(header) + 1).map(token => ('source' in token ? token.source : ''))
      const to = body + srcToken.source.length
      return {
        from: header.offset,
        to,
        end: header.offset + header.source.length,
        written: value => block(value, { header: header.source, between: between.join(''), body: srcToken.source }),
      }
    }
    default:
      return undefined
  }
}

/** A text in the quotes that were there; a plain one gets quotes where YAML 1.1 would read something else. Spec: images A.4.4. */
function quoted(value: string, type: string): string {
  if (type === 'single-quoted-scalar') return `'${value.replaceAll("'", "''")}'`
  if (type === 'double-quoted-scalar' || needsQuotes(value)) return JSON.stringify(value)
  return printScalar(value, { indent: 0 })
}

/** One line in a block that ends without a newline. */
function block(value: string, { header, between, body }: { header: string; between: string; body: string }): string {
  const [, indent = '', ending = ''] = /^([ \t]*)[^\r\n]*(\r?\n)?/.exec(body.replace(/^(?:[ \t]*\r?\n)+/, '')) ?? []
  const blank = /(?:\r?\n[ \t]*)*$/.exec(body.replace(/\r?\n$/, ''))?.[0] ?? ''
  return `${header.replace(/[-+]/, '')}-${between}${indent}${value}${blank}${ending}`
}
