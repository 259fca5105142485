import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ToolError } from '../../src/tools/frame/error.ts'
import { httpBounds, Limits } from '../../src/tools/frame/limits.ts'
import type { Caller } from '../../src/tools/tool.ts'

const caller = (key: string): Caller => ({ key, user: key, scopes: [], via: 'http' })
const limited =
  (seconds: number) =>
  (error: ToolError): boolean =>
    error.code === 'RateLimited' && error.told.next.includes(`wait ${seconds} s`)

test('a caller has eight calls at once, and another one is not held up by that', () => {
  const limits = new Limits(httpBounds, () => 0)
  const open = Array.from({ length: 8 }, () => limits.enter(caller('a'), 'reads'))
  assert.throws(() => limits.enter(caller('a'), 'reads'), limited(1))
  limits.enter(caller('b'), 'reads')()
  open[0]?.()
  limits.enter(caller('a'), 'reads')()
})

test('a completion counts among the calls at once, and not by the minute', () => {
  const limits = new Limits({ ...httpBounds, readsPerMinute: 1, inFlightPerCaller: 1 }, () => 0)
  limits.enter(caller('a'), 'reads')()
  for (let i = 0; i < 5; i++) limits.enter(caller('a'))()
  limits.enter(caller('a'))
  assert.throws(() => limits.enter(caller('a')), limited(1))
})

test('all callers together have sixty-four', () => {
  const limits = new Limits(httpBounds, () => 0)
  for (let i = 0; i < 64; i++) limits.enter(caller(`c${i}`), 'reads')
  assert.throws(() => limits.enter(caller('late'), 'reads'), limited(1))
})

test('ten writes a minute, then a wait until the first is a minute old; reads count apart', () => {
  let now = 0
  const limits = new Limits(httpBounds, () => now)
  for (let i = 0; i < 10; i++) limits.enter(caller('a'), 'changes')()
  now = 15_000
  assert.throws(() => limits.enter(caller('a'), 'destroys'), limited(45))
  limits.enter(caller('a'), 'reads')()
  now = 60_001
  limits.enter(caller('a'), 'changes')()
})
