import type { KubeObject } from '../../kinds/manifest.ts'
import { problems } from './problem.ts'

const keptPages = 200

/** Lists in pages: the rest of a list is kept as it was when its first page was read. */
export class Pages {
  readonly #rests = new Map<string, { objects: KubeObject[]; revision: number }>()
  #next = 1

  /** One page, with the token for the next. @throws {ApiProblem} 410 for a token that is no longer known. */
  page(
    all: () => { objects: KubeObject[]; revision: number },
    limit: number,
    token: string | null,
  ): { objects: KubeObject[]; revision: number; token?: string; remaining?: number } {
    const source = token ? this.#rests.get(token) : all()
    if (!source)
      throw problems.expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      )
    if (limit <= 0 || source.objects.length <= limit) return source
    const rest = source.objects.slice(limit)
    const next = `page-${this.#next++}`
    this.#rests.set(next, { objects: rest, revision: source.revision })
    const [oldest] = this.#rests.keys()
    if (this.#rests.size > keptPages && oldest !== undefined) this.#rests.delete(oldest)
    return { objects: source.objects.slice(0, limit), revision: source.revision, token: next, remaining: rest.length }
  }
}
