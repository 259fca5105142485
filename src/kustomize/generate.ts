import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type Json, type JsonObject, listAt, stringAt } from '../lib/json.ts'
import { BuildError } from './error.ts'
import { below, clamped, exists, filesBelow, folderOf, inWalkOrder, joined } from './paths.ts'

/** What the kernel builds: the artifact's files with the kustomization file as the spec orders it, and the folder to build. */
export interface Overlay {
  readonly root: string
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** Where a build begins: at a kustomization file, or in a folder without one whose content becomes its resources. */
export type Start =
  | { readonly root: string; readonly file: string }
  | { readonly root: string; readonly resources: readonly string[]; readonly manifests: ReadonlyMap<string, Uint8Array> }

type Files = ReadonlyMap<string, Uint8Array>
type Spec = KustomizationObject['spec']

/** The names that kustomize looks for, in order. */
const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
const base = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
const nothing = '_placeholder'
/** Where the kernel has the artifact, for messages. */
const mount = '/artifact'
const remote = /^(git::|gh:|ssh:\/\/|https:\/\/|http:\/\/|git@|github\.com[:/])./i

/** Where `spec.path` is in the artifact. @throws {BuildError} ArtifactFailed when nothing is there. Spec: kustomization 3.4. */
export function rootOf(files: Files, path: string, folders?: ReadonlySet<string>): string {
  const root = clamped(path)
  if (exists(files, root, folders)) return root
  throw new BuildError('ArtifactFailed', `kustomization path not found: stat ${mount}/${root}: no such file or directory`)
}

/** Finds where the build of a path begins. @throws {BuildError} ArtifactFailed for a path that is not there, BuildFailed for a file. Spec: kustomization 4.1. */
export function startOf(files: Files, path: string, folders?: ReadonlySet<string>): Start {
  const root = rootOf(files, path, folders)
  if (files.has(root)) throw new BuildError('BuildFailed', `open ${mount}/${root}/kustomization.yaml: not a directory <nil>`)
  const name = names.find(n => files.has(below(root, n)))
  return name ? { root, file: below(root, name) } : scanned(files, root)
}

/** Folders with a kustomization file of their own are taken whole, elsewhere each manifest, in the order of a walk. */
function scanned(files: Files, root: string): Start {
  const all = filesBelow(files, root)
  const own = new Set(all.filter(path => names.includes(path.slice(path.lastIndexOf('/') + 1))).map(folderOf))
  const covering = (path: string): string | undefined => foldersOf(path, root).find(folder => own.has(folder))
  const manifests = inWalkOrder(all.filter(path => /\.ya?ml$/.test(path) && covering(path) === undefined))
  const folders = new Set(all.flatMap(path => covering(path) ?? []))
  const relative = (path: string): string => `./${root === '.' ? path : path.slice(root.length + 1)}`
  return {
    root,
    resources: inWalkOrder([...folders, ...manifests]).map(relative),
    manifests: new Map(manifests.map(path => [below(mount, path), files.get(path) ?? new Uint8Array()])),
  }
}

/** The folders between `root` and a file, outermost first. */
function foldersOf(path: string, root: string): string[] {
  const folder = folderOf(path)
  if (folder === root || folder === '.') return []
  return [...foldersOf(folder, root), folder]
}

/**
 * The files to build: the kustomization file with the spec merged in. @param found The fields of the existing kustomization file; absent where there is none.
 * @throws {BuildError} BuildFailed for components that may not be used. Spec: kustomization 4.1.
 */
export function overlay(files: Files, start: Start, { spec, found }: { spec: Spec; found?: JsonObject | undefined }): Overlay {
  const file = 'file' in start ? start.file : below(start.root, 'kustomization.yaml')
  const merged = merge('file' in start ? existing(found ?? {}) : generated(start.resources), spec, component => {
    const path = joined(start.root, component)
    return path !== undefined && exists(files, path)
  })
  return { root: start.root, files: new Map([...files, [file, new TextEncoder().encode(JSON.stringify(merged))]]) }
}

/** kustomize refuses a file without resources as empty unless it asks for annotations. */
function existing(found: JsonObject): JsonObject {
  const complete = { ...base, ...found }
  return listAt(complete, 'resources').length > 0 ? complete : { ...complete, buildMetadata: ['originAnnotations'] }
}

function generated(resources: readonly string[]): JsonObject {
  return resources.length > 0 ? { ...base, resources: [...resources] } : { ...base, namespace: nothing }
}

function merge(file: JsonObject, spec: Spec, isThere: (component: string) => boolean): JsonObject {
  for (const component of spec.components ?? []) checkComponent(component)
  const components = (spec.components ?? []).filter(c => spec.ignoreMissingComponents !== true || isThere(c))
  const patches = (spec.patches ?? []).map(({ patch, target }): Json => ({ patch, ...(target ? { target: selector(target) } : {}) }))
  return {
    ...file,
    ...(spec.targetNamespace ? { namespace: spec.targetNamespace } : {}),
    ...(spec.namePrefix ? { namePrefix: spec.namePrefix } : {}),
    ...(spec.nameSuffix ? { nameSuffix: spec.nameSuffix } : {}),
    ...(patches.length > 0 ? { patches: [...listAt(file, 'patches'), ...patches] } : {}),
    ...(components.length > 0 ? { components: [...listAt(file, 'components'), ...components] } : {}),
    ...(spec.images && spec.images.length > 0 ? { images: spec.images.reduce(withImage, listAt(file, 'images')) } : {}),
  }
}

const selectorFields = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'] as const

function selector(target: Partial<Record<(typeof selectorFields)[number], string | undefined>>): JsonObject {
  return Object.fromEntries(selectorFields.map(field => [field, target[field]]))
}

/** An image of the same name is replaced as a whole. */
function withImage(images: Json[], { name, newName, newTag, digest }: NonNullable<Spec['images']>[number]): Json[] {
  const image = { name, ...(newName ? { newName } : {}), ...(newTag ? { newTag } : {}), ...(digest ? { digest } : {}) }
  const at = images.findIndex(i => stringAt(i, 'name') === name)
  return at < 0 ? [...images, image] : images.with(at, image)
}

/** @throws {BuildError} BuildFailed for a component that is not a relative path. Spec: kustomization 4.1. */
export function checkComponent(component: string): void {
  if (!component.startsWith('/') && !component.toLowerCase().startsWith('file:///') && !remote.test(component)) return
  throw new BuildError('BuildFailed', `component path '${component}' must be local and relative`)
}
