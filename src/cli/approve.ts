import { readFileSync } from 'node:fs'
import { messageOf } from '../lib/coded-error.ts'
import { UsageError } from './usage.ts'

const patienceMs = 30_000

/** The first token of a token file. @throws {UsageError} */
export function tokenFrom(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new UsageError(`--token-file '${file}' cannot be read: ${messageOf(thrown)}`, { cause: thrown })
  }
  const [line] = text.split('\n').filter(l => l.trim() !== '' && !l.trimStart().startsWith('#'))
  const token = line?.trim().split(/\s+/)[0]
  if (!token) throw new UsageError(`--token-file '${file}' has no token: one 'TOKEN SCOPES' a line`)
  return token
}

/** Approves a plan's handle at a server. @throws {UsageError} for a handle or an address that is none; {TypeError} with what the server said. */
export async function approve(
  { handle, server, token }: { handle: string; server: string; token: string },
  signal: AbortSignal,
): Promise<string> {
  if (!/^p1-\d{1,12}-[0-9a-f]{20}$/.test(handle)) throw new UsageError(`'${handle}' is no handle: a plan prints it, as p1-…`)
  if (!URL.canParse(server) || !/^https?:/.test(server)) throw new UsageError(`--server '${server}' is no address: use https://HOST[:PORT]`)
  const url = new URL('/approvals', server)
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ handle }),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
  }).catch((thrown: unknown) => {
    signal.throwIfAborted()
    throw new TypeError(`no answer from ${url.origin}: ${reasonOf(thrown)}`, { cause: thrown })
  })
  if (answer.ok) return `✔ ${handle} is approved for ten minutes\n`
  const body = await answer.text()
  throw new TypeError(`${url.origin} refused with ${answer.status}: ${body.slice(0, 200)}`)
}

/** `fetch failed` says nothing: its cause does. */
function reasonOf(thrown: unknown): string {
  return messageOf(thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown)
}
