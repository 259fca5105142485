import { build } from 'esbuild'
import { join } from 'node:path'
import { bundling } from '../../scripts/bundling.ts'

/** A program as it is published, in a file and what that loads when it is wanted: started again and again it loads in a fraction of the time. @returns Its path. */
export async function bundled(entry: string, folder: string): Promise<string> {
  const outdir = join(folder, 'program')
  const outExtension = { '.js': '.mjs' }
  await build({ ...bundling, splitting: true, entryPoints: { program: entry }, outdir, outExtension, logLevel: 'silent' })
  return join(outdir, 'program.mjs')
}
