import { isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import { type Cause, invalidValue, notSupported, requiredValue } from '../api/problem.ts'
import { compareQuantities } from '../../kinds/typed/quantity.ts'
import { isLabel, labelNameReason } from './names.ts'

/** What is wrong with a pod's spec. */
export function podSpecProblems(spec: JsonObject, field: string, restartPolicies: readonly string[]): Cause[] {
  const containers = listAt(spec, 'containers')
  const volumes = listAt(spec, 'volumes')
  const names = volumes.map(v => stringAt(v, 'name') ?? '')
  return [
    ...duplicates(names, i => `${field}.volumes[${i}].name`),
    ...(containers.length === 0 ? [requiredValue(`${field}.containers`)] : []),
    ...listProblems(containers, `${field}.containers`, names),
    ...listProblems(listAt(spec, 'initContainers'), `${field}.initContainers`, names),
    ...policyProblems(spec, `${field}.restartPolicy`, restartPolicies),
  ]
}

function policyProblems(spec: JsonObject, field: string, accepted: readonly string[]): Cause[] {
  const policy = stringAt(spec, 'restartPolicy') ?? ''
  return accepted.includes(policy) ? [] : [notSupported(field, policy, accepted)]
}

function listProblems(containers: readonly Json[], field: string, volumes: readonly string[]): Cause[] {
  const names = containers.map(c => stringAt(c, 'name'))
  return containers.flatMap((c, i) => [
    ...nameProblems(stringAt(c, 'name') ?? '', `${field}[${i}].name`),
    ...(names.indexOf(names[i]) < i ? duplicates(names, n => `${field}[${n}].name`).filter(d => d.field === `${field}[${i}].name`) : []),
    ...containerProblems(c, `${field}[${i}]`, volumes),
  ])
}

function nameProblems(name: string, field: string): Cause[] {
  if (name === '') return [requiredValue(field)]
  return isLabel(name) ? [] : [invalidValue(field, name, labelNameReason)]
}

function containerProblems(c: Json, field: string, volumes: readonly string[]): Cause[] {
  const pull = stringAt(c, 'imagePullPolicy') ?? ''
  return [
    ...(stringAt(c, 'image') ? [] : [requiredValue(`${field}.image`)]),
    ...portProblems(listAt(c, 'ports'), `${field}.ports`),
    ...listAt(c, 'env').flatMap((e, i) => (stringAt(e, 'name') ? [] : [requiredValue(`${field}.env[${i}].name`)])),
    ...listAt(c, 'volumeMounts').flatMap((m, i) => mountProblems(m, `${field}.volumeMounts[${i}]`, volumes)),
    ...(['Always', 'IfNotPresent', 'Never'].includes(pull)
      ? []
      : [notSupported(`${field}.imagePullPolicy`, pull, ['Always', 'IfNotPresent', 'Never'])]),
    ...resourceProblems(objectAt(c, 'resources'), `${field}.resources`),
  ]
}

function mountProblems(mount: Json, field: string, volumes: readonly string[]): Cause[] {
  const name = stringAt(mount, 'name') ?? ''
  return [
    ...(volumes.includes(name)
      ? []
      : [{ field: `${field}.name`, reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(name)}` } as const]),
    ...(stringAt(mount, 'mountPath') ? [] : [requiredValue(`${field}.mountPath`)]),
  ]
}

const protocols = ['SCTP', 'TCP', 'UDP']

function portProblems(ports: readonly Json[], field: string): Cause[] {
  return [
    ...ports.flatMap((p, i) => {
      const { containerPort, protocol } = isObject(p) ? p : {}
      return [
        ...(containerPort ? [] : [requiredValue(`${field}[${i}].containerPort`)]),
        ...(protocols.includes(String(protocol)) ? [] : [notSupported(`${field}[${i}].protocol`, protocol, protocols)]),
      ]
    }),
    ...duplicates(
      ports.map(p => stringAt(p, 'name')),
      i => `${field}[${i}].name`,
    ),
  ]
}

function resourceProblems({ requests, limits }: JsonObject, field: string): Cause[] {
  if (!isObject(requests) || !isObject(limits)) return []
  return Object.entries(requests).flatMap(([name, asked]) => {
    const most = limits[name]
    if (typeof asked !== 'string' || typeof most !== 'string' || compareQuantities(asked, most) <= 0) return []
    return [invalidValue(`${field}.requests`, asked, `must be less than or equal to ${name} limit of ${most}`)]
  })
}

/** Names that stand twice in a list. */
export function duplicates(names: readonly (string | undefined)[], field: (index: number) => string): Cause[] {
  return names.flatMap((name, i) =>
    name !== undefined && names.indexOf(name) < i
      ? [{ field: field(i), reason: 'FieldValueDuplicate', message: `Duplicate value: "${name}"` } as const]
      : [],
  )
}
