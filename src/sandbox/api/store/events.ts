import type { KubeObject } from '../../../kinds/manifest.ts'
import type { JsonObject } from '../../../lib/json.ts'

/** Names of an event's fields in `v1`, and in `events.k8s.io/v1`: one object, served by both. */
const names: readonly (readonly [core: string, grouped: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['count', 'deprecatedCount'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['source', 'deprecatedSource'],
]

/** An event as the other group spells it. */
export function eventAs(event: KubeObject, apiVersion: 'v1' | 'events.k8s.io/v1'): KubeObject {
  if (event.apiVersion === apiVersion) return event
  const map = new Map(names.map(([core, grouped]) => (apiVersion === 'v1' ? [grouped, core] : [core, grouped])))
  const fields: JsonObject = Object.fromEntries(Object.entries(event).map(([key, value]) => [map.get(key) ?? key, value]))
  for (const name of ['reportingController', 'reportingInstance']) if (apiVersion !== 'v1' && fields[name] === '') delete fields[name]
  return { ...fields, apiVersion, kind: event.kind, metadata: event.metadata }
}
