// Makes src/kinds/typed/shapes.json: which fields of the built-in kinds Go leaves out when they are zero, which it always writes.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const modules = ['api', 'apiextensions-apiserver', 'apimachinery', 'client-go']

/** @param version Of the k8s.io modules, as `v0.37.2`. @param target The file to write. */
export function writeShapes(version: string, target: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-shapes-'))
  const env = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=mod' }
  try {
    cpSync(join(import.meta.dirname, 'shapes/main.go'), join(folder, 'main.go'))
    const requires = modules.map(name => `require k8s.io/${name} ${version}`).join('\n')
    writeFileSync(join(folder, 'go.mod'), `module shapes\n\ngo 1.26.0\n\n${requires}\n`)
    execFileSync('go', ['mod', 'tidy'], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
    writeFileSync(target, execFileSync('go', ['run', '.'], { cwd: folder, env }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) writeShapes('v0.37.2', join(import.meta.dirname, '../../src/kinds/typed/shapes.json'))
