import * as z from 'zod'
import { untar } from '../lib/untar.ts'
import type { Room } from '../world/storage/scratch.ts'
import type { World } from '../world/world.ts'
import { archiveOf, entriesOf, type Files, givenFile, originOf } from './artifacts/artifact.ts'
import { type Difference, differences, indexOf, type Item, textsOf } from './artifacts/contents.ts'
import { archiveLimits, fetched, type Fetched } from './artifacts/fetched.ts'
import { type Reach, registryArguments } from './artifacts/registry-access.ts'
import { ToolError } from './frame/error.ts'
import { textDiff } from './preview/text-diff.ts'
import { footer, limit, type Running, rows, tool } from './tool.ts'

const cols = ['change', 'path', 'detail']
const mostText = 256 * 1024
const side = z.looseObject({ digest: z.string().optional(), source: z.string().optional(), revision: z.string().optional() })
const verdicts = {
  nothing: 'no changes detected',
  packing: 'no changes detected: the same files, packed in another way',
  modes: 'no changes detected: the same content, with other modes',
  content: 'the remote artifact contents differs from the local one',
} as const

export const diffArtifact = tool({
  name: 'diff_artifact',
  title: 'Compare an artifact',
  effect: 'reads',
  foreignText: true,
  description: 'What changes from an artifact to a path, to files, or to another artifact.',
  input: z.object({
    url: z.string(),
    path: z.string().optional(),
    files: z.array(givenFile).max(2000).optional(),
    other: z.string().optional().describe('oci:// URL'),
    ignorePaths: z.array(z.string()).optional(),
    limit,
    cursor: z.string().optional(),
    ...registryArguments,
  }),
  output: z.looseObject({
    differs: z.boolean(),
    what: z.enum(['nothing', 'packing', 'modes', 'content']),
    remote: side,
    local: side,
    ...rows,
    servedBy: z.string(),
  }),
  run: (args, world, call) =>
    world.scratch.during(async room => {
      const remote = await fetched(args, world, { call, room })
      const local = await localOf(args, world, { call, room })
      const all = differences(await indexOf(unpacked(remote)), await indexOf(await local.items()))
      const what = await whatDiffers(all, { remote, local })
      const page = call.pages.of(all, ({ path, change }) => `${change} ${path}`)
      return {
        differs: what === 'content',
        what,
        remote: sideOf(remote),
        local: sideOf(local),
        ...page,
        cols,
        rows: await rowsOf(page.rows, { remote, local, call }),
        servedBy: remote.servedBy,
      }
    }),
  say: data =>
    [
      verdicts[data.what],
      `remote: ${saySide(data.remote)}`,
      `local: ${saySide(data.local)}`,
      ...data.rows.map(
        ([change, path, detail]) => `${change} ${path}${detail === null ? '' : `\n  ${String(detail).replaceAll('\n', '\n  ')}`}`,
      ),
      footer(data, 'limit='),
    ].join('\n'),
})

/** What the artifact is compared with. */
interface Local {
  readonly digest?: string | undefined
  readonly source?: string | undefined
  readonly revision?: string | undefined
  items(): Promise<AsyncIterable<Item>>
  /** The digest of its archive. */
  packed(): Promise<string>
}

type Arguments = Files & Omit<Reach, 'at' | 'signal'> & { readonly other?: string | undefined }

async function localOf(args: Arguments, world: World, { call, room }: { call: Running; room: Room }): Promise<Local> {
  const { other, path, files } = args
  if ([other, path, files].filter(given => given !== undefined).length !== 1)
    throw new ToolError('InvalidArgument', 'give one of path, files and other', {
      next: 'path names a folder or a file, other an artifact',
    })
  if (other !== undefined) {
    const to = await fetched({ ...args, url: other }, world, { call, room })
    return { ...to, items: async () => unpacked(to), packed: async () => to.layer.digest }
  }
  const { source, revision } = await originOf(args, world, call)
  const { signal } = call
  return {
    source,
    revision,
    items: () => entriesOf(args, world, signal),
    packed: async () => (await archiveOf(args, world, { room, signal })).digest,
  }
}

function unpacked({ layer }: Fetched): AsyncIterable<Item> {
  return untar(layer.open(), archiveLimits)
}

async function whatDiffers(
  all: readonly Difference[],
  { remote, local }: { remote: Fetched; local: Local },
): Promise<keyof typeof verdicts> {
  if (all.some(({ change }) => change !== 'mode')) return 'content'
  if (all.length > 0) return 'modes'
  return (await local.packed()) === remote.layer.digest ? 'nothing' : 'packing'
}

async function rowsOf(
  shown: readonly Difference[],
  { remote, local, call }: { remote: Fetched; local: Local; call: Running },
): Promise<(string | null)[][]> {
  const wanted = new Set(shown.filter(({ change }) => change === 'changed').map(({ path }) => path))
  const read = async (items: AsyncIterable<Item>): Promise<Map<string, string>> =>
    wanted.size === 0 ? new Map() : textsOf(items, { wanted, mostBytes: mostText })
  const [before, after] = [await read(unpacked(remote)), await read(await local.items())]
  return shown.map(one => {
    const [was, is] = [before.get(one.path), after.get(one.path)]
    return [one.change, one.path, was === undefined || is === undefined ? plainly(one) : textDiff(was, is, call.show)]
  })
}

function plainly({ change, before, after }: Difference): string {
  const octal = (mode = 0): string => mode.toString(8).padStart(4, '0')
  if (change === 'mode') return `${octal(before?.mode)} → ${octal(after?.mode)}`
  const bytes = [before, after].flatMap(found => (found ? [found.type === 'folder' ? 'a folder' : `${found.size} bytes`] : []))
  return bytes.join(' → ')
}

function sideOf({ digest, source, revision }: Omit<Local, 'items' | 'packed'>): z.infer<typeof side> {
  return { ...(digest ? { digest } : {}), ...(source ? { source } : {}), ...(revision ? { revision } : {}) }
}

function saySide({ digest, source, revision }: z.infer<typeof side>): string {
  return [digest, revision, source && `from ${source}`].filter(Boolean).join(' ') || 'no Git checkout'
}
