import { joinApiVersion, type KubeObject } from '../../kinds/manifest.ts'
import { equal, isObject, type Json, type JsonObject, listAt, stringAt } from '../../lib/json.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { timestamp } from '../../engine/conditions.ts'
import { readBody } from './body.ts'
import { cleanupFinalizer } from './cleanup.ts'
import type { Answer } from './handlers.ts'
import { dryRunProblems, refuse } from './options.ts'
import { ApiProblem, invalidValue, notSupported, problems } from './problem.ts'
import type { Resource } from './schema/resource.ts'
import type { Target, WriteContext } from './write.ts'

/** What a DELETE asks for. */
interface DeleteRequest {
  /** Absent: what the object's own finalizers say. */
  readonly propagation: string | undefined
  readonly uid?: string | undefined
  readonly resourceVersion?: string | undefined
  readonly dryRun: boolean
}
/** The request's own text: options come in its body, or in its query. */
interface Given {
  readonly body: { readonly text: string; readonly mediaType: string }
  readonly query: URLSearchParams
}
type Hands = Pick<WriteContext, 'store' | 'clock'>

/** Kinds that a server marks in its own way. */
const graceless = new Set(['Namespace', 'CustomResourceDefinition'])
/** Namespaces that cannot be deleted. */
const immortal = new Set(['default', 'kube-system', 'kube-public'])
const policies = ['Background', 'Foreground', 'Orphan']

function requestOf({ body, query }: Given): DeleteRequest {
  const options = body.text === '' ? {} : optionsIn(body)
  const uid = stringAt(options, 'preconditions', 'uid')
  const resourceVersion = stringAt(options, 'preconditions', 'resourceVersion')
  const propagation = stringAt(options, 'propagationPolicy') ?? query.get('propagationPolicy') ?? undefined
  const dryRun = body.text === '' ? query.getAll('dryRun') : listAt(options, 'dryRun').map(String)
  const orphan = options.orphanDependents ?? undefined
  refuse('DeleteOptions', [
    ...(propagation !== undefined && orphan !== undefined
      ? [invalidValue('propagationPolicy', propagation, 'orphanDependents and deletionPropagation cannot be both set')]
      : []),
    ...(propagation === undefined || policies.includes(propagation)
      ? []
      : [notSupported('propagationPolicy', propagation, ['Foreground', 'Background', 'Orphan', 'nil'])]),
    ...dryRunProblems(dryRun),
  ])
  return {
    propagation: propagation ?? (orphan === true ? 'Orphan' : orphan === false ? 'Background' : undefined),
    dryRun: dryRun.includes('All'),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  }
}

function optionsIn({ text, mediaType }: Given['body']): JsonObject {
  const value = readOptions(text, mediaType)
  const options = isObject(value) ? value : {}
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = options
  if (kind !== 'DeleteOptions')
    throw problems.badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  return options
}

function readOptions(text: string, mediaType: string): Json {
  try {
    return readBody(text, mediaType.split(';')[0]?.trim() ?? '').value
  } catch (thrown) {
    throw problems.badRequest(`couldn't get version/kind; json parse error: ${messageOf(thrown)}`)
  }
}

/** DELETE of one object: 200 with a Status when it is gone, with the object while something holds it. @throws {ApiProblem} */
export async function removeOne(target: Target, given: Given, hands: Hands): Promise<Answer> {
  const request = requestOf(given)
  const orphans = request.propagation === undefined && target.resource.group === 'batch' && target.resource.kind === 'Job'
  const body = await remove(target, orphans ? { ...request, propagation: 'Orphan' } : request, hands)
  return { status: 200, body, ...(orphans ? { warnings: [jobWarning] } : {}) }
}

const jobWarning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning'

/** DELETE of what matches. @throws {ApiProblem} */
export async function removeAllOf(
  resource: Resource,
  { matches, ...given }: Given & { matches: (object: KubeObject) => boolean },
  hands: Hands,
): Promise<JsonObject> {
  const request = requestOf(given)
  const objects = hands.store.list(resource).filter(matches)
  for (const { metadata } of objects) {
    try {
      await remove({ resource, namespace: metadata.namespace, name: metadata.name }, request, hands)
    } catch (thrown) {
      if (!(thrown instanceof ApiProblem) || thrown.status.code !== 404) throw thrown
    }
  }
  return {
    kind: `${resource.kind}List`,
    apiVersion: joinApiVersion(resource),
    metadata: { resourceVersion: String(hands.store.revision) },
    items: objects.map(({ apiVersion: _, kind: __, ...rest }) => (resource.custom ? { apiVersion: _, kind: __, ...rest } : rest)),
  }
}

/**
 * Deletes at once, or marks the object when finalizers hold it: its own, those of a propagation policy, or a namespace's.
 * @returns The Status of a finished deletion, or the object that is on its way out.
 */
async function remove(target: Target, request: DeleteRequest, { store, clock }: Hands): Promise<JsonObject> {
  for (;;) {
    const live = store.get(target.resource, target.namespace, target.name)
    if (!live) throw problems.notFound(target.resource, target.name)
    if (live.kind === 'Namespace' && immortal.has(live.metadata.name))
      throw problems.forbidden(target.resource, target.name, 'this namespace may not be deleted')
    checkPreconditions(target, live, request)
    const marked = markedForDeletion(live, request, timestamp(clock.now()))
    if (request.dryRun) return marked ?? gone(target, live)
    if (!marked) {
      if (await store.remove(target.resource, live)) return afterwards(target, live, timestamp(clock.now()))
    } else if (live.metadata.deletionTimestamp && equal(marked, live)) {
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
      `the UID in the precondition (${uid}) does not match the UID in record (${String(live.metadata.uid)}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion)
    throw problems.precondition(
      target.resource,
      target.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${String(live.metadata.resourceVersion)}). The object might have been modified`,
    )
}

/** The object as marked, or `undefined` when nothing holds it. */
function markedForDeletion(live: KubeObject, { propagation }: DeleteRequest, now: string): KubeObject | undefined {
  const own =
    live.kind === 'CustomResourceDefinition'
      ? [...new Set([...(live.metadata.finalizers ?? []), cleanupFinalizer])]
      : (live.metadata.finalizers ?? [])
  const finalizers = finalizersUnder(propagation, own)
  const namespaceHeld = live.kind === 'Namespace' && Array.isArray(live.spec?.finalizers) && live.spec.finalizers.length > 0
  if (finalizers.length === 0 && !namespaceHeld) return undefined
  const { generation: before, deletionTimestamp: dying } = live.metadata
  const generation = before === undefined || dying !== undefined || graceless.has(live.kind) ? {} : { generation: before + 1 }
  return {
    ...live,
    metadata: {
      ...live.metadata,
      ...generation,
      deletionTimestamp: live.metadata.deletionTimestamp ?? now,
      ...(graceless.has(live.kind) ? {} : { deletionGracePeriodSeconds: 0 }),
      ...(finalizers.length > 0 ? { finalizers } : {}),
    },
    ...(live.kind === 'Namespace' ? { status: { ...live.status, phase: 'Terminating' } } : {}),
    ...(live.kind === 'CustomResourceDefinition' ? { status: terminating(live, now) } : {}),
  }
}

/** Most kinds answer that they are gone; some show what went. */
function afterwards(target: Target, live: KubeObject, now: string): JsonObject {
  if (live.kind === 'Pod' && live.apiVersion === 'v1') return asEnded(live, now)
  return live.kind === 'Service' && live.apiVersion === 'v1' ? live : gone(target, live)
}

/** A pod that runs nowhere goes at once; the answer shows it as it went. */
function asEnded(pod: KubeObject, now: string): KubeObject {
  const generation = (pod.metadata.generation ?? 0) + 1
  return { ...pod, metadata: { ...pod.metadata, generation, deletionTimestamp: now, deletionGracePeriodSeconds: 0 } }
}

function terminating(live: KubeObject, now: string): JsonObject {
  const kept = listAt(live, 'status', 'conditions').filter(c => stringAt(c, 'type') !== 'Terminating')
  const condition = {
    type: 'Terminating',
    status: 'True',
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    lastTransitionTime: now,
  }
  return { ...live.status, conditions: [...kept, condition] }
}

const collectors: Readonly<Record<string, string>> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }

/** A named policy replaces the one that an earlier deletion left behind. */
function finalizersUnder(propagation: string | undefined, finalizers: readonly string[]): string[] {
  if (propagation === undefined) return [...finalizers]
  const others = finalizers.filter(f => !Object.values(collectors).includes(f))
  const own = collectors[propagation]
  return own === undefined ? others : [...others, own]
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
