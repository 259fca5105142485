import { spawn } from 'node:child_process'
import { isObject, type JsonObject, jsonIn } from '../../lib/json.ts'
import { AuthError } from './error.ts'
import type { Line } from './line.ts'

const mostOutput = 256 * 1024
const longestMs = 30_000

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
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; stdout: string } | undefined>()
  const within = AbortSignal.any([signal, AbortSignal.timeout(longestMs)])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...env }, signal: within, killSignal: 'SIGKILL' })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < mostOutput) stdout += chunk.toString('utf8')
  })
  child.on('error', (thrown: NodeJS.ErrnoException) => (thrown.code === 'ENOENT' ? resolve(undefined) : reject(thrown)))
  child.on('close', code => resolve({ code: code ?? 1, stdout }))
  const failed = (why: string, cause?: unknown): AuthError => new AuthError('NO_IDENTITY', `${program} ${why}: ${instead}`, { cause })
  const done = await promise.catch((cause: unknown) => {
    signal.throwIfAborted()
    throw failed(`gave no answer in ${longestMs / 1000} s`, cause)
  })
  if (!done) return undefined
  const document = jsonIn(done.stdout)
  if (done.code === 0 && isObject(document)) return document
  throw failed(`ended with code ${done.code}${done.code === 0 ? ' and no JSON' : ''}`)
}
