import type { Socket } from 'node:net'
import { Readable, Writable } from 'node:stream'
import type { ToldOf } from './messages.ts'
import { type Ended, killGroup, notStarted, type Program } from './program.ts'

/** A program that the starter was asked for: its streams come one by one, and so does what becomes of it. */
export class Starting {
  readonly #ready = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<Ended>()
  readonly #streams: (Socket | undefined)[] = []
  #pid: number | undefined
  #heard = false
  #over = false

  hear(told: ToldOf): void {
    if (told.type === 'failed') return this.lose()
    if (told.type === 'runs') this.#pid = told.pid
    else this.#ended.resolve(told.how)
    this.#over = told.type === 'ended'
    this.#heard = true
    this.#see()
  }

  receive(stream: number, socket: Socket): void {
    this.#streams[stream] = socket
    this.#see()
  }

  /** Nobody tells its end any more: it is ended. */
  lose(): void {
    if (this.#pid !== undefined) killGroup(this.#pid)
    this.#ended.resolve(notStarted)
    this.#ready.resolve()
  }

  #see(): void {
    if (this.#heard && Object.keys(this.#streams).length === 3) this.#ready.resolve()
  }

  async program(end: () => void): Promise<Program> {
    await this.#ready.promise
    const [stdin, stdout, stderr] = this.#streams
    if (!stdin || !stdout || !stderr) {
      for (const stream of this.#streams) stream?.destroy()
      return nothing()
    }
    const ended = Promise.all([this.#ended.promise, closed(stdout), closed(stderr)]).then(([how]) => {
      stdin.destroy()
      return how
    })
    // Nothing is written to them: they close once the program's side does.
    stdout.end()
    stderr.end()
    return { stdin, stdout, stderr, ended, end: () => void (this.#over || end()) }
  }
}

function nothing(): Program {
  const stdin = new Writable({ write: (_chunk, _encoding, done) => done() })
  return { stdin, stdout: Readable.from([]), stderr: Readable.from([]), ended: Promise.resolve(notStarted), end: () => {} }
}

function closed(socket: Socket): Promise<void> {
  return new Promise(done => void (socket.closed ? done() : socket.once('close', () => done())))
}
