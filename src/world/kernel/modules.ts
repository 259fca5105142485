import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'

/** The kernel's modules: each is compiled at first use, so a session that only pushes does not pay for kustomize. */
export type ModuleName = 'kustomize' | 'cel' | 'k8s' | 'gzip' | 'helm'

const decompress = promisify(brotliDecompress)

/** Loads and compiles modules from the folder with `<name>.wasm.br` and digests.json; each at most once in a process. */
export function moduleLoader(folder: string): (name: ModuleName) => Promise<WebAssembly.Module> {
  const loaded = new Map<ModuleName, Promise<WebAssembly.Module>>()
  return name => {
    const known = loaded.get(name)
    if (known) return known
    const loading = load(folder, name)
    loaded.set(name, loading)
    loading.catch(() => loaded.delete(name))
    return loading
  }
}

async function load(folder: string, name: ModuleName): Promise<WebAssembly.Module> {
  const [compressed, list] = await Promise.all([readFile(join(folder, `${name}.wasm.br`)), readFile(join(folder, 'digests.json'), 'utf8')])
  const bytes = await decompress(compressed)
  const wanted = (JSON.parse(list) as { modules: Record<string, { sha256: string } | undefined> }).modules[name]?.sha256
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== wanted)
    throw new Error(`kernel module '${name}' in ${folder} does not have the digest of digests.json: install the package again`)
  const module = await WebAssembly.compile(bytes)
  // The engine has its own copy: this one is not left for a later collection.
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0)
  return module
}
