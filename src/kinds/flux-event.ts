import type { JsonObject } from '../lib/json.ts'
import type { KubeObject } from './manifest.ts'

/** An event as Flux's notification-controller receives it. Spec: image-helm-notification C.3. */
export interface FluxEvent {
  readonly involvedObject: JsonObject
  readonly severity: 'info' | 'error'
  /** RFC 3339, UTC, seconds. */
  readonly timestamp: string
  readonly message: string
  readonly reason: string
  readonly metadata?: JsonObject | undefined
  readonly reportingController: string
}

const maxMessage = 39_000

/** What is forwarded of a core/v1 Event; `message` is the whole one, of which the Event may have the beginning only. */
export function fluxEventOf({ metadata, involvedObject, ...event }: KubeObject, message: string): FluxEvent {
  return {
    involvedObject: involvedObject as JsonObject,
    severity: event.type === 'Warning' ? 'error' : 'info',
    timestamp: String(event.lastTimestamp),
    message: message.slice(0, maxMessage),
    reason: String(event.reason),
    ...(metadata.annotations ? { metadata: metadata.annotations } : {}),
    reportingController: String(event.reportingComponent),
  }
}
