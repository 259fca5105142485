import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { KubeObject } from '../../kinds/manifest.ts'
import { Definitions } from '../../kinds/openapi.ts'
import { type Json, type JsonObject, parseJson } from '../../lib/json.ts'
import { KernelError } from './error.ts'
import { expressionCalls } from './expressions.ts'
import { Zipper } from './gzip.ts'
import { chartCalls } from './charts.ts'
import type { BuildInput, Kernel, ManageInput, MergeSchema } from './kernel.ts'
import { Lane } from './lane.ts'
import { type ModuleName, moduleLoader } from './modules.ts'
import { Near } from './near.ts'

/** Where the kernel's files are, and its bounds. */
export interface KernelOptions {
  /** The folder with `<module>.wasm.zst` and digests.json. */
  readonly modules: string
  /** The file with the OpenAPI v3 definitions of the built-in kinds. */
  readonly definitions: string
  /** The worker's script. */
  readonly worker: URL
  /** Milliseconds a call may take: 10 s, builds 60 s unless said otherwise. */
  readonly deadlineMs?: number | undefined
  readonly buildDeadlineMs?: number | undefined
}

const outputLimit = 64 * 1024 * 1024
/** More than this does not fit into the memory of a worker, and would hold up this thread while it is encoded. */
const inputLimit = 96 * 1024 * 1024
const cacheLimit = 64 * 1024 * 1024

/** Starts the kernel: nothing is loaded before the first call. */
export function openKernel(options: KernelOptions): Kernel {
  const load = moduleLoader(options.modules)
  const lane = (name: ModuleName, kind?: { keepsState: boolean }): Lane =>
    new Lane(async () => ({ loaded: await load(name), url: options.worker }), kind)
  const builders = [lane('kustomize'), lane('kustomize')]
  const merger = lane('k8s')
  const packer = lane('helm')
  const evaluator = lane('cel')
  const zipper = new Zipper({ near: new Near(() => load('gzip')), streams: lane('gzip', { keepsState: true }) })
  const deadlineMs = options.deadlineMs ?? 10_000
  const merge = async (operation: string, input: unknown, signal: AbortSignal): Promise<unknown> =>
    parse(await merger.call(operation, encode(input), { deadlineMs, signal }))
  const kept = keepingResults(builders, options.buildDeadlineMs ?? 60_000)
  let definitions: Promise<Definitions> | undefined
  return {
    definitions: () => (definitions ??= readDefinitions(options.definitions)),
    kustomizeBuild: (input, signal) => kept('build', buildOf(input), signal),
    kustomizeObjects: async (input, signal) => parseJson(await kept('objects', buildOf(input), signal)) as Json[],
    kustomizationFile: async (content, signal) =>
      JSON.parse(await kept('kustomization', { key: digestOf(new Map([['', content]])), request: () => content }, signal)) as JsonObject,
    async checkManifests(files, signal) {
      await kept('manifests', { key: digestOf(files), request: () => encodeManifests(files) }, signal)
    },
    apply: async (input, signal) => (await merge('apply', { ...managed(input), force: input.force }, signal)) as KubeObject,
    update: async (input, signal) => (await merge('update', managed(input), signal)) as KubeObject,
    strategicMerge: async (original, patch, signal) =>
      (await merge('strategic', { apiVersion: original.apiVersion, kind: original.kind, original, patch }, signal)) as KubeObject,
    threeWayMerge: async ({ original, modified, current }, signal) =>
      (await merge('threeWay', { apiVersion: current.apiVersion, kind: current.kind, original, modified, current }, signal)) as JsonObject,
    gzip: (source, signal) => zipper.gzip(source, { deadlineMs, signal }),
    ...chartCalls(packer, { deadlineMs: options.buildDeadlineMs ?? 60_000 }),
    commitMessage: async (message, signal) =>
      new TextDecoder().decode(await packer.call('message', encode(message), { deadlineMs, signal })),
    ...expressionCalls(async (operation, input, signal) => parse(await evaluator.call(operation, encode(input), { deadlineMs, signal }))),
    async close() {
      await Promise.all([...builders, merger, packer, evaluator, zipper].map(l => l.close()))
    },
  }
}

function encode(value: unknown): Uint8Array {
  try {
    return new TextEncoder().encode(JSON.stringify(value))
  } catch (thrown) {
    if (thrown instanceof RangeError) throw new KernelError('INVALID', 'the object is nested too deeply, or too long')
    throw thrown
  }
}

function parse(bytes: Uint8Array): unknown {
  return parseJson(new TextDecoder().decode(bytes))
}

/** A call whose result is kept: what names it, and its input when it has to be made. */
interface Kept {
  readonly key: string
  readonly request: () => Uint8Array
}

/** Calls whose results are kept; others go to the first lane, or past it where it is held up: a second lane costs memory, and most calls are short. */
function keepingResults(lanes: readonly Lane[], deadlineMs: number) {
  const results = new ResultCache(cacheLimit)
  return async (operation: string, { key, request }: Kept, signal: AbortSignal): Promise<string> => {
    const name = `${operation} ${key}`
    const known = results.get(name)
    if (known !== undefined) return known
    const free = lanes.find(lane => !lane.isHeldUp) ?? lanes.reduce((a, b) => (b.load < a.load ? b : a))
    const output = new TextDecoder().decode(await free.call(operation, request(), { deadlineMs, signal }))
    results.set(name, output)
    return output
  }
}

function buildOf(input: BuildInput): Kept {
  return { key: digestOf(input.files, input.root), request: () => encodeBuild(input) }
}

/** Names files by their content, in their order. */
function digestOf(files: ReadonlyMap<string, Uint8Array>, root = ''): string {
  const hash = createHash('sha256').update(root)
  for (const [path, content] of files) hash.update(`\0${path}\0${content.length}\0`).update(content)
  return hash.digest('hex')
}

/** No object holds more than 1 MiB of a binary file: the rest of a larger one is left out, and the API server refuses what is made of it. */
const mostBinary = 2 * 1024 * 1024

function encodeBuild({ root, files }: BuildInput): Uint8Array {
  const size = [...files.values()].reduce((sum, content) => sum + content.length, 0)
  if (size > inputLimit)
    throw new KernelError(
      'INPUT_TOO_LARGE',
      `the build has ${size} bytes of files, more than ${inputLimit}: leave out what it does not use`,
    )
  const text: Record<string, string> = {}
  const binary: Record<string, string> = {}
  for (const [path, content] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (isUtf8(content)) text[path] = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content)
    else binary[path] = Buffer.from(content.subarray(0, mostBinary)).toString('base64')
  }
  return encode({ root, text, binary, limit: outputLimit })
}

function encodeManifests(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return encode([...files].map(([path, content]) => ({ path, content: Buffer.from(content).toString('base64') })))
}

function managed({ live, object, manager, schema, subresource, reset }: ManageInput): JsonObject {
  return {
    live: live ?? null,
    object,
    manager,
    subresource: subresource ?? '',
    reset: (reset ?? []).map(path => [...path]),
    ...schemaFields(schema, object),
  }
}

function schemaFields(schema: MergeSchema, object: KubeObject): JsonObject {
  if (schema.from === 'builtin') return {}
  if (schema.from === 'deduced') return { deduced: true }
  const slash = object.apiVersion.indexOf('/')
  const kind = { group: object.apiVersion.slice(0, Math.max(slash, 0)), version: object.apiVersion.slice(slash + 1), kind: object.kind }
  const { openAPIV3Schema } = schema
  const properties = {
    ...(openAPIV3Schema.properties as JsonObject | undefined),
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { $ref: '#/components/schemas/meta' },
  }
  return { schema: { object: { ...openAPIV3Schema, properties, 'x-kubernetes-group-version-kind': [kind] }, meta: metaSchema } }
}

const names = { type: 'object', additionalProperties: { type: 'string' } }
const metaSchema: JsonObject = {
  type: 'object',
  'x-kubernetes-preserve-unknown-fields': true,
  properties: {
    labels: { ...names, 'x-kubernetes-map-type': 'granular' },
    annotations: { ...names, 'x-kubernetes-map-type': 'granular' },
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        required: ['uid'],
        properties: {
          uid: { type: 'string' },
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          name: { type: 'string' },
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
  },
}

/** Least recently used results, bounded by their length. */
class ResultCache {
  readonly #kept = new Map<string, string>()
  readonly #limit: number
  #size = 0
  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): string | undefined {
    const found = this.#kept.get(key)
    if (found === undefined) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, found)
    return found
  }

  set(key: string, value: string): void {
    if (value.length > this.#limit / 4 || this.#kept.has(key)) return
    this.#kept.set(key, value)
    this.#size += value.length
    for (const [oldest, text] of this.#kept) {
      if (this.#size <= this.#limit) break
      this.#kept.delete(oldest)
      this.#size -= text.length
    }
  }
}

async function readDefinitions(file: string): Promise<Definitions> {
  return new Definitions(JSON.parse(await readFile(file, 'utf8')) as JsonObject)
}
