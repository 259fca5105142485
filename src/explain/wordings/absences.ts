import type { Wording } from './wording.ts'

/** Kinds that others name, with the group they are of; `place`: '-' for kinds without a namespace. */
const kinds: readonly (readonly [kind: string, cause: string, group: string, place?: '-'])[] = [
  ['ServiceAccount', 'ServiceAccountMissing', ''],
  ['Namespace', 'NamespaceMissing', '', '-'],
  ['PersistentVolumeClaim', 'ClaimMissing', ''],
  ['PersistentVolume', 'VolumeMissing', '', '-'],
  ['StorageClass', 'StorageClassMissing', 'storage.k8s.io', '-'],
  ['PriorityClass', 'PriorityClassMissing', 'scheduling.k8s.io', '-'],
  ['RuntimeClass', 'RuntimeClassMissing', 'node.k8s.io', '-'],
  ['IngressClass', 'IngressClassMissing', 'networking.k8s.io', '-'],
  ['GatewayClass', 'GatewayClassMissing', 'gateway.networking.k8s.io', '-'],
  ['ClusterIssuer', 'IssuerMissing', 'cert-manager.io', '-'],
  ['Issuer', 'IssuerMissing', 'cert-manager.io'],
  ['ClusterSecretStore', 'StoreMissing', 'external-secrets.io', '-'],
  ['SecretStore', 'StoreMissing', 'external-secrets.io'],
  ['Secret', 'SecretMissing', ''],
  ['ConfigMap', 'ConfigMapMissing', ''],
]

/** The ways to say of an object of a kind, or of its resource, that it is not there. */
function absent([kind, name, group, place]: (typeof kinds)[number]): Wording {
  const called = String.raw`\b${kind}(?:e?s)?(?:\.[\w.-]+)?`
  const gone = String.raw`(?:was |is |could )?(?:not (?:be )?found|does(?: not|n't) exist)`
  return {
    name,
    near: kind.toLowerCase(),
    says: new RegExp(
      String.raw`${called}:? ["'\x60]?(?<name>[\w.-]+(?:/[\w.-]+)?)["'\x60]?,? ${gone}|(?:referenced|specified|requested) ${called} ${gone}|(?:\bno|not find|unknown|missing|non-existent) (?:referenced )?${called} (?:with name |named |called |")?["'\x60]?(?!(?:keys?|data|found|fields?|refs?|references?|names?|for|in|of|that|which|is|was|and|or|to|exists?|match\w*)\b)(?<name2>[\w.-]+)["'\x60]?(?: was found)?`,
      'i',
    ),
    what: `${kind} {name|that it names} does not exist`,
    fix: `create ${kind} {name|named in the message}, or correct the reference to it`,
    subject: { group, kind, name: 'name', ...(place ? { namespace: place } : {}) },
  }
}

/** Objects that are named and are not there, by kind. */
export const absences: readonly Wording[] = kinds.map(absent)

/** Objects of any other kind. */
export const dangling: readonly Wording[] = [
  ...absences,
  {
    name: 'ObjectMissing',
    says: /\b(?<kind>[A-Za-z]\w+)(?:\/\w+)?(?:\.[\w.-]+)? "(?<name>[\w.-]+)" (?:was )?not found/,
    what: '{kind|an object} {name|that it names} does not exist',
    fix: 'create {kind|the object} {name|that the message names}, or correct the reference to it',
  },
]
