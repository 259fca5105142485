import type { Http } from './http.ts'

/** A request that was answered, or failed. */
export interface Sent {
  readonly method: string
  /** With its port, without credentials. */
  readonly host: string
  /** Absent: there was no answer. */
  readonly status: number | undefined
}

/** An HTTP client that tells of each request once its status is known. */
export function tellingHttp(http: Http, told: (sent: Sent) => void): Http {
  return {
    async send(request, signal) {
      const { method, url } = request
      let status: number | undefined
      try {
        const answer = await http.send(request, signal)
        status = answer.status
        return answer
      } finally {
        told({ method, host: URL.parse(url)?.host ?? '', status })
      }
    },
    with: options => tellingHttp(http.with(options), told),
    close: () => http.close(),
  }
}
