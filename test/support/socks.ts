import { once } from 'node:events'
import { connect, createServer, isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** A SOCKS5 proxy on loopback that finds every name at one address. */
export interface SocksFront {
  /** `host:port` */
  readonly address: string
  /** What it was asked for, in order: `a name git.example.com:22`, `as me:p@ss`. */
  readonly asked: string[]
  /** Settles when somebody asks, and again when that one has left. */
  readonly came: Promise<void>
  readonly left: Promise<void>
  close(): Promise<void>
}

export interface SocksManners {
  /** `name:password` */
  readonly user?: string
  /** What it replies to the wish for a connection; 0 connects. */
  readonly reply?: number
  /** Says nothing at all. */
  readonly hangs?: boolean
}

export async function socksFront(target: string, manners: SocksManners = {}): Promise<SocksFront> {
  const asked: string[] = []
  const sockets = new Set<Duplex>()
  const [came, left] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = createServer(socket => {
    sockets.add(socket)
    came.resolve()
    socket.on('error', () => undefined).once('close', () => left.resolve())
    if (manners.hangs) return void socket.resume()
    serve(socket, { target, asked, manners }).then(
      through => through && sockets.add(through),
      () => socket.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = server.address()
  return {
    address: `127.0.0.1:${at !== null && typeof at === 'object' ? at.port : 0}`,
    asked,
    came: came.promise,
    left: left.promise,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

async function serve(
  socket: Socket,
  { target, asked, manners }: { target: string; asked: string[]; manners: SocksManners },
): Promise<Socket | undefined> {
  const [version, count = 0] = await bytes(socket, 2)
  const methods = await bytes(socket, count)
  const wanted = manners.user === undefined ? 0 : 2
  if (version !== 5 || !methods.includes(wanted)) return void socket.end(Buffer.of(5, 0xff))
  socket.write(Buffer.of(5, wanted))
  if (manners.user !== undefined) {
    const [, nameLength = 0] = await bytes(socket, 2)
    const name = await bytes(socket, nameLength)
    const user = `${name}:${await bytes(socket, (await bytes(socket, 1))[0] ?? 0)}`
    asked.push(`as ${user}`)
    if (user !== manners.user) return void socket.end(Buffer.of(1, 1))
    socket.write(Buffer.of(1, 0))
  }
  asked.push(await wish(socket))
  if (manners.reply) return void socket.end(Buffer.of(5, manners.reply, 0, 1, 0, 0, 0, 0, 0, 0))
  const [host = '', port = ''] = target.split(':')
  const through = connect(Number(port), host)
  await once(through, 'connect')
  for (const end of [socket, through]) end.on('error', () => void [socket, through].map(s => s.destroy()))
  socket.write(Buffer.of(5, 0, 0, 3, 5, ...Buffer.from('bound'), 0, 1))
  through.pipe(socket).pipe(through)
  return through
}

async function wish(socket: Socket): Promise<string> {
  const [, , , type] = await bytes(socket, 4)
  const host = await bytes(socket, type === 1 ? 4 : type === 4 ? 16 : ((await bytes(socket, 1))[0] ?? 0))
  const port = (await bytes(socket, 2)).readUInt16BE()
  if (type === 1) return `an address ${host.join('.')}:${port}`
  if (type === 4) return `an address [${host.toString('hex').replace(/(.{4})(?!$)/g, '$1:')}]:${port}`
  return `${isIP(host.toString()) === 0 ? 'a name' : 'an address as a name'} ${host}:${port}`
}

async function bytes(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const found = length === 0 ? Buffer.alloc(0) : (socket.read(length) as Buffer | null)
    if (found?.length === length) return found
    if (socket.readableEnded || socket.destroyed) throw new Error('it left')
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')])
  }
}
