import { isKubeObject, type KubeObject } from '../kinds/manifest.ts'
import { isObject, type Json, type JsonObject, listAt, stringAt } from '../lib/json.ts'
import { parseAll } from '../lib/yaml.ts'
import { BuildError } from './error.ts'
import type { Built } from './substitute.ts'

/** The resources of a build's YAML, with the text of each. @throws {BuildError} as {@link resourceOf}. */
export function resourcesOf(yaml: string): Built[] {
  return yaml.split(/^---\n/m).flatMap(text => {
    const [object] = parseAll(text)
    return object === undefined ? [] : [{ object: resourceOf(object), text }]
  })
}

/** A resource of a build. @throws {BuildError} BuildFailed for one without kind, name or version. Spec: kustomization 4.2. */
export function resourceOf(built: Json): KubeObject {
  if (isKubeObject(built) && built.metadata.name && built.kind && built.apiVersion) return built
  throw new BuildError('BuildFailed', `failed to decode Kubernetes apiVersion, kind and name from: ${JSON.stringify(built)}`)
}

/** The objects of YAML documents. @throws {YamlError} For malformed text. */
export function decodeObjects(yaml: string): KubeObject[] {
  return parseAll(yaml).flatMap(objectsOf)
}

/** The objects that a document holds: lists are taken apart; what names no object, and kustomization files, are left out. Spec: kustomization 4.4. */
export function objectsOf(document: Json): KubeObject[] {
  if (isObject(document) && Array.isArray(document.items) && stringAt(document, 'kind')?.endsWith('List'))
    return listAt(document, 'items').flatMap(objectsOf)
  if (!isKubeObject(document)) return []
  return document.kind === 'Kustomization' && document.apiVersion.startsWith('kustomize.config.k8s.io/') ? [] : [withText(document)]
}

/** A label or annotation without a value has an empty one. */
function withText(object: KubeObject): KubeObject {
  const filled = Object.fromEntries(
    (['labels', 'annotations'] as const).flatMap(key => {
      const map: JsonObject | undefined = object.metadata[key]
      if (!isObject(map) || !Object.values(map).includes(null)) return []
      return [[key, Object.fromEntries(Object.entries(map).map(([k, value]) => [k, value ?? '']))]]
    }),
  )
  return { ...object, metadata: { ...object.metadata, ...filled } }
}

/** Refuses objects that variables gave the same identity, as kustomize does when it takes a changed one back. */
export class Identities {
  readonly #count = new Map<string, number>()

  constructor(resources: readonly Built[]) {
    for (const { object } of resources) this.#add(identity(object), 1)
  }

  /** @throws {BuildError} BuildFailed */
  replace(before: Json, after: Json): void {
    this.#add(identity(before), -1)
    const count = this.#add(identity(after), 1)
    if (count > 1) throw new BuildError('BuildFailed', `in Replace: id matched ${count} resources`)
  }

  #add(id: string, by: number): number {
    const count = (this.#count.get(id) ?? 0) + by
    this.#count.set(id, count)
    return count
  }
}

function identity(object: Json): string {
  const [name, namespace] = [stringAt(object, 'metadata', 'name') ?? '', stringAt(object, 'metadata', 'namespace') || 'default']
  return JSON.stringify([stringAt(object, 'apiVersion') ?? '', stringAt(object, 'kind') ?? '', namespace, name])
}
