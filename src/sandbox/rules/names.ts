import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, requiredValue } from '../api/problem.ts'

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
  part: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
}

/** Why a name is no RFC 1123 label. */
export const labelNameReason = why.label

/** True for an RFC 1123 label. */
export function isLabel(name: string): boolean {
  return label.test(name) && name.length <= 63
}

/** Kinds whose names may be anything that fits in a path. */
const pathNames = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'])
const labelNames = new Set(['Namespace', 'Service'])

/** What is wrong with an object's metadata. */
export function metadataProblems(object: KubeObject, core: boolean): Cause[] {
  const { name, generateName, labels, annotations } = object.metadata
  return [
    ...(typeof generateName === 'string' && generateName !== ''
      ? nameProblems(object.kind, { name: generateName, field: 'metadata.generateName' })
      : []),
    ...(name === ''
      ? [requiredValue('metadata.name', 'name or generateName is required')]
      : nameProblems(object.kind, { name, field: 'metadata.name' })),
    ...labelProblems(labels ?? {}, 'metadata.labels'),
    ...Object.keys(annotations ?? {}).flatMap(key => keyProblems(key.toLowerCase(), { field: 'metadata.annotations', shown: key })),
    ...ownerProblems(object),
    ...(object.metadata.finalizers ?? []).flatMap((f, i) => finalizerProblems(f, { index: i, core })),
  ]
}

function nameProblems(kind: string, { name, field }: { name: string; field: string }): Cause[] {
  const generated = field === 'metadata.generateName' ? name.replace(/-$/, 'a') : name
  if (pathNames.has(kind))
    return [
      ...['.', '..'].filter(bad => name === bad).map(bad => invalidValue(field, name, `may not be '${bad}'`)),
      ...['/', '%'].filter(bad => name.includes(bad)).map(bad => invalidValue(field, name, `may not contain '${bad}'`)),
    ]
  if (labelNames.has(kind) && name.includes('.')) return [invalidValue(field, name, 'must not contain dots')]
  const [pattern, reason, longest] = labelNames.has(kind) ? ([label, why.label, 63] as const) : ([subdomain, why.subdomain, 253] as const)
  return [
    ...(generated.length > longest ? [invalidValue(field, name, `must be no more than ${longest} bytes`)] : []),
    ...(pattern.test(generated) ? [] : [invalidValue(field, name, reason)]),
  ]
}

/** What is wrong with a map of labels. */
export function labelProblems(labels: JsonObject | Record<string, string>, field: string): Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyProblems(key, { field, shown: key }),
    ...labelValueProblems(String(value)).map(reason => invalidValue(field, value, reason)),
  ])
}

function keyProblems(key: string, { field, shown }: { field: string; shown: string }): Cause[] {
  return labelKeyProblems(key).map(reason => invalidValue(field, shown, reason))
}

/** What is wrong with the value of a label. */
export function labelValueProblems(value: string): string[] {
  return [...(value.length > 63 ? ['must be no more than 63 bytes'] : []), ...(value === '' || qualified.test(value) ? [] : [why.value])]
}

/** What is wrong with a qualified name: an optional DNS prefix, a slash, a name. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2)
    return [
      `a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  const [prefix, name = ''] = parts.length === 2 ? parts : [undefined, parts[0]]
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix && !subdomain.test(prefix) ? [`prefix part ${why.subdomain}`] : []),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(qualified.test(name) ? [] : [why.part]),
  ]
}

function ownerProblems(object: KubeObject): Cause[] {
  const owners = listAt(object, 'metadata', 'ownerReferences').filter(isObject)
  const controllers = owners.filter(o => o.controller === true)
  return [
    ...owners.flatMap((owner, i) => {
      const field = `metadata.ownerReferences[${i}]`
      const wrong = (name: string, reason: string): Cause[] =>
        stringAt(owner, name) ? [] : [invalidValue(`${field}.${name}`, String(owner[name] ?? ''), reason)]
      return [
        ...wrong('apiVersion', 'version must not be empty'),
        ...wrong('kind', 'must not be empty'),
        ...wrong('name', 'must not be empty'),
        ...(stringAt(owner, 'uid') ? [] : [requiredValue(`${field}.uid`, 'must not be empty')]),
        ...(owner.kind === 'Event' && (owner.apiVersion === 'v1' || String(owner.apiVersion).startsWith('events.k8s.io/'))
          ? [invalidValue(field, owner, `${printedOwner(owner)} is disallowed from being an owner`)]
          : []),
      ]
    }),
    ...(controllers.length > 1
      ? [
          invalidValue(
            'metadata.ownerReferences',
            owners,
            `Only one reference can have Controller set to true. Found "true" in references for ${controllers.map(c => String(c.name)).join(' and ')}`,
          ),
        ]
      : []),
  ]
}

function printedOwner(owner: JsonObject): string {
  const apiVersion = String(owner.apiVersion)
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${String(owner.kind)}`
}

/** Warnings about finalizers that others may choose as well. */
export function finalizerWarnings({ metadata }: KubeObject): string[] {
  return (metadata.finalizers ?? [])
    .filter(f => !f.includes('/') && !standardFinalizers.has(f))
    .map(
      f =>
        `metadata.finalizers: ${JSON.stringify(f)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

function finalizerProblems(finalizer: string, { index, core }: { index: number; core: boolean }): Cause[] {
  const problems = keyProblems(finalizer, { field: 'metadata.finalizers', shown: finalizer })
  return core && problems.length === 0 && !finalizer.includes('/') && !standardFinalizers.has(finalizer)
    ? [invalidValue(`metadata.finalizers[${index}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')]
    : problems
}
