import assert from 'node:assert/strict'
import { after, before } from 'node:test'

/** What was opened, and how it is closed. */
export interface Opened<T> {
  readonly value: T
  close(): Promise<void>
}

/** Counts the suites of a process that use something, and closes it after the last. A suite is counted where it is defined. */
export function users(close: () => Promise<void>): () => void {
  let count = 0
  return () => {
    count++
    after(async () => {
      if (--count === 0) await close()
    })
  }
}

/**
 * One of something for all suites of a process that ask for it: opened before the first of them, closed after the last.
 * A suite asks where it is defined, and calls what it gets in its tests.
 */
export function shared<T>(): (open: () => Promise<Opened<T>>) => () => T {
  let opening: Promise<Opened<T>> | undefined
  let opened: Opened<T> | undefined
  const use = users(async () => opened?.close())
  return open => {
    before(async () => {
      opened = await (opening ??= open())
    })
    use()
    return () => opened?.value ?? assert.fail('what is shared is not open')
  }
}
