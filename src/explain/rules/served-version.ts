import { at, listAt, stringAt } from '../../lib/json.ts'
import { below, type Evidence, type Facts, fieldEvidence, type Found } from '../facts.ts'
import { unservedKind } from '../wordings/unserved.ts'
import type { Heard } from '../wordings/wording.ts'

const nameLike = /^[\w.-]{1,100}$/

/** What it means that a kind is not served whose definition is there: it serves other versions. */
export function servedOtherwise(found: Found, message: string, facts: Facts): { words: Heard; evidence: Evidence } | undefined {
  const unserved = unservedKind(message)
  if (!unserved) return undefined
  const { said: focus, kind, group, version } = unserved
  const definition = below(found, facts, 'policy').find(
    f => f.object && stringAt(f.object, 'spec', 'names', 'kind') === kind && stringAt(f.object, 'spec', 'group') === group,
  )
  const served = listAt(definition?.object, 'spec', 'versions').flatMap(v => (at(v, 'served') === true ? (stringAt(v, 'name') ?? []) : []))
  if (!definition || served.length === 0 || served.includes(version) || !served.every(v => nameLike.test(v))) return undefined
  return {
    words: {
      name: 'ApiVersionGone',
      what: `the CustomResourceDefinition of ${kind} is installed and does not serve ${group}/${version}, only ${served.join(', ')}`,
      fix: `write apiVersion: ${group}/${served.at(-1)} in the manifest and adapt its fields, or install the version of the operator that serves ${version}`,
      subject: undefined,
      focus,
    },
    evidence: fieldEvidence(definition, 'spec.versions', served.join(', ')),
  }
}
