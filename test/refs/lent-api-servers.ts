import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { etcdData, type EtcdData } from './etcd-data.ts'
import { type ApiServer, clusterOf, startOwnApiServer } from './own-api-server.ts'

/** What is said of a server that is lent, in one line of JSON. */
type Lent = Pick<ApiServer, 'url' | 'kubeconfigPath' | 'token' | 'pid'>
/** What the borrower asks for, in a line each; a line answers it. The end of the connection gives the server back. */
type Wish = { readonly pauseEtcd: number } | { readonly crash: true }
interface Kept {
  readonly server: ApiServer
  readonly data: EtcdData
}

/**
 * Lends API servers to processes that know the path: one at a time to each connection. A server that comes back is as it was
 * before it is lent again. To start one takes 4 s of a processor, to make it as it was a tenth of that.
 */
export async function lendApiServers(): Promise<{ readonly path: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-lent-'))
  const path = join(folder, 'socket')
  const all: Kept[] = []
  const free: Promise<Kept>[] = []
  const open = async (): Promise<Kept> => {
    const server = await startOwnApiServer()
    const kept = { server, data: await etcdData(server.etcdUrl) }
    all.push(kept)
    return kept
  }
  const listener = createServer(socket => {
    const kept = free.shift()?.catch(open) ?? open()
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      const back = kept.then(async again => {
        await again.data.restore()
        return again
      })
      back.catch(() => undefined)
      free.push(back)
    })
    kept.then(({ server }) => lend(socket, server)).catch((thrown: unknown) => socket.destroy(thrown as Error))
  }).listen(path)
  await once(listener, 'listening')
  return {
    path,
    async close() {
      listener.close()
      await Promise.allSettled(free)
      await Promise.all(all.map(({ server }) => server.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function lend(socket: Socket, server: ApiServer): Promise<void> {
  const say = (what: object): void => void socket.write(`${JSON.stringify(what)}\n`)
  const { url, kubeconfigPath, token, pid } = server
  say({ url, kubeconfigPath, token, pid } satisfies Lent)
  for await (const line of createInterface({ input: socket })) {
    const wish = JSON.parse(line) as Wish
    await ('crash' in wish ? server.crash() : server.pauseEtcd(wish.pauseEtcd))
    say({})
  }
}

/** Takes a server that is lent at a path, until `stop`. */
export async function borrowApiServer(path: string): Promise<ApiServer> {
  const socket = createConnection(path)
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done) throw new Error('no API server is lent any more')
    return JSON.parse(value)
  }
  const wish = async (what: Wish): Promise<void> => {
    socket.write(`${JSON.stringify(what)}\n`)
    await answer()
  }
  const lent = (await answer()) as Lent
  return {
    ...lent,
    cluster: () => clusterOf(lent.kubeconfigPath),
    crash: () => wish({ crash: true }),
    pauseEtcd: ms => wish({ pauseEtcd: ms }),
    async stop() {
      socket.destroy()
    },
  }
}
