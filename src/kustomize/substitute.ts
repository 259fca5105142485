import type { KubeObject } from '../kinds/manifest.ts'
import { messageOf } from '../lib/coded-error.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { parseAll } from '../lib/yaml.ts'
import { Budget, envsubst } from './envsubst.ts'
import { BuildError } from './error.ts'

const disabled = 'kustomize.toolkit.fluxcd.io/substitute'
const namePattern = /^[_A-Za-z][_A-Za-z0-9]*$/

/** Variables in order of their sources, the later ones winning; newlines are taken out of the values. Spec: kustomization 5.1. */
export function variables(sources: readonly Readonly<Record<string, string>>[]): Map<string, string> {
  return new Map(
    sources.flatMap(source => Object.entries(source).map(([name, value]): [string, string] => [name, value.replaceAll('\n', '')])),
  )
}

/** Whether an object says that its text stays as it is. Spec: kustomization 5.1. */
export function isVerbatim({ metadata }: KubeObject): boolean {
  return [metadata.labels, metadata.annotations].some(map => map?.[disabled] === 'disabled')
}

/** One object of a build with its text, as kustomize prints it. */
export interface Built {
  readonly object: KubeObject
  readonly text: string
}

/**
 * What an object's text reads as once variables are replaced in it. Nothing happens without variables.
 * @throws {BuildError} BuildFailed, in Flux's words. Spec: kustomization 5.1.
 */
export function substitute(
  { object, text }: Built,
  vars: ReadonlyMap<string, string>,
  { strict, budget = new Budget() }: { strict: boolean; budget?: Budget },
): JsonObject {
  if (vars.size === 0) return object
  const fail = (what: string, cause?: unknown): BuildError =>
    new BuildError('BuildFailed', `post build failed for '${object.metadata.name}': ${what}`, { cause })
  const wrong = [...vars.keys()].find(v => !namePattern.test(v))
  if (wrong !== undefined) throw fail(`envsubst error: '${wrong}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`)
  const expanded = attempt(
    () => envsubst(text, vars, { strict, budget }),
    thrown => fail(`envsubst error: variable substitution failed: ${messageOf(thrown)}`, thrown),
  )
  const [result] = attempt(
    () => parseAll(expanded),
    thrown => fail(`envsubst error: YAMLToJSON: yaml: ${messageOf(thrown)}`, thrown),
  )
  if (!isObject(result)) throw fail('UnmarshalJSON: the result is no object')
  return result
}

function attempt<T>(work: () => T, failure: (thrown: unknown) => BuildError): T {
  try {
    return work()
  } catch (thrown) {
    throw failure(thrown)
  }
}
