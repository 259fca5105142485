import { CodedError } from '../lib/coded-error.ts'
import { type Bytes, characterAt, textOf } from './envsubst-bytes.ts'

/** Text that cannot be expanded. Messages are Flux's. `ENCODING`: a substring cut through a character; `TOO_LARGE`: ours. */
export class SubstitutionError extends CodedError<'SYNTAX' | 'MISSING_VARIABLE' | 'ENCODING' | 'TOO_LARGE'> {
  override readonly name = 'SubstitutionError'
}

/** Text, or what stands between `${` and `}`. `operator` is empty for a bare name; `#` without arguments is the length. */
export type Node = Bytes | Substitution
export interface Substitution {
  readonly name: string
  readonly operator: string
  readonly args: readonly Node[]
}

/** The parts of a template. @throws {SubstitutionError} SYNTAX. Spec: kustomization 5.2. */
export function parse(template: Bytes): Node[] {
  return new Parser(template).template()
}

const bad = 'bad substitution'
const inFunction = 'unable to parse substitution within function'
const [dollars, all] = [['$$'], ['$$', '\\/', '\\\\']]
const deepest = 1000

class Parser {
  readonly #text: Bytes
  #at = 0
  #depth = 0

  constructor(text: Bytes) {
    this.#text = text
  }

  template(): Node[] {
    const nodes: Node[] = []
    while (this.#at < this.#text.length) nodes.push(this.#takes('${') ? this.#substitution() : this.#run('', dollars))
    return nodes
  }

  #takes(token: string): boolean {
    const there = this.#text.startsWith(token, this.#at)
    if (there) this.#at += token.length
    return there
  }

  /** What a sticky pattern matches here; empty when it does not. */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #close(): void {
    if (!this.#takes('}')) throw new SubstitutionError('SYNTAX', bad)
  }

  /** Text up to one of `stops` or `${`; of an escape the second character remains. */
  #run(stops: string, escapes: readonly string[]): Bytes {
    let out = ''
    while (this.#at < this.#text.length && !this.#text.startsWith('${', this.#at)) {
      const escape = escapes.find(e => this.#text.startsWith(e, this.#at))
      const c = escape?.[1] ?? this.#text[this.#at] ?? ''
      if (escape === undefined && stops.includes(c)) break
      out += c
      this.#at += escape === undefined ? 1 : 2
    }
    return out
  }

  /** One substitution or one run of text that is not empty. */
  #argument(stops: string, escapes: readonly string[] = []): Node {
    if (this.#takes('${')) return this.#substitution()
    const run = this.#run(stops, escapes)
    if (run === '') throw new SubstitutionError('SYNTAX', inFunction)
    return run
  }

  #name(): string {
    let name = ''
    for (;;) {
      const character = characterAt(this.#text, this.#at)
      if (!/^[\p{L}\p{Nd}_]$/u.test(textOf(character))) return name
      name += textOf(character)
      this.#at += character.length
    }
  }

  /** After `${`. */
  #substitution(): Substitution {
    if (++this.#depth > deepest) throw new SubstitutionError('SYNTAX', `${bad}: nested deeper than ${deepest}`)
    const node = this.#takes('#') ? this.#length() : this.#named()
    this.#depth--
    return node
  }

  #length(): Substitution {
    const name = this.#name()
    if (name === '') throw new SubstitutionError('SYNTAX', bad)
    this.#close()
    return { name, operator: '#', args: [] }
  }

  #named(): Substitution {
    const name = this.#name()
    if (name === '') throw new SubstitutionError('SYNTAX', 'unable to parse variable name')
    const operator = this.#match(/[,^]{1,2}|:[=?+-]|=|:|\/[/#%]?|##?|%%?/y)
    switch (operator[0]) {
      case undefined:
        if (!this.#takes('}')) throw new SubstitutionError('SYNTAX', 'missing closing brace')
        return { name, operator, args: [] }
      case ':':
        return { name, operator, args: operator === ':' ? this.#substring() : this.#default() }
      case '=':
        return { name, operator, args: this.#default() }
      case '/':
        return { name, operator, args: this.#replace() }
      case '#':
      case '%':
        return { name, operator, args: this.#last([this.#argument('}')]) }
      default:
        return { name, operator, args: this.#last([]) }
    }
  }

  #last(args: Node[]): Node[] {
    this.#close()
    return args
  }

  /** Any number of arguments, up to the brace. */
  #default(): Node[] {
    const args: Node[] = []
    while (!this.#takes('}')) args.push(this.#argument('}'))
    return args
  }

  /** After `:`. The reference loses its place there before the end and before what is not ASCII. */
  #substring(): Node[] {
    if ((this.#text[this.#at] ?? '\x80') > '\x7f') throw new SubstitutionError('SYNTAX', bad)
    const from = this.#argument(':}')
    if (this.#takes('}')) return [from]
    if (this.#match(/:+/y) === '') throw new SubstitutionError('SYNTAX', bad)
    return this.#last([from, this.#argument('}')])
  }

  /** The pattern may cross a brace; several slashes part like one. */
  #replace(): Node[] {
    const pattern = this.#argument('/', all)
    if (this.#match(/\/+/y) === '') throw new SubstitutionError('SYNTAX', bad)
    return this.#takes('}') ? [pattern] : this.#last([pattern, this.#argument('}', all)])
  }
}
