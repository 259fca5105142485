import { pino, type DestinationStream, type Logger } from 'pino'
import type { Log } from './log.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Structured logs on stderr. `censor` runs over every text that leaves, so that no secret does. */
export function pinoLog({
  level,
  censor,
  destination,
}: {
  level: LogLevel
  censor: (text: string) => string
  destination?: DestinationStream | undefined
}): Log {
  const sink = destination ?? pino.destination({ fd: 2, sync: true })
  const guarded: DestinationStream = {
    write: line => {
      sink.write(censor(line))
    },
  }
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, guarded))
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
