const opened = '\n  "entries": {'

/** The charts of an index as Helm writes it, each by its name with all of its lines. Throws for what Helm did not write. */
export function chartsOf(json: string): Map<string, string> {
  const start = json.indexOf(`${opened}\n`)
  const end = json.lastIndexOf('\n  }')
  if (start < 0) {
    if (json.includes(`${opened}}`)) return new Map()
    throw new TypeError('no entries')
  }
  const lines = json.slice(start + opened.length + 1, end)
  return new Map(lines.split(/,\n(?= {4}")/).map(chart => [nameOf(chart), chart]))
}

function nameOf(chart: string): string {
  const [, name] = /^ {4}("(?:[^"\\]|\\.)*"): /.exec(chart) ?? []
  if (name === undefined) throw new TypeError('no chart')
  return JSON.parse(name) as string
}

/** An index in parts: its head as Helm writes one without charts, and the charts in Go's order of their names. */
export function joined(head: string, charts: ReadonlyMap<string, string>): string[] {
  const [before, after] = head.split(`${opened}}`)
  if (after === undefined) throw new TypeError('no head')
  if (charts.size === 0) return [head]
  const sorted = [...charts].map(([name, chart]) => ({ key: Buffer.from(name), chart })).toSorted((a, b) => a.key.compare(b.key))
  return [`${before}${opened}`, ...sorted.map(({ chart }, i) => `${i === 0 ? '\n' : ',\n'}${chart}`), `\n  }${after}`]
}

/** What an index that Helm wrote says of one chart, without the rest being read: a JSON list. `undefined` where it does not say so line by line. */
export function versionsIn(bytes: Uint8Array, name: string): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = text.indexOf(`${opened}\n`)
  if (start < 0 || text[0] !== 0x7b || text[1] !== 0x0a) return undefined
  const line = `\n    ${JSON.stringify(name)}: [\n`
  const at = text.indexOf(line, start)
  const end = at < 0 ? -1 : text.indexOf('\n    ]', at)
  return end < 0 ? undefined : `[${text.toString('utf8', at + Buffer.byteLength(line), end)}]`
}
