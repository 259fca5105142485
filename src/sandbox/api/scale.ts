import type { KubeObject } from '../../kinds/manifest.ts'
import { at, type JsonObject, objectAt } from '../../lib/json.ts'

/** The scale subresource of a workload. */
export function scaleOf(object: KubeObject): JsonObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = Object.entries(objectAt(object, 'spec', 'selector', 'matchLabels'))
    .map(([k, v]) => `${k}=${String(v)}`)
    .join(',')
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      namespace: namespace ?? '',
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      creationTimestamp: creationTimestamp ?? '',
    },
    spec: { replicas: at(object, 'spec', 'replicas') ?? 0 },
    status: { replicas: at(object, 'status', 'replicas') ?? 0, selector },
  }
}

/** The object with the replicas that a Scale asks for. */
export function scaledTo(object: KubeObject, scale: JsonObject): KubeObject {
  const replicas = at(scale, 'spec', 'replicas')
  return { ...object, spec: { ...object.spec, replicas: typeof replicas === 'number' ? replicas : 0 } }
}
