import { createHash } from 'node:crypto'
import { timestamp } from '../../engine/conditions.ts'
import { type KubeObject, refOf } from '../../kinds/manifest.ts'
import { equal, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../../lib/json.ts'
import type { Action } from './action.ts'

/** The metadata of an object that a controller makes for `owner`. */
export function ownedMeta(owner: KubeObject, name: string, labels: JsonObject): KubeObject['metadata'] {
  const { namespace, uid } = owner.metadata
  return {
    name,
    ...(namespace ? { namespace } : {}),
    labels: Object.fromEntries(Object.entries(labels).map(([k, v]) => [k, String(v)])),
    ownerReferences: [
      {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.metadata.name,
        uid: uid ?? '',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  }
}

/** A short stable name for a pod template. */
export function templateHash(owner: KubeObject): string {
  const { metadata, spec } = objectAt(owner, 'spec', 'template')
  return createHash('sha256')
    .update(JSON.stringify(sorted([metadata, spec])))
    .digest('hex')
    .slice(0, 10)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  return isObject(value)
    ? Object.fromEntries(
        Object.keys(value)
          .toSorted()
          .map(k => [k, sorted(value[k])]),
      )
    : value
}

/** A pod of an owner's template. */
export function podOf(owner: KubeObject, name: string, labels: JsonObject = {}): KubeObject {
  const template = objectAt(owner, 'spec', 'template')
  const annotations = objectAt(template, 'metadata', 'annotations')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    spec: objectAt(template, 'spec'),
    metadata: {
      ...ownedMeta(owner, name, { ...objectAt(template, 'metadata', 'labels'), ...labels }),
      ...(Object.keys(annotations).length > 0 ? { annotations: annotations as Record<string, string> } : {}),
    },
  }
}

/** Writes a status only where it differs. */
export function statusAction(object: KubeObject, status: JsonObject): Action[] {
  const same = Object.entries(status).every(
    ([key, value]) =>
      equal(isObject(object.status) ? object.status[key] : undefined, value ?? undefined) ||
      (value === null && object.status?.[key] === undefined),
  )
  return same ? [] : [{ do: 'status', ref: refOf(object), status }]
}

export interface ConditionDraft {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

/** Conditions with their times kept where nothing changed. */
export function conditions(
  object: KubeObject,
  drafts: readonly ConditionDraft[],
  { now, updateTime = false }: { now: number; updateTime?: boolean },
): Json[] {
  return drafts.map(draft => {
    const before = listAt(object, 'status', 'conditions').find(c => stringAt(c, 'type') === draft.type)
    const sameStatus = stringAt(before, 'status') === draft.status
    const same = sameStatus && stringAt(before, 'reason') === draft.reason && stringAt(before, 'message') === draft.message
    const at = timestamp(now)
    return {
      ...draft,
      lastTransitionTime: sameStatus ? (stringAt(before, 'lastTransitionTime') ?? at) : at,
      ...(updateTime ? { lastUpdateTime: same ? (stringAt(before, 'lastUpdateTime') ?? at) : at } : {}),
    }
  })
}

/** The number at a path, or `otherwise`. */
export function numberAt(value: unknown, path: readonly string[], otherwise: number): number {
  const [last = '', ...rest] = path.toReversed()
  const found = objectAt(value, ...rest.toReversed())[last]
  return typeof found === 'number' ? found : otherwise
}

export function isReady(pod: KubeObject): boolean {
  return listAt(pod, 'status', 'conditions').some(c => stringAt(c, 'type') === 'Ready' && stringAt(c, 'status') === 'True')
}
