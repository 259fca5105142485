import type { Readable } from 'node:stream'
import type { Program } from '../programs/program.ts'
import type { Access } from './access.ts'
import { GitError } from './error.ts'
import { startGit } from './run.ts'

/** An object as it is stored. */
export interface RawObject {
  readonly hash: string
  readonly type: 'commit' | 'tree' | 'blob' | 'tag'
  readonly bytes: Buffer
}

const mostBuffered = 1024 * 1024
const mostObject = 16 * 1024 * 1024
const newline = 0x0a
const aheadCount = 64
const mostAhead = 64 * 1024

/** Reads objects of a repository through one process, which is started when first asked. It answers what it is asked in turn. */
export class Objects {
  readonly #repository: string
  readonly #access: Pick<Access, 'env' | 'start'>
  #batch: Promise<Batch> | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #closed = false
  readonly #running = new Set<Promise<Program>>()
  #expected: readonly string[] = []
  #places = new Map<string, number>()
  #reached = 0
  readonly #ahead = new Map<string, Promise<RawObject | undefined>>()

  constructor(repository: string, access: Pick<Access, 'env' | 'start'>) {
    this.#repository = repository
    this.#access = access
  }

  /** By hash or name; `undefined` when it is absent. @throws {GitError} TOO_LARGE, BROKEN */
  find(name: string): Promise<RawObject | undefined> {
    return this.#ask(`contents ${name}\n`, async ({ program, output }) => {
      const found = headOf(await output.line(), name)
      if (!found) return undefined
      const { size, ...object } = found
      if (size > mostObject) {
        program.end()
        throw new GitError('TOO_LARGE', `${object.type} ${object.hash} has ${size} bytes`)
      }
      const bytes = await output.take(size)
      await output.take(1)
      return { ...object, bytes }
    })
  }

  /** Sizes in bytes by hash; those that are absent have none. @throws {GitError} BROKEN */
  sizes(hashes: readonly string[]): Promise<Map<string, number>> {
    if (hashes.length === 0) return Promise.resolve(new Map())
    return this.#ask(hashes.map(hash => `info ${hash}\n`).join(''), async ({ output }) => {
      const sizes = new Map<string, number>()
      for (const hash of hashes) {
        const found = headOf(await output.line(), hash)
        if (found) sizes.set(hash, found.size)
      }
      return sizes
    })
  }

  #ask<T>(commands: string, answered: (batch: Batch) => Promise<T>): Promise<T> {
    const batch = this.#open()
    void batch.then(({ program }) => program.stdin.write(`${commands}flush\n`)).catch(() => undefined)
    const answer = this.#turn.then(async () => answered(await batch))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  /** Tells in which order blobs will probably be read: small ones are then asked for some at a time. */
  expect(blobs: readonly { readonly hash: string; readonly size: number }[]): void {
    this.#expected = [...new Set(blobs.filter(({ size }) => size <= mostAhead).map(({ hash }) => hash))]
    this.#places = new Map(this.#expected.map((hash, i) => [hash, i]))
    this.#reached = 0
  }

  #soon(hash: string): Promise<RawObject | undefined> {
    const place = this.#places.get(hash) ?? -1
    if (!this.#ahead.has(hash) && place >= this.#reached) {
      this.#ahead.clear()
      this.#reached = place + aheadCount
      for (const next of this.#expected.slice(place, this.#reached)) {
        const found = this.find(next)
        found.catch(() => undefined)
        this.#ahead.set(next, found)
      }
    }
    const found = this.#ahead.get(hash) ?? this.find(hash)
    this.#ahead.delete(hash)
    return found
  }

  /** The content of a blob; a large one is never held. @throws {GitError} BROKEN */
  async *blob(hash: string, size: number): AsyncIterable<Uint8Array> {
    if (size > mostBuffered) return yield* this.#stream(hash, size)
    const found = await this.#soon(hash)
    if (found?.type !== 'blob') throw broken(`blob ${hash} is absent`)
    if (found.bytes.length > 0) yield found.bytes
  }

  #open(): Promise<Batch> {
    this.#batch ??= this.#start(['cat-file', '--batch-command', '--buffer']).then(program => ({
      program,
      output: new Output(program.stdout),
    }))
    return this.#batch
  }

  async #start(args: readonly string[]): Promise<Program> {
    if (this.#closed) throw broken('the checkout was closed')
    const starting = startGit({ args, access: this.#access, cwd: this.#repository })
    this.#running.add(starting)
    const program = await starting
    program.stderr.resume()
    void program.ended.then(() => this.#running.delete(starting))
    return program
  }

  async *#stream(hash: string, size: number): AsyncIterable<Uint8Array> {
    const { stdout, end } = await this.#start(['cat-file', 'blob', hash])
    let seen = 0
    try {
      for await (const chunk of stdout) {
        seen += (chunk as Buffer).length
        yield chunk as Buffer
      }
    } finally {
      end()
    }
    if (seen !== size) throw broken(`blob ${hash} ends after ${seen} of ${size} bytes`)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(
      [...this.#running].map(async starting => {
        const { stdout, ended, end } = await starting
        end()
        stdout.destroy()
        await ended
      }),
    )
  }
}

interface Batch {
  readonly program: Program
  readonly output: Output
}

/** What git says before an object; `undefined` when there is none of that name. */
function headOf(line: string, name: string): (Omit<RawObject, 'bytes'> & { readonly size: number }) | undefined {
  const [, hash, type, size] = /^([0-9a-f]{40}) (commit|tree|blob|tag) (\d+)$/.exec(line) ?? []
  if (hash !== undefined && type !== undefined) return { hash, type: type as RawObject['type'], size: Number(size) }
  if (/ (?:missing|ambiguous)$/.test(line)) return undefined
  throw broken(`the answer for ${name} is not understood`)
}

/** The output of a process, by lines and by bytes. */
class Output {
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(stdout: Readable) {
    this.#chunks = stdout.iterator() as AsyncIterator<Buffer>
  }

  async line(): Promise<string> {
    let end = this.#held.indexOf(newline)
    while (end < 0) {
      this.#held = Buffer.concat([this.#held, await this.#next()])
      end = this.#held.indexOf(newline)
    }
    const line = this.#held.subarray(0, end).toString('utf8')
    this.#held = this.#held.subarray(end + 1)
    return line
  }

  async take(size: number): Promise<Buffer> {
    const parts = [this.#held]
    let have = this.#held.length
    while (have < size) {
      const next = await this.#next()
      parts.push(next)
      have += next.length
    }
    const all = parts.length === 1 ? this.#held : Buffer.concat(parts)
    this.#held = all.subarray(size)
    return all.subarray(0, size)
  }

  async #next(): Promise<Buffer> {
    const ended = (cause?: unknown): GitError => broken('git ended before its answer', cause)
    const { done, value } = await this.#chunks.next().catch((thrown: unknown) => {
      throw ended(thrown)
    })
    if (done) throw ended()
    return value
  }
}

function broken(why: string, cause?: unknown): GitError {
  return new GitError('BROKEN', `the repository cannot be read: ${why}`, { cause })
}
