import { messageOf } from '../../lib/coded-error.ts'
import { goMatching } from '../../lib/go-regex.ts'
import { malformed } from './error.ts'
import { Branch, Comment, List, type Node } from './tree.ts'

/** Which values of a document are encrypted. */
export interface Rule {
  readonly is: 'suffix' | 'regex' | 'comment'
  /** Whether what matches is encrypted, else what does not. */
  readonly encrypts: boolean
  readonly pattern: string
}

/** Where a value stands. `comments`: those above it, level by level. `isComment`: the value is the last of them. */
export interface At {
  readonly path: readonly string[]
  readonly comments: readonly (readonly string[])[]
  readonly isComment: boolean
}

/** Judges values by a rule; an expression that is none matches nothing, as in Go. Spec: kustomization 6.3. @throws {SopsError} MALFORMED when the expression takes too long. */
export function judgeOf(rule: Rule, trees: readonly Branch[]): (at: At) => boolean {
  const { is, encrypts, pattern } = rule
  if (is === 'suffix') return ({ path }) => path.some(key => key.endsWith(pattern)) === encrypts
  const { keys, comments } = namesIn(trees)
  const matches = matching([...(is === 'regex' ? keys : comments)], pattern)
  if (is === 'regex') return ({ path }) => path.some(key => matches.has(key)) === encrypts
  return at => counted(at, encrypts).some(comment => matches.has(comment)) === encrypts
}

/** The comment that turns encryption on stays as it is. */
function counted({ comments, isComment }: At, encrypts: boolean): readonly string[] {
  const all = comments.flat()
  return encrypts && isComment ? all.slice(0, -1) : all
}

function matching(texts: readonly string[], pattern: string): ReadonlySet<string> {
  try {
    return new Set(goMatching(texts, pattern))
  } catch (thrown) {
    if (/takes longer/.test(messageOf(thrown))) throw malformed(`the expression of the metadata ${messageOf(thrown)}`, { cause: thrown })
    return new Set()
  }
}

function namesIn(trees: readonly Branch[]): { keys: Set<string>; comments: Set<string> } {
  const [keys, comments] = [new Set<string>(), new Set<string>()]
  const visit = (node: Node | Comment): void => {
    if (node instanceof Comment) comments.add(node.text)
    if (node instanceof List) for (const item of node.items) visit(item)
    if (!(node instanceof Branch)) return
    for (const item of node.items) {
      if (!(item instanceof Comment)) keys.add(item.key)
      visit(item instanceof Comment ? item : item.value)
    }
  }
  for (const tree of trees) visit(tree)
  return { keys, comments }
}
