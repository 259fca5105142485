import { createHmac } from 'node:crypto'

/** Text that went through a {@link Redactor}: only it makes them. */
export type Safe = string & { readonly __safe: 'safe' }

const shortest = 8
const tooCommon = new Set([
  'true',
  'false',
  'default',
  'kubernetes',
  'flux-system',
  'username',
  'password',
  'generic',
  'https://',
  'localhost',
  'production',
  'staging',
])

/** What stands where a secret was: ours, and what stands for a value that SOPS encrypted. */
const placeholders = String.raw`redacted|\*\*SOPS\*\*`

/** Shapes that are secrets wherever they stand. The last group of each is what is hidden; the part before it stays. */
const shapes: readonly RegExp[] = [
  /()(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))/g,
  /()(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})/g,
  /()(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)/g,
  /()(\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abpr]-[A-Za-z0-9-]{10,})/g,
  /(\b[Bb]earer\s+)([A-Za-z0-9._~+/-]{12,}=*)/g,
  /(\b[Bb]asic\s+)([A-Za-z0-9+/]{12,}={0,2})/g,
  /([a-z][a-z0-9+.-]*:\/\/)([^\s/@:"']*:[^\s/@"']+)(?=@)/g,
  /(\/hook\/)([0-9a-f]{64})/g,
  ...named('(?:^|[^A-Za-z0-9])', String.raw`["']?[ \t]*=[ \t]*["']?`, String.raw`(?!${placeholders})[^\s"'&;,]{4,}`),
  ...named(String.raw`["']`, String.raw`["'][ \t]*:[ \t]*["']`, String.raw`(?!${placeholders})[^"'\n]{4,}`),
  ...named(String.raw`^[ \t-]*`, String.raw`:[ \t]+["']?`, String.raw`(?!${placeholders}|["']?$)[^\s"']{4,}(?=["']?[ \t]*$)`),
]

/** A value behind a name that only secrets have: as a flag or a query says it, as JSON does, as YAML does. */
function named(before: string, between: string, value: string): RegExp[] {
  const names =
    'password|passwd|passphrase|pwd|api[_-]?key|(?:client|app|shared|webhook)[_-]?secret|secret[_-]?(?:access[_-]?)?key|(?:access|auth|bearer|refresh|id)[_-]?token'
  return [new RegExp(`(${before}[\\w.-]*(?:${names})${between})(${value})`, 'gim')]
}

/** Hides secrets in whatever leaves: values that were seen, in any encoding, and shapes. `key` makes fingerprints; without one they say nothing. */
export class Redactor {
  readonly #key: Uint8Array | undefined
  readonly #known = new Set<string>()
  readonly #forms = new Forms()

  constructor(key?: Uint8Array) {
    this.#key = key
  }

  /** `redacted#` and 12 hex digits that are equal for equal values; plain `redacted` for short ones or without a key. Spec: mcp 4.5. */
  print(value: string): string {
    if (!this.#key || value.length < shortest) return 'redacted'
    return `redacted#${createHmac('sha256', this.#key).update(value).digest('hex').slice(0, 12)}`
  }

  /** Remembers a secret value, and its lines when it has several. Values that are short or common words are left. */
  learn(value: string): void {
    for (const part of partsOf(value)) {
      if (part.trim().length < shortest || tooCommon.has(part.toLowerCase()) || this.#known.has(part)) continue
      this.#known.add(part)
      const print = this.print(part)
      for (const form of encodings(part)) this.#forms.add(form, print)
    }
  }

  /** Forgets a value that is no secret any more. */
  forget(value: string): void {
    for (const part of partsOf(value)) if (this.#known.delete(part)) for (const form of encodings(part)) this.#forms.remove(form)
  }

  /** The text with all that is known and all that has a secret's shape hidden. */
  censor(text: string): Safe {
    return shapes.reduce(
      (out, shape) => out.replaceAll(shape, (_, kept: string, secret: string) => kept + this.print(secret)),
      this.#forms.replaceIn(text),
    ) as Safe
  }
}

/** A value, and its lines when it has several. */
function partsOf(value: string): Set<string> {
  return new Set([value, value.trim(), ...value.split('\n').filter(line => line.trim().length >= 16)])
}

/** How a form begins, as every printer writes it. */
function prefixOf(form: string): string {
  return /^[^\s"'\\&<>]{1,4}/.exec(form)?.[0] ?? ''
}

/** What printers write in several ways, and what stands at an edge of a value without telling anything of it. */
const edges = /^[\s"'\\]+|[\s"'\\]+$/g

/**
 * Many texts to be replaced at once, found by how they begin. They are found as JSON, YAML and Go print them, also one in the other:
 * with backslashes, doubled quotes and code points in front of what needs them, folded and indented where they have white space.
 */
class Forms {
  readonly #byPrefix = new Map<string, { readonly form: string; readonly print: string }[]>()
  /** The code units that forms begin with, and how long their prefixes are: most of a text needs no closer look. */
  readonly #first = new Map<number, Set<number>>()

  add(given: string, print: string): void {
    const form = given.replaceAll(edges, '')
    const prefix = prefixOf(form)
    const bucket = this.#byPrefix.get(prefix) ?? []
    if (prefix === '' || bucket.some(f => f.form === form)) return
    const lengths = this.#first.get(prefix.charCodeAt(0)) ?? new Set()
    this.#first.set(prefix.charCodeAt(0), lengths.add(prefix.length))
    this.#byPrefix.set(
      prefix,
      [...bucket, { form, print }].toSorted((a, b) => b.form.length - a.form.length),
    )
  }

  remove(given: string): void {
    const form = given.replaceAll(edges, '')
    const prefix = prefixOf(form)
    const rest = (this.#byPrefix.get(prefix) ?? []).filter(f => f.form !== form)
    if (rest.length > 0) this.#byPrefix.set(prefix, rest)
    else this.#byPrefix.delete(prefix)
  }

  replaceIn(text: string): string {
    if (this.#byPrefix.size === 0) return text
    const out: string[] = []
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const found = this.#at(text, at)
      if (!found) continue
      out.push(text.slice(from, at), found.print)
      at = found.end - 1
      from = found.end
    }
    return from === 0 ? text : [...out, text.slice(from)].join('')
  }

  #at(text: string, at: number): { print: string; end: number } | undefined {
    for (const length of this.#first.get(text.charCodeAt(at)) ?? [])
      for (const { form, print } of this.#byPrefix.get(text.slice(at, at + length)) ?? []) {
        const end = endOf(form, text, at)
        if (end !== undefined) return { print, end }
      }
    return undefined
  }
}

const space = /(?:\s|\\+[nrt])+/y
const spaceOf = /\s+/y
const quotes = /(?:\\*["'])+/y
const backslashes = /\\+/y
const backslashesOf = /\\+/y
const codePoint = /\\+(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/y

/** Where a form that begins at `start` ends in a text; `undefined` when it is not there. */
function endOf(form: string, text: string, start: number): number | undefined {
  let at = start
  for (let i = 0; i < form.length;) {
    const char = form[i] ?? ''
    if (char === text[at] && !/[\s"'\\]/.test(char)) {
      i++
      at++
      continue
    }
    const coded = matched(codePoint, text, at)
    if (coded && String.fromCharCode(Number.parseInt(coded[1] ?? coded[2] ?? '', 16)) === char) {
      i++
      at += coded[0].length
      continue
    }
    const [mine, theirs] = /\s/.test(char) ? [spaceOf, space] : /["']/.test(char) ? [quotes, quotes] : [backslashesOf, backslashes]
    const [wanted, seen] = [matched(mine, form, i), matched(theirs, text, at)]
    if (!wanted || !seen) return undefined
    i += wanted[0].length
    at += seen[0].length
  }
  return at
}

function matched(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at
  return pattern.exec(text) ?? undefined
}

function encodings(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64')
  const uri = encodeURIComponent(value)
  return [
    ...new Set([
      value,
      ...[base64, ...insideBase64(value)].flatMap(form => [form, form.replaceAll('+', '-').replaceAll('/', '_'), encodeURIComponent(form)]),
      base64.replace(/=+$/, ''),
      base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
      uri,
      uri.replaceAll('%20', '+'),
      uri.replaceAll(/%[0-9A-F]{2}/g, code => code.toLowerCase()),
      Buffer.from(value).toString('hex'),
    ]),
  ]
}

/** How a value looks within the base64 of a longer text, at each of the three offsets; the digits that its neighbours share are left out. */
function insideBase64(value: string): string[] {
  const bytes = Buffer.from(value)
  return [0, 1, 2].map(offset => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const [start, end] = [Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6)]
    return whole.slice(start, end)
  })
}

// eslint-disable-next-line no-control-regex
const invisible = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Text of others without terminal codes, control, bidirectional and zero-width characters. Spec: mcp 2.9. */
export function plain(text: string): string {
  return text.replaceAll(invisible, '')
}

const marks = { open: '\u0001', body: '\u0002', close: '\u0003' }
const marked = /\u0001([^\u0001-\u0003]*)\u0002([^\u0001-\u0003]*)\u0003/g
const idBytes = 2
const lookAlike = /^(\s*)---(?=\s*(?:untrusted|end)\b)/gim

/** Marks text of others within ours; {@link fence} puts the fences. `what` is our own word for it. */
export function foreign(what: string, text: string): string {
  return `${marks.open}${plain(what)}${marks.body}${plain(text)}${marks.close}`
}

/** Marked text for a terminal: no fences, and nothing that a terminal would obey. */
export function unfenced(text: string): string {
  return text
    .split(/[\u0001-\u0003]/)
    .map((part, i) => (i % 3 === 1 ? '' : plain(part)))
    .join('')
}

/**
 * Puts a fence around each marked text, so that nothing in it can end the fence: its id is random, made anew for each reply, and
 * stands nowhere in the text; lines that look like a fence are changed. Takes terminal codes and invisible characters out of everything. Spec: mcp 2.9.
 */
export function fence(text: string, newId: (bytes: number) => string): string {
  let id = newId(idBytes)
  for (let bytes = idBytes; text.includes(id); bytes++) id = newId(bytes)
  const out: string[] = []
  let from = 0
  for (const found of text.matchAll(marked)) {
    const [whole, what = '', body = ''] = found
    const inside = plain(body).replaceAll(lookAlike, '$1- - -').trimEnd()
    out.push(plain(text.slice(from, found.index)), `--- untrusted ${plain(what)}, id ${id} ---\n${inside}\n--- end ${id} ---`)
    from = found.index + whole.length
  }
  return [...out, plain(text.slice(from))].join('')
}
