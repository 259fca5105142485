import type { KustomizationObject } from '../kinds/kustomization.ts'
import { messageOf } from '../lib/coded-error.ts'
import { isObject, type Json, type JsonObject, listAt, stringAt } from '../lib/json.ts'
import { parseAll } from '../lib/yaml.ts'
import { BuildError } from './error.ts'
import { below, clamped, filesBelow, folderOf } from './paths.ts'

/** What the kernel builds: the artifact's files with the kustomization file as the spec orders it, and the folder to build. */
export interface Overlay {
  readonly root: string
  readonly files: ReadonlyMap<string, Uint8Array>
}

type Spec = KustomizationObject['spec']

/** The names that kustomize looks for, in order. */
const names = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
const nothing = '_placeholder'
const remote = /^(git::|gh:|ssh:\/\/|https:\/\/|http:\/\/|git@|github\.com[:/])/i

/**
 * Finds or creates the kustomization file at `spec.path` and merges the spec into it. @throws {BuildError} ArtifactFailed for a path that
 * is not there; BuildFailed for files that are no Kubernetes objects and components that may not be used. Spec: kustomization 3.4, 4.1.
 */
export function overlay(files: ReadonlyMap<string, Uint8Array>, spec: Spec): Overlay {
  const root = clamped(spec.path ?? '')
  if (root !== '.' && filesBelow(files, root).length === 0)
    throw new BuildError('ArtifactFailed', `kustomization path not found: stat /${root}: no such file or directory`)
  const name = names.find(n => files.has(below(root, n)))
  const file = below(root, name ?? 'kustomization.yaml')
  const found = name ? existing(files, file) : generated(files, root)
  const merged = merge(found, spec, component => filesBelow(files, clamped(below(root, component))).length > 0)
  return { root, files: new Map([...files, [file, new TextEncoder().encode(JSON.stringify(merged))]]) }
}

function existing(files: ReadonlyMap<string, Uint8Array>, file: string): JsonObject {
  const document = parsed(files, file)[0] ?? {}
  if (!isObject(document)) throw new BuildError('BuildFailed', `failed to decode Kubernetes YAML from ${file}: it is no kustomization`)
  const complete = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', ...document }
  return listAt(document, 'resources').length > 0 ? complete : { ...complete, buildMetadata: ['originAnnotations'] }
}

function parsed(files: ReadonlyMap<string, Uint8Array>, file: string): Json[] {
  try {
    return parseAll(new TextDecoder().decode(files.get(file)))
  } catch (thrown) {
    throw new BuildError(
      'BuildFailed',
      `failed to decode Kubernetes YAML from ${file}: MalformedYAMLError: yaml: ${messageOf(thrown)} <nil>`,
      { cause: thrown },
    )
  }
}

/** A kustomization file over everything below a folder: folders with a file of their own whole, else each manifest. */
function generated(files: ReadonlyMap<string, Uint8Array>, root: string): JsonObject {
  const all = filesBelow(files, root)
  const own = all.filter(path => names.includes(path.slice(path.lastIndexOf('/') + 1))).map(folderOf)
  const tops = own.filter(folder => !own.some(other => other !== folder && (folder === other || folder.startsWith(`${other}/`))))
  const covered = (path: string): boolean => tops.some(folder => path.startsWith(`${folder}/`))
  const manifests = all.filter(path => /\.ya?ml$/.test(path) && !covered(path))
  for (const path of manifests) checkManifests(files, path)
  const relative = (path: string): string => `./${root === '.' ? path : path.slice(root.length + 1)}`
  const resources = [...new Set([...tops, ...manifests])].toSorted().map(relative)
  const base = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }
  return resources.length > 0 ? { ...base, resources } : { ...base, namespace: nothing }
}

function checkManifests(files: ReadonlyMap<string, Uint8Array>, path: string): void {
  for (const document of parsed(files, path)) {
    if (!isObject(document))
      throw new BuildError('BuildFailed', `failed to decode Kubernetes YAML from ${path}: missing kind in object {} <nil>`)
    const [apiVersion, kind] = [stringAt(document, 'apiVersion') ?? '', stringAt(document, 'kind') ?? '']
    const [name, namespace] = [stringAt(document, 'metadata', 'name') ?? '', stringAt(document, 'metadata', 'namespace') ?? '']
    const printed = `{{${apiVersion} ${kind}} {{${name} ${namespace}} map[] map[]}}`
    if (kind === '')
      throw new BuildError('BuildFailed', `failed to decode Kubernetes YAML from ${path}: missing kind in object ${printed} <nil>`)
    if (name === '' && !kind.endsWith('List'))
      throw new BuildError('BuildFailed', `failed to decode Kubernetes YAML from ${path}: missing metadata.name in object ${printed} <nil>`)
  }
}

function merge(file: JsonObject, spec: Spec, exists: (component: string) => boolean): JsonObject {
  const components = (spec.components ?? []).filter(c => exists(c) || spec.ignoreMissingComponents !== true)
  for (const component of components) checkComponent(component)
  const patches = [...listAt(file, 'patches'), ...(spec.patches ?? []).map(p => ({ ...p }))] as Json[]
  return {
    ...file,
    ...(spec.targetNamespace ? { namespace: spec.targetNamespace } : {}),
    ...(spec.namePrefix ? { namePrefix: spec.namePrefix } : {}),
    ...(spec.nameSuffix ? { nameSuffix: spec.nameSuffix } : {}),
    ...(patches.length > 0 ? { patches } : {}),
    ...(components.length > 0 ? { components: [...listAt(file, 'components'), ...components] } : {}),
    ...(spec.images && spec.images.length > 0
      ? {
          images: mergeImages(
            listAt(file, 'images'),
            spec.images.map(image => ({ ...image }) as JsonObject),
          ),
        }
      : {}),
  }
}

/** An image of the same name is replaced as a whole. */
function mergeImages(file: Json[], spec: JsonObject[]): Json[] {
  const replaced = file.map(image => spec.find(s => s.name === stringAt(image, 'name')) ?? image)
  return [...replaced, ...spec.filter(s => !file.some(image => stringAt(image, 'name') === s.name))]
}

function checkComponent(component: string): void {
  if (!component.startsWith('/') && !component.startsWith('file:///') && !remote.test(component)) return
  throw new BuildError('BuildFailed', `component path '${component}' must be local and relative`)
}
