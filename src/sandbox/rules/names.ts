import type { JsonObject } from '../../lib/json.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { type Cause, invalidValue } from '../api/problem.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const qualified = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const why = {
  subdomain:
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  label:
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
}

/** Kinds whose names may be anything that fits in a path. */
const pathNames = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])
const labelNames = new Set(['Namespace', 'Service'])

/** What is wrong with an object's name and labels. */
export function metadataProblems(object: KubeObject): Cause[] {
  const { name, labels } = object.metadata
  return [...nameProblems(object.kind, name), ...labelProblems(labels ?? {}, 'metadata.labels')]
}

function nameProblems(kind: string, name: string): Cause[] {
  if (pathNames.has(kind)) return /[/%]/.test(name) ? [invalidValue('metadata.name', name, "may not contain '/' or '%'")] : []
  if (labelNames.has(kind)) return label.test(name) && name.length <= 63 ? [] : [invalidValue('metadata.name', name, why.label)]
  return subdomain.test(name) && name.length <= 253 ? [] : [invalidValue('metadata.name', name, why.subdomain)]
}

/** What is wrong with a map of labels. */
export function labelProblems(labels: JsonObject | Record<string, string>, field: string): Cause[] {
  return Object.values(labels)
    .filter(v => typeof v !== 'string' || v.length > 63 || (v !== '' && !qualified.test(v)))
    .map(v => invalidValue(field, v, why.value))
}
