import { CodedError } from '../../lib/coded-error.ts'
import { ToolError, toolErrorOf } from '../frame/error.ts'

/** Gives tags one after the other. @throws {ToolError} as what fails, with the tags that were given before it. */
export async function eachTag(tags: readonly string[], give: (tag: string) => Promise<unknown>): Promise<void> {
  for (const [i, tag] of tags.entries()) {
    try {
      await give(tag)
    } catch (thrown) {
      if (i === 0 || !(thrown instanceof CodedError)) throw thrown
      const { code, message, told } = toolErrorOf(thrown, tag)
      throw new ToolError(code, `tag '${tag}' is not given: ${message}; given before it: ${tags.slice(0, i).join(', ')}`, {
        ...told,
        cause: thrown,
      })
    }
  }
}
