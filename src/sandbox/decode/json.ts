import { isObject, type Json, type JsonObject, wholeNumber } from '../../lib/json.ts'

/** Text that is no JSON, in the words of Go's decoder. */
export class JsonTextError extends SyntaxError {
  override readonly name = 'JsonTextError'
}

/** JSON with what a strict reader minds: `duplicates` are the paths of keys that stand twice, whose last value counts. */
export interface JsonText {
  readonly value: Json
  readonly duplicates: readonly string[]
}

/** Reads JSON as an API server does. `merging`: an object under a key that stands twice is added to the first, as a Go map is. @throws {JsonTextError} */
export function readJson(text: string, { merging = false }: { merging?: boolean } = {}): JsonText {
  const reader = new Reader(text, merging)
  const value = reader.document()
  return { value, duplicates: reader.duplicates }
}

const words: Readonly<Record<string, [word: string, value: Json]>> = { t: ['true', true], f: ['false', false], n: ['null', null] }
/** A real server goes ten times as deep; nothing here would survive that. */
const deepest = 1000

/** A character as Go quotes it. */
function quoted(character: string): string {
  if (character === "'") return String.raw`'\''`
  if (character === '"') return `'"'`
  const code = character.charCodeAt(0)
  return code >= 0x7f && code < 0xa0 ? `'\\u00${code.toString(16)}'` : `'${JSON.stringify(character).slice(1, -1)}'`
}

class Reader {
  readonly duplicates: string[] = []
  readonly #text: string
  readonly #merging: boolean
  #at = 0
  #depth = 0

  constructor(text: string, merging: boolean) {
    this.#text = text
    this.#merging = merging
  }

  document(): Json {
    const value = this.#value('')
    if (this.#next() !== undefined) throw this.#wrong('after top-level value')
    return value
  }

  /** The next character that is no space, not taken. */
  #next(): string | undefined {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? '.')) this.#at++
    return this.#text[this.#at]
  }

  #wrong(where: string): JsonTextError {
    const character = this.#text[this.#at]
    if (character === undefined) return new JsonTextError('unexpected end of JSON input')
    return new JsonTextError(`invalid character ${quoted(character)} ${where}`)
  }

  #value(path: string): Json {
    const first = this.#next()
    if (first === '{') return this.#deeper(() => this.#object(path))
    if (first === '[') return this.#deeper(() => this.#array(path))
    if (first === '"') return this.#string()
    const word = words[first ?? '']
    if (word) return this.#word(word)
    if (first !== undefined && /[-0-9]/.test(first)) return this.#number()
    throw this.#wrong('looking for beginning of value')
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > deepest) throw new JsonTextError('exceeded max depth')
    const value = read()
    this.#depth--
    return value
  }

  #word([word, value]: [string, Json]): Json {
    for (const expected of word) {
      if (this.#text[this.#at] !== expected) throw this.#wrong(`in literal ${word} (expecting '${expected}')`)
      this.#at++
    }
    return value
  }

  #number(): Json {
    const [text = ''] = /^-?(?:0|[1-9]\d*)?(?:\.\d+)?(?:[eE][-+]?\d+)?/.exec(this.#text.slice(this.#at, this.#at + 400)) ?? []
    this.#at += text.length
    if (!/\d$/.test(text)) throw this.#wrong('in numeric literal')
    return /^-?\d+$/.test(text) ? wholeNumber(text) : Number(text)
  }

  #string(): string {
    const start = this.#at++
    for (; ; this.#at++) {
      const character = this.#text[this.#at]
      if (character === undefined || character < ' ') throw this.#wrong('in string literal')
      if (character === '"') break
      if (character === '\\') this.#escape()
    }
    this.#at++
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #escape(): void {
    const character = this.#text[++this.#at]
    if (character === undefined || !'"\\/bfnrtu'.includes(character)) throw this.#wrong('in string escape code')
    if (character !== 'u') return
    for (let i = 0; i < 4; i++)
      if (!/[0-9a-fA-F]/.test(this.#text[++this.#at] ?? '')) throw this.#wrong('in \\u hexadecimal character escape')
  }

  #object(path: string): JsonObject {
    this.#at++
    const out: JsonObject = {}
    if (this.#next() === '}') return this.#closed(out)
    for (;;) {
      if (this.#next() !== '"') throw this.#wrong('looking for beginning of object key string')
      const key = this.#string()
      if (this.#next() !== ':') throw this.#wrong('after object key')
      this.#at++
      const below = path === '' ? key : `${path}.${key}`
      let value = this.#value(below)
      if (Object.hasOwn(out, key)) {
        this.duplicates.push(below)
        if (this.#merging && isObject(value) && isObject(out[key])) value = { ...out[key], ...value }
      }
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
      const after = this.#next()
      if (after === '}') return this.#closed(out)
      if (after !== ',') throw this.#wrong('after object key:value pair')
      this.#at++
    }
  }

  #array(path: string): Json[] {
    this.#at++
    const out: Json[] = []
    if (this.#next() === ']') return this.#closed(out)
    for (;;) {
      out.push(this.#value(`${path}[${out.length}]`))
      const after = this.#next()
      if (after === ']') return this.#closed(out)
      if (after !== ',') throw this.#wrong('after array element')
      this.#at++
    }
  }

  #closed<T>(value: T): T {
    this.#at++
    return value
  }
}
