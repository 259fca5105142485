import type { Expression, HealthExpressions } from '../kinds/expression.ts'
import type { KustomizationObject } from '../kinds/kustomization.ts'
import { type KubeObject, type ObjectRef, splitApiVersion } from '../kinds/manifest.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { formatDuration, parseDuration } from '../lib/duration.ts'

/** What a spec whose expressions do not compile is told with. */
export const terminal = 'Reconciliation failed terminally due to configuration error: '

/** The expressions for the objects of one kind, and where they stand in `spec.healthCheckExprs`. */
export interface KindCheck {
  readonly index: number
  readonly group: string
  readonly kind: string
  readonly expressions: HealthExpressions
}

/** The checks that count: the first of each kind, in any version of it. Spec: kustomization 9.3. */
export function kindChecks({ spec }: KustomizationObject): KindCheck[] {
  const all = (spec.healthCheckExprs ?? []).map(({ apiVersion, kind, ...expressions }, index) => {
    const { group } = splitApiVersion(apiVersion)
    return { index, group, kind, expressions }
  })
  return all.filter((check, i) => all.findIndex(isFor(check)) === i)
}

/** Which check judges an object. `undefined`: kstatus does. Jobs have a reader of Flux's own, which comes first unless the run impersonates. Spec: kustomization 9.3. */
export function checkFor(ref: ObjectRef, checks: readonly KindCheck[], { impersonates }: { impersonates: boolean }): KindCheck | undefined {
  if (!impersonates && ref.group === 'batch' && ref.kind === 'Job') return undefined
  return checks.find(isFor(ref))
}

function isFor({ group, kind }: { readonly group: string; readonly kind: string }): (check: { group: string; kind: string }) => boolean {
  return check => check.group === group && check.kind === kind
}

/** The expression of a dependency. */
export const readyExpression = (text: string): Expression => ({ text, variables: ['self', 'dep'], output: 'bool' })

/** Fields that Go writes also when they are empty; all of a selector's may be absent. */
const always = new Set(['prune', 'name', 'kind', 'message', 'reason', 'patch', 'entries', 'id', 'v', 'current'])
/** Fields whose keys are the user's. */
const maps = new Set(['labels', 'annotations', 'substitute'])
const durations = new Set(['interval', 'retryInterval', 'timeout'])

/**
 * A Kustomization as expressions see it: in its typed form, where empty fields are absent and durations are as Go prints them. `apiVersion`
 * and `kind` are in the object's own form alone. Spec: kustomization 3.2.
 */
export function asVariable(object: KubeObject, who: 'self' | 'dep'): JsonObject {
  const { apiVersion, kind, metadata, spec, status } = object
  return {
    ...(who === 'self' ? { apiVersion, kind } : {}),
    metadata: { creationTimestamp: null, ...metadata } as JsonObject,
    spec: typed(isObject(spec) ? spec : {}),
    status: typed(isObject(status) ? status : {}),
  }
}

function typed(fields: JsonObject, written: ReadonlySet<string> = always): JsonObject {
  const out: JsonObject = {}
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === null || (!written.has(key) && isZero(key, value))) continue
    out[key] = maps.has(key) ? value : typedValue(key, value)
  }
  return out
}

function isZero(key: string, value: Json): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isObject(value)) return maps.has(key) && Object.keys(value).length === 0
  return value === '' || value === false || value === 0
}

function typedValue(key: string, value: Json): Json {
  if (Array.isArray(value)) return value.map(item => (isObject(item) ? typed(item) : item))
  if (isObject(value)) return key === 'target' ? typed(value, new Set()) : typed(value)
  const ms = durations.has(key) && typeof value === 'string' ? parseDuration(value) : undefined
  return ms === undefined ? value : formatDuration(ms)
}
