import * as z from 'zod'
import { Kustomization, type KustomizationObject } from '../../kinds/kustomization.ts'
import { type KubeObject, printRef, refOf } from '../../kinds/manifest.ts'
import { desired, type Rendered } from '../../kustomize/build-reconciler.ts'
import { sourceOf } from '../../kustomize/depends.ts'
import { clamped } from '../../kustomize/paths.ts'
import { isIgnored, parsePatterns } from '../../sources/ignore.ts'
import { readFolder } from '../../tools/build.ts'
import { ToolError } from '../../tools/frame/error.ts'
import { existing, type Located } from '../../tools/objects/locate.ts'
import { manifestObjects } from '../../tools/preview/manifest-objects.ts'
import type { Running } from '../../tools/tool.ts'
import type { World } from '../../world/world.ts'

/** Where local manifests are, and how they are built: arguments of `build kustomization` and `diff kustomization`. */
export const localArguments = {
  path: z.string().optional().describe('the local folder that spec.path names, instead of the artifact'),
  kustomizationFile: z.string().optional().describe('YAML file with the Kustomization, instead of the one in the cluster'),
  strictSubstitute: z.boolean().default(false).describe('a variable that is not set and has no default is an error'),
  ignorePaths: z.array(z.string()).default([]).describe('patterns to leave out where there is no kustomization.yaml'),
  recursive: z.boolean().default(false).describe('the Kustomizations that are built, too'),
  localSources: z.record(z.string(), z.string()).default({}).describe('where their sources are: Kind/namespace/name=path'),
}

export interface LocalArguments {
  readonly path: string
  readonly kustomizationFile?: string | undefined
  readonly strictSubstitute: boolean
  readonly ignorePaths: readonly string[]
  readonly recursive: boolean
  readonly localSources: Readonly<Record<string, string>>
  /** Without a cluster: variables that it has stay as they are. */
  readonly dryRun?: boolean
  /** Whether what SOPS encrypted is decrypted. */
  readonly decrypts: boolean
}

/** What one Kustomization renders to from local folders. */
export interface LocalRender extends Rendered {
  readonly ks: KustomizationObject
}

interface Where {
  readonly world: World
  readonly located: Located
  readonly call: Running
  /** Those that brought it, which are not built again. */
  readonly above?: readonly string[]
}

/** The Kustomization, then with `recursive` those that it brings. @throws {ToolError} for what is not there. Spec: kustomization 13. */
export async function localRenders(args: LocalArguments, where: Where): Promise<LocalRender[]> {
  const ks = args.kustomizationFile === undefined ? await live(where) : await fromFile(args.kustomizationFile, args, where)
  return rendered(ks, args, where)
}

async function rendered(ks: KustomizationObject, args: LocalArguments, where: Where): Promise<LocalRender[]> {
  const own = { ks, ...(await renderOne(ks, args, where)) }
  const below: LocalRender[] = []
  const above = [...(where.above ?? []), printRef(refOf(ks))]
  for (const child of args.recursive ? own.objects.filter(isKustomization) : []) {
    if (above.includes(printRef(refOf(child))) || child.spec.kubeConfig) continue
    below.push(...(await rendered(child, { ...args, path: pathOf(child, args.localSources) }, { ...where, above })))
  }
  return [own, ...below]
}

function isKustomization(object: KubeObject): object is KustomizationObject {
  return object.kind === Kustomization.kind && object.apiVersion.startsWith(`${Kustomization.group}/`)
}

function pathOf(child: KustomizationObject, sources: Readonly<Record<string, string>>): string {
  const { kind, namespace = '', name } = sourceOf(child)
  const folder = sources[`${kind}/${namespace}/${name}`]
  if (folder !== undefined) return `${folder}/${clamped(child.spec.path ?? '')}`
  throw new ToolError('InvalidArgument', `${printRef(refOf(child))} comes from ${kind}/${namespace}/${name}, whose folder is not known`, {
    next: `add --local-sources ${kind}/${namespace}/${name}=PATH`,
  })
}

async function renderOne(ks: KustomizationObject, args: LocalArguments, { world, located, call }: Where): Promise<Rendered> {
  const { tree, path } = await reach(ks, args.path, { world, call })
  const files = kept(tree, path, args.ignorePaths)
  const postBuild = args.dryRun && ks.spec.postBuild ? { ...ks.spec.postBuild, substituteFrom: [] } : ks.spec.postBuild
  const here = { ...ks, spec: { ...ks.spec, path, ...(postBuild ? { postBuild } : {}) } } as KustomizationObject
  const settings = { ...call.engine.settings, strictSubstitution: args.strictSubstitute || call.engine.settings.strictSubstitution }
  const { cluster } = located
  return desired(here, files, { hands: { ...world, cluster }, settings, decrypts: args.decrypts, signal: call.signal })
}

/** Above the folder is read only what it reaches for: when it has `..` in a kustomization file and ends in `spec.path`. */
async function reach(
  { spec }: KustomizationObject,
  given: string,
  { world, call }: Pick<Where, 'world' | 'call'>,
): Promise<{ tree: ReadonlyMap<string, Uint8Array>; path: string }> {
  const inside = clamped(spec.path ?? '')
  const folder = given.replace(/\/+$/, '') || '/'
  const resolved = (await world.files?.resolve(folder)) ?? folder
  const tree = await readFolder(world, folder, call)
  if (inside === '.' || !resolved.endsWith(`/${inside}`)) return { tree, path: '.' }
  const climbs = [...tree].some(([name, text]) => /(^|\/)kustomization(\.ya?ml)?$/i.test(name) && Buffer.from(text).includes('../'))
  const above = (spec.components ?? []).some(component => component.includes('../'))
  if (!climbs && !above) return { tree, path: '.' }
  return { tree: await readFolder(world, resolved.slice(0, -inside.length - 1) || '/', call), path: inside }
}

const generatedFor = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** A folder without a kustomization file of its own takes what neither `.sourceignore` files nor the patterns leave out. */
function kept(files: ReadonlyMap<string, Uint8Array>, path: string, ignorePaths: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const prefix = path === '.' ? '' : `${path}/`
  if (generatedFor.some(name => files.has(prefix + name))) return files
  const patterns = [
    ...[...files].flatMap(([name, text]) =>
      name.startsWith(prefix) && /(^|\/)\.sourceignore$/.test(name)
        ? parsePatterns(Buffer.from(text).toString('utf8'), name.split('/').slice(0, -1))
        : [],
    ),
    ...parsePatterns(ignorePaths.join('\n'), path === '.' ? [] : path.split('/')),
  ]
  return new Map([...files].filter(([name]) => !name.startsWith(prefix) || !isIgnored(patterns, name, false)))
}

async function live({ located, call }: Where): Promise<KustomizationObject> {
  return (await existing(located, call.signal)) as KustomizationObject
}

/** The Kustomization of a file, with the status of the one in the cluster, where there is one. */
async function fromFile(file: string, { dryRun = false }: LocalArguments, { world, located, call }: Where): Promise<KustomizationObject> {
  const { name, namespace } = located.ref
  const parts: Uint8Array[] = []
  const { files } = world
  if (!files) throw new ToolError('InvalidArgument', 'no files are read here', { next: 'leave kustomizationFile away' })
  for await (const part of files.read(await files.resolve(file), call.signal)) parts.push(part)
  const found = manifestObjects(Buffer.concat(parts).toString('utf8')).find(
    o => isKustomization(o) && o.metadata.name === name && (o.metadata.namespace ?? namespace) === namespace,
  )
  if (!found)
    throw new ToolError('NotFound', `'${file}' has no Kustomization '${namespace ?? ''}/${name}'`, {
      next: 'name one that it has, and its namespace',
    })
  const parsed = Kustomization.spec.safeParse(found.spec)
  const [issue] = parsed.error?.issues ?? []
  if (issue)
    throw new ToolError('InvalidArgument', `'${file}': spec.${issue.path.join('.')}: ${issue.message}`, { next: 'correct the file' })
  const now = dryRun ? undefined : await located.cluster.get(located.ref, call.signal)
  const metadata = { ...found.metadata, ...(namespace ? { namespace } : {}) }
  return { ...found, metadata, ...(now?.status ? { status: now.status } : {}) } as KustomizationObject
}
