import { CodedError } from '../lib/coded-error.ts'
import { casing, fallback, length, replace, substring, trim } from './envsubst-functions.ts'

/** Text that cannot be expanded. Messages are Flux's. */
export class SubstitutionError extends CodedError<'SYNTAX' | 'MISSING_VARIABLE'> {
  override readonly name = 'SubstitutionError'
}

/**
 * Expands `${…}` in a text as drone/envsubst does. `strict`: a bare `${x}` of an unknown variable is an error.
 * @throws {SubstitutionError} Spec: kustomization 5.2, 5.3.
 */
export function envsubst(text: string, vars: ReadonlyMap<string, string>, { strict }: { strict: boolean }): string {
  return new Expansion(text, vars, strict).run()
}

const nameCharacter = /[\p{L}\p{Nd}_]/u
const inFunction = 'unable to parse substitution within function'

class Expansion {
  readonly #text: string
  readonly #vars: ReadonlyMap<string, string>
  readonly #strict: boolean
  #at = 0

  constructor(text: string, vars: ReadonlyMap<string, string>, strict: boolean) {
    this.#text = text
    this.#vars = vars
    this.#strict = strict
  }

  run(): string {
    let out = ''
    while (this.#at < this.#text.length) {
      if (this.#take('$$')) out += '$'
      else if (this.#take('${')) out += this.#subst()
      else out += this.#text[this.#at++]
    }
    return out
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false
    this.#at += token.length
    return true
  }

  #close(message: string): void {
    if (!this.#take('}')) throw new SubstitutionError('SYNTAX', message)
  }

  /** After `${`. */
  #subst(): string {
    if (this.#take('#')) return this.#length()
    const name = this.#name()
    if (name === '') throw new SubstitutionError('SYNTAX', 'unable to parse variable name')
    const value = this.#vars.get(name)
    if (this.#take('}')) {
      if (value === undefined && this.#strict) throw new SubstitutionError('MISSING_VARIABLE', `variable not set (strict mode): "${name}"`)
      return value ?? ''
    }
    return this.#function(value ?? '')
  }

  #name(): string {
    const start = this.#at
    while (this.#at < this.#text.length) {
      const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)
      if (!nameCharacter.test(character)) break
      this.#at += character.length
    }
    return this.#text.slice(start, this.#at)
  }

  #length(): string {
    const name = this.#name()
    if (name === '') throw new SubstitutionError('SYNTAX', 'bad substitution')
    this.#close('bad substitution')
    return length(this.#vars.get(name) ?? '')
  }

  #function(value: string): string {
    for (const operator of ['^^', ',,', '^,', ',^', '^', ','] as const) if (this.#take(operator)) return this.#cased(value, operator)
    for (const operator of [':=', ':-', ':?', ':+', '=']) if (this.#take(operator)) return fallback(value, this.#arguments())
    if (this.#take(':')) return this.#substring(value)
    for (const operator of ['##', '#', '%%', '%'] as const) if (this.#take(operator)) return this.#trimmed(value, operator)
    for (const operator of ['//', '/#', '/%', '/'] as const) if (this.#take(operator)) return this.#replaced(value, operator)
    throw new SubstitutionError('SYNTAX', 'missing closing brace')
  }

  #cased(value: string, operator: string): string {
    this.#close('bad substitution')
    return casing(value, operator)
  }

  /** Everything up to the closing brace, nested substitutions expanded. */
  #arguments(): string {
    let out = ''
    for (;;) {
      if (this.#at >= this.#text.length) throw new SubstitutionError('SYNTAX', inFunction)
      if (this.#take('}')) return out
      out += this.#take('${') ? this.#subst() : this.#text[this.#at++]
    }
  }

  /** Exactly one run of text, or one substitution. */
  #one(ends: string): string {
    if (this.#take('${')) return this.#subst()
    const start = this.#at
    while (this.#at < this.#text.length && !ends.includes(this.#text[this.#at] ?? '') && !this.#text.startsWith('${', this.#at)) this.#at++
    if (this.#at === start || this.#at >= this.#text.length) throw new SubstitutionError('SYNTAX', inFunction)
    return this.#text.slice(start, this.#at)
  }

  #substring(value: string): string {
    const from = this.#one(':}')
    const count = this.#take(':') ? this.#one('}') : undefined
    this.#close(inFunction)
    const cut = substring(value, from, count)
    if (cut === undefined) throw new SubstitutionError('SYNTAX', 'bad substitution')
    return cut
  }

  #trimmed(value: string, operator: '#' | '##' | '%' | '%%'): string {
    const pattern = this.#one('}')
    this.#close(inFunction)
    return trim(value, operator, pattern)
  }

  #replaced(value: string, operator: '/' | '//' | '/#' | '/%'): string {
    const pattern = this.#part('/')
    if (!this.#take('/')) throw new SubstitutionError('SYNTAX', 'bad substitution')
    const replacement = this.#part('}')
    this.#close(inFunction)
    return replace(value, { operator, pattern, replacement })
  }

  /** Text up to `end`, with `\/`, `\\` and `$$` unescaped; a pattern may cross a brace. */
  #part(end: '/' | '}'): string {
    let out = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== end) {
      if (this.#take('$$')) out += '$'
      else if (this.#take('${')) out += this.#subst()
      else if (this.#take('\\/')) out += '/'
      else if (this.#take('\\\\')) out += '\\'
      else out += this.#text[this.#at++]
    }
    return out
  }
}
