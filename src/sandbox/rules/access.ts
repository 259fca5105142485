import type { KubeObject } from '../../kinds/manifest.ts'
import { equal, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, notSupported, requiredValue } from '../api/problem.ts'
import { each, fill, type Rule } from './rule.ts'

const group = 'rbac.authorization.k8s.io'

/** A list without entries is stored as none. */
const role: Rule = {
  prepare: o => ({ ...o, rules: listAt(o, 'rules').length > 0 ? (o.rules ?? null) : null }),
  check: o => listAt(o, 'rules').flatMap((rule, i) => ruleProblems(rule, { field: `rules[${i}]`, cluster: o.kind === 'ClusterRole' })),
}

function ruleProblems(rule: Json, { field, cluster }: { field: string; cluster: boolean }): Cause[] {
  const has = (name: string): boolean => listAt(rule, name).length > 0
  if (!has('verbs')) return [requiredValue(`${field}.verbs`)]
  if (has('nonResourceURLs') && cluster) return []
  return [
    ...(has('apiGroups') ? [] : [requiredValue(`${field}.apiGroups`, 'resource rules must supply at least one api group')]),
    ...(has('resources') ? [] : [requiredValue(`${field}.resources`, 'resource rules must supply at least one resource')]),
  ]
}

const kinds = ['ServiceAccount', 'User', 'Group']

const binding: Rule = {
  defaults: o => ({
    ...o,
    roleRef: withGroup(objectAt(o, 'roleRef')),
    ...(o.subjects ? { subjects: each(o.subjects, s => (s.kind === 'User' || s.kind === 'Group' ? withGroup(s) : s)) } : {}),
  }),
  check: (o, live) => [
    ...roleProblems(o),
    ...listAt(o, 'subjects').flatMap((s, i) => subjectProblems(s, { field: `subjects[${i}]`, namespaced: o.kind === 'RoleBinding' })),
    ...(live && !equal(o.roleRef, live.roleRef) ? [invalidValue('roleRef', internal(objectAt(o, 'roleRef')), 'field is immutable')] : []),
  ],
}

/** A reference as the server's own types print it. */
function internal({ apiGroup, kind, name }: JsonObject): JsonObject {
  return { APIGroup: apiGroup, Kind: kind, Name: name }
}

function withGroup(reference: JsonObject): JsonObject {
  return { ...reference, apiGroup: reference.apiGroup || group }
}

function roleProblems(o: KubeObject): Cause[] {
  const { kind, name, apiGroup } = fill(o.roleRef, { kind: '', name: '', apiGroup: '' })
  const accepted = o.kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole']
  return [
    ...(apiGroup === group ? [] : [notSupported('roleRef.apiGroup', apiGroup, [group])]),
    ...(accepted.includes(String(kind)) ? [] : [notSupported('roleRef.kind', kind, accepted)]),
    ...(name ? [] : [requiredValue('roleRef.name')]),
  ]
}

function subjectProblems(given: Json, { field, namespaced }: { field: string; namespaced: boolean }): Cause[] {
  const subject = isObject(given) ? given : {}
  return [
    ...(subject.name ? [] : [requiredValue(`${field}.name`)]),
    ...(kinds.includes(String(subject.kind)) ? [] : [notSupported(`${field}.kind`, subject.kind ?? '', kinds)]),
    ...(subject.kind === 'ServiceAccount' && !namespaced && !stringAt(subject, 'namespace') ? [requiredValue(`${field}.namespace`)] : []),
  ]
}

/** Rules of roles and bindings, by `group/Kind`. */
export const accessRules: Readonly<Record<string, Rule>> = {
  [`${group}/Role`]: role,
  [`${group}/ClusterRole`]: role,
  [`${group}/RoleBinding`]: binding,
  [`${group}/ClusterRoleBinding`]: binding,
}
