import { createHash } from 'node:crypto'
import { Joint } from '../../lib/joint.ts'
import type { Clock } from '../clock/clock.ts'
import type { Asker, Expiring, Who } from './provider.ts'

/** No token is kept for longer. */
export const mostKeptMs = 3_600_000

/** What credentials are for: equal keys share them. The four fields of an account go together. */
export interface KeyParts {
  readonly provider: string
  readonly account?: { readonly audience: string; readonly identity: string; readonly name: string; readonly namespace: string } | undefined
  readonly scopes?: readonly string[] | undefined
  readonly artifactRepositoryKey?: string | undefined
  readonly stsRegion?: string | undefined
  readonly stsEndpoint?: string | undefined
  readonly proxyUrl?: string | undefined
}

/** The key of Flux's cache: lowercase hex. Spec: sources 9.5. */
export function cacheKey({ provider, account, scopes, artifactRepositoryKey, stsRegion, stsEndpoint, proxyUrl }: KeyParts): string {
  const parts: [name: string, value: string | undefined][] = [
    ['provider', provider],
    ['providerAudience', account?.audience],
    ['providerIdentity', account?.identity],
    ['serviceAccountName', account?.name],
    ['serviceAccountNamespace', account?.namespace],
    ['scopes', scopes && scopes.length > 0 ? scopes.join(',') : undefined],
    ['artifactRepositoryKey', artifactRepositoryKey],
    ['stsRegion', stsRegion || undefined],
    ['stsEndpoint', stsEndpoint || undefined],
    ['proxyURL', proxyUrl || undefined],
  ]
  return hashed(parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(','))
}

/** Lowercase hex of sha256. */
export function hashed(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Told what a cache does. */
export interface CacheTold {
  /** Somebody asked. `hit`: nothing was fetched for them, as it is kept, or somebody else fetched it meanwhile. */
  asked(how: { readonly hit: boolean; readonly failed: boolean; readonly asker: Asker | undefined }): void
  /** Another one made room. */
  evicted(): void
  /** How many are kept now. */
  keeps(count: number): void
}

export interface CacheOptions {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>
  /** How many are kept; 0 keeps none. */
  readonly maxSize: number
  /** For how long at most; never more than an hour. */
  readonly maxDurationMs: number
  readonly told?: CacheTold | undefined
}

interface Entry {
  readonly value: Expiring
  /** By the monotonic clock, and by the one on the wall in whole seconds: whichever is reached first. */
  readonly elapsedEnd: number
  readonly wallEnd: number
}

/**
 * Credentials by what they are for, for 80 % of their life. Equal questions at one time become one; a slow answer holds up nobody else;
 * failures are not kept. Spec: sources 9.5.
 */
export class TokenCache {
  readonly #options: CacheOptions
  readonly #entries = new Map<string, Entry>()
  readonly #asking = new Joint<Expiring>()

  constructor(options: CacheOptions) {
    this.#options = options
  }

  /** What is kept for a key, else what `fetch` gives. One key has one type of credentials. */
  async get<T extends Expiring>(
    key: string,
    fetch: (signal: AbortSignal) => Promise<T>,
    { signal, asker }: Pick<Who, 'signal' | 'asker'>,
  ): Promise<T> {
    signal.throwIfAborted()
    const { maxSize, told } = this.#options
    if (maxSize <= 0) return fetch(signal)
    let [fetches, failed] = [false, true]
    const fetched = async (own: AbortSignal): Promise<T> => {
      fetches = true
      return this.#kept(key, await fetch(own))
    }
    try {
      const value = this.#known(key) ?? (await this.#asking.run(key, fetched, signal))
      failed = false
      return value as T
    } finally {
      told?.asked({ hit: !fetches && !failed, failed, asker })
      told?.keeps(this.#entries.size)
    }
  }

  #known(key: string): Expiring | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    const { clock } = this.#options
    if (entry.elapsedEnd <= clock.elapsed() || entry.wallEnd <= clock.now()) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  #kept<T extends Expiring>(key: string, value: T): T {
    const { clock, maxSize, maxDurationMs, told } = this.#options
    const life = Math.min(Math.floor(((value.expiresAt - clock.now()) * 8) / 10), maxDurationMs, mostKeptMs)
    const entry = { value, elapsedEnd: clock.elapsed() + life, wallEnd: Math.floor((clock.now() + life) / 1000) * 1000 }
    this.#entries.delete(key)
    if (life > 0) this.#entries.set(key, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > maxSize && oldest !== undefined) {
      this.#entries.delete(oldest)
      told?.evicted()
    }
    return value
  }
}
