/**
 * Base of every error class of the project. Callers match `code`, never the text; a class adds its data fields.
 * Messages are lower case, name the object and say what to do next.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  /** Stable: SCREAMING, or the reason Flux uses. */
  readonly code: Code
  constructor(code: Code, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The text of anything thrown: an error's message, else its string form. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
