import type { KubeObject } from '../../kinds/manifest.ts'
import { isObject, type Json, type JsonObject, stringAt } from '../../lib/json.ts'
import { timestamp } from '../../engine/conditions.ts'
import { problems } from './problem.ts'
import type { Target, WriteContext } from './write.ts'

/** What a DELETE asks for. */
export interface DeleteRequest {
  readonly propagation: string
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly dryRun: boolean
}

/** Reads DeleteOptions from the body, or from the query. */
export function deleteRequest(body: Json | undefined, query: URLSearchParams): DeleteRequest {
  const options: JsonObject = isObject(body) ? body : {}
  const uid = stringAt(options, 'preconditions', 'uid')
  const resourceVersion = stringAt(options, 'preconditions', 'resourceVersion')
  return {
    propagation: stringAt(options, 'propagationPolicy') ?? query.get('propagationPolicy') ?? 'Background',
    dryRun: (Array.isArray(options.dryRun) && options.dryRun.includes('All')) || query.get('dryRun') === 'All',
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  }
}

/**
 * Deletes at once, or marks the object when finalizers hold it: its own, those of a propagation policy, or a namespace's.
 * @returns The Status of a finished deletion, or the object that is on its way out.
 */
export async function remove(
  target: Target,
  request: DeleteRequest,
  { store, clock }: Pick<WriteContext, 'store' | 'clock'>,
): Promise<JsonObject> {
  for (;;) {
    const live = store.get(target.resource, target.namespace, target.name)
    if (!live) throw problems.notFound(target.resource, target.name)
    checkPreconditions(target, live, request)
    const marked = markedForDeletion(live, request, timestamp(clock.now()))
    if (request.dryRun) return marked ?? gone(target, live)
    if (!marked) {
      if (await store.remove(target.resource, live)) return gone(target, live)
    } else if (live.metadata.deletionTimestamp) {
      return live
    } else {
      const stored = await store.put(target.resource, live, marked)
      if (stored) return stored
    }
  }
}

function checkPreconditions(target: Target, live: KubeObject, { uid, resourceVersion }: DeleteRequest): void {
  if (uid && uid !== live.metadata.uid)
    throw problems.precondition(
      target.resource,
      target.name,
      `UID in precondition: ${uid}, UID in object meta: ${String(live.metadata.uid)}`,
    )
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion)
    throw problems.precondition(
      target.resource,
      target.name,
      `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${String(live.metadata.resourceVersion)}`,
    )
}

/** The object as marked, or `undefined` when nothing holds it. */
function markedForDeletion(live: KubeObject, { propagation }: DeleteRequest, now: string): KubeObject | undefined {
  const policy = propagation === 'Foreground' ? ['foregroundDeletion'] : propagation === 'Orphan' ? ['orphan'] : []
  const finalizers = [...(live.metadata.finalizers ?? []), ...policy]
  const namespaceHeld = live.kind === 'Namespace' && Array.isArray(live.spec?.finalizers) && live.spec.finalizers.length > 0
  if (finalizers.length === 0 && !namespaceHeld) return undefined
  const generation = live.metadata.generation === undefined ? {} : { generation: live.metadata.generation + 1 }
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...generation,
      deletionTimestamp: now,
      deletionGracePeriodSeconds: 0,
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
    ...(live.kind === 'Namespace' ? { status: { ...live.status, phase: 'Terminating' } } : {}),
  }
}

function gone({ resource, name }: Target, live: KubeObject): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(resource.group ? { group: resource.group } : {}), kind: resource.plural, uid: live.metadata.uid ?? '' },
  }
}
