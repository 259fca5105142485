import type { KubeObject } from '../kinds/manifest.ts'
import { equal, isObject, type Json, type JsonObject, listAt } from '../lib/json.ts'

export const manager = 'kustomize-controller'
const prefix = 'kustomize.toolkit.fluxcd.io/'

/** The value of a label or annotation, labels first, compared without case. */
function says(object: KubeObject | undefined, key: string, value: string): boolean {
  return [object?.metadata.labels, object?.metadata.annotations].some(map => map?.[prefix + key]?.toLowerCase() === value.toLowerCase())
}

/** Whether an object is left alone. Spec: kustomization 7.3. */
export function isSkipped(desired: KubeObject, live: KubeObject | undefined): boolean {
  const either = (key: string, value: string): boolean => says(desired, key, value) || says(live, key, value)
  return (
    either('reconcile', 'disabled') || either('ssa', 'Ignore') || (says(desired, 'ssa', 'IfNotPresent') && live?.metadata.uid !== undefined)
  )
}

/** Whether what is wanted itself asks to be left alone, always or where it is there. */
export function mayBeSkipped(desired: KubeObject): boolean {
  return isSkipped(desired, undefined) || says(desired, 'ssa', 'IfNotPresent')
}

/** `ssa: Merge` keeps the fields of other managers. */
export function keepsManagers(desired: KubeObject, live: KubeObject | undefined): boolean {
  return says(desired, 'ssa', 'Merge') || says(live, 'ssa', 'Merge')
}

/** Whether an object may be recreated although the spec does not force. */
export function isForced(desired: KubeObject, live: KubeObject | undefined): boolean {
  return says(desired, 'force', 'enabled') || says(live, 'force', 'enabled')
}

/** Objects that prune and deletion leave. Spec: kustomization 8.3. */
export function isKept(live: KubeObject): boolean {
  return says(live, 'prune', 'disabled') || says(live, 'reconcile', 'disabled')
}

/** Whether the live object differs from the dry run in labels, annotations or anything outside metadata and status. Spec: kustomization 7.3. */
export function drifted(live: KubeObject, dryRun: KubeObject): boolean {
  const content = (o: KubeObject): JsonObject => ({
    ...o,
    status: null,
    metadata: { labels: o.metadata.labels ?? {}, annotations: o.metadata.annotations ?? {} },
  })
  return !equal(content(live), content(dryRun))
}

const annotations = ['kubectl.kubernetes.io/last-applied-configuration', 'kustomize.toolkit.fluxcd.io/checksum', 'fluxcd.io/sync-checksum']
const labels = ['fluxcd.io/sync-gc-mark']

/** The JSON patch that takes over what earlier tools own, for the object as read; empty when there is nothing to take. Spec: kustomization 7.4. */
export function cleanUp(live: KubeObject, overrides: readonly string[]): JsonObject[] {
  const removed = [
    ...gone(live.metadata.annotations, annotations, '/metadata/annotations'),
    ...gone(live.metadata.labels, labels, '/metadata/labels'),
  ]
  const managed = listAt(live, 'metadata', 'managedFields').filter(isObject)
  const taken = managed.filter(e => isTaken(e, overrides))
  const fields = taken.length > 0 ? [{ op: 'replace', path: '/metadata/managedFields', value: folded(managed, taken) }] : []
  const ops = [...removed, ...fields]
  return ops.length > 0 ? [{ op: 'replace', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion ?? '' }, ...ops] : []
}

function gone(map: Record<string, string> | undefined, keys: readonly string[], path: string): JsonObject[] {
  return keys
    .filter(key => map?.[key] !== undefined)
    .map(key => ({ op: 'remove', path: `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}` }))
}

function isTaken(entry: JsonObject, overrides: readonly string[]): boolean {
  if (entry.subresource) return false
  const [name, operation] = [String(entry.manager ?? ''), String(entry.operation ?? '')]
  if (overrides.some(o => name.startsWith(o))) return true
  if (name.startsWith('kubectl')) return true
  return operation === 'Update' && (name.startsWith('before-first-apply') || name.startsWith(manager))
}

/** The controller's own Apply entry with the fields of all taken ones; the first taken one becomes it when there is none. */
function folded(managed: readonly JsonObject[], taken: readonly JsonObject[]): Json[] {
  const own = managed.find(e => e.manager === manager && e.operation === 'Apply' && !e.subresource)
  const [first] = taken
  const base = own ?? { ...first, manager, operation: 'Apply' }
  const fields = [base, ...taken].reduce<JsonObject>((all, e) => union(all, isObject(e.fieldsV1) ? e.fieldsV1 : {}), {})
  const merged = { ...base, fieldsV1: fields }
  const rest = managed.filter(e => e !== own && !taken.includes(e))
  return [merged, ...rest]
}

function union(a: JsonObject, b: JsonObject): JsonObject {
  const out: JsonObject = { ...a }
  for (const [key, value] of Object.entries(b)) {
    const before = out[key]
    out[key] = isObject(before) && isObject(value) ? union(before, value) : value
  }
  return out
}
