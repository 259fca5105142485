// Builds dist/, or the folder that is named: the program bundled, its worker, its tunnel and its starter, and the kernel's modules beside them.
import { build } from 'esbuild'
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Offer } from '../src/main/catalogue.ts'
import { type Shown, shown } from '../src/tools/frame/listed.ts'
import { allTools } from '../src/tools/index.ts'
import { bundling } from './bundling.ts'

const root = join(import.meta.dirname, '..')
const [, , dist = join(root, 'dist')] = process.argv

/** The licences of what is bundled. */
function notices(inputs: readonly string[]): string {
  const packages = new Set(inputs.flatMap(input => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[0] ?? []))
  return [...packages]
    .toSorted()
    .map(folder => {
      const at = join(root, folder)
      const { name, version, license } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as {
        name: string
        version: string
        license?: string
      }
      const file = readdirSync(at).find(f => /^licen[cs]e/i.test(f))
      return `${name} ${version} (${license ?? 'see below'})\n${file ? readFileSync(join(at, file), 'utf8') : ''}`
    })
    .join(`\n${'-'.repeat(72)}\n`)
}

/** What clients see of the tools, so that a server lists them before it has loaded them. */
function lists(): Record<Offer, readonly Shown[]> {
  const seen = (readOnly: boolean, files: boolean): Shown[] => allTools({ gates: { key: new Uint8Array(32) }, readOnly, files }).map(shown)
  return { reads: seen(true, false), writes: seen(false, false), files: seen(false, true) }
}

rmSync(dist, { recursive: true, force: true })
mkdirSync(join(dist, 'kernel'), { recursive: true })
const { metafile } = await build({
  metafile: true,
  entryPoints: {
    main: join(root, 'src/main.ts'),
    worker: join(root, 'src/world/kernel/worker.ts'),
    tunnel: join(root, 'src/world/git/tunnel.ts'),
    starter: join(root, 'src/world/programs/starter-process.ts'),
  },
  outdir: dist,
  ...bundling,
  splitting: true,
  target: 'node22',
  minify: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  define: { 'import.meta.main': 'false' },
})
writeFileSync(join(dist, 'THIRD-PARTY.txt'), notices(Object.keys(metafile.inputs)))
// The compile cache must be on before the program is loaded.
writeFileSync(
  join(dist, 'cli.js'),
  "#!/usr/bin/env node\nimport { enableCompileCache } from 'node:module'\n\nenableCompileCache()\nconst { start } = await import('./main.js')\nawait start()\n",
)
chmodSync(join(dist, 'cli.js'), 0o755)
writeFileSync(join(dist, 'tools.json'), JSON.stringify(lists()))
cpSync(join(root, 'kernel/modules'), join(dist, 'kernel/modules'), { recursive: true })
cpSync(join(root, 'kernel/k8s/builtin.json'), join(dist, 'kernel/builtin.json'))
cpSync(join(root, 'docs/using.md'), join(dist, 'docs/using.md'))
