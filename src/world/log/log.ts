/** Structured logs. Fields are redacted at the sink; never pass a secret on purpose. Goes to stderr only. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
  with(fields: Readonly<Record<string, unknown>>): Log
}
