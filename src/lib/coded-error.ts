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

/** Base of an error class whose codes each come with advice: the table says what to do, for people. */
export function advisedError<Code extends string>(table: Readonly<Record<Code, string>>) {
  return class AdvisedError extends CodedError<Code> {
    readonly advice: string
    constructor(code: Code, message: string, options?: ErrorOptions) {
      super(code, message, options)
      this.advice = table[code]
    }
  }
}

/** Whether nobody answered: what else is asked there will not be answered either. */
export function isSilence(thrown: unknown): boolean {
  if (!(thrown instanceof CodedError)) return false
  return thrown.code === 'TIMEOUT' || thrown.code === 'UNREACHABLE' || isSilence(thrown.cause)
}

/** The text of anything thrown: an error's message, else its string form. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
