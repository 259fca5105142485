import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import type { Authorize } from './transport.ts'

/** Resolves when the next call may be sent; rejects with `signal.reason` on abort. */
export type Pace = (signal: AbortSignal) => Promise<void>

/** How often an API server is called: `burst` calls at once, and `qps` a second after them. */
export interface Rate {
  readonly qps: number
  readonly burst: number
}

/** A token bucket as client-go's: callers wait their turn, and who gives up leaves it to the next. */
export function tokenBucket({ qps, burst }: Rate, clock: Pick<Clock, 'elapsed' | 'sleep'>): Pace {
  let [tokens, at] = [burst, clock.elapsed()]
  return async signal => {
    const now = clock.elapsed()
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * qps) - 1
    at = now
    if (tokens >= 0) return
    try {
      await clock.sleep((-tokens / qps) * 1000, signal)
    } catch (thrown) {
      tokens++
      throw thrown
    }
  }
}

interface Server {
  readonly server: string
  readonly http: Http
  readonly authorize?: Authorize | undefined
  readonly clock: Clock
}

const ping = '/livez/ping'
const served = 'x-kubernetes-pf-flowschema-uid'

/** Calls at a rate, but where the server itself keeps its callers fair (API Priority and Fairness): there they are sent at once. Spec: kustomization 12. */
export function politePace(rate: Rate, at: Server): Pace {
  const bucket = tokenBucket(rate, at.clock)
  let fair: Promise<boolean> | undefined
  return async signal => {
    fair ??= isFair(at, signal)
    const asked = fair
    const isFairThere = await asked.catch((thrown: unknown) => {
      if (fair === asked) fair = undefined
      signal.throwIfAborted()
      throw thrown
    })
    if (!isFairThere) await bucket(signal)
  }
}

/** What cannot be asked is not. Rejects when its caller gave up. */
async function isFair({ server, http, authorize }: Server, signal: AbortSignal): Promise<boolean> {
  try {
    const headers = { 'user-agent': 'fluxpilot', ...(await authorize?.(false, signal)) }
    const answer = await http.send({ method: 'HEAD', url: server.replace(/\/$/, '') + ping, headers }, signal)
    await answer.body.cancel()
    return Boolean(answer.headers[served])
  } catch {
    signal.throwIfAborted()
    return false
  }
}
