import assert from 'node:assert/strict'
import { after, before } from 'node:test'

/** What was opened, and how it is closed. */
export interface Opened<T> {
  readonly value: T
  close(): Promise<void>
}

/**
 * One of something for all suites of a process that ask for it: opened before the first of them, closed after the last.
 * A suite asks where it is defined, and calls what it gets in its tests.
 */
export function shared<T>(): (open: () => Promise<Opened<T>>) => () => T {
  let users = 0
  let opening: Promise<Opened<T>> | undefined
  let opened: Opened<T> | undefined
  return open => {
    users++
    before(async () => {
      opened = await (opening ??= open())
    })
    after(async () => {
      if (--users === 0) await opened?.close()
    })
    return () => opened?.value ?? assert.fail('what is shared is not open')
  }
}
