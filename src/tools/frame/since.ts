import { parseDuration } from '../../lib/duration.ts'
import { ToolError } from './error.ts'

/** When `since` begins, in milliseconds since the epoch: a Go duration before `now`, or a time. @throws {ToolError} InvalidArgument */
export function startOf(since: string, now: number): number {
  const duration = parseDuration(since)
  const at = duration === undefined ? Date.parse(since) : now - duration
  if (Number.isNaN(at))
    throw new ToolError('InvalidArgument', `'${since}' is neither a duration nor a time`, {
      next: 'use a duration like 30m or 2h, or a time like 2026-01-31T12:00:00Z',
    })
  return at
}
