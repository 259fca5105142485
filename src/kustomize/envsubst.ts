import { Budget } from './envsubst-budget.ts'
import { type Bytes, fromBytes, toBytes } from './envsubst-bytes.ts'
import { casing, fallback, replace, substring, trim } from './envsubst-functions.ts'
import { type Node, parse, type Substitution, SubstitutionError } from './envsubst-parse.ts'

export { Budget } from './envsubst-budget.ts'
export { SubstitutionError } from './envsubst-parse.ts'

interface Expansion {
  readonly vars: ReadonlyMap<string, string>
  readonly strict: boolean
  readonly budget: Budget
}

/**
 * Expands `${…}` in a text as Flux does; all of it is parsed first. `strict`: a bare `${x}` of an unknown variable is an error.
 * @throws {SubstitutionError} SYNTAX for what does not parse or a negative length, MISSING_VARIABLE in strict mode, ENCODING when the result is no UTF-8,
 * TOO_LARGE when the budget is spent.
 * Spec: kustomization 5.2, 5.3.
 */
export function envsubst(
  text: string,
  vars: ReadonlyMap<string, string>,
  { strict, budget = new Budget() }: { strict: boolean; budget?: Budget },
): string {
  const expansion = { vars, strict, budget }
  const parts = parse(toBytes(text)).map(node => evaluate(node, expansion))
  const expanded = fromBytes(parts.join(''))
  if (expanded === undefined) throw new SubstitutionError('ENCODING', 'the result is no UTF-8: a substring cuts through a character')
  return expanded
}

function evaluate(node: Node, expansion: Expansion): Bytes {
  const { vars, strict, budget } = expansion
  if (typeof node === 'string') {
    budget.spend(node.length)
    return node
  }
  const args = node.args.map(arg => evaluate(arg, expansion))
  const value = vars.get(node.name)
  if (value === undefined && strict && node.operator === '')
    throw new SubstitutionError('MISSING_VARIABLE', `variable not set (strict mode): "${node.name}"`)
  budget.spend(1 + (value?.length ?? 0))
  const result = apply(node, { value: toBytes(value ?? ''), args }, budget)
  budget.spend(result.length)
  return result
}

function apply({ operator }: Substitution, { value, args }: { value: Bytes; args: readonly Bytes[] }, budget: Budget): Bytes {
  const [first = '', second] = args
  switch (operator) {
    case '':
      return value
    case '#':
      return args.length === 0 ? String(value.length) : trim(value, { operator, pattern: first }, budget)
    case '##':
    case '%':
    case '%%':
      return trim(value, { operator, pattern: first }, budget)
    case '/':
    case '//':
    case '/#':
    case '/%':
      return replace(value, { operator, pattern: first, replacement: second }, budget)
    case ':':
      return cut(substring(value, first, second))
    case '=':
    case ':=':
    case ':-':
    case ':?':
    case ':+':
      return fallback(value, args.join(''))
    default:
      return casing(value, operator)
  }
}

function cut(part: Bytes | undefined): Bytes {
  if (part === undefined) throw new SubstitutionError('SYNTAX', 'bad substitution')
  return part
}
