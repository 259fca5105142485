import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'

/** How one question reaches its service. */
export interface Line {
  readonly http: Http
  readonly clock: Clock
  readonly signal: AbortSignal
}
