import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../lib/coded-error.ts'
import { listen } from '../lib/listen.ts'
import { RegistryProblem, registryProblems } from './registry/answers.ts'
import { memoryContent } from './registry/content.ts'
import { folderContent } from './registry/folder-content.ts'
import { handleRegistry, type Reply } from './registry/handlers.ts'
import { Repositories } from './registry/repositories.ts'
import { Uploads } from './registry/uploads.ts'

export interface RegistryOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** A folder that keeps everything; absent: memory. */
  readonly data?: string | undefined
  /** Asks for this user by basic authentication. */
  readonly basic?: { readonly username: string; readonly password: string } | undefined
}

/** A running registry on loopback; `address` is `host:port`. */
export interface SandboxRegistry {
  readonly address: string
  close(): Promise<void>
}

/** Serves the OCI distribution API v1.1 in full: chunked and resumed uploads, mounts, ranges, tag pages, referrers, deletion. */
export async function listenRegistry(options: RegistryOptions): Promise<SandboxRegistry> {
  const content = options.data ? await folderContent(options.data) : memoryContent()
  const shelf = { content, repositories: await Repositories.load(content) }
  const uploads = new Uploads(shelf)
  const server = createServer(
    (request, response) =>
      void serve(request, response, async () => {
        checkUser(request, options)
        const url = new URL(request.url ?? '/', 'http://registry')
        if (!/^\/v2(\/|$)/.test(url.pathname)) throw registryProblems.nowhere()
        return handleRegistry(shelf, uploads, {
          request,
          path: pathOf(url),
          query: url.searchParams,
        })
      }),
  )
  server.requestTimeout = 0
  return listen(server, { host: '127.0.0.1', port: options.port, flag: '--registry-port' })
}

function pathOf({ pathname }: URL): string {
  const path = pathname.replace(/^\/v2\/?/, '')
  try {
    return decodeURIComponent(path)
  } catch {
    throw registryProblems.nameInvalid(path)
  }
}

function checkUser({ headers }: IncomingMessage, { basic }: RegistryOptions): void {
  if (!basic) return
  const expected = `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`
  if (headers.authorization !== expected) throw registryProblems.unauthorized()
}

async function serve(request: IncomingMessage, response: ServerResponse, work: () => Promise<Reply>): Promise<void> {
  try {
    const reply = await work()
    response.writeHead(reply.status, reply.headers)
    if (reply.body === undefined || typeof reply.body === 'string') response.end(reply.body)
    else await pipeline(Readable.from(reply.body), response)
  } catch (thrown) {
    if (response.headersSent) return void response.destroy()
    const problem = thrown instanceof RegistryProblem ? thrown : new RegistryProblem(500, 'UNKNOWN', messageOf(thrown))
    response.writeHead(problem.status, {
      'content-type': 'application/json',
      // What is left of a body would be taken for the next request.
      ...(request.complete ? {} : { connection: 'close' }),
      ...(problem.status === 401 ? { 'www-authenticate': 'Basic realm="sandbox"' } : {}),
    })
    response.end(JSON.stringify({ errors: [{ code: problem.code, message: problem.message }] }))
    request.resume()
  }
}
