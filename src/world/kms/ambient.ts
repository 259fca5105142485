import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AmbientKeys, KeyText } from '../../kinds/master-key.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface AmbientOptions {
  readonly env: Env
  readonly home: string
}

interface Found {
  readonly text?: KeyText
  readonly problem?: string
}

/** Keys of age as SOPS looks for them. Spec: kustomization 6.1. */
export async function ambientKeys({ env, home }: AmbientOptions, signal: AbortSignal): Promise<AmbientKeys> {
  const config = env.XDG_CONFIG_HOME || join(home, '.config')
  const ssh = await Promise.all([
    named(env, 'SOPS_AGE_SSH_PRIVATE_KEY_FILE'),
    perhaps(join(home, '.ssh', 'id_ed25519')),
    perhaps(join(home, '.ssh', 'id_rsa')),
  ])
  const age = await Promise.all([
    given(env, 'SOPS_AGE_KEY'),
    named(env, 'SOPS_AGE_KEY_FILE'),
    told(env, 'SOPS_AGE_KEY_CMD', signal),
    perhaps(join(config, 'sops', 'age', 'keys.txt')),
  ])
  signal.throwIfAborted()
  const texts = (found: readonly Found[]): KeyText[] => found.flatMap(({ text }) => (text ? [text] : []))
  return { age: texts(age), ssh: texts(ssh), problems: [...ssh, ...age].flatMap(({ problem }) => (problem ? [problem] : [])) }
}

function given(env: Env, name: string): Found {
  const text = env[name]
  return text === undefined ? {} : { text: { from: name, text } }
}

/** A file that the environment names must be there. */
async function named(env: Env, name: string): Promise<Found> {
  const file = env[name]
  if (!file) return {}
  try {
    return { text: { from: name, text: await readFile(file, 'utf8') } }
  } catch {
    return { problem: `failed to open ${name} file` }
  }
}

async function perhaps(file: string): Promise<Found> {
  try {
    return { text: { from: file, text: await readFile(file, 'utf8') } }
  } catch {
    return {}
  }
}

const mostOutput = 64 * 1024
const longestMs = 30_000

/** What a command of the environment prints: words without a shell, quotes hold words together. */
async function told(env: Env, name: string, signal: AbortSignal): Promise<Found> {
  const words = [...(env[name] ?? '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(m => m[1] ?? m[2] ?? m[3] ?? '')
  const [program, ...args] = words
  if (program === undefined) return {}
  const { promise, resolve } = Promise.withResolvers<Found>()
  const within = AbortSignal.any([signal, AbortSignal.timeout(longestMs)])
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...env }, signal: within, killSignal: 'SIGKILL' })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    if (out.length < mostOutput) out += chunk.toString('utf8')
  })
  child.on('error', () => resolve({ problem: `failed to execute the command of ${name}` }))
  child.on('close', code => resolve(code === 0 ? { text: { from: name, text: out } } : { problem: `the command of ${name} failed` }))
  return promise
}
