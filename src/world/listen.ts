import { once } from 'node:events'
import type { Server } from 'node:http'

/** A server that answers at an address. */
export interface Listening {
  readonly port: number
  /** Ends the connections too. */
  close(): Promise<void>
}

/** Lets a server listen; port 0 takes a free one. Rejects when the address is taken. */
export async function listen(server: Server, { host, port }: { host: string; port: number }): Promise<Listening> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { port: address.port, close }
}
