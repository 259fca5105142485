import type { Http } from '../../src/world/http/http.ts'

/** HTTP in which servers on loopback play other origins: what is sent to an origin of `parts` goes to its server, under the host name that was asked for. */
export function playedHttp(http: Http, parts: Readonly<Record<string, string>>): Http {
  return {
    send(request, signal) {
      const url = new URL(request.url)
      const played = parts[url.origin]
      if (played === undefined) return http.send(request, signal)
      const headers = { ...request.headers, host: url.host }
      return http.send({ ...request, url: `${played}${url.pathname}${url.search}`, headers }, signal)
    },
    with: options => playedHttp(http.with(options), parts),
    close: () => http.close(),
  }
}
