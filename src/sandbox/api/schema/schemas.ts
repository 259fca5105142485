import { Definitions, type Resolve } from '../../../kinds/openapi.ts'
import { conform } from '../../../kinds/typed/conform.ts'
import type { JsonObject } from '../../../lib/json.ts'
import { splitApiVersion } from '../../../kinds/manifest.ts'
import type { MergeSchema } from '../../../world/kernel/kernel.ts'
import type { Resource } from './resource.ts'

/** Schemas of built-in and custom kinds. */
export class Schemas {
  readonly #builtin: Definitions

  /** @param definitions Of the built-in kinds, as OpenAPI v3 names them. */
  constructor(definitions: JsonObject) {
    this.#builtin = new Definitions(definitions)
  }

  get definitions(): JsonObject {
    return this.#builtin.all
  }

  get resolve(): Resolve {
    return this.#builtin.resolve
  }

  /** `undefined` when nothing is known of the kind. */
  of(resource: Resource): JsonObject | undefined {
    return resource.custom ? resource.custom.schema : this.#builtin.of(resource)
  }

  /** The same by apiVersion and kind; deletion options belong to every group. */
  definitionOf({ apiVersion, kind }: { apiVersion: string; kind: string }): string | undefined {
    if (kind === 'DeleteOptions') return 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions'
    return this.#builtin.nameOf({ ...splitApiVersion(apiVersion), kind })
  }

  /** The name of a built-in kind's definition. */
  nameOf(resource: Resource): string | undefined {
    return this.#builtin.nameOf(resource)
  }

  /** What an object of the kind has at least, as Go writes it. */
  empty(resource: Resource): JsonObject {
    const definition = resource.custom ? undefined : this.nameOf(resource)
    return definition === undefined ? {} : conform({}, definition, this.definitions).value
  }

  /** What merges objects of a kind. */
  forMerging(resource: Resource): MergeSchema {
    if (!resource.custom) return { from: 'builtin' }
    return Object.keys(resource.custom.schema).length > 0 ? { from: 'crd', openAPIV3Schema: resource.custom.schema } : { from: 'deduced' }
  }
}
