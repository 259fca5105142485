/** CEL that says how objects of one kind are; each is over the object's own fields. */
export interface HealthExpressions {
  readonly current: string
  readonly inProgress?: string | undefined
  readonly failed?: string | undefined
}

/** How an object is by such expressions; the message of an Unknown says why it cannot be told. */
export interface Judged {
  readonly status: 'Current' | 'InProgress' | 'Failed' | 'Unknown'
  readonly message: string
}

/** CEL over named structures. It is type-checked, and must give what `output` says. */
export interface Expression {
  readonly text: string
  readonly variables: readonly string[]
  readonly output: 'bool' | 'string'
}

/** What an expression gives. `invalid`: it is at fault itself, whatever it is evaluated over; `failed`: over these values there is no result. */
export type Evaluated =
  | { readonly is: 'value'; readonly value: boolean | string }
  | { readonly is: 'invalid' | 'failed'; readonly why: string }
