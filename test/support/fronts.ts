import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import type { Issued } from './certificates.ts'

/** Something on loopback that stands before a server. */
export interface Front {
  /** `host:port` */
  readonly address: string
  /** What passed, in order: method and target. */
  readonly passed: string[]
  close(): Promise<void>
}

/** Ends TLS for a plain server; with `clientCa` it wants a client certificate of that authority. */
export function tlsFront(target: string, { cert, key }: Issued, clientCa?: string): Promise<Front> {
  const passed: string[] = []
  const asked = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
  const server = createTlsServer({ cert, key, ...asked }, (from, to) => {
    passed.push(`${from.method} ${from.url}`)
    forward(from, to, { address: target, path: from.url ?? '/' })
  })
  return listening(server, passed)
}

/** A proxy that finds every name at one address. It asks for `user:password` when given. */
export function proxyFront(target: string, user?: string): Promise<Front> {
  const passed: string[] = []
  const tunnels = new Set<Socket>()
  const allowed = ({ headers }: IncomingMessage): boolean =>
    user === undefined || headers['proxy-authorization'] === `Basic ${Buffer.from(user).toString('base64')}`
  const server = createServer((from, to) => {
    passed.push(`${from.method} ${from.url}`)
    if (!allowed(from)) return void to.writeHead(407).end()
    const url = new URL(from.url ?? '/')
    forward(from, to, { address: target, path: url.pathname + url.search })
  })
  server.on('connect', (from: IncomingMessage, socket: Socket, head: Buffer) => {
    passed.push(`CONNECT ${from.url}`)
    tunnels.add(socket)
    if (!allowed(from)) return void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n')
    const [host = '', port = ''] = target.split(':')
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.write(head)
      through.pipe(socket).pipe(through)
    })
    for (const end of [socket, through]) end.on('error', () => void [socket, through].map(s => s.destroy()))
  })
  return listening(server, passed, tunnels)
}

function forward(from: IncomingMessage, to: ServerResponse, { address, path }: { address: string; path: string }): void {
  const [host = '', port = ''] = address.split(':')
  const onward = request({ host, port, path, method: from.method, headers: { ...from.headers, host: from.headers.host } }, answer => {
    to.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(to)
  })
  onward.on('error', () => to.destroy())
  from.pipe(onward)
}

async function listening(server: Server, passed: string[], tunnels: ReadonlySet<Socket> = new Set()): Promise<Front> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    address: `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`,
    passed,
    async close() {
      server.close()
      server.closeAllConnections()
      for (const socket of tunnels) socket.destroy()
      await once(server, 'close')
    },
  }
}
