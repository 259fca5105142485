/** What is served: a whole file of `size` bytes, known by `etag`, changed at `modified` (milliseconds since the epoch). */
export interface Served {
  readonly size: number
  readonly etag: string
  readonly modified: number
}

/** What a request asks for, by its headers in lower case. */
export interface Conditions {
  readonly range?: string | undefined
  readonly ifRange?: string | undefined
  readonly ifNoneMatch?: string | undefined
  readonly ifModifiedSince?: string | undefined
}

/** How to answer: `start` and `end` (inclusive) are bytes of the file; a file of no bytes has none. */
export type Portion =
  | { readonly status: 200 }
  | { readonly status: 304 }
  | { readonly status: 206; readonly start: number; readonly end: number }
  | { readonly status: 416 }

/** The part of a file that a request gets, as RFC 9110 has it; of several ranges the whole file. */
export function portionOf(file: Served, asked: Conditions): Portion {
  if (isKnown(file, asked)) return { status: 304 }
  if (asked.range === undefined || !stillValid(file, asked.ifRange)) return { status: 200 }
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(asked.range.trim()) ?? []
  if (first === '' && last === '') return { status: 200 }
  const start = first === '' ? Math.max(0, file.size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? file.size - 1 : Math.min(Number(last), file.size - 1)
  if (first !== '' && last !== '' && Number(last) < start) return { status: 200 }
  return start >= file.size ? { status: 416 } : { status: 206, start, end }
}

function isKnown({ etag, modified }: Served, { ifNoneMatch, ifModifiedSince }: Conditions): boolean {
  if (ifNoneMatch !== undefined)
    return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
  return ifModifiedSince !== undefined && wholeSeconds(modified) <= Date.parse(ifModifiedSince)
}

function stillValid({ etag, modified }: Served, ifRange: string | undefined): boolean {
  return ifRange === undefined || ifRange.trim() === etag || wholeSeconds(modified) === Date.parse(ifRange)
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}
