import { type KubeObject, type ObjectRef, refOf } from '../kinds/manifest.ts'
import { isObject, type Json } from '../lib/json.ts'

/** One applied object. `id` is `<namespace>_<name>_<group>_<kind>`, `v` the API version without group. Spec: kustomization 8.1. */
export interface InventoryEntry {
  readonly id: string
  readonly v: string
}
export interface Inventory {
  readonly entries: readonly InventoryEntry[]
}

/** Whether a value has the form of an inventory. */
export function isInventory(value: Json): boolean {
  if (!isObject(value) || !Array.isArray(value.entries)) return false
  return value.entries.every(entry => isObject(entry) && typeof entry.id === 'string' && typeof entry.v === 'string')
}

const rbac = 'rbac.authorization.k8s.io'
const rbacKinds = ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']

/** The entry of an object. */
export function entryOf(object: KubeObject | ObjectRef): InventoryEntry {
  const { namespace = '', name, group, kind, version = '' } = 'metadata' in object ? refOf(object) : object
  const written = group === rbac && rbacKinds.includes(kind) ? name.replaceAll(':', '__') : name
  return { id: `${namespace}_${written}_${group}_${kind}`, v: version }
}

/** The object of an entry. `undefined` for an id that cannot be read, such as one without a name. */
export function refOfEntry({ id, v }: InventoryEntry): ObjectRef | undefined {
  const first = id.indexOf('_')
  const last = id.lastIndexOf('_')
  const before = id.lastIndexOf('_', last - 1)
  if (first < 0 || before <= first) return undefined
  const name = id.slice(first + 1, before).replaceAll('__', ':')
  if (name === '' || name.includes('_')) return undefined
  const namespace = id.slice(0, first)
  return { group: id.slice(before + 1, last), version: v, kind: id.slice(last + 1), name, ...(namespace ? { namespace } : {}) }
}

/** What the old inventory has and the new one lacks; the version is no part of identity. Spec: kustomization 8.2. */
export function stale(old: Inventory | undefined, next: Inventory): InventoryEntry[] {
  const kept = new Set(next.entries.map(e => e.id))
  return (old?.entries ?? []).filter(e => !kept.has(e.id))
}
