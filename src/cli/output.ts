import { isObject } from '../lib/json.ts'
import { print } from '../lib/yaml.ts'
import type { Answer } from '../tools/frame/answer.ts'

/** A terminal that shows text: how wide it is, and whether it has colours. */
export interface Terminal {
  readonly columns: number
  readonly colours: boolean
}

export type Format = 'text' | 'json' | 'yaml'

/** An answer in the format that was asked for. Tables and colours are for a terminal alone. */
export function rendered({ text, data }: Answer, format: Format, terminal: Terminal | undefined): string {
  if (format === 'json') return `${JSON.stringify(data ?? { text }, null, 2)}\n`
  if (format === 'yaml') return print(data ?? { text })
  const body = text.trimEnd()
  return `${terminal ? coloured(aligned(body, terminal.columns), terminal) : body}\n`
}

const gap = 2

/** Lines of tab separated cells, in columns; the last one is cut at the terminal's edge. */
export function aligned(text: string, columns: number): string {
  const out: string[] = []
  let block: string[][] = []
  const flush = (): void => {
    out.push(...table(block, columns))
    block = []
  }
  for (const line of text.split('\n')) {
    const cells = line.split('\t')
    if (cells.length > 1 && (block.length === 0 || block[0]?.length === cells.length)) block.push(cells)
    else {
      flush()
      if (cells.length > 1) block.push(cells)
      else out.push(line)
    }
  }
  flush()
  return out.join('\n')
}

function table(block: readonly string[][], columns: number): string[] {
  const [head] = block
  if (!head) return []
  const widths = head.map((_, i) => Math.max(...block.map(cells => (cells[i] ?? '').length)))
  return block.map((cells, row) => {
    const line = cells.map((cell, i) => (row === 0 ? cell.toUpperCase() : cell).padEnd((widths[i] ?? 0) + gap)).join('')
    const whole = line.trimEnd()
    return whole.length > columns ? `${whole.slice(0, Math.max(1, columns - 1))}…` : whole
  })
}

const [red, green, yellow, dim, plain] = ['\u001b[31m', '\u001b[32m', '\u001b[33m', '\u001b[2m', '\u001b[0m']
const words: Readonly<Record<string, string>> = {
  ready: green,
  Ready: green,
  live: green,
  failing: red,
  Failed: red,
  Stalled: red,
  delete: red,
  prune: red,
  reconciling: yellow,
  TimedOut: yellow,
  NotHandled: yellow,
  suspended: dim,
  Suspended: dim,
}

/** State words stand out where they begin a line or fill a column. */
function coloured(text: string, { colours }: Terminal): string {
  if (!colours) return text
  return text.replaceAll(/(^|  )(\w+)(?=$|:|  | )/gm, (whole, before: string, word: string) => {
    const colour = words[word]
    return colour === undefined ? whole : `${before}${colour}${word}${plain}`
  })
}

/** Whether an answer is a plan that waits for its handle. */
export function isPlan({ data }: Answer): boolean {
  return isObject(data) && data.planned === true
}
