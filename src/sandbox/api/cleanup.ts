import { timestamp } from '../../engine/conditions.ts'
import type { KubeObject } from '../../kinds/manifest.ts'
import { stringAt } from '../../lib/json.ts'
import type { Clock } from '../../world/clock/clock.ts'
import type { Change, Store } from './store/store.ts'

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

const definitions = { group: 'apiextensions.k8s.io', plural: 'customresourcedefinitions' }
const definitionsKey = 'apiextensions.k8s.io/customresourcedefinitions'

/** Deletes the objects of a definition that is on its way out, then the definition. Runs until the returned function is called. */
export function startCleanup(store: Store, clock: Clock): () => void {
  const running = new Set<string>()
  const look = async (crd: KubeObject): Promise<void> => {
    if (!isLeaving(crd) || running.has(crd.metadata.name)) return
    running.add(crd.metadata.name)
    try {
      await clean(store, crd.metadata.name, clock)
    } finally {
      running.delete(crd.metadata.name)
    }
  }
  const unsubscribe = store.subscribe(change => void look(definitionOf(store, change)))
  for (const crd of store.list(definitions)) void look(crd)
  return unsubscribe
}

const nothing: KubeObject = { apiVersion: '', kind: '', metadata: { name: '' } }

/** The definition that a change is about: its own, or that of an object. */
function definitionOf(store: Store, { key, object }: Change): KubeObject {
  if (key === definitionsKey) return object
  const [group = '', plural = ''] = key.split('/')
  return store.get(definitions, undefined, `${plural}.${group}`) ?? nothing
}

function isLeaving({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(cleanupFinalizer) === true
}

async function clean(store: Store, name: string, clock: Clock): Promise<void> {
  for (;;) {
    const crd = store.get(definitions, undefined, name)
    if (!crd || !isLeaving(crd)) return
    const resource = { group: stringAt(crd, 'spec', 'group') ?? '', plural: stringAt(crd, 'spec', 'names', 'plural') ?? '' }
    const objects = store.list(resource)
    for (const object of objects) await removeOrMark(store, { resource, object, now: timestamp(clock.now()) })
    if (store.list(resource).length > 0) return
    const finalizers = (crd.metadata.finalizers ?? []).filter(f => f !== cleanupFinalizer)
    const done =
      finalizers.length === 0
        ? store.remove(definitions, crd)
        : store.put(definitions, crd, { ...crd, metadata: { ...crd.metadata, finalizers } })
    if (await done) return
  }
}

async function removeOrMark(
  store: Store,
  { resource, object, now }: { resource: { group: string; plural: string }; object: KubeObject; now: string },
): Promise<void> {
  if ((object.metadata.finalizers ?? []).length === 0) return void (await store.remove(resource, object))
  if (object.metadata.deletionTimestamp) return
  await store.put(resource, object, { ...object, metadata: { ...object.metadata, deletionTimestamp: now, deletionGracePeriodSeconds: 0 } })
}
