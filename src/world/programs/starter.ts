import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { privateFolder } from '../private-folder.ts'
import { type Asked, headBytes, readHead, type Told } from './messages.ts'
import { type Plan, type Program, startHere, type StartProgram } from './program.ts'
import { Starting } from './starting.ts'

/** A process that starts so few programs starts them by itself. */
const few = 4
const besideThis = new URL('./starter-process.ts', import.meta.url)

/**
 * Starts programs from a small process, which is started for the fifth of them: each start copies the page tables of the process that does it, and
 * stops it meanwhile, 20 ms and more for a large one. Where there can be no such process, programs are started from this one.
 * @param script `starter-process.ts`, or what it is in a bundle.
 */
export function programStarter(script: URL = besideThis): StartProgram {
  let [asked, opened]: [number, Promise<Starter | undefined> | undefined] = [0, undefined]
  const starter = async (): Promise<Starter | undefined> => {
    opened ??= openStarter(script).catch(() => undefined)
    const found = await opened
    if (!found?.gone) return found
    opened = undefined
    return starter()
  }
  return async plan => {
    const there = ++asked > few && process.platform !== 'win32' ? await starter() : undefined
    return there ? there.start(plan) : startHere(plan)
  }
}

async function openStarter(script: URL): Promise<Starter> {
  const folder = await privateFolder('programs')
  const server = createServer({ allowHalfOpen: true })
  try {
    const door = join(folder, 'door')
    server.listen(door)
    await once(server, 'listening')
    const child = fork(script, [door], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], detached: true })
    const gone = once(child, 'exit').then(() => Promise.reject(new Error('the process that starts programs has ended')))
    await Promise.race([once(child, 'message'), gone])
    return new Starter(child, server, folder)
  } catch (thrown) {
    server.close()
    await rm(folder, { recursive: true, force: true })
    throw thrown
  }
}

/** The small process, and what it runs for this one. */
class Starter {
  readonly #child: ChildProcess
  readonly #programs = new Map<number, Starting>()
  #last = 0
  gone = false

  constructor(child: ChildProcess, server: Server, folder: string) {
    this.#child = child
    child.on('message', (told: Told) => told.type !== 'here' && this.#programs.get(told.id)?.hear(told))
    child.on('error', () => {})
    child.once('exit', () => {
      this.gone = true
      server.close()
      for (const starting of this.#programs.values()) starting.lose()
      void rm(folder, { recursive: true, force: true }).catch(() => undefined)
    })
    server.on('connection', socket => void this.#receive(socket).catch(() => socket.destroy()))
    server.unref()
    this.#hold()
  }

  async start(plan: Plan): Promise<Program> {
    const id = (this.#last = (this.#last + 1) % 2 ** 32)
    const starting = new Starting()
    this.#programs.set(id, starting)
    this.#hold()
    this.#ask({ type: 'start', id, plan })
    const program = await starting.program(() => this.#ask({ type: 'end', id }))
    const forget = (): void => {
      this.#programs.delete(id)
      this.#hold()
    }
    void program.ended.then(forget)
    return program
  }

  #ask(asked: Asked): void {
    if (this.#child.connected) this.#child.send(asked, () => {})
  }

  async #receive(socket: Socket): Promise<void> {
    socket.on('error', () => {})
    const { id, stream } = readHead(await taken(socket, headBytes))
    const starting = this.#programs.get(id)
    if (starting) starting.receive(stream, socket)
    else socket.destroy()
  }

  /** This process does not end while a program of it runs. */
  #hold(): void {
    const held = this.#programs.size > 0 ? 'ref' : 'unref'
    this.#child[held]()
    this.#child.channel?.[held]()
  }
}

async function taken(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(size) as Buffer | null
    if (bytes?.length === size) return bytes
    if (socket.readableEnded || socket.destroyed) throw new Error('a stream ended before it said whose it is')
    await once(socket, 'readable')
  }
}
