// Builds or installs the reference programs that the tests compare with. See refs/table.ts.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder, findProgram } from './refs/cache.ts'
import { type Program, programs, type Recipe } from './refs/table.ts'

const strict = process.env.REQUIRE_REFS === '1'
const all = process.argv.includes('--all')
const cache = cacheFolder()
const goEnv = { ...process.env, GOTOOLCHAIN: 'local', CGO_ENABLED: '0', GOFLAGS: '-mod=mod' }
type GoRecipe = Extract<Recipe, { how: 'go' }>

function goVersion(): string | undefined {
  const run = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' })
  return run.status === 0 ? run.stdout.trim() : undefined
}

function stampOf(recipe: GoRecipe, go: string): string {
  return JSON.stringify({ ...recipe, go })
}

function upToDate({ name, recipe }: Program, go: string | undefined): boolean {
  if (recipe.how === 'debian') return findProgram(name) !== undefined
  const stamp = join(cache, 'stamps', `${name}.json`)
  if (recipe.how === 'npm')
    return existsSync(join(cache, 'bin', name)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === JSON.stringify(recipe)
  if (!existsSync(join(cache, 'bin', name)) || !existsSync(stamp)) return false
  return go === undefined || readFileSync(stamp, 'utf8') === stampOf(recipe, go)
}

function stagingReplaces(folder: string, { module, version, replaceStaging }: GoRecipe): string {
  if (!replaceStaging) return ''
  const { GoMod } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
      cwd: folder,
      env: { ...goEnv, GOFLAGS: '' },
      encoding: 'utf8',
    }),
  ) as { GoMod: string }
  const names = [...readFileSync(GoMod, 'utf8').matchAll(/^\s*(?:replace )?(k8s\.io\/[a-z0-9-]+) => \.\/staging/gm)].map(m => m[1])
  return `\nreplace (\n${[...new Set(names)].map(n => `\t${n} => ${n} ${replaceStaging}`).join('\n')}\n)\n`
}

function buildGo({ name, recipe }: Program & { recipe: GoRecipe }, go: string): void {
  const folder = join(cache, 'src', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  if (recipe.placeholder) return keep({ name, recipe }, { built: buildCopy(folder, recipe, recipe.placeholder), go, folder })
  const requires = [`${recipe.module} ${recipe.version}`, ...(recipe.requires ?? [])]
  writeFileSync(
    join(folder, 'go.mod'),
    `module refs/${name}\n\ngo 1.26.0\n\nrequire (\n${requires.map(r => `\t${r}`).join('\n')}\n)\n${stagingReplaces(folder, recipe)}`,
  )
  const imported = recipe.main ?? `//go:build tools\n\npackage tools\n\nimport _ "${recipe.target}"\n`
  writeFileSync(join(folder, recipe.main ? 'main.go' : 'tools.go'), imported)
  const run = (...args: string[]): void => {
    execFileSync('go', args, { cwd: folder, env: goEnv, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 })
  }
  run('mod', 'tidy', '-e')
  const output = join(folder, name)
  run('build', '-trimpath', '-ldflags=-s -w', '-p', '2', '-o', output, recipe.target)
  keep({ name, recipe }, { built: output, go, folder })
}

/** Builds a copy of the whole module, with the file that it embeds and lacks. */
function buildCopy(folder: string, recipe: GoRecipe, placeholder: string): string {
  const { Dir } = JSON.parse(
    execFileSync('go', ['mod', 'download', '-json', `${recipe.module}@${recipe.version}`], {
      cwd: folder,
      env: { ...goEnv, GOFLAGS: '' },
      encoding: 'utf8',
    }),
  ) as { Dir: string }
  const copy = join(folder, 'copy')
  cpSync(Dir, copy, { recursive: true })
  execFileSync('chmod', ['-R', 'u+w', copy])
  mkdirSync(dirname(join(copy, placeholder)), { recursive: true })
  writeFileSync(join(copy, placeholder), '')
  const output = join(folder, 'program')
  execFileSync(
    'go',
    ['build', '-trimpath', `-ldflags=-s -w -X main.VERSION=${recipe.version.slice(1)}`, '-p', '2', '-o', output, recipe.target],
    { cwd: copy, env: goEnv, stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 },
  )
  return output
}

function keep(
  { name, recipe }: { name: string; recipe: GoRecipe },
  { built, go, folder }: { built: string; go: string; folder: string },
): void {
  for (const part of ['bin', 'stamps']) mkdirSync(join(cache, part), { recursive: true })
  cpSync(built, join(cache, 'bin', `.${name}`))
  renameSync(join(cache, 'bin', `.${name}`), join(cache, 'bin', name))
  writeFileSync(join(cache, 'stamps', `${name}.json`), stampOf(recipe, go))
  rmSync(folder, { recursive: true, force: true })
}

let listsFresh = false
function installDebian(packageName: string): void {
  if (process.getuid?.() !== 0) throw new Error(`not root: run 'apt-get install ${packageName}' first`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  if (!listsFresh) execFileSync('apt-get', ['update', '-q'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  listsFresh = true
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', packageName], { env, stdio: ['ignore', 'ignore', 'pipe'] })
}

function unpackNpm(name: string, recipe: Extract<Recipe, { how: 'npm' }>): void {
  const folder = join(cache, 'src', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const packed =
    execFileSync('npm', ['pack', '--silent', `${recipe.package}@${recipe.version}`], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
      .trim()
      .split('\n')
      .at(-1) ?? ''
  execFileSync('tar', ['xzf', packed, `package/${recipe.binary}`], { cwd: folder })
  for (const part of ['bin', 'stamps']) mkdirSync(join(cache, part), { recursive: true })
  cpSync(join(folder, 'package', recipe.binary), join(cache, 'bin', `.${name}`))
  renameSync(join(cache, 'bin', `.${name}`), join(cache, 'bin', name))
  writeFileSync(join(cache, 'stamps', `${name}.json`), JSON.stringify(recipe))
  rmSync(folder, { recursive: true, force: true })
}

function obtain(program: Program, go: string | undefined): void {
  const { recipe } = program
  if (recipe.how === 'debian') return installDebian(recipe.package)
  if (recipe.how === 'npm') return unpackNpm(program.name, recipe)
  if (!go) throw new Error('needs Go on PATH')
  buildGo({ ...program, recipe }, go)
}

function reasonOf(thrown: unknown): string {
  const stderr = (thrown as { stderr?: Buffer }).stderr?.toString().trim().split('\n').slice(-5).join('\n')
  return stderr || (thrown instanceof Error ? thrown.message : String(thrown))
}

function main(): number {
  const go = goVersion()
  const wanted = programs.filter(p => p.required || all)
  if (process.argv.includes('--list')) {
    for (const p of programs)
      console.log(`${p.name.padEnd(18)} ${p.required ? 'required' : 'optional'}  ${findProgram(p.name) ?? 'missing'}`)
    return 0
  }
  const failures: string[] = []
  for (const program of wanted) {
    if (upToDate(program, go)) {
      console.log(`${program.name}: there`)
      continue
    }
    const start = Date.now()
    try {
      obtain(program, go)
      console.log(`${program.name}: ready after ${((Date.now() - start) / 60_000).toFixed(1)} min`)
    } catch (thrown) {
      failures.push(program.name)
      console.log(`${program.name}: not available: ${reasonOf(thrown)}`)
    }
  }
  if (failures.length > 0) console.log(`missing: ${failures.join(', ')}; the tests that need them are skipped`)
  return failures.length > 0 && strict ? 1 : 0
}

process.exitCode = main()
