import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../lib/coded-error.ts'
import { isObject, type JsonObject, objectAt, stringAt, jsonIn } from '../../lib/json.ts'
import { matchAuths } from './pull-secrets.ts'
import { RegistryError } from './error.ts'
import type { SignIn } from './sign-in.ts'

type Env = Readonly<Record<string, string | undefined>>

const helperTimeoutMs = 30_000
const mostOutput = 1024 * 1024
const hubKey = 'https://index.docker.io/v1/'

/**
 * Credentials of the user's docker or podman config: credential helpers, then the store, then `auths`. A file that is not there is no error.
 * @throws {RegistryError} DENIED for a file that cannot be read, naming it, and when a helper fails.
 */
export async function ambientSignIn(
  { env, home }: { env: Env; home: string },
  { registry, repository, signal }: { registry: string; repository: string; signal: AbortSignal },
): Promise<SignIn> {
  for (const file of configFiles(env, home)) {
    const config = await readConfig(file)
    const found = config && (await signInOf(config, { registry, repository, env, signal }))
    if (found) return found
  }
  return { type: 'anonymous' }
}

/** Docker's config, then podman's; they need not exist. */
export function configFiles(env: Env, home: string): string[] {
  const podman = env.REGISTRY_AUTH_FILE ?? (env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json') : undefined)
  return [join(env.DOCKER_CONFIG ?? join(home, '.docker'), 'config.json'), ...(podman ? [podman] : [])]
}

async function readConfig(file: string): Promise<JsonObject | undefined> {
  const refused = (what: string, cause?: unknown): RegistryError =>
    new RegistryError('DENIED', { ref: file, message: `docker config '${file}' ${what}: repair or remove it` }, { cause })
  const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (['ENOENT', 'ENOTDIR'].includes(thrown.code ?? '')) return undefined
    throw refused(`cannot be read (${thrown.code ?? thrown.message})`, thrown)
  })
  if (text === undefined) return undefined
  const parsed = jsonIn(text)
  if (isObject(parsed)) return parsed
  throw refused('is no JSON object')
}

async function signInOf(
  config: JsonObject,
  { registry, repository, env, signal }: { registry: string; repository: string; env: Env; signal: AbortSignal },
): Promise<SignIn | undefined> {
  const key = registry === 'index.docker.io' ? hubKey : registry
  const helper = stringAt(config, 'credHelpers', registry) ?? stringAt(config, 'credHelpers', key) ?? stringAt(config, 'credsStore')
  const told = helper ? await askHelper(helper, key, { env, signal }) : undefined
  return told ?? matchAuths(objectAt(config, 'auths'), registry, repository)
}

/** Asks `docker-credential-<name>`; `undefined` when it knows nothing of the server. */
async function askHelper(name: string, server: string, { env, signal }: { env: Env; signal: AbortSignal }): Promise<SignIn | undefined> {
  const failed = (message: string, cause?: unknown): RegistryError => new RegistryError('DENIED', { ref: server, message }, { cause })
  if (!/^[\w.-]+$/.test(name)) throw failed(`'${name}' is no name of a credential helper`)
  const program = `docker-credential-${name}`
  const { code, stdout } = await run(program, server, { env, signal }).catch((thrown: unknown) => {
    signal.throwIfAborted()
    throw failed(`the credential helper '${program}' cannot be used: ${messageOf(thrown)}`, thrown)
  })
  const answer = jsonIn(stdout)
  if (code !== 0 && /credentials not found/i.test(stdout)) return undefined
  const [username, secret] = [stringAt(answer, 'Username'), stringAt(answer, 'Secret')]
  if (code !== 0 || username === undefined || secret === undefined)
    throw failed(`the credential helper '${program}' failed for '${server}'`)
  return username === '<token>' ? { type: 'identityToken', identityToken: secret } : { type: 'basic', username, password: secret }
}

function run(
  program: string,
  input: string,
  { env, signal }: { env: Env; signal: AbortSignal },
): Promise<{ code: number; stdout: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; stdout: string }>()
  const within = AbortSignal.any([signal, AbortSignal.timeout(helperTimeoutMs)])
  const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], env: { ...env }, signal: within, killSignal: 'SIGKILL' })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < mostOutput) stdout += chunk.toString('utf8')
  })
  child.on('error', thrown => reject(within.aborted ? new Error(`it gave no answer in ${helperTimeoutMs / 1000} s`) : thrown))
  child.on('close', code => resolve({ code: code ?? 1, stdout }))
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  return promise
}
