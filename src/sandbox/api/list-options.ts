import { refuse } from './options.ts'
import { type Cause, forbiddenValue, notSupported, problems } from './problem.ts'

/** What the query of a list or watch asks for. `from` absent: no resourceVersion was named. */
export interface ListOptions {
  readonly limit: number
  readonly token: string
  readonly from?: number | undefined
  readonly match: string
  /** Absent when the query says nothing of it. */
  readonly initialEvents?: boolean | undefined
  readonly bookmarks: boolean
  readonly timeoutSeconds: number
}

/** Reads list and watch options. @throws {ApiProblem} */
export function listOptions(query: URLSearchParams, watching: boolean): ListOptions {
  const text = (name: string): string => query.get(name) ?? ''
  const options = {
    limit: whole(text('limit')),
    token: text('continue'),
    match: text('resourceVersionMatch'),
    bookmarks: isTrue(text('allowWatchBookmarks')),
    timeoutSeconds: whole(text('timeoutSeconds')),
    ...(query.has('sendInitialEvents') ? { initialEvents: isTrue(text('sendInitialEvents')) } : {}),
  }
  const version = text('resourceVersion')
  refuse('ListOptions', watching ? watchProblems({ ...options, version }) : listProblems({ ...options, version }))
  if (version === '') return options
  if (!/^\d+$/.test(version)) throw badVersion(version, watching)
  return { ...options, from: Number(version) }
}

function badVersion(version: string, watching: boolean): Error {
  const shown = JSON.stringify(version)
  const why = `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: invalid syntax`
  return watching ? problems.untyped(why) : problems.badRequest(`invalid resource version: ${why}`)
}

type Given = Omit<ListOptions, 'from'> & { readonly version: string }

function listProblems({ initialEvents, match, version, token }: Given): Cause[] {
  return [
    ...(initialEvents === undefined ? [] : [forbiddenValue('sendInitialEvents', 'sendInitialEvents is forbidden for list')]),
    ...(match === ''
      ? []
      : [
          ...(version === '' ? [forbiddenValue(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided')] : []),
          ...(token === '' ? [] : [forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided')]),
          ...(['Exact', 'NotOlderThan'].includes(match) ? [] : [notSupported(field, match, ['Exact', 'NotOlderThan', ''])]),
          ...(match === 'Exact' && version === '0'
            ? [forbiddenValue(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
            : []),
        ]),
  ]
}

function watchProblems({ initialEvents, match, token }: Given): Cause[] {
  return [
    ...(initialEvents !== undefined && match !== 'NotOlderThan'
      ? [forbiddenValue(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
      : []),
    ...(match === ''
      ? []
      : [
          ...(initialEvents === undefined
            ? [forbiddenValue(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')]
            : []),
          ...(match === 'NotOlderThan' ? [] : [notSupported(field, match, ['NotOlderThan'])]),
          ...(token === '' ? [] : [forbiddenValue(field, 'resourceVersionMatch is forbidden when continue is provided')]),
        ]),
  ]
}

const field = 'resourceVersionMatch'

function isTrue(text: string): boolean {
  return text === 'true' || text === '1'
}

function whole(text: string): number {
  if (text === '') return 0
  if (/^[+-]?\d+$/.test(text)) return Number(text)
  throw problems.badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
}
