import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** A running file server; `address` is `host:port`. */
export interface StorageServer {
  readonly address: string
  close(): Promise<void>
}

/** Serves a folder of artifacts over HTTP: files only, links followed within the folder. Spec: sources 1.4 (storage server). */
export async function serveArtifacts({ folder, host, port }: { folder: string; host: string; port: number }): Promise<StorageServer> {
  const server = createServer(
    (request, response) =>
      void (['GET', 'HEAD'].includes(request.method ?? '')
        ? send(folder, { path: request.url ?? '/', head: request.method === 'HEAD' }, response)
        : refuse(response, 405)),
  )
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server has no port')
  const close = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { address: `${host}:${address.port}`, close }
}

async function send(folder: string, { path, head }: { path: string; head: boolean }, response: ServerResponse): Promise<void> {
  const file = await within(folder, path)
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined)
  if (file === undefined || !found?.isFile()) return refuse(response, 404)
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': String(found.size) })
  if (head) return void response.end()
  await pipeline(createReadStream(file), response).catch(() => response.destroy())
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain' })
  response.end(status === 404 ? 'not found\n' : 'method not allowed\n')
}

async function within(folder: string, path: string): Promise<string | undefined> {
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, decodeURIComponent(new URL(path, 'http://storage').pathname)))
    return real.startsWith(root + sep) ? real : undefined
  } catch {
    return undefined
  }
}
