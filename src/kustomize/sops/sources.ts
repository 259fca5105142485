import { isObject, type Json, listAt, stringAt } from '../../lib/json.ts'
import { parseAll } from '../../lib/yaml.ts'
import { below, clamped, exists, joined } from '../paths.ts'
import { type Format, formatFor } from './formats.ts'

type Files = ReadonlyMap<string, Uint8Array>

/** A file that a build may need decrypted, and the format that whoever names it expects. */
export interface Source {
  readonly path: string
  readonly format: Format
}

/** Files that are larger are refused. */
export const mostFileBytes = 5 * 1024 * 1024

const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

interface Tree {
  readonly files: Files
  readonly folders?: ReadonlySet<string> | undefined
}

/**
 * The files of Secret generators and patches of the kustomization at `root` and of those that it reaches, each once, in Flux's order.
 * Throws Flux's texts for a file or kustomization that is not as it must be. Spec: kustomization 6.2 A.
 */
export function sourcesOf(tree: Tree, root: string): Generator<Source> {
  return walked(root, { tree, visited: new Set(), taken: new Set() })
}

interface Walk {
  readonly tree: Tree
  readonly visited: Set<string>
  readonly taken: Set<string>
}

function* walked(root: string, walk: Walk): Generator<Source> {
  const { tree, visited, taken } = walk
  if (visited.has(root)) return
  visited.add(root)
  const kustomization = kustomizationIn(tree.files, root)
  for (const { path, format } of namedIn(kustomization, root)) {
    if (taken.has(path)) continue
    taken.add(path)
    checkFile(tree, path)
    yield { path, format }
  }
  for (const folder of foldersIn(kustomization, root, tree)) yield* walked(folder, walk)
}

function kustomizationIn(files: Files, folder: string): Json {
  const found = names.map(name => below(folder, name)).filter(path => files.has(path))
  const [path] = found
  if (!path) throw new Error('no kustomization file found')
  if (found.length > 1) throw new Error('found multiple kustomization files')
  const [document] = parseAll(new TextDecoder().decode(files.get(path)))
  return document ?? {}
}

function namedIn(kustomization: Json, folder: string): Source[] {
  const generators = listAt(kustomization, 'secretGenerator')
  const files = generators
    .flatMap(generator => texts(generator, 'files'))
    .map(file => {
      const [key = '', ...path] = file.split('=')
      return { path: at(folder, path.length > 0 ? path.join('=') : key), format: formatFor(key) }
    })
  const envs = generators
    .flatMap(generator => texts(generator, 'envs'))
    .map(path => {
      const format = formatFor(path)
      return { path: at(folder, path), format: format === 'binary' ? ('dotenv' as const) : format }
    })
  const patches = listAt(kustomization, 'patches')
    .flatMap(patch => stringAt(patch, 'path') ?? [])
    .filter(path => path !== '' && !isRemote(path))
    .map(path => ({ path: at(folder, path), format: formatFor(path) }))
  return [...files, ...envs, ...patches]
}

function texts(object: Json, key: string): string[] {
  return listAt(object, key).filter(item => typeof item === 'string')
}

/** Where a name leads from a folder. What leaves the artifact leads to nothing. */
function at(folder: string, path: string): string {
  return path.startsWith('/') ? clamped(path) : (joined(folder, path) ?? `../${path.replace(/^(?:\.\.\/)+/, '')}`)
}

function isRemote(path: string): boolean {
  return URL.canParse(path) && new URL(path).host !== ''
}

function checkFile({ files, folders }: Tree, path: string): void {
  const content = files.get(path)
  if (!content) {
    if (exists(files, path, folders)) throw new Error('cannot decrypt irregular file as it has file mode type bits set')
    throw new Error(`lstat ${path}: no such file or directory`)
  }
  if (content.length > mostFileBytes)
    throw new Error(`cannot decrypt file with size (${content.length} bytes) exceeding limit (${mostFileBytes})`)
}

/** Local folders among resources and components; files, addresses and what is not there are passed over. */
function foldersIn(kustomization: Json, folder: string, { files, folders }: Tree): string[] {
  if (!isObject(kustomization)) return []
  return [...texts(kustomization, 'resources'), ...texts(kustomization, 'components')].flatMap(name => {
    const path = name.startsWith('/') ? clamped(name) : joined(folder, name)
    return path !== undefined && !files.has(path) && exists(files, path, folders) ? [path] : []
  })
}
