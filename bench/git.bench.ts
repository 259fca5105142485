import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findProgram } from '../scripts/refs/cache.ts'
import type { Tree } from '../src/lib/tree.ts'
import { listenGit } from '../src/sandbox/git.ts'
import type { Wanted } from '../src/world/git/git.ts'
import { openGit } from '../src/world/git/open.ts'
import { createHttp } from '../src/world/http/client.ts'
import { git, gitEnv, machine, openForge } from '../test/support/git.ts'

const run = promisify(execFile)
const signal = new AbortController().signal
const [folders, filesEach, changes] = [500, 100, 20]
const branch = 'refs/heads/main'

/** A repository of 50,000 files with some history: full, shallow and sparse, each to its last byte, beside `git clone` into a working copy. */
export async function bench(): Promise<readonly [string, string][]> {
  if (!findProgram('git')) return [['git', 'not there: install git']]
  const forge = openForge()
  const path = await forge.commit('big.git', plans())
  await git(path, 'repack', '-adq')
  const server = await listenGit({ port: 0, data: forge.folder })
  const url = `http://${server.address}/big.git`
  const http = createHttp({})
  const head = await git(path, 'rev-parse', 'main~1')
  const rows: [string, string][] = []
  const wants: [string, Wanted, string[]][] = [
    ['full: a commit of a branch', { ref: branch, commit: head }, []],
    ['shallow: a branch', { ref: branch }, ['--depth=1']],
    ['sparse: 1,000 of 50,000 files', { ref: branch, sparse: ['f000'] }, ['--depth=1', '--filter=blob:none', '--sparse']],
  ]
  const client = openGit({ http, ...machine })
  for (const [what, wanted, flags] of wants) {
    const ours = await seconds(async () => {
      const { tree, received, close } = await client.checkout({ url, credentials: { type: 'anonymous' } }, wanted, signal)
      const files = await readAll(tree, '')
      await close()
      return `${files} files, ${megabytes(received)} received`
    })
    rows.push([what, ours], ['  git clone, the command', await seconds(() => cloned(url, flags))])
  }
  await http.close()
  await server.close()
  forge.remove()
  return rows
}

function plans(): Parameters<ReturnType<typeof openForge>['commit']>[1] {
  const files = Object.fromEntries(
    Array.from({ length: folders * filesEach }, (_, i) => [
      `f${String(Math.floor(i / filesEach)).padStart(4, '0')}/${i}.yaml`,
      textOf(i, 0),
    ]),
  )
  const later = Array.from({ length: changes }, (_, n) => ({
    branch,
    at: n + 2,
    files: Object.fromEntries(Array.from({ length: filesEach }, (_value, i) => [`f0000/${i}.yaml`, textOf(i, n + 1)])),
  }))
  return [{ branch, at: 1, files }, ...later]
}

/** Text that does not shrink to nothing. */
function textOf(file: number, version: number): string {
  const words = Array.from({ length: 40 }, (_, i) => ((file * 7919 + version * 104_729 + i * 1_299_709) % 2_147_483_647).toString(36))
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${file}\ndata:\n  words: ${words.join(' ')}\n`
}

async function readAll(tree: Tree, folder: string): Promise<number> {
  let files = 0
  for (const { name, type } of await tree.list(folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    if (type === 'folder') files += await readAll(tree, path)
    else {
      for await (const _ of tree.read(path));
      files++
    }
  }
  return files
}

async function cloned(url: string, flags: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-clone-'))
  try {
    await run('git', ['clone', '--quiet', '--no-tags', ...flags, url, folder], { env: gitEnv })
    if (flags.includes('--sparse'))
      await run('git', ['-C', folder, 'sparse-checkout', 'set', ...Array.from({ length: 10 }, (_, i) => `f000${i}`)], { env: gitEnv })
    const objects = await git(folder, 'count-objects', '-v')
    return `${megabytes(Number(/size-pack: (\d+)/.exec(objects)?.[1] ?? 0) * 1024)} received`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function seconds(work: () => Promise<string>): Promise<string> {
  const began = performance.now()
  const said = await work()
  return `${((performance.now() - began) / 1000).toFixed(2)} s, ${said}`
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`
