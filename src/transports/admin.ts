import { once } from 'node:events'
import { createServer } from 'node:http'

/** Answers `/healthz` and `/readyz` on an address of its own. */
export async function listenAdmin({
  host,
  port,
}: {
  host: string
  port: number
}): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(({ url }, response) => {
    const known = url === '/healthz' || url === '/readyz'
    response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain' })
    response.end(known ? 'ok\n' : 'not found\n')
  })
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  const bound = address !== null && typeof address === 'object' ? address.port : port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
