import { GitError } from './error.ts'
import type { GitRemote } from './git.ts'

/** A submodule as `.gitmodules` names it. */
export interface Module {
  readonly path: string
  readonly url: string
}

/** Reads what `git config --list -z` says of a `.gitmodules`. */
export function modulesIn(listed: string): Module[] {
  const found = new Map<string, { path?: string; url?: string }>()
  for (const record of listed.split('\0')) {
    const [, name, key, value] = /^submodule\.([^\n]*)\.(path|url)\n([^\n]*)$/s.exec(record) ?? []
    if (name === undefined || value === undefined) continue
    found.set(name, { ...found.get(name), [key === 'path' ? 'path' : 'url']: value })
  }
  return [...found.values()].flatMap(({ path, url }) => (path !== undefined && url !== undefined ? [{ path, url }] : []))
}

/** How to reach a submodule of a remote: with its credentials at the same origin alone. @throws {GitError} UNSUPPORTED, BROKEN */
export function moduleRemote(parent: GitRemote, { path, url }: Module): GitRemote {
  const target = locate(parent.url, { path, url })
  const { username, password } = target
  target.username = target.password = ''
  const same = isSameOrigin(new URL(parent.url), target)
  const { proxy } = parent
  const ca = parent.tls?.ca
  return {
    url: target.href,
    credentials: credentialsFor(parent, { same, ssh: target.protocol === 'ssh:', username, password }),
    ...(same ? { tls: parent.tls } : ca === undefined ? {} : { tls: { ca } }),
    ...(proxy === undefined ? {} : { proxy }),
  }
}

interface User {
  readonly same: boolean
  readonly ssh: boolean
  readonly username: string
  readonly password: string
}

function credentialsFor({ credentials }: GitRemote, { same, ssh, username, password }: User): GitRemote['credentials'] {
  if (!ssh && username !== '') return { type: 'basic', username: decodeURIComponent(username), password: decodeURIComponent(password) }
  if (!same) return { type: 'anonymous' }
  return credentials.type === 'ssh' && username !== '' ? { ...credentials, user: decodeURIComponent(username) } : credentials
}

/** Whether two URLs speak to the same server: SSH ones have no origin of their own. */
export function isSameOrigin(a: URL, b: URL): boolean {
  const port = ({ protocol, port: given }: URL): string => given || (protocol === 'ssh:' ? '22' : '')
  return a.protocol === b.protocol && a.hostname.toLowerCase() === b.hostname.toLowerCase() && port(a) === port(b)
}

function locate(parent: string, { path, url }: Module): URL {
  if (/^\.\.?\//.test(url)) return relative(parent, { path, url })
  const [, user = '', host, rest] = /^(?:([^@/:]+)@)?([^:/@]+):(?!\/\/|:)(.*)$/s.exec(url) ?? []
  const text = host === undefined ? url : `ssh://${user === '' ? '' : `${user}@`}${host}/${(rest ?? '').replace(/^\//, '')}`
  if (/^(?:https?|ssh):\/\//i.test(text) && URL.canParse(text)) return new URL(text)
  throw new GitError('UNSUPPORTED', `submodule '${path}' is at an address that is not http, https or ssh`)
}

function relative(parent: string, { path, url }: Module): URL {
  const target = new URL(parent)
  const parts = target.pathname.split('/').filter(part => part !== '')
  for (const part of url.split('/')) {
    if (part === '..' && parts.pop() === undefined) throw new GitError('BROKEN', `submodule '${path}' leads out of its server`)
    if (part !== '..' && part !== '.' && part !== '') parts.push(part)
  }
  target.pathname = `/${parts.join('/')}`
  return target
}
