import { createHash } from 'node:crypto'
import { type KubeObject, refOf, splitApiVersion } from '../kinds/manifest.ts'
import { maxMessage, timestamp } from './conditions.ts'

/** An event as a reconciler words it. `annotations` have full keys (`kustomize.toolkit.fluxcd.io/revision`). `trace` stays in the cluster and is never forwarded. */
export interface EventDraft {
  readonly severity: 'trace' | 'info' | 'error'
  /** Absent: the Ready reason at the time of emission. */
  readonly reason?: string | undefined
  readonly message: string
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

const copiedPrefix = 'event.toolkit.fluxcd.io/'

/** The core/v1 Event of a draft. Its name is derived from object, type, reason and message, so that an equal event finds the earlier one. Spec: kustomization 10.2, sources 1.6. */
export function eventFor(
  object: KubeObject,
  draft: EventDraft & { reason: string },
  from: { controller: string; now: number },
): KubeObject {
  const { name, namespace = 'default', uid, resourceVersion } = object.metadata
  const type = draft.severity === 'error' ? 'Warning' : 'Normal'
  const at = timestamp(from.now)
  const copied = Object.entries(object.metadata.annotations ?? {}).filter(([key]) => key.startsWith(copiedPrefix))
  const annotations = { ...Object.fromEntries(copied), ...draft.annotations }
  const message = draft.message.slice(0, maxMessage)
  const key = createHash('sha256')
    .update(JSON.stringify([object.kind, namespace, name, uid, type, draft.reason, draft.message]))
    .digest('hex')
    .slice(0, 16)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name.slice(0, 230)}.${key}`, namespace, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      name,
      namespace,
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
    },
    type,
    reason: draft.reason,
    message,
    action: '',
    source: { component: from.controller },
    reportingComponent: from.controller,
    reportingInstance: '',
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  }
}

/** Group and kind of an object for a message: `OCIRepository.source.toolkit.fluxcd.io`. */
export function groupKind(object: KubeObject): string {
  const { group } = splitApiVersion(object.apiVersion)
  return group ? `${refOf(object).kind}.${group}` : object.kind
}
