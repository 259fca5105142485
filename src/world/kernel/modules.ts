import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { splitModule } from './image.ts'

/** The kernel's modules: each is compiled at first use, so a session that only pushes does not pay for kustomize. */
export type ModuleName = 'kustomize' | 'cel' | 'k8s' | 'gzip' | 'helm'

/** A compiled module. */
export interface LoadedModule {
  readonly module: WebAssembly.Module
  /** What the memory of an instance holds at first, to be given away: it is kept once, and read again after that. */
  image(): Promise<ArrayBuffer>
}

const decompress = promisify(zstdDecompress)
const loaded = new Map<string, Promise<LoadedModule>>()

/** Loads and compiles modules from the folder with `<name>.wasm.zst` and digests.json; each at most once in a process. */
export function moduleLoader(folder: string): (name: ModuleName) => Promise<LoadedModule> {
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

async function load(folder: string, name: ModuleName): Promise<LoadedModule> {
  const bytes = await read(folder, name)
  const { code, image } = splitModule(bytes)
  const module = await WebAssembly.compile(code as Uint8Array<ArrayBuffer>)
  let kept: ArrayBuffer | undefined = taken(bytes, image)
  return {
    module,
    async image() {
      const given = kept
      kept = undefined
      if (given) return given
      const again = await read(folder, name)
      return taken(again, splitModule(again).image)
    },
  }
}

/** A part by itself; the whole is not left for a later collection. */
function taken(bytes: Uint8Array, part: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(part).buffer
  if (bytes.buffer instanceof ArrayBuffer) bytes.buffer.transfer(0)
  return copy
}

async function read(folder: string, name: ModuleName): Promise<Uint8Array> {
  const [compressed, list] = await Promise.all([readFile(join(folder, `${name}.wasm.zst`)), readFile(join(folder, 'digests.json'), 'utf8')])
  const { sha256, bytes: size } = (JSON.parse(list) as { modules: Record<ModuleName, { sha256: string; bytes: number }> }).modules[name]
  // In one piece: to join small ones takes as long as to decompress them.
  const bytes = await decompress(compressed, { chunkSize: size })
  const actual = createHash('sha256').update(bytes).digest('hex')
  if (actual !== sha256)
    throw new Error(`kernel module '${name}' in ${folder} does not have the digest of digests.json: install the package again`)
  return bytes
}
