import { pino, type DestinationStream, type Logger } from 'pino'
import type { JsonObject } from '../../lib/json.ts'
import type { Log } from './log.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Structured logs on stderr. `censor` runs over every text that leaves, so that no secret does. */
export function pinoLog({
  level,
  censor,
  destination,
  console = false,
}: {
  level: LogLevel
  censor: (text: string) => string
  destination?: DestinationStream | undefined
  /** Lines for people, in place of JSON. */
  console?: boolean | undefined
}): Log {
  const sink = destination ?? pino.destination({ fd: 2, sync: true })
  const guarded: DestinationStream = {
    write: line => {
      sink.write(censor(console ? forPeople(line) : line))
    },
  }
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, guarded))
}

/** `TIME⇥LEVEL⇥MESSAGE⇥FIELDS`, as Flux's controllers print it. */
function forPeople(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as JsonObject
  const known = [time, pino.levels.labels[Number(level)]?.toUpperCase(), msg].map(String)
  return `${[...known, ...(Object.keys(fields).length > 0 ? [JSON.stringify(fields)] : [])].join('\t')}\n`
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    with: fields => wrap(logger.child(fields)),
  }
}
