import { execFile } from 'node:child_process'
import { access, appendFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gitProgram } from '../world/git/program.ts'
import { listen } from '../lib/listen.ts'
import { opening } from '../lib/opened.ts'
import { answerByBackend, type Backend } from './git/backend.ts'
import { privateFolder } from '../world/private-folder.ts'
import { startHere, type StartProgram } from '../world/programs/program.ts'

const run = promisify(execFile)

export interface GitServerOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** A folder that keeps everything; absent: one that goes when the server closes. */
  readonly data?: string | undefined
  /** Judges the header of that name; absent: everyone may read and write. */
  readonly allows?: ((authorization: string | undefined) => boolean) | undefined
  /** Starts git; absent: from this process. */
  readonly start?: StartProgram | undefined
}

/** A running Git server on loopback; `address` is `host:port`, and the repositories are at `http://ADDRESS/NAME.git`. */
export interface SandboxGit {
  readonly address: string
  close(): Promise<void>
}

const pathPattern = /^((?:\/[A-Za-z0-9_][\w.-]*){1,4})\/(?:info\/refs|git-upload-pack|git-receive-pack)$/

/**
 * Serves Git over smart HTTP by `git http-backend`. A repository is made by the first push to it. @throws {GitError} GIT_MISSING, GIT_TOO_OLD
 */
export async function listenGit({ port, data, allows, start = startHere }: GitServerOptions): Promise<SandboxGit> {
  await gitProgram(process.env)()
  return opening(async opened => {
    const folder = data ?? opened.keep(await privateFolder('git-server'), made => rm(made, { recursive: true, force: true }))
    await mkdir(folder, { recursive: true })
    const { address, close } = await listen(gitServer({ folder, env: await serverEnv(folder), start }, allows), {
      host: '127.0.0.1',
      port,
      flag: '--git-port',
    })
    opened.keep(address, close)
    return { address, close: () => opened.close() }
  })
}

function gitServer(backend: Backend, allows: GitServerOptions['allows']): Server {
  const server = createServer((request, response) => {
    if (allows && !allows(request.headers.authorization))
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="sandbox"' }).end()
    void serve(request, response, backend).catch(() => response.destroy())
  })
  server.requestTimeout = 0
  return server
}

async function serverEnv(folder: string): Promise<Record<string, string>> {
  const config = join(folder, '.gitconfig')
  await writeFile(config, '[safe]\n\tdirectory = *\n[receive]\n\tfsckObjects = true\n[core]\n\thooksPath = /dev/null\n')
  return {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: config,
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, backend: Backend): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://git')
  const [, name] = pathPattern.exec(pathname) ?? []
  if (name === undefined) return void response.writeHead(404).end('there is no such repository\n')
  const repository = join(backend.folder, name)
  const pushes = request.method === 'GET' && searchParams.get('service') === 'git-receive-pack'
  if (!(await exists(join(repository, 'HEAD')))) {
    if (!pushes || (await isBelowRepository(backend.folder, name))) return void response.writeHead(404).end('there is no such repository\n')
    await create(repository, backend)
  }
  await answerByBackend(request, response, backend)
}

const settings = '[http]\n\treceivepack = true\n[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n'

async function create(repository: string, { env }: Backend): Promise<void> {
  await run('git', ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', repository], { env })
  await appendFile(join(repository, 'config'), settings)
}

async function isBelowRepository(folder: string, name: string): Promise<boolean> {
  const parts = name.slice(1).split('/')
  for (let end = 1; end < parts.length; end++) if (await exists(join(folder, ...parts.slice(0, end), 'HEAD'))) return true
  return false
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
