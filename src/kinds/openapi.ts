import { isObject, type JsonObject, listAt } from '../lib/json.ts'
import type { GroupVersionKind } from './manifest.ts'

/** Finds the schema of a `$ref`. */
export type Resolve = (ref: string) => JsonObject | undefined

const prefix = '#/components/schemas/'

/** The schema itself, references followed; `allOf` with one member is a reference with remarks. */
export function followed(schema: JsonObject, resolve: Resolve): JsonObject {
  if (typeof schema.$ref === 'string') return followed(resolve(schema.$ref) ?? {}, resolve)
  const [only, ...others] = Array.isArray(schema.allOf) ? schema.allOf : []
  return isObject(only) && others.length === 0 && schema.properties === undefined && typeof only.$ref === 'string'
    ? followed(only, resolve)
    : schema
}

/** The OpenAPI v3 definitions of Kubernetes' built-in kinds, by name as `io.k8s.api.apps.v1.Deployment` and by kind. */
export class Definitions {
  readonly all: JsonObject
  readonly #names = new Map<string, string>()

  constructor(all: JsonObject) {
    this.all = all
    for (const [name, definition] of Object.entries(all)) {
      const [kind] = listAt(definition, 'x-kubernetes-group-version-kind')
      if (isObject(kind))
        this.#names.set(keyOf({ group: String(kind.group ?? ''), version: String(kind.version), kind: String(kind.kind) }), name)
    }
  }

  /** The name of a kind's definition; `undefined` when nothing is known of it. */
  nameOf(kind: GroupVersionKind): string | undefined {
    return this.#names.get(keyOf(kind))
  }

  /** The schema of a kind; `undefined` when nothing is known of it. */
  of(kind: GroupVersionKind): JsonObject | undefined {
    const schema = this.all[this.nameOf(kind) ?? '']
    return isObject(schema) ? schema : undefined
  }

  readonly resolve: Resolve = ref => {
    const found = this.all[ref.slice(prefix.length)]
    return isObject(found) ? found : undefined
  }
}

function keyOf({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version}/${kind}`
}
