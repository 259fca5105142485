import { isUtf8 } from 'node:buffer'
import { fromBase64 } from './base64.ts'

/** Shorter ones are part of many words. */
const shortest = 4
const mostKept = 5_000
/** What names an object is no secret, and every message has it. */
const naming = new Set(['apiVersion', 'kind', 'metadata'])

/** Remembers what was decrypted, so that no message repeats it. */
export class Plaintexts {
  readonly #known = new Set<string>()
  readonly #values = new Set<string>()

  /** A value and its lines, also as base64 has them. @param path The keys to it. */
  learn(value: string, path: readonly string[]): void {
    if (naming.has(path[0] ?? '')) return
    const bytes = fromBase64(value)
    if (value !== '') this.#values.add(value)
    const inside = bytes && isUtf8(bytes) ? bytes.toString('utf8') : ''
    for (const text of [value, inside, Buffer.from(value).toString('base64')])
      for (const part of [text, ...text.split('\n')]) this.#add(part)
  }

  /** Whether a text is one that was decrypted, however short. */
  has(text: string): boolean {
    return this.#values.has(text)
  }

  scrub(message: string): string {
    const found = [...this.#known].filter(text => message.includes(text)).toSorted((a, b) => b.length - a.length)
    return found.reduce((out, text) => out.replaceAll(text, '<redacted>'), message)
  }

  #add(text: string): void {
    const bare = text.trim()
    if (bare.length >= shortest && this.#known.size < mostKept) this.#known.add(bare)
  }
}
