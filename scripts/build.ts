// Builds dist/: the program bundled, its worker, and the kernel's modules beside them.
import { build } from 'esbuild'
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
mkdirSync(join(dist, 'kernel'), { recursive: true })
await build({
  entryPoints: { main: join(root, 'src/main.ts'), worker: join(root, 'src/world/kernel/worker.ts') }, outdir: dist, bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node22', minify: true, legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]', external: ['@kubernetes/client-node'],
  banner: { js: 'import { createRequire as __createRequire } from \'node:module\'; const require = __createRequire(import.meta.url);' }, define: { 'import.meta.main': 'false' },
})
// The compile cache must be on before the program is loaded.
writeFileSync(join(dist, 'cli.js'), '#!/usr/bin/env node\nimport { enableCompileCache } from \'node:module\'\n\nenableCompileCache()\nconst { main } = await import(\'./main.js\')\nawait main(process.argv.slice(2), process.env)\n')
chmodSync(join(dist, 'cli.js'), 0o755)
cpSync(join(root, 'kernel/modules'), join(dist, 'kernel/modules'), { recursive: true })
cpSync(join(root, 'kernel/k8s/builtin.json'), join(dist, 'kernel/builtin.json'))
