import { isKubeObject, type KubeObject } from '../kinds/manifest.ts'
import { messageOf } from '../lib/coded-error.ts'
import { parseAll, print } from '../lib/yaml.ts'
import { envsubst } from './envsubst.ts'
import { BuildError } from './error.ts'

const disabled = 'kustomize.toolkit.fluxcd.io/substitute'
const namePattern = /^[_A-Za-z][_A-Za-z0-9]*$/

/** Variables in order of their sources, the later ones winning; newlines are taken out of the values. Spec: kustomization 5.1. */
export function variables(sources: readonly Readonly<Record<string, string>>[]): Map<string, string> {
  return new Map(
    sources.flatMap(source => Object.entries(source).map(([name, value]): [string, string] => [name, value.replaceAll('\n', '')])),
  )
}

/**
 * Replaces variables in the text of one object. Nothing happens without variables, or where the object says `substitute: disabled`.
 * @throws {BuildError} BuildFailed, in Flux's words.
 */
export function substitute(object: KubeObject, vars: ReadonlyMap<string, string>, { strict }: { strict: boolean }): KubeObject {
  if (vars.size === 0 || [object.metadata.labels, object.metadata.annotations].some(map => map?.[disabled] === 'disabled')) return object
  const name = object.metadata.name
  const wrong = [...vars.keys()].find(v => !namePattern.test(v))
  if (wrong !== undefined)
    throw new BuildError(
      'BuildFailed',
      `post build failed for '${name}': '${wrong}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
    )
  try {
    const [result] = parseAll(envsubst(print(object), vars, { strict }))
    if (isKubeObject(result)) return result
  } catch (thrown) {
    throw new BuildError('BuildFailed', `post build failed for '${name}': variable substitution failed: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
  throw new BuildError('BuildFailed', `post build failed for '${name}': variable substitution failed: the result is no Kubernetes object`)
}
