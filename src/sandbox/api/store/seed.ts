import { timestamp } from '../../../engine/conditions.ts'
import type { Clock } from '../../../world/clock/clock.ts'
import type { Store } from './store.ts'

const names = ['default', 'kube-system', 'kube-public', 'kube-node-lease', 'flux-system']
const namespaces = { group: '', plural: 'namespaces' }

/** Creates the namespaces that every cluster has, and Flux's, where they are missing. */
export async function seed(store: Store, clock: Clock): Promise<void> {
  for (const name of names) {
    if (store.get(namespaces, undefined, name)) continue
    await store.put(namespaces, undefined, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        uid: `${clock.id(4)}-${clock.id(2)}-4000-a000-${clock.id(6)}`,
        creationTimestamp: timestamp(clock.now()),
        labels: { 'kubernetes.io/metadata.name': name },
      },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    })
  }
}
