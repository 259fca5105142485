import type { Http } from '../../src/world/http/http.ts'

/** HTTP of whom nothing may be asked. */
export const noHttp: Http = {
  send: ({ url }) => Promise.reject(new Error(`${url} was asked`)),
  with: () => noHttp,
  close: async () => {},
}
