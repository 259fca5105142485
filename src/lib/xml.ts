/** An element of a document: its name without prefix, its attributes, the text directly in it, and its elements in order. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** More than any answer of a service has; what a stranger sends is held to it. */
const mostElements = 100_000
const mostDepth = 32

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  text: string
}
const none: Readonly<Record<string, string>> = {}

/**
 * The root of an XML document as services answer it: elements, attributes, text, CDATA, comments.
 * A document type is refused, and with it every entity but the five of XML, so that no text is longer than what was sent.
 * @param taken Called with each element as it ends: one for which it answers true is not kept in its parent, so that a long list is not held as a tree.
 * @throws {SyntaxError} for anything else, also for more than 32 levels or 100,000 elements.
 */
export function parseXml(text: string, taken: (element: XmlElement) => boolean = () => false): XmlElement {
  const reader = new Reader(text, taken)
  while (reader.step());
  return reader.root()
}

const attribute = /\s+([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const startOfTag = /[A-Za-z_][\w:.-]*/y
const endOfTag = /\s*(\/?)>/y

class Reader {
  readonly #text: string
  readonly #taken: (element: XmlElement) => boolean
  readonly #open: Open[] = []
  /** With their prefixes, as the end tags have them. */
  readonly #names: string[] = []
  #at = 0
  #count = 0
  #root: XmlElement | undefined

  constructor(text: string, taken: (element: XmlElement) => boolean) {
    this.#taken = taken
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text
  }

  root(): XmlElement {
    if (!this.#root) throw new SyntaxError('it has no element')
    return this.#root
  }

  /** Reads the next thing; `false` at the end. */
  step(): boolean {
    if (this.#at >= this.#text.length) {
      if (this.#open.length > 0) throw new SyntaxError(`it ends within <${this.#names.at(-1)}>`)
      return false
    }
    const next = this.#text.indexOf('<', this.#at)
    if (next !== this.#at) this.#characters(decoded(this.#cut(next < 0 ? this.#text.length : next)))
    else this.#markup()
    return true
  }

  #markup(): void {
    const isNext = (what: string): boolean => this.#text.startsWith(what, this.#at)
    if (isNext('</')) this.#close()
    else if (isNext('<?')) this.#skip('?>')
    else if (isNext('<!--')) this.#skip('-->')
    else if (isNext('<![CDATA[')) this.#characters(this.#skip(']]>').slice(9))
    else if (isNext('<!')) throw new SyntaxError('a document type is refused')
    else this.#start()
  }

  #characters(text: string): void {
    const element = this.#open.at(-1)
    if (element) element.text += text
    else if (text.trim() !== '') throw new SyntaxError('there is text outside its root')
  }

  #start(): void {
    this.#at++
    const name = this.#match(startOfTag)?.[0] ?? ''
    const attributes = this.#attributes()
    const end = this.#match(endOfTag)
    if (name === '' || !end) throw new SyntaxError(`its tag at ${this.#at} is malformed`)
    if (++this.#count > mostElements) throw new SyntaxError(`it has more than ${mostElements} elements`)
    if (this.#open.length >= mostDepth) throw new SyntaxError(`it is deeper than ${mostDepth} levels`)
    if (this.#root) throw new SyntaxError('it has more than one root')
    this.#open.push({ name: local(name), attributes, text: '', children: [] })
    this.#names.push(name)
    if (end[1] === '/') this.#end()
  }

  #attributes(): Readonly<Record<string, string>> {
    if (this.#text[this.#at] === '>') return none
    let found = this.#match(attribute)
    if (!found) return none
    const attributes: Record<string, string> = {}
    for (; found; found = this.#match(attribute)) attributes[local(found[1] ?? '')] = decoded(found[2] ?? found[3] ?? '')
    return attributes
  }

  #close(): void {
    this.#at += 2
    const name = this.#names.at(-1)
    const matches = name !== undefined && this.#text.startsWith(name, this.#at)
    this.#at += matches ? name.length : 0
    if (!matches || this.#match(endOfTag)?.[1] !== '') throw new SyntaxError(`its end tag at ${this.#at} closes nothing`)
    this.#end()
  }

  #end(): void {
    const element = this.#open.pop()
    this.#names.pop()
    const parent = this.#open.at(-1)
    if (!element) return
    if (!parent) this.#root = element
    else if (!this.#taken(element)) parent.children.push(element)
  }

  #skip(until: string): string {
    const end = this.#text.indexOf(until, this.#at)
    if (end < 0) throw new SyntaxError(`it ends before ${until}`)
    const cut = this.#cut(end)
    this.#at = end + until.length
    return cut
  }

  #cut(end: number): string {
    const cut = this.#text.slice(this.#at, end)
    this.#at = end
    return cut
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found) this.#at = pattern.lastIndex
    return found ?? undefined
  }
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&<]{0,12};?)/g, (_, reference: string) => {
    const body = reference.slice(0, -1)
    if (reference.endsWith(';') && Object.hasOwn(named, body)) return named[body] ?? ''
    const [, hex, decimal] = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));$/.exec(reference) ?? []
    const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16)
    if (!(code <= 0x10ffff)) throw new SyntaxError(`the reference '&${reference}' is none of XML's own`)
    return String.fromCodePoint(code)
  })
}

/** The elements of a name directly below, in order. */
export function elements(parent: XmlElement | undefined, name: string): XmlElement[] {
  return parent?.children.filter(child => child.name === name) ?? []
}

/** The text of the first element on a path below; `undefined` where a step is absent. */
export function textAt(parent: XmlElement | undefined, ...path: string[]): string | undefined {
  let here = parent
  for (const name of path) here = here?.children.find(child => child.name === name)
  return here?.text
}
