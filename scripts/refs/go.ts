import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Recipe } from './table.ts'

export type GoRecipe = Extract<Recipe, { how: 'go' }>

const buildEnv = { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }

/** As `go1.26.8`; `undefined` when there is no Go on PATH. */
export function goVersion(): string | undefined {
  const run = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  return run.status === 0 ? run.stdout.trim() : undefined
}

/** Builds the program in `folder`, which is made anew, and gives the path of the binary. @throws what `go` said. */
export function buildGo(name: string, recipe: GoRecipe, folder: string): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return recipe.placeholder ? buildCopy(folder, recipe, recipe.placeholder) : buildWrapper(name, recipe, folder)
}

/** A module of our own that requires the program's. */
function buildWrapper(name: string, recipe: GoRecipe, folder: string): string {
  const requires = [`${recipe.module} ${recipe.version}`, ...(recipe.requires ?? [])].map(line => `\t${line}\n`)
  const replaces = [...replacesOf(folder, recipe), ...(recipe.replaces ?? [])].map(line => `\t${line}\n`)
  writeFileSync(
    join(folder, 'go.mod'),
    `module refs/${name}\n\ngo 1.26.0\n\nrequire (\n${requires.join('')})\n\nreplace (\n${replaces.join('')})\n`,
  )
  const imported = recipe.main ?? `//go:build tools\n\npackage tools\n\nimport _ "${recipe.target}"\n`
  writeFileSync(join(folder, recipe.main ? 'main.go' : 'tools.go'), imported)
  go(folder, 'mod', 'tidy', '-e')
  return build(folder, { target: recipe.target, flags: '-s -w' })
}

/** A copy of the whole module, with the file that it embeds and lacks. */
function buildCopy(folder: string, recipe: GoRecipe, placeholder: string): string {
  const copy = join(folder, 'copy')
  cpSync(download(folder, recipe).Dir, copy, { recursive: true })
  execFileSync('chmod', ['-R', 'u+w', copy])
  mkdirSync(dirname(join(copy, placeholder)), { recursive: true })
  writeFileSync(join(copy, placeholder), '')
  return build(copy, { target: recipe.target, flags: `-s -w -X main.VERSION=${recipe.version.slice(1)}` })
}

interface Replace {
  readonly Old: { readonly Path: string }
  readonly New: { readonly Path: string; readonly Version?: string }
}

/** A module's `replace` lines count only where it is the main module: those that we need are repeated. */
function replacesOf(folder: string, recipe: GoRecipe): string[] {
  const { replaceStaging, repeatsReplaces } = recipe
  if (!replaceStaging && !repeatsReplaces) return []
  const { Replace = [] } = json<{ Replace?: Replace[] }>(folder, 'mod', 'edit', '-json', download(folder, recipe).GoMod)
  return Replace.flatMap(({ Old, New }) => {
    if (New.Version) return repeatsReplaces ? [`${Old.Path} => ${New.Path} ${New.Version}`] : []
    return replaceStaging && New.Path.startsWith('./staging') ? [`${Old.Path} => ${Old.Path} ${replaceStaging}`] : []
  })
}

function download(folder: string, { module, version }: GoRecipe): { readonly Dir: string; readonly GoMod: string } {
  return json(folder, 'mod', 'download', '-json', `${module}@${version}`)
}

function build(folder: string, { target, flags }: { target: string; flags: string }): string {
  const output = join(folder, 'program')
  go(folder, 'build', '-trimpath', `-ldflags=${flags}`, '-p', '2', '-o', output, target)
  return output
}

function json<T>(folder: string, ...args: string[]): T {
  return JSON.parse(execFileSync('go', args, { cwd: folder, env: { ...buildEnv, GOFLAGS: '' }, encoding: 'utf8' })) as T
}

function go(folder: string, ...args: string[]): void {
  execFileSync('go', args, { cwd: folder, env: buildEnv, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 })
}
