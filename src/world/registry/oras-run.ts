import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { RegistryError, type RegistryErrorCode } from './error.ts'
import type { Access } from './registry.ts'

/** How to run the CLI: the program, its environment, and the flags that every command gets. */
export interface Oras {
  readonly program: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly access: Access
}
interface Command {
  readonly args: readonly string[]
  readonly ref: string
  readonly input?: AsyncIterable<Uint8Array> | undefined
}

const kept = [
  'PATH',
  'HOME',
  'DOCKER_CONFIG',
  'XDG_RUNTIME_DIR',
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NO_PROXY',
  'https_proxy',
  'http_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
]
const mostError = 64 * 1024

/** Runs a command and gives its whole output. @throws {RegistryError} by what it said. */
export async function text(oras: Oras, command: Command, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of stream(oras, command, signal)) parts.push(part)
  return Buffer.concat(parts)
}

/** Runs a command and streams its output; the stream ends normally only when the command did. An abort kills it. */
export async function* stream(oras: Oras, { args, ref, input }: Command, signal: AbortSignal): AsyncIterable<Uint8Array> {
  signal.throwIfAborted()
  const files = credentialFiles(oras.access, ref)
  const env = Object.fromEntries(kept.map(name => [name, oras.env[name]]).filter(([, value]) => value !== undefined))
  const child = spawn(oras.program, [...args, ...files.flags], { stdio: ['pipe', 'pipe', 'pipe'], env })
  const kill = (): void => void child.kill('SIGKILL')
  signal.addEventListener('abort', kill, { once: true })
  try {
    const ended = exitOf(child)
    const said = errorText(child)
    const fed = feed(child, input)
    for await (const chunk of child.stdout) yield chunk as Uint8Array
    const code = await ended
    await fed
    signal.throwIfAborted()
    if (code !== 0) throw failureOf(await said, ref)
  } finally {
    signal.removeEventListener('abort', kill)
    if (child.exitCode === null) kill()
    files.remove()
  }
}

async function feed(child: ChildProcess, input: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  const { stdin } = child
  if (!stdin) return
  stdin.on('error', () => {})
  if (input)
    for await (const chunk of input)
      if (!stdin.write(chunk))
        await Promise.race([
          new Promise(done => {
            stdin.once('drain', done)
          }),
          new Promise(done => {
            child.once('close', done)
          }),
        ])
  stdin.end()
}

function exitOf(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  child.once('error', () => resolve(127))
  child.once('close', code => resolve(code ?? 1))
  return promise
}

async function errorText(child: ChildProcess): Promise<string> {
  let said = ''
  for await (const chunk of child.stderr ?? Readable.from([])) if (said.length < mostError) said += String(chunk)
  return said
}

/** Flags for access; credentials go through a file that only we can read, never through arguments. */
function credentialFiles({ credentials, insecure, tls }: Access, ref: string): { flags: string[]; remove(): void } {
  const host = ref.split('/')[0] ?? ''
  const plain = /^(localhost|127\.|\[::1\])/.test(host) ? ['--plain-http'] : insecure ? ['--insecure'] : []
  const needsFolder =
    credentials.type === 'basic' || credentials.type === 'bearer' || credentials.type === 'anonymous' || tls?.ca !== undefined
  if (!needsFolder) return { flags: plain, remove: () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-oras-'))
  const flags = [...plain]
  if (credentials.type !== 'ambient') {
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: authsOf(credentials, host) }), { mode: 0o600 })
    flags.push('--registry-config', join(folder, 'config.json'))
  }
  if (tls?.ca) {
    writeFileSync(join(folder, 'ca.crt'), tls.ca, { mode: 0o600 })
    flags.push('--ca-file', join(folder, 'ca.crt'))
  }
  return { flags, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function authsOf(credentials: Access['credentials'], host: string): object {
  if (credentials.type === 'basic')
    return { [host]: { auth: Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64') } }
  return credentials.type === 'bearer' ? { [host]: { registrytoken: credentials.token } } : {}
}

const causes: readonly [pattern: RegExp, code: RegistryErrorCode][] = [
  [/\b(manifest|blob|name)[_ ]unknown\b|: not found|404/i, 'NOT_FOUND'],
  [/unauthorized|denied|\b40[13]\b|basic credential not found/i, 'DENIED'],
  [/toomanyrequests|\b429\b/i, 'RATE_LIMITED'],
  [/x509|certificate|tls:/i, 'TLS'],
  [/connection refused|no such host|dial tcp|i\/o timeout|EOF/i, 'UNREACHABLE'],
  [/digest.*mismatch|mismatch.*digest/i, 'DIGEST_MISMATCH'],
  [/\b5\d\d\b/, 'UNAVAILABLE'],
]

function failureOf(said: string, ref: string): RegistryError {
  const line = said.split('\n').find(l => l.startsWith('Error')) ?? said.trim().split('\n')[0] ?? ''
  const code = causes.find(([pattern]) => pattern.test(said))?.[1] ?? 'ORAS_FAILED'
  return new RegistryError(code, {
    ref,
    message: `oras: ${line.replace(/^Error( response from registry)?: /, '') || 'it could not be run'}`,
  })
}
