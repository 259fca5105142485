import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programStarter } from '../../src/world/programs/starter.ts'
import { toTheEnd } from './to-the-end.ts'

/** What git may know in a test: nothing of this machine. */
export const gitEnv: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
}

/** Runs git in a folder; its output, trimmed. */
export async function git(folder: string, ...args: readonly string[]): Promise<string> {
  return (await gitWith('', folder, ...args)).trim()
}

/** With what it reads from its standard input; its whole output. */
async function gitWith(input: string, folder: string, ...args: readonly string[]): Promise<string> {
  const { out, err, code } = await toTheEnd(
    machine.start,
    { program: 'git', args: ['-C', folder, ...args], env: gitEnv, cwd: folder },
    input,
  )
  if (code !== 0) throw new Error(`git ${args.join(' ')}: ${err}`)
  return out
}

/** This machine, for a client of Git. */
export const machine = { env: { PATH: process.env.PATH }, start: programStarter() }

/** A commit as `git fast-import` reads it: files by path, `'x '` before a path makes it executable, `'l '` a link, `'s '` a submodule. */
export interface CommitPlan {
  readonly branch: string
  /** Seconds since the epoch. */
  readonly at: number
  readonly message?: string
  readonly files: Readonly<Record<string, string>>
  readonly from?: string
}

/** Bare repositories in a folder that goes when the test ends. */
export interface Forge {
  readonly folder: string
  /** Makes a repository, or adds to it. @returns its path. */
  commit(name: string, plans: readonly CommitPlan[]): Promise<string>
  remove(): void
}

export function openForge(): Forge {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-forge-'))
  return {
    folder,
    async commit(name, plans) {
      const path = join(folder, name)
      if (!existsSync(path)) await make(path)
      await gitWith(`${plans.map(importOf).join('')}done\n`, path, 'fast-import', '--quiet', '--force')
      return path
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function make(path: string): Promise<void> {
  mkdirSync(path, { recursive: true })
  await git(path, 'init', '--quiet', '--bare', '--initial-branch=main', '--template=')
  appendFileSync(join(path, 'config'), '[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n')
}

const modes: Readonly<Record<string, string>> = { 'x ': '100755', 'l ': '120000', 's ': '160000' }

function importOf({ branch, at, message = 'a change', files, from }: CommitPlan): string {
  const who = `Ada <ada@example.com> ${at} +0000`
  const changes = Object.entries(files).map(([path, content]) => {
    const mode = modes[path.slice(0, 2)] ?? '100644'
    const bare = mode === '100644' ? path : path.slice(2)
    if (mode === '160000') return `M ${mode} ${content} ${JSON.stringify(bare)}\n`
    return `M ${mode} inline ${JSON.stringify(bare)}\ndata ${Buffer.byteLength(content)}\n${content}\n`
  })
  const head = `commit ${branch}\nauthor ${who}\ncommitter ${who}\ndata ${Buffer.byteLength(message)}\n${message}\n`
  return `${head}${from === undefined ? '' : `from ${from}\n`}${changes.join('')}\n`
}
