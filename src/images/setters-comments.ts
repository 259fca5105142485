import { Lexer } from 'yaml'

/** Comments of a text by where they start. */
export type Comments = ReadonlyMap<number, string>

const marks = new Set(['\u0002', '\u0018', '\u001f'])
const scalarMark = '\u001f'

export function commentsIn(text: string): Comments {
  const comments = new Map<number, string>()
  let [at, inScalar] = [0, false]
  for (const lexeme of new Lexer().lex(text)) {
    if (marks.has(lexeme)) {
      inScalar = lexeme === scalarMark
      continue
    }
    if (lexeme.startsWith('#') && !inScalar) comments.set(at, lexeme.trimEnd())
    at += lexeme.length
    inScalar = false
  }
  return comments
}

/** The comment behind a scalar, on its last line; a comma may stand between. `undefined` without one. */
export function lineComment(text: string, end: number, comments: Comments): string | undefined {
  const [gap = ''] = /^[ \t]*(?:,[ \t]*)?/.exec(text.slice(end, end + longestGap)) ?? []
  return comments.get(end + gap.length)
}

/** The one comment that stands in lines of its own directly above a scalar that begins its line, as an item of a sequence or by itself. */
export function standingComment(text: string, start: number, comments: Comments): string | undefined {
  let line = text.lastIndexOf('\n', start - 1) + 1
  if (!/^[ \t]*(?:-[ \t]+)?(?:[&!][^ \t]*[ \t]+)*$/.test(text.slice(line, start))) return undefined
  const found: string[] = []
  while (line > 0) {
    const above = text.lastIndexOf('\n', line - 2) + 1
    const [, indent = ''] = /^((?:[ \t]*-)?[ \t]*)/.exec(text.slice(above, line)) ?? []
    const comment = comments.get(above + indent.length)
    if (comment === undefined) break
    found.unshift(comment)
    line = above
  }
  return found.length === 0 ? undefined : found.join('\n')
}

const longestGap = 1024
