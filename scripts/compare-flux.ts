// Compares our reconcilers with Flux's own controllers as they run here. `--record` keeps what they leave as vectors (test/vectors/flux), which the tests compare with.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const files = ['compare', 'git', 'helm', 'buckets'].map(name => `test/flux/${name}.test.ts`)
const env = { ...process.env, FLUXPILOT_FLUX: process.argv.includes('--record') ? 'record' : 'live' }
const { status } = spawnSync(process.execPath, ['scripts/test.ts', ...files], { cwd: root, env, stdio: 'inherit' })
process.exitCode = status ?? 1
