import type { FluxEvent } from '../../kinds/flux-event.ts'
import { messageOf } from '../../lib/coded-error.ts'
import type { Clock } from '../clock/clock.ts'
import type { Http } from '../http/http.ts'
import type { Log } from '../log/log.ts'

/** Where events go, such as notification-controller's address. */
export interface ReceiverOptions {
  readonly url: string
  readonly http: Http
  readonly clock: Clock
  readonly log: Log
  /** Who reports: the name of this machine. */
  readonly instance: string
}

/** Takes events without ever holding up who tells of them. */
export interface EventReceiver {
  send(event: FluxEvent): void
  /** Resolves when what was taken is sent, or given up: nothing is tried again, and after a failure nothing more is sent. */
  close(): Promise<void>
}

const [timeoutMs, mostTries, mostWaiting, longestPauseMs] = [5000, 5, 1000, 30_000]

/**
 * Posts events one after the other, each 5 s at most: 202 and 429 end it, other failures are tried again up to four times with pauses from 1 s, doubled, to 30 s.
 * Of more than 1000 that wait, new ones are dropped. Spec: kustomization 10.2, image-helm-notification A.7.
 */
export function eventReceiver(options: ReceiverOptions): EventReceiver {
  const { url, log } = options
  const closing = new AbortController()
  const http = options.http.with({ timeoutMs })
  let last: Promise<void> = Promise.resolve()
  let waiting = 0
  let gone = false
  const work = async (event: FluxEvent): Promise<void> => {
    try {
      if (!gone) await post(event, { ...options, http }, closing.signal)
    } catch (thrown) {
      log.warn('an event could not be sent', { url, error: messageOf(thrown) })
      gone = closing.signal.aborted
    } finally {
      waiting--
    }
  }
  return {
    send(event) {
      if (waiting >= mostWaiting) return log.warn('an event was dropped: too many wait for the receiver', { url })
      waiting++
      last = last.then(() => work(event))
    },
    async close() {
      closing.abort(new Error('the controller stops'))
      await last
    },
  }
}

async function post(event: FluxEvent, { url, http, clock, instance }: ReceiverOptions, closing: AbortSignal): Promise<void> {
  const body = JSON.stringify({ ...event, reportingInstance: instance })
  const request = { method: 'POST', url, headers: { 'content-type': 'application/json' }, body }
  for (let attempt = 1; ; attempt++) {
    const status = await statusOf(http, request)
    if (typeof status === 'number' && (status < 300 || status === 429)) return
    const tried = status instanceof Error ? status : new Error(`status ${status}`)
    if (attempt >= mostTries || closing.aborted || (typeof status === 'number' && (status < 500 || status === 501))) throw tried
    await clock.sleep(Math.min(1000 * 2 ** (attempt - 1), longestPauseMs), closing)
  }
}

async function statusOf(http: Http, request: Parameters<Http['send']>[0]): Promise<number | Error> {
  try {
    const answer = await http.send(request, new AbortController().signal)
    await answer.body.cancel()
    return answer.status
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(messageOf(thrown))
  }
}
