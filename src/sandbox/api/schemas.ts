import { isObject, type JsonObject, listAt } from '../../lib/json.ts'
import type { MergeSchema } from '../../world/kernel/kernel.ts'
import { conform } from '../decode/conform.ts'
import type { Resource } from './resource.ts'

const prefix = '#/components/schemas/'

/** Schemas of built-in and custom kinds. */
export class Schemas {
  readonly #definitions: JsonObject
  readonly #names = new Map<string, string>()

  /** @param definitions Of the built-in kinds, as OpenAPI v3 names them. */
  constructor(definitions: JsonObject) {
    this.#definitions = definitions
    for (const [name, definition] of Object.entries(definitions)) {
      const [kind] = listAt(definition, 'x-kubernetes-group-version-kind')
      if (isObject(kind) && isObject(definition))
        this.#names.set(`${String(kind.group ?? '')}/${String(kind.version)}/${String(kind.kind)}`, name)
    }
  }

  get definitions(): JsonObject {
    return this.#definitions
  }

  /** `undefined` when nothing is known of the kind. */
  of(resource: Resource): JsonObject | undefined {
    if (resource.custom) return resource.custom.schema
    const definition = this.#definitions[this.nameOf(resource) ?? '']
    return isObject(definition) ? definition : undefined
  }

  /** The name of a built-in kind's definition. */
  nameOf({ group, version, kind }: Resource): string | undefined {
    return this.#names.get(`${group}/${version}/${kind}`)
  }

  /** What an object of the kind has at least, as Go writes it. */
  empty(resource: Resource): JsonObject {
    const definition = resource.custom ? undefined : this.nameOf(resource)
    return definition === undefined ? {} : conform({}, definition, this.#definitions).value
  }

  resolve = (ref: string): JsonObject | undefined => {
    const found = this.#definitions[ref.slice(prefix.length)]
    return isObject(found) ? found : undefined
  }

  /** What merges objects of a kind. */
  forMerging(resource: Resource): MergeSchema {
    if (!resource.custom) return { from: 'builtin' }
    return Object.keys(resource.custom.schema).length > 0 ? { from: 'crd', openAPIV3Schema: resource.custom.schema } : { from: 'deduced' }
  }
}
