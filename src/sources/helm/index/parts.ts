/** An index that can be read a part at a time: what stands around its charts, and where each of them is in the file. */
export interface IndexParts {
  /** All but the charts. */
  readonly head: Uint8Array
  /** The lines of some charts each, in their order. */
  readonly batches: readonly Uint8Array[]
}

const [newline, space, dash, hash] = [0x0a, 0x20, 0x2d, 0x23]
const entriesLine = /^entries:[ \r]*$/
const topLine = /^[A-Za-z]+:/
/** What stands around the charts is a few lines. */
const mostHead = 64 * 1024

/**
 * Cuts an index of YAML between its charts. It looks at lines alone, so that a part may be cut wrongly; such a part is none that YAML could read, as the
 * quote or bracket that was cut is open at its end. `undefined` for an index that is not written line by line, as Helm does.
 */
export function partsOf(bytes: Uint8Array, batchBytes: number): IndexParts | undefined {
  const lines = new Lines(bytes)
  const start = lines.find(line => entriesLine.test(line))
  if (start === undefined) return undefined
  const first = lines.after(start)
  const { end, charts } = chartsFrom(lines, first)
  const head = Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
  if (charts.length === 0 || head.length > mostHead || !isHead(head)) return undefined
  return { head, batches: batched(bytes, [...charts, end], batchBytes) }
}

/** The file as lines, each by the place where it begins. */
class Lines {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  after(start: number): number {
    const end = this.bytes.indexOf(newline, start)
    return end < 0 ? this.bytes.length : end + 1
  }

  /** The first line at the left edge that is wanted, of those before the charts. */
  find(wanted: (line: string) => boolean): number | undefined {
    for (let at = 0; at < Math.min(this.bytes.length, mostHead);) {
      const next = this.after(at)
      if (this.bytes[at] !== space && wanted(Buffer.from(this.bytes.subarray(at, next)).toString('latin1').trimEnd())) return at
      at = next
    }
    return undefined
  }

  indent(start: number): number {
    let at = start
    while (this.bytes[at] === space) at++
    return at - start
  }
}

/** Where charts begin, and where the next line at the left edge does. */
function chartsFrom(lines: Lines, first: number): { end: number; charts: number[] } {
  const { bytes } = lines
  const indent = lines.indent(first)
  const charts: number[] = []
  let at = first
  for (; at < bytes.length; at = lines.after(at)) {
    const own = lines.indent(at)
    const begins = bytes[at + own]
    if (begins === newline || begins === hash) continue
    if (own === 0) break
    if (own === indent && begins !== dash) charts.push(at)
  }
  return { end: at, charts: charts[0] === first ? charts : [] }
}

function isHead(head: Uint8Array): boolean {
  const lines = Buffer.from(head).toString('latin1').split('\n')
  return lines.every(line => line === '' || line.startsWith(' ') || line.startsWith('#') || topLine.test(line) || line.startsWith('- '))
}

function batched(bytes: Uint8Array, starts: readonly number[], batchBytes: number): Uint8Array[] {
  const batches: Uint8Array[] = []
  let from = starts[0] ?? 0
  for (const [i, start] of starts.entries()) {
    const next = starts[i + 1]
    if (start > from && (next === undefined || next - from > batchBytes)) {
      batches.push(bytes.subarray(from, start))
      from = start
    }
  }
  return batches
}
