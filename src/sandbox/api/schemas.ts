import { isObject, type JsonObject, listAt } from '../../lib/json.ts'
import type { MergeSchema } from '../../world/kernel/kernel.ts'
import type { Resource } from './resource.ts'

const prefix = '#/components/schemas/'

/** Schemas of built-in and custom kinds. */
export class Schemas {
  readonly #definitions: JsonObject
  readonly #byKind = new Map<string, JsonObject>()

  /** @param definitions Of the built-in kinds, as OpenAPI v3 names them. */
  constructor(definitions: JsonObject) {
    this.#definitions = definitions
    for (const definition of Object.values(definitions)) {
      const [kind] = listAt(definition, 'x-kubernetes-group-version-kind')
      if (isObject(kind) && isObject(definition))
        this.#byKind.set(`${String(kind.group ?? '')}/${String(kind.version)}/${String(kind.kind)}`, definition)
    }
  }

  get definitions(): JsonObject {
    return this.#definitions
  }

  /** `undefined` when nothing is known of the kind. */
  of(resource: Resource): JsonObject | undefined {
    return resource.custom?.schema ?? this.#byKind.get(`${resource.group}/${resource.version}/${resource.kind}`)
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
