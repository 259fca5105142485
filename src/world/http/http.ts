/** A request. `headers` have lower-case names; a streaming body is sent chunked unless content-length is given. */
export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined
}

/** An answer. The body must be read to its end or cancelled. Header names are lower case; repeated headers are joined with `, `. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array> & { cancel(): Promise<void> }
}

/** How to connect. PEM texts; `ca` is added to the system's roots. `proxy` beats HTTPS_PROXY and NO_PROXY; `timeoutMs` bounds the wait for headers. */
export interface HttpOptions {
  readonly tls?:
    | {
        readonly ca?: string | undefined
        readonly cert?: string | undefined
        readonly key?: string | undefined
        readonly verify?: boolean | undefined
        readonly serverName?: string | undefined
      }
    | undefined
  readonly proxy?: string | undefined
  readonly timeoutMs?: number | undefined
}

/** HTTP as a hand: redirects are not followed, no status is an error. */
export interface Http {
  /** @throws {HttpError} UNREACHABLE, TIMEOUT, TLS; an abort rejects with `signal.reason`. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
  /** The same with other connection options; connections are pooled per set of options. */
  with(options: HttpOptions): Http
  close(): Promise<void>
}
