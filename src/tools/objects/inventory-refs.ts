import type { KubeObject, ObjectRef } from '../../kinds/manifest.ts'
import { listAt, stringAt } from '../../lib/json.ts'
import { refOfEntry } from '../../kustomize/inventory.ts'

/** The objects in the inventory of an object's status, of whatever kind has one; empty for others. */
export function inventoryRefs(object: KubeObject): ObjectRef[] {
  return listAt(object, 'status', 'inventory', 'entries').flatMap(
    e => refOfEntry({ id: stringAt(e, 'id') ?? '', v: stringAt(e, 'v') ?? '' }) ?? [],
  )
}
