import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

/** The kernel's modules: each is compiled at first use, so a session that only pushes does not pay for kustomize. */
export type ModuleName = 'kustomize' | 'cel' | 'k8s' | 'gzip' | 'helm'

const decompress = promisify(zstdDecompress)
const loaded = new Map<string, Promise<WebAssembly.Module>>()

/** Loads and compiles modules from the folder with `<name>.wasm.zst` and digests.json; each at most once in a process. */
export function moduleLoader(folder: string): (name: ModuleName) => Promise<WebAssembly.Module> {
  return name => {
    const path = join(folder, name)
    const known = loaded.get(path)
    if (known) return known
    const loading = load(folder, name)
    loaded.set(path, loading)
    loading.catch(() => loaded.delete(path))
    return loading
  }
}

async function load(folder: string, name: ModuleName): Promise<WebAssembly.Module> {
  const [compressed, list] = await Promise.all([readFile(join(folder, `${name}.wasm.zst`)), readFile(join(folder, 'digests.json'), 'utf8')])
  const { sha256, bytes: size } = (JSON.parse(list) as { modules: Record<ModuleName, { sha256: string; bytes: number }> }).modules[name]
  // In one piece: to join small ones takes as long as to decompress them.
  const bytes = await decompress(compressed, { chunkSize: size })
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== sha256)
    throw new Error(`kernel module '${name}' in ${folder} does not have the digest of digests.json: install the package again`)
  const module = await WebAssembly.compile(bytes)
  // The engine has its own copy: this one is not left for a later collection.
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0)
  return module
}
