import { execFileSync, type ExecFileSyncOptions } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import type { Recipe } from './table.ts'

const quiet: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'pipe'] }
let listsFresh = false

/** Installs a Debian package. @throws when not root, or what apt-get said. */
export function installDebian(packageName: string): void {
  if (process.getuid?.() !== 0) throw new Error(`not root: run 'apt-get install ${packageName}' first`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  if (!listsFresh) execFileSync('apt-get', ['update', '-q'], { env, ...quiet })
  listsFresh = true
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', packageName], { env, ...quiet })
}

/** Unpacks one file of an npm package in `folder`, which is made anew, and gives its path. @throws what npm or tar said. */
export function unpackNpm(recipe: Extract<Recipe, { how: 'npm' }>, folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const said = execFileSync('npm', ['pack', '--silent', `${recipe.package}@${recipe.version}`], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const packed = said.trim().split('\n').at(-1) ?? ''
  execFileSync('tar', ['xzf', packed, `package/${recipe.binary}`], { cwd: folder })
  return join(folder, 'package', recipe.binary)
}

/** Installs an npm package in `folder`, which is made anew, and bundles its program with all it depends on; gives the path. @throws what npm or esbuild said. */
export function bundleNpm(recipe: Extract<Recipe, { how: 'bundle' }>, folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', `${recipe.package}@${recipe.version}`]
  execFileSync('npm', args, { cwd: folder, ...quiet })
  const outfile = join(folder, 'program')
  const entry = join(folder, 'node_modules', recipe.package, recipe.entry)
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: [...recipe.absent],
    outfile,
    logLevel: 'silent',
  })
  return outfile
}
