import { type Bytes, fromBytes, toBytes } from './envsubst-bytes.ts'
import { casing, fallback, replace, substring, trim } from './envsubst-functions.ts'
import { type Node, parse, type Substitution, SubstitutionError } from './envsubst-parse.ts'

export { SubstitutionError } from './envsubst-parse.ts'

/**
 * Expands `${…}` in a text as Flux does; all of it is parsed first. `strict`: a bare `${x}` of an unknown variable is an error.
 * @throws {SubstitutionError} SYNTAX for what does not parse or a negative length, MISSING_VARIABLE in strict mode, ENCODING when the result is no UTF-8.
 * Spec: kustomization 5.2, 5.3.
 */
export function envsubst(text: string, vars: ReadonlyMap<string, string>, { strict }: { strict: boolean }): string {
  const expanded = fromBytes(
    parse(toBytes(text))
      .map(node => evaluate(node, vars, strict))
      .join(''),
  )
  if (expanded === undefined) throw new SubstitutionError('ENCODING', 'the result is no UTF-8: a substring cuts through a character')
  return expanded
}

function evaluate(node: Node, vars: ReadonlyMap<string, string>, strict: boolean): Bytes {
  if (typeof node === 'string') return node
  const args = node.args.map(arg => evaluate(arg, vars, strict))
  const value = vars.get(node.name)
  if (value === undefined && strict && node.operator === '')
    throw new SubstitutionError('MISSING_VARIABLE', `variable not set (strict mode): "${node.name}"`)
  return apply(node, toBytes(value ?? ''), args)
}

function apply({ operator }: Substitution, value: Bytes, args: readonly Bytes[]): Bytes {
  const [first = '', second] = args
  switch (operator) {
    case '':
      return value
    case '#':
      return args.length === 0 ? String(value.length) : trim(value, operator, first)
    case '##':
    case '%':
    case '%%':
      return trim(value, operator, first)
    case '/':
    case '//':
    case '/#':
    case '/%':
      return replace(value, { operator, pattern: first, replacement: second })
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
