// Builds the kernel's WebAssembly modules. With --check it rebuilds and compares digests instead of writing.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { snapshot } from './kernel/snapshot.ts'

interface Entry {
  readonly sha256: string
  readonly bytes: number
  readonly compressed: number
}
interface Digests {
  readonly go: string
  readonly modules: Record<string, Entry>
}

const kernel = join(import.meta.dirname, '../kernel')
const list = join(kernel, 'modules/digests.json')
const names = ['kustomize', 'cel', 'k8s', 'gzip', 'helm']
const ceilingMiB = 512

function goVersion(): string | undefined {
  const run = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8', env: { ...process.env, GOTOOLCHAIN: 'local' } })
  return run.status === 0 ? run.stdout.trim() : undefined
}

async function build(name: string, folder: string): Promise<Uint8Array> {
  const output = join(folder, `${name}.wasm`)
  const env = { ...process.env, GOOS: 'wasip1', GOARCH: 'wasm', GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' }
  execFileSync('go', ['build', '-trimpath', '-buildvcs=false', '-buildmode=c-shared', '-ldflags=-s -w', '-o', output, `./${name}`], {
    cwd: kernel,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return snapshot(readFileSync(output), ceilingMiB)
}

function compress(bytes: Uint8Array): Uint8Array {
  const level = process.argv.includes('--fast') ? 3 : 19
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: 24 } })
}

async function main(): Promise<number> {
  const check = process.argv.includes('--check')
  const go = goVersion()
  if (!go) {
    console.log('kernel: skipped, Go is not on PATH; the committed modules are used')
    return check ? 0 : 1
  }
  const known = check ? (JSON.parse(readFileSync(list, 'utf8')) as Digests) : undefined
  if (known && known.go !== go) {
    console.log(`kernel: not compared, the modules were built with ${known.go} and this is ${go}`)
    return 0
  }
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-kernel-'))
  try {
    const modules: Record<string, Entry> = {}
    for (const name of names) {
      const bytes = await build(name, folder)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      if (known) {
        modules[name] = { sha256, bytes: bytes.length, compressed: 0 }
        continue
      }
      const compressed = compress(bytes)
      writeFileSync(join(kernel, 'modules', `${name}.wasm.zst`), compressed)
      modules[name] = { sha256, bytes: bytes.length, compressed: compressed.length }
      console.log(`${name}: ${(bytes.length / 1e6).toFixed(1)} MB, compressed ${(compressed.length / 1e6).toFixed(2)} MB, sha256 ${sha256}`)
    }
    if (!known) {
      writeFileSync(list, `${JSON.stringify({ go, modules } satisfies Digests, null, 2)}\n`)
      return 0
    }
    const differing = names.filter(name => known.modules[name]?.sha256 !== modules[name]?.sha256)
    console.log(
      differing.length > 0
        ? `kernel: ${differing.join(', ')} differ from what is committed: run npm run build:kernel`
        : 'kernel: the committed modules are what the source builds',
    )
    return differing.length > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
