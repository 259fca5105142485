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

/** Shapes that are secrets wherever they stand. The last group of each is what is hidden; the part before it stays. */
const shapes: readonly RegExp[] = [
  /()(-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$))/g,
  /()(\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})/g,
  /()(\b(?:AKIA|ASIA)[A-Z0-9]{16}\b)/g,
  /()(\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\bxox[abpr]-[A-Za-z0-9-]{10,})/g,
  /(\b[Bb]earer\s+)([A-Za-z0-9._~+/-]{12,}=*)/g,
  /(\b[Bb]asic\s+)([A-Za-z0-9+/]{12,}={0,2})/g,
  /([a-z][a-z0-9+.-]*:\/\/)([^\s/@:"']*:[^\s/@"']+)(?=@)/g,
]

/** Hides secrets in whatever leaves: values that were seen, in any encoding, and shapes. `key` makes fingerprints; without one they say nothing. */
export class Redactor {
  readonly #key: Uint8Array | undefined
  readonly #values = new Map<string, string>()
  #pattern: RegExp | undefined

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
    for (const part of new Set([value, value.trim(), ...value.split('\n').filter(line => line.trim().length >= 16)])) {
      if (part.length < shortest || tooCommon.has(part.toLowerCase()) || this.#values.has(part)) continue
      const print = this.print(part)
      for (const form of encodings(part)) this.#values.set(form, print)
      this.#pattern = undefined
    }
  }

  /** The text with all that is known and all that has a secret's shape hidden. */
  censor(text: string): Safe {
    const known = this.#known()
    const byValue = known ? text.replaceAll(known, match => this.#values.get(match) ?? 'redacted') : text
    return shapes.reduce(
      (out, shape) => out.replaceAll(shape, (_, kept: string, secret: string) => kept + this.print(secret)),
      byValue,
    ) as Safe
  }

  #known(): RegExp | undefined {
    if (this.#values.size === 0) return undefined
    this.#pattern ??= new RegExp(
      [...this.#values.keys()]
        .toSorted((a, b) => b.length - a.length)
        .map(escaped)
        .join('|'),
      'g',
    )
    return this.#pattern
  }
}

function encodings(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64')
  const json = JSON.stringify(value).slice(1, -1)
  return [
    ...new Set([
      value,
      base64,
      base64.replace(/=+$/, ''),
      base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''),
      encodeURIComponent(value),
      json,
      JSON.stringify(json).slice(1, -1),
      Buffer.from(value).toString('hex'),
    ]),
  ]
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}

// eslint-disable-next-line no-control-regex
const invisible = /\u001b\[[0-9;?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** Text of others without terminal codes, control, bidirectional and zero-width characters. Spec: mcp 2.9. */
export function plain(text: string): string {
  return text.replaceAll(invisible, '')
}

/** Fences text of others so that nothing in it can end the fence. `id` is random. Spec: mcp 2.9. */
export function fenced(what: string, text: string, id: string): string {
  return `--- untrusted ${what}, id ${id} ---\n${plain(text).replaceAll(id, 'x')}\n--- end ${id} ---`
}
