import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, requiredValue } from '../api/problem.ts'
import { fill, type Rule } from './rule.ts'

/** A CRD is established as soon as it is stored. */
function established(o: KubeObject): KubeObject {
  const names = objectAt(o, 'spec', 'names')
  const kind = stringAt(names, 'kind') ?? ''
  const accepted = fill(names, { listKind: `${kind}List`, singular: kind.toLowerCase() })
  const at = o.metadata.creationTimestamp ?? null
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    reason,
    message,
    lastTransitionTime: at,
  })
  const storage = listAt(o, 'spec', 'versions')
    .filter(isObject)
    .find(v => v.storage === true)
  return {
    ...o,
    spec: fill({ ...o.spec, names: accepted }, { conversion: { strategy: 'None' } }),
    status: {
      acceptedNames: accepted,
      storedVersions: [stringAt(storage, 'name') ?? ''],
      conditions: [
        condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
        condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
      ],
    },
  }
}

function problemsOf(o: KubeObject): Cause[] {
  const plural = stringAt(o, 'spec', 'names', 'plural') ?? ''
  const group = stringAt(o, 'spec', 'group') ?? ''
  const versions = listAt(o, 'spec', 'versions').filter(isObject)
  return [
    ...(o.metadata.name === `${plural}.${group}`
      ? []
      : [invalidValue('metadata.name', o.metadata.name, `must be spec.names.plural+"."+spec.group`)]),
    ...(versions.filter(v => v.storage === true).length === 1
      ? []
      : [invalidValue('spec.versions', null, 'must have exactly one version marked as storage version')]),
    ...versions.flatMap((v, i) =>
      Object.keys(objectAt(v, 'schema', 'openAPIV3Schema')).length > 0
        ? []
        : [requiredValue(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required')],
    ),
  ]
}

/** The rule of CustomResourceDefinition, by `group/Kind`. */
export const definitionRule: Readonly<Record<string, Rule>> = {
  'apiextensions.k8s.io/CustomResourceDefinition': { prepare: established, check: problemsOf },
}
