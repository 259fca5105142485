import type { Retention } from './artifacts.ts'

/** A stored file; `at` is its modification time in milliseconds since the epoch. */
export interface StoredFile {
  readonly path: string
  readonly at: number
}

/**
 * Which files of an owner go: those older than the time to live, then, where as many as should stay are left or more, the oldest beyond that number.
 * Never the current one. Spec: sources 1.3.
 */
export function garbage(
  files: readonly StoredFile[],
  { current, retention, now }: { current: string; retention: Retention; now: number },
): string[] {
  const others = files.filter(f => f.path !== current).toSorted((a, b) => a.at - b.at)
  const old = others.filter(f => now - f.at > retention.ttlMs)
  const left = others.filter(f => !old.includes(f))
  const surplus = Math.max(0, files.length - old.length - retention.records)
  return [...old, ...left.slice(0, surplus)].map(f => f.path)
}
