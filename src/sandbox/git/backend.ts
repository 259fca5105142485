import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { StartProgram } from '../../world/programs/program.ts'

const mostHead = 16 * 1024
const endOfHead = '\r\n\r\n'

/** Where and as whom `git http-backend` serves. */
export interface Backend {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly start: StartProgram
}

/** Answers a request by `git http-backend`, a CGI program. */
export async function answerByBackend(request: IncomingMessage, response: ServerResponse, { folder, env, start }: Backend): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://git')
  const { stdin, stdout, stderr, end } = await start({
    program: 'git',
    args: ['http-backend'],
    env: { ...env, GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1', ...variablesOf(request, { pathname, search }) },
    cwd: folder,
  })
  stderr.resume()
  response.once('close', end)
  if (response.destroyed) end()
  request.pipe(stdin)
  await passOn(stdout, response)
}

function variablesOf(
  { method, headers }: IncomingMessage,
  { pathname, search }: { pathname: string; search: string },
): Record<string, string> {
  const named = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    HTTP_ACCEPT: headers.accept,
    HTTP_GIT_PROTOCOL: [headers['git-protocol']].flat()[0],
  }
  const given = Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return {
    REQUEST_METHOD: method ?? 'GET',
    PATH_INFO: decodeURIComponent(pathname),
    QUERY_STRING: search.slice(1),
    ...Object.fromEntries(given),
  }
}

/** The head of a CGI answer is lines, one of them perhaps the status; the rest is the body. */
async function passOn(stdout: Readable, response: ServerResponse): Promise<void> {
  let held = Buffer.alloc(0)
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    held = Buffer.concat([held, chunk as Buffer])
    const end = held.indexOf(endOfHead)
    if (end < 0 && held.length < mostHead) continue
    if (end < 0) return void response.destroy()
    writeHead(held.subarray(0, end).toString('latin1'), response)
    response.write(held.subarray(end + endOfHead.length))
    return pipeline(stdout, response).catch(() => void response.destroy())
  }
  response.destroy()
}

function writeHead(head: string, response: ServerResponse): void {
  for (const line of head.split('\r\n')) {
    const [, name = '', value = ''] = /^([\w-]+): (.*)$/.exec(line) ?? []
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
    else if (name !== '') response.setHeader(name, value)
  }
}
