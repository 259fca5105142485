import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const src = join(root, 'src')
const nouns = ['sources', 'kustomize', 'helm', 'images', 'notify', 'explain']

/** Who may import what. A noun may import itself; `World` as a type is judged by the clauses below. */
const law: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  kinds: ['lib'],
  engine: ['kinds', 'lib'],
  world: ['kinds', 'lib'],
  ...Object.fromEntries(nouns.map(noun => [noun, ['engine', 'kinds', 'lib']])),
  tools: [...nouns, 'engine', 'kinds', 'lib'],
  resources: [...nouns, 'engine', 'kinds', 'lib', 'tools'],
  prompts: [...nouns, 'engine', 'kinds', 'lib', 'tools'],
  transports: ['tools', 'resources', 'prompts', 'lib'],
  cli: ['tools', 'resources', 'prompts', 'lib', ...nouns, 'engine', 'kinds'],
  sandbox: ['world', 'engine', 'kinds', 'lib'],
}
const mayNameWorld = new Set([...nouns, 'tools', 'resources', 'prompts', 'transports', 'cli'])
const impureRooms = new Set(['world', 'transports', 'cli', 'sandbox', 'main'])
const forbiddenModules = new Set([
  'fs',
  'fs/promises',
  'net',
  'http',
  'https',
  'tls',
  'dns',
  'child_process',
  'worker_threads',
  'timers',
  'timers/promises',
])
const forbiddenGlobals =
  /(?<![\w.'"`$])(fetch|setTimeout|setInterval|setImmediate)\(|(?<![\w.'"`$-])process\.|Date\.now\(|new Date\(\)|Math\.random\(/

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(e =>
    e.isDirectory() ? walk(join(folder, e.name)) : e.name.endsWith('.ts') ? [join(folder, e.name)] : [],
  )
}
const files = walk(src).map(path => ({ path, name: relative(src, path).split(sep).join('/'), text: readFileSync(path, 'utf8') }))
/** main.ts and what it composes with are one room. */
const room = (name: string): string => (name === 'main.ts' ? 'main' : (name.split('/')[0] ?? name))

function importsOf(file: { name: string; text: string }): Import[] {
  const found = [
    ...file.text.matchAll(/^\s*(import|export)\s+(type\s+)?([^'";]*?from\s+)?'([^']+)'/gms),
    ...file.text.matchAll(/(import)\(()()'([^']+)'\)/g),
  ]
  return found.map(m => ({ from: file.name, to: m[4] ?? '', typeOnly: m[2] !== undefined || onlyTypes(m[3] ?? '') }))
}
function onlyTypes(clause: string): boolean {
  const names = /\{([^}]*)\}/
    .exec(clause)?.[1]
    ?.split(',')
    .map(n => n.trim())
    .filter(Boolean)
  return names !== undefined && names.length > 0 && names.every(n => n.startsWith('type '))
}
const ours = files
  .flatMap(importsOf)
  .filter(i => i.to.startsWith('.'))
  .map(i => ({
    ...i,
    to: relative(src, resolve(src, dirname(i.from), i.to))
      .split(sep)
      .join('/'),
  }))

test('every import obeys the law of rooms', () => {
  const broken = ours.filter(i => {
    const [a, b] = [room(i.from), room(i.to)]
    if (a === b || a === 'main') return false
    if (b === 'world' && i.typeOnly && mayNameWorld.has(a)) return false
    return !(law[a] ?? []).includes(b)
  })
  assert.deepEqual(
    broken.map(i => `${i.from} -> ${i.to}`),
    [],
  )
})

const slow =
  /^(re2js|undici|openpgp|pkijs|js-yaml|prom-client|age-encryption|node-forge|@kubernetes\/.*|@sigstore\/.*|@modelcontextprotocol\/node|node:(http|https|http2|tls|readline.*))$/

test('a server on standard input starts without what it may never need', () => {
  const started = new Set(['main.ts', 'transports/stdio.ts'])
  for (const file of started) for (const i of ours) if (i.from === file && !i.typeOnly) started.add(i.to)
  const loaded = files.filter(f => started.has(f.name)).flatMap(importsOf)
  assert.ok(started.size > 40)
  assert.deepEqual(
    [...started].filter(name => [...nouns, 'sandbox'].includes(room(name)) || name === 'tools/index.ts'),
    [],
  )
  assert.deepEqual(
    loaded.filter(i => !i.typeOnly && slow.test(i.to)).map(i => `${i.from} -> ${i.to}`),
    [],
  )
})

test('nobody imports main, and cli and transports stay at the edge', () => {
  assert.deepEqual(
    ours
      .filter(i => ['main', 'transports', 'cli', 'sandbox'].includes(room(i.to)) && room(i.from) !== room(i.to) && room(i.from) !== 'main')
      .map(i => `${i.from} -> ${i.to}`),
    [],
  )
})

test('only the edge touches files, sockets, processes, timers and clocks', () => {
  const broken = files
    .filter(f => !impureRooms.has(room(f.name)))
    .flatMap(f => {
      const modules = importsOf(f)
        .filter(i => i.to.startsWith('node:') && forbiddenModules.has(i.to.slice(5)) && !i.typeOnly)
        .map(i => `${f.name} imports ${i.to}`)
      const globals = f.text
        .split('\n')
        .filter(l => !/^\s*(\*|\/\/|\/\*)/.test(l) && forbiddenGlobals.test(l))
        .map(l => `${f.name}: ${l.trim()}`)
      return [...modules, ...globals]
    })
  assert.deepEqual(broken, [])
})

test('in a noun folder only reconcilers name a hand', () => {
  const broken = ours.filter(i => nouns.includes(room(i.from)) && room(i.to) === 'world' && !/(^|[/-])reconciler\.ts$/.test(i.from))
  assert.deepEqual(
    broken.map(i => `${i.from} -> ${i.to}`),
    [],
  )
})

test('the MCP SDK is imported in transports only', () => {
  const broken = files.flatMap(importsOf).filter(i => i.to.startsWith('@modelcontextprotocol/') && room(i.from) !== 'transports')
  assert.deepEqual(
    broken.map(i => `${i.from} -> ${i.to}`),
    [],
  )
})

test('there is no cycle of value imports', () => {
  const graph = new Map<string, string[]>()
  for (const i of ours) if (!i.typeOnly) graph.set(i.from, [...(graph.get(i.from) ?? []), i.to])
  const state = new Map<string, 'open' | 'done'>()
  const cycles: string[] = []
  const visit = (name: string, path: string[]): void => {
    if (state.get(name) === 'done') return
    if (state.get(name) === 'open') {
      cycles.push([...path.slice(path.indexOf(name)), name].join(' -> '))
      return
    }
    state.set(name, 'open')
    for (const next of graph.get(name) ?? []) visit(next, [...path, name])
    state.set(name, 'done')
  }
  for (const name of graph.keys()) visit(name, [])
  assert.deepEqual(cycles, [])
})

test('no file of src is over 300 lines', () => {
  assert.deepEqual(
    files.filter(f => f.text.split('\n').length > 301).map(f => `${f.name}: ${f.text.split('\n').length}`),
    [],
  )
})

test('no any, no non-null assertion, no default export, no word of unfinished work', () => {
  const broken = files.flatMap(f =>
    f.text
      .split('\n')
      .filter(l => /(:|<|\bas) ?any\b|\w!\.|^export default|\bTODO\b|\bFIXME\b|not implemented/i.test(l) && !/^\s*(\*|\/\/)/.test(l))
      .map(l => `${f.name}: ${l.trim()}`),
  )
  assert.deepEqual(broken, [])
})
