import { spawn } from 'node:child_process'
import { isObject, type JsonObject, jsonIn } from '../../lib/json.ts'
import { AuthError } from './error.ts'
import type { Line } from './line.ts'

const mostOutput = 256 * 1024
const longestMs = 30_000

/** What a program printed. Words instead: why it did not come to its end. */
export type Ran = { readonly code: number; readonly stdout: string } | 'absent' | 'no answer in time' | 'it cannot be run'

/** Runs a program, whose output may hold secrets. An abort rejects with `signal.reason`. */
export async function run(
  program: string,
  args: readonly string[],
  { env, ms, signal }: { readonly env: Line['env']; readonly ms: number; readonly signal: AbortSignal },
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>()
  const late = AbortSignal.timeout(ms)
  const within = AbortSignal.any([signal, late])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...env }, signal: within, killSignal: 'SIGKILL' })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < mostOutput) stdout += chunk.toString('utf8')
  })
  child.on('error', (thrown: NodeJS.ErrnoException) =>
    resolve(thrown.code === 'ENOENT' ? 'absent' : late.aborted ? 'no answer in time' : 'it cannot be run'),
  )
  child.on('close', code => resolve({ code: code ?? 1, stdout }))
  const ran = await promise
  signal.throwIfAborted()
  return ran
}

/**
 * What a cloud's own command line prints as JSON: it knows how the person signed in. `undefined` where the program is not there.
 * @throws {AuthError} NO_IDENTITY when it fails, with what to do; what it printed may hold secrets and is not told.
 */
export async function toldBy(
  program: string,
  args: readonly string[],
  { line, instead }: { readonly line: Line; readonly instead: string },
): Promise<JsonObject | undefined> {
  const { env, signal } = line
  const failed = (why: string): AuthError => new AuthError('NO_IDENTITY', `${program} ${why}: ${instead}`)
  const done = await run(program, args, { env, ms: longestMs, signal })
  if (done === 'absent') return undefined
  if (typeof done === 'string') throw failed(done === 'no answer in time' ? `gave no answer in ${longestMs / 1000} s` : 'cannot be run')
  const document = jsonIn(done.stdout)
  if (done.code === 0 && isObject(document)) return document
  throw failed(`ended with code ${done.code}${done.code === 0 ? ' and no JSON' : ''}`)
}
