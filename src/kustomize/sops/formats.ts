import { readDotenv, printDotenv } from './dotenv-store.ts'
import type { Encrypted } from './decrypt.ts'
import { malformed, SopsError } from './error.ts'
import { unflattened } from './flatten.ts'
import { readIni, printIni } from './ini-store.ts'
import { printJson, readJson } from './json-store.ts'
import { metadataOf } from './metadata.ts'
import { Branch, Comment, type Entry } from './tree.ts'
import { printYaml } from './yaml-emit.ts'
import { readYaml } from './yaml-store.ts'

/** The formats of SOPS, as Flux' messages call them. */
export type Format = 'binary' | 'dotenv' | 'INI' | 'JSON' | 'YAML'

const suffixes: readonly [suffix: string, format: Format][] = [
  ['.dockerconfigjson', 'JSON'],
  ['.yaml', 'YAML'],
  ['.yml', 'YAML'],
  ['.json', 'JSON'],
  ['.env', 'dotenv'],
  ['.ini', 'INI'],
]

/** The format that a name implies. Spec: kustomization 6.2. */
export function formatFor(name: string): Format {
  return suffixes.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'binary'
}

/** What an encrypted text of a format has somewhere. */
const markers: Readonly<Record<Format, string>> = {
  dotenv: 'sops_mac=ENC[',
  JSON: '"mac": "ENC[',
  YAML: 'mac: ENC[',
  INI: '[sops]',
  binary: '"mac": "ENC[',
}

export function isMarked(content: Uint8Array, format: Format): boolean {
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).includes(markers[format])
}

/** The format in which content is encrypted; `undefined` when it bears no mark. */
export function detected(content: Uint8Array): Format | undefined {
  return (Object.keys(markers) as Format[]).find(format => isMarked(content, format))
}

/** An encrypted text taken apart. @throws {SopsError} MALFORMED. */
export function load(content: Uint8Array, format: Format): Encrypted {
  const text = new TextDecoder().decode(content)
  switch (format) {
    case 'binary':
    case 'JSON':
      return nested([readJson(text)])
    case 'YAML':
      return nested(readYaml(text))
    case 'INI':
      return nested([readIni(text)], below)
    case 'dotenv':
      return beside(readDotenv(text))
  }
}

/** Every document has a copy of the metadata; that of the first counts. */
function nested(trees: readonly Branch[], read = (branch: Branch): Branch => branch): Encrypted {
  const found = trees[0]?.entries.filter(({ key }) => key === 'sops') ?? []
  if (found.length > 1) throw malformed('Found duplicate sops entry')
  const [entry] = found
  if (entry && !(entry.value instanceof Branch)) throw malformed('Found sops entry that is not a mapping')
  const branch = entry?.value instanceof Branch ? read(entry.value) : undefined
  return { trees: trees.map(tree => without(tree, ({ key }) => key === 'sops')), metadata: metadataOf(branch) }
}

function below({ entries }: Branch): Branch {
  return unflattened(entries.map(({ key, value }) => ({ key, value: typeof value === 'string' ? value.replaceAll('\\n', '\n') : value })))
}

const prefix = 'sops_'

function beside(tree: Branch): Encrypted {
  const found = tree.entries.filter(({ key }) => key.startsWith(prefix))
  const branch = found.length === 0 ? undefined : unflattened(found.map(({ key, value }) => ({ key: key.slice(prefix.length), value })))
  return { trees: [without(tree, ({ key }) => key.startsWith(prefix))], metadata: metadataOf(branch) }
}

function without({ items }: Branch, left: (entry: Entry) => boolean): Branch {
  return new Branch(items.filter(item => item instanceof Comment || !left(item)))
}

/** Documents in the clear as a format prints them. @throws {SopsError} CANNOT_EMIT. */
export function emit(trees: readonly Branch[], format: Format): Uint8Array {
  const [first = new Branch([])] = trees
  switch (format) {
    case 'binary':
      return binaryOf(trees)
    case 'JSON':
      return Buffer.from(printJson(first))
    case 'YAML':
      return Buffer.from(printYaml(trees))
    case 'INI':
      return Buffer.from(printIni(trees))
    case 'dotenv':
      return printDotenv(first)
  }
}

function binaryOf(trees: readonly Branch[]): Uint8Array {
  const refuse = (why: string): SopsError => new SopsError('CANNOT_EMIT', `error emitting binary store: ${why}`)
  const [tree, ...more] = trees
  if (!tree || more.length > 0) throw refuse('there must be exactly one tree branch')
  const data = tree.at('data')
  if (data === undefined) throw refuse('no binary data found in tree')
  if (data instanceof Uint8Array) return data
  if (typeof data !== 'string') throw refuse("'data' key in tree does not have a string value")
  return Buffer.from(data)
}
