import type { JsonObject } from '../lib/json.ts'
import type { Answer } from '../tools/frame/answer.ts'
import { tsv } from '../tools/tool.ts'
import type { Format } from './output.ts'
import { argsOf, call, exitCode, show, type Typed, type VerbContext } from './run-verb.ts'
import { exitCodes } from './usage.ts'

/** As often as flux looks. */
const everyMs = 2000

type Row = readonly (string | number | null)[]
interface Looked {
  readonly cols: readonly string[]
  readonly rows: readonly Row[]
}

/** Verbs whose rows can be watched. */
export const watched: ReadonlySet<string> = new Set(['get_status', 'get_events'])

/** Shows rows, then those that are new or have changed, until it is interrupted or a look fails. Spec: kustomization 13. */
export async function watchVerb(typed: Typed, context: VerbContext): Promise<void> {
  const argsFor = argsOf(typed)
  const session = await context.open(typed.options)
  const format = (typed.options.out ?? 'text') as Format
  try {
    const args = argsFor(session)
    let before: ReadonlySet<string> | undefined
    while (!context.signal.aborted) {
      const looked = await look(page => call(typed.tool, { ...args, ...page }, { session, context }))
      if ('text' in looked) {
        if (!context.signal.aborted) show(looked, format, context)
        return context.exit(context.signal.aborted ? exitCodes.interrupted : exitCode(typed.tool, looked))
      }
      const { cols, rows } = looked
      const known = before
      const fresh = known ? rows.filter(row => !known.has(nameOf(row, cols))) : rows
      before = new Set(rows.map(row => nameOf(row, cols)))
      if (fresh.length > 0 || !known) {
        const text = session.service.redactor.censor(linesOf({ cols, rows: fresh }, known === undefined))
        show({ text, data: { cols: [...cols], rows: fresh.map(row => [...row]) }, isError: false }, format, context)
      }
      await session.service.world.clock.sleep(everyMs, context.signal).catch(() => {})
    }
    context.exit(exitCodes.interrupted)
  } finally {
    await session.close()
  }
}

/** All rows, page by page; an answer that failed as it is. */
async function look(ask: (page: JsonObject) => Promise<Answer>): Promise<Looked | Answer> {
  const rows: Row[] = []
  for (let cursor: JsonObject = {}; ;) {
    const done = await ask(cursor)
    if (done.isError) return done
    const page = done.data as unknown as Looked & { readonly nextCursor?: string }
    rows.push(...page.rows)
    if (page.nextCursor === undefined) return { cols: page.cols, rows }
    cursor = { cursor: page.nextCursor }
  }
}

/** A row without its age, which is another in every look. */
function nameOf(row: Row, cols: readonly string[]): string {
  return JSON.stringify(row.filter((_, i) => cols[i] !== 'age'))
}

/** Only the first rows have a head. */
function linesOf({ cols, rows }: Looked, first: boolean): string {
  const [head = '', ...lines] = tsv(cols, rows).split('\n')
  return [...(first ? [head] : []), ...lines].join('\n')
}
