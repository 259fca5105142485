import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { printReference } from '../../lib/reference.ts'
import type { Clock } from '../clock/clock.ts'
import { type Program, type StartProgram, wordsOf } from '../programs/program.ts'
import { orasFailure } from './oras-failure.ts'
import { orasAccess, type Side } from './oras-access.ts'
import { RegistryError } from './error.ts'
import type { Origins } from './origins.ts'
import type { OrasProgram } from './oras-find.ts'
import type { Access } from './registry.ts'

/** The CLI for one way of access. */
export interface Oras extends OrasProgram {
  readonly start: StartProgram
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly access: Access
  readonly origins: Origins
  readonly clock: Clock
}

/** A command without what access adds. `sides`: the registries it speaks to; the first is the one that errors name. */
export interface Command {
  readonly args: readonly string[]
  readonly sides: readonly [Side, ...Side[]]
  readonly input?: AsyncIterable<Uint8Array> | undefined
}

const idleMs = 120_000

/** Runs a command and gives its whole output. @throws {RegistryError} by what it said; TOO_LARGE. */
export async function text(oras: Oras, command: Command, { limit, signal }: { limit: number; signal: AbortSignal }): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of stream(oras, command, signal)) {
    size += part.length
    const ref = nameOf(command)
    if (size > limit) throw new RegistryError('TOO_LARGE', { ref, message: `what is said of '${ref}' is larger than ${limit} bytes` })
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/**
 * Runs a command and streams its output; the stream ends normally only when the command did. An abort kills it, and so does silence: two minutes
 * in which it neither reads nor writes.
 */
export async function* stream(oras: Oras, command: Command, signal: AbortSignal): AsyncIterable<Uint8Array> {
  signal.throwIfAborted()
  const { env, flags, remove } = await orasAccess(oras, command.sides, signal)
  const child = await oras.start({ program: oras.program, args: [...command.args, ...flags], env, cwd: process.cwd() })
  signal.addEventListener('abort', child.end, { once: true })
  const watch = new Watch(oras.clock, child.end)
  const [said, fed] = [wordsOf(child.stderr), feed(child, command.input, watch)]
  try {
    if (signal.aborted) child.end()
    watch.touch()
    for await (const chunk of child.stdout) {
      watch.rest()
      yield chunk as Uint8Array
      watch.touch()
    }
    signal.throwIfAborted()
    const ref = nameOf(command)
    if (watch.ended) throw new RegistryError('TIMEOUT', { ref, message: `oras: nothing moved for '${ref}' in ${idleMs / 1000} s` })
    const source = await fed
    if (source) throw source.thrown
    if ((await child.ended).code !== 0) throw orasFailure(await said, nameOf(command))
  } finally {
    watch.rest()
    signal.removeEventListener('abort', child.end)
    child.end()
    child.stdout.destroy()
    await child.ended
    await remove()
  }
}

function nameOf({ sides: [{ at }] }: Command): string {
  return printReference(at)
}

/** Counts silence from each touch on, and ends what is silent for too long. */
class Watch {
  readonly #clock: Clock
  readonly #end: () => void
  #stop = new AbortController()
  ended = false

  constructor(clock: Clock, end: () => void) {
    this.#clock = clock
    this.#end = end
  }

  touch(): void {
    this.rest()
    this.#stop = new AbortController()
    this.#clock.sleep(idleMs, this.#stop.signal).then(
      () => {
        this.ended = true
        this.#end()
      },
      () => {},
    )
  }

  rest(): void {
    this.#stop.abort()
  }
}

/** What the source threw, if it did; the command is ended then. That the command stopped reading is no failure. */
async function feed(child: Program, input: AsyncIterable<Uint8Array> | undefined, watch: Watch): Promise<{ thrown: unknown } | undefined> {
  let failure: { thrown: unknown } | undefined
  const watched = async function* (): AsyncIterable<Uint8Array> {
    try {
      for await (const part of input ?? []) {
        watch.touch()
        yield part
      }
    } catch (thrown) {
      failure = { thrown }
      child.end()
    }
  }
  await pipeline(Readable.from(watched()), child.stdin).catch(() => undefined)
  return failure
}
