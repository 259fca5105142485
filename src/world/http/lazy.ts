import type { Http, HttpOptions } from './http.ts'
import type { ProxyEnv } from './proxy.ts'

/** The client of {@link createHttp}, loaded when something is first sent: it is a third of the program, and many runs send nothing. */
export function lazyHttp(env: ProxyEnv): Http {
  let opened: Promise<Http> | undefined
  const open = (): Promise<Http> => {
    opened ??= import('./client.ts').then(({ createHttp }) => createHttp(env))
    return opened
  }
  const bound = (options: HttpOptions | undefined): Http => {
    let real: Promise<Http> | undefined
    return {
      async send(what, signal) {
        real ??= open().then(http => (options ? http.with(options) : http))
        return (await real).send(what, signal)
      },
      with: more => bound({ ...options, ...more }),
      close: async () => (await opened)?.close(),
    }
  }
  return bound(undefined)
}
