import { open, realpath } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { type Address, listen, type Listening } from '../../lib/listen.ts'
import { type Portion, portionOf, type Served } from './conditional.ts'
import { isTemporary } from './writers.ts'

/** Not by an import, which would read each of the module's exports, and with them load a WebSocket and a fetch: a fifth of a start. */
const { createServer } = process.getBuiltinModule('node:http')

/** A running file server. */
export type StorageServer = Listening

/**
 * Serves a folder of artifacts over HTTP: files only, links followed within the folder, with ranges and entity tags. Who reads a file that is replaced
 * meanwhile gets the whole of the old one. Spec: sources 1.4 (storage server).
 */
export async function serveArtifacts({ folder, ...at }: Address & { readonly folder: string }): Promise<StorageServer> {
  const server = createServer(
    (request, response) =>
      void (['GET', 'HEAD'].includes(request.method ?? '')
        ? send(folder, request, response).catch(() => response.destroy())
        : refuse(response, 405)),
  )
  return listen(server, at)
}

async function send(folder: string, { url = '/', method, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = await within(folder, url)
  const file = path === undefined ? undefined : await open(path).catch(() => undefined)
  const found = await file?.stat({ bigint: true })
  if (!file || !found?.isFile()) {
    await file?.close()
    return refuse(response, 404)
  }
  const served = {
    size: Number(found.size),
    etag: `"${found.ino.toString(36)}-${found.mtimeNs.toString(36)}"`,
    modified: Number(found.mtimeMs),
  }
  const portion = portionOf(served, {
    range: headers.range,
    ifRange: one(headers['if-range']),
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
  })
  response.writeHead(portion.status, headersOf(served, portion))
  if (method === 'HEAD' || portion.status === 304 || portion.status === 416 || served.size === 0) {
    response.end()
    return file.close()
  }
  const bounds = portion.status === 206 ? { start: portion.start, end: portion.end } : {}
  await pipeline(file.createReadStream(bounds), response).catch(() => response.destroy())
}

function headersOf({ size, etag, modified }: Served, portion: Portion): Record<string, string> {
  const known = { etag, 'last-modified': new Date(modified).toUTCString(), 'accept-ranges': 'bytes' }
  if (portion.status === 304) return known
  if (portion.status === 416) return { ...known, 'content-range': `bytes */${size}`, 'content-length': '0' }
  const length = portion.status === 206 ? portion.end - portion.start + 1 : size
  const range = portion.status === 206 ? { 'content-range': `bytes ${portion.start}-${portion.end}/${size}` } : {}
  return { ...known, ...range, 'content-type': 'application/octet-stream', 'content-length': String(length) }
}

function one(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.[0]
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/plain', ...(status === 405 ? { allow: 'GET, HEAD' } : {}) })
  response.end(status === 404 ? 'not found\n' : 'method not allowed\n')
}

async function within(folder: string, path: string): Promise<string | undefined> {
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, decodeURIComponent(new URL(path, 'http://storage').pathname)))
    return real.startsWith(root + sep) && !isOurs(real.slice(root.length + 1)) ? real : undefined
  } catch {
    return undefined
  }
}

/** What is for this process alone: temporary files, and folders at the top that no kind has a name for. */
function isOurs(path: string): boolean {
  return path.startsWith('.') || isTemporary(basename(path))
}
