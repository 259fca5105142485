import { type KubeObject, splitApiVersion } from '../kinds/manifest.ts'
import type { Definitions } from '../kinds/openapi.ts'
import { conform, DecodeError } from '../kinds/typed/conform.ts'
import { isObject } from '../lib/json.ts'

/** The kinds that Flux's libraries know as Go types. */
const typedPackage = 'io.k8s.api.'

/**
 * A built-in object as it comes back from its typed form: without the fields that the type does not have or leaves out, and with those
 * that Go always writes. `undefined` for other kinds, and for an object that does not convert, such as one with a text where the type has
 * a number. Spec: kustomization 7.1.
 */
export function typedForm(object: KubeObject, definitions: Definitions): KubeObject | undefined {
  const { apiVersion, kind } = object
  const definition = definitions.nameOf({ ...splitApiVersion(apiVersion), kind })
  if (!definition?.startsWith(typedPackage)) return undefined
  try {
    const { value } = conform(object, definition, definitions.all)
    return { ...value, apiVersion, kind, metadata: { ...(isObject(value.metadata) ? value.metadata : {}), name: object.metadata.name } }
  } catch (thrown) {
    if (thrown instanceof DecodeError) return undefined
    throw thrown
  }
}
