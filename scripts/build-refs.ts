// Builds or installs the reference programs that the tests compare with (refs/table.ts): what REQUIRE_REFS or `-- --all` asks for.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, findProgram } from './refs/cache.ts'
import { buildGo, goVersion } from './refs/go.ts'
import { bundleNpm, installDebian, unpackNpm } from './refs/packages.ts'
import { type Program, programs } from './refs/table.ts'

const strict = process.env.REQUIRE_REFS === '1'
const all = process.argv.includes('--all')
const cache = cacheFolder()
const go = goVersion()

const binaryOf = (name: string): string => join(cache, 'bin', name)
const stampFile = (name: string): string => join(cache, 'stamps', `${name}.json`)
/** What a binary was made from. Without Go on PATH a binary that another Go built is good enough. */
const stampOf = ({ recipe }: Program): string => JSON.stringify(recipe.how === 'go' ? { ...recipe, go } : recipe)

function isThere(program: Program): boolean {
  const { name, recipe } = program
  if (recipe.how === 'debian') return findProgram(name) !== undefined
  if (!existsSync(binaryOf(name)) || !existsSync(stampFile(name))) return false
  return (recipe.how === 'go' && go === undefined) || readFileSync(stampFile(name), 'utf8') === stampOf(program)
}

function obtain(program: Program): void {
  const { name, recipe } = program
  if (recipe.how === 'debian') return installDebian(recipe.package)
  const folder = join(cache, 'src', name)
  if (recipe.how === 'go' && !go) throw new Error('needs Go on PATH')
  keep(program, made(name, recipe, folder))
  rmSync(folder, { recursive: true, force: true })
}

function made(name: string, recipe: Exclude<Program['recipe'], { how: 'debian' }>, folder: string): string {
  if (recipe.how === 'go') return buildGo(name, recipe, folder)
  return recipe.how === 'npm' ? unpackNpm(recipe, folder) : bundleNpm(recipe, folder)
}

function keep(program: Program, built: string): void {
  const { name } = program
  for (const part of ['bin', 'stamps']) mkdirSync(join(cache, part), { recursive: true })
  cpSync(built, binaryOf(`.${name}`))
  renameSync(binaryOf(`.${name}`), binaryOf(name))
  writeFileSync(stampFile(name), stampOf(program))
}

function reasonOf(thrown: unknown): string {
  const stderr = (thrown as { stderr?: Buffer }).stderr?.toString().trim().split('\n').slice(-5).join('\n')
  return stderr || (thrown instanceof Error ? thrown.message : String(thrown))
}

/** Obtains what is not there yet; `false` when it cannot be had. */
function provide(program: Program): boolean {
  const start = Date.now()
  try {
    if (isThere(program)) console.log(`${program.name}: there`)
    else {
      obtain(program)
      console.log(`${program.name}: ready after ${((Date.now() - start) / 60_000).toFixed(1)} min`)
    }
    return true
  } catch (thrown) {
    console.log(`${program.name}: not available: ${reasonOf(thrown)}`)
    return false
  }
}

function list(): void {
  for (const { name, required } of programs)
    console.log(`${name.padEnd(22)} ${required ? 'required' : 'optional'}  ${findProgram(name) ?? 'missing'}`)
}

function main(): number {
  if (process.argv.includes('--list')) return (list(), 0)
  const missing = programs.filter(p => p.required || all).filter(program => !provide(program))
  if (missing.length > 0) console.log(`missing: ${missing.map(p => p.name).join(', ')}; the tests that need them are skipped`)
  return missing.length > 0 && strict ? 1 : 0
}

process.exitCode = main()
