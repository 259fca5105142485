import type { Redactor } from './safe.ts'

/** As many as are good at one time, and more: a hundred credentials are kept, and each was had for a few others. */
const mostKept = 400

/** Teaches a redactor secrets that do not live long, and lets it forget the oldest: a process that signs in for months would hide them all otherwise. */
export class RecentSecrets {
  readonly #redactor: Pick<Redactor, 'learn' | 'forget'>
  readonly #most: number
  readonly #recent = new Set<string>()

  constructor(redactor: Pick<Redactor, 'learn' | 'forget'>, most = mostKept) {
    this.#redactor = redactor
    this.#most = most
  }

  learn(secret: string): void {
    this.#recent.delete(secret)
    this.#recent.add(secret)
    this.#redactor.learn(secret)
    const [oldest] = this.#recent
    if (this.#recent.size <= this.#most || oldest === undefined) return
    this.#recent.delete(oldest)
    this.#redactor.forget(oldest)
  }
}
