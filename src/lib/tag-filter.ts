import { messageOf } from './coded-error.ts'
import { goMatching } from './go-regex.ts'
import { VersionError } from './semver.ts'

// Callers load this module when there is a filter: the engine of Go's expressions is a tenth of the program.

/** Tags that the filter of an OCIRepository finds a match in, in the order given. @throws {VersionError} BAD_FILTER with Go's text. */
export function filtered(tags: readonly string[], filter: string): string[] {
  try {
    return goMatching(tags, filter)
  } catch (cause) {
    throw new VersionError('BAD_FILTER', messageOf(cause), { cause })
  }
}

/** Tags that a regular expression of the flux CLI finds a match in, in the order given. @throws {VersionError} BAD_FILTER, as the CLI words it. */
export function tagsLike(tags: readonly string[], filter: string): string[] {
  try {
    return goMatching(tags, filter)
  } catch (cause) {
    throw new VersionError('BAD_FILTER', `regex '${filter}' parse error: ${messageOf(cause)}`, { cause })
  }
}
