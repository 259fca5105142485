// What ssh runs as its ProxyCommand: its standard streams, through the SOCKS5 proxy that a file names.
import { readFileSync } from 'node:fs'
import { socksConnect } from '../http/socks.ts'

/** What the file has, as JSON. */
export interface Tunnel {
  /** A URL with its user info. */
  readonly proxy: string
  readonly host: string
  readonly port: number
}

/** Less than ssh waits, so that the reason is told. */
const connectMs = 20_000

const { proxy, host, port } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Tunnel
const late = AbortSignal.timeout(connectMs)
try {
  const socket = await socksConnect({ proxy: new URL(proxy), host, port }, late)
  socket.once('close', () => process.stdin.destroy())
  process.stdin.pipe(socket).pipe(process.stdout)
} catch (thrown) {
  process.stderr.write(
    late.aborted ? `socks connect tcp ${new URL(proxy).host}->${host}:${port}: i/o timeout\n` : `${(thrown as Error).message}\n`,
  )
  process.exitCode = 1
}
