import { type Address, listen } from '../lib/listen.ts'

/** Not by an import, which would read each of the module's exports, and with them load a WebSocket and a fetch. */
const { createServer } = process.getBuiltinModule('node:http')

/** Pages of an operator's server by path, as plain text. */
export type Pages = Readonly<Record<string, () => string | Promise<string>>>

const probes: Pages = { '/healthz': () => 'ok\n', '/readyz': () => 'ok\n' }

/** Answers `/healthz` and `/readyz`, or other pages, on an address of its own. */
export async function listenAdmin(at: Address, pages: Pages = probes): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const page = pages[new URL(request.url ?? '/', 'http://localhost').pathname]
    const answer = async (): Promise<void> => {
      const text = await page?.()
      response.writeHead(text === undefined ? 404 : 200, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(text ?? 'not found\n')
    }
    answer().catch(() => response.destroy())
  })
  const { address, close } = await listen(server, at)
  return { url: `http://${address}/`, close }
}
