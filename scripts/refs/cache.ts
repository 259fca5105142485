import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Program, programs } from './table.ts'

/** The folder outside the checkout that holds reference programs. `FLUXPILOT_CACHE` and XDG_CACHE_HOME move it. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.FLUXPILOT_CACHE ?? env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fluxpilot', 'refs')
}

/** Where a program is: the cache for those we build, PATH and the sbin folders for Debian's. `undefined` when it is not there. */
export function findProgram(name: string): string | undefined {
  const program = programs.find(p => p.name === name)
  if (!program) throw new TypeError(`no reference program is called '${name}'`)
  return candidates(program).find(existsSync)
}

function candidates({ name, recipe }: Program): string[] {
  if (recipe.how !== 'debian') return [join(cacheFolder(), 'bin', name)]
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']
  return folders.map(folder => join(folder, recipe.binary))
}
