import { isFluxGroup } from '../engine/controllers.ts'
import { kstatus } from '../engine/kstatus.ts'
import { stateOf } from '../engine/request.ts'
import { conditionOf, conditionsOf, type KubeObject, type ObjectRef, printRef } from '../kinds/manifest.ts'
import { type Json, type JsonObject, listAt, objectAt, stringAt } from '../lib/json.ts'
import { stateIn } from './states.ts'

/** An event of an object. `at` is when it was last seen, in milliseconds since the epoch; 0 when it says none. */
export interface Happening {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly at: number
}

/** How one object leads to another: the role that the other plays for it. */
export type Role =
  | 'source'
  | 'dependency'
  | 'secret'
  | 'config'
  | 'account'
  | 'priority'
  | 'runtime'
  | 'named'
  | 'contained'
  | 'owned'
  | 'claim'
  | 'volume'
  | 'storage class'
  | 'node'
  | 'namespace'
  | 'backend'
  | 'class'
  | 'selected'
  | 'template'
  | 'target'
  | 'policy'
  | 'controller'
  | 'issuer'
  | 'maker'
  | 'provider'
  | 'user'

/** How an object is by a health expression. `field`: where the expression stands; `saw`: the fields that it reads, with their values. */
export interface JudgedBy {
  readonly by: 'failed' | 'inProgress' | 'current' | 'unknown'
  readonly field: string
  readonly text: string
  readonly saw: string
}

/** An object as it was read on the way from the one that is asked about. */
export interface Found {
  readonly ref: ObjectRef
  /** The live object; of a Secret only the names of its keys. `undefined`: the API server has none of that name, or it could not be read. */
  readonly object: KubeObject | undefined
  /** Why it could not be read. */
  readonly unread?: string | undefined
  readonly events: readonly Happening[]
  readonly inventory: readonly ObjectRef[]
  /** The last lines of containers that ended, by their names. */
  readonly logs: ReadonlyMap<string, string>
  /** What an expression of the Kustomization above says of it, when that is not that it is well. */
  readonly judged?: JudgedBy | undefined
  readonly parent?: Found | undefined
  readonly role?: Role | undefined
  /** How surely what is wrong here fails the object that is asked about: 1 when its own status says so. */
  readonly weight: number
}

/** All that was read for one question. `now` in milliseconds since the epoch. */
export interface Facts {
  readonly root: Found
  readonly all: readonly Found[]
  readonly now: number
  /** Whether the controller of a Flux object is live; `undefined` when that could not be read. */
  isServed(ref: ObjectRef): boolean | undefined
  /** What our own engine is to a Flux object: it has just `acted` on it, or `asked` it would; `undefined` where others act or nobody does. */
  ownEngine(found: Pick<Found, 'ref' | 'object'>): 'acted' | 'asked' | undefined
}

/** What speaks for a cause: where it stands, and what stands there in the words of others. */
export interface Evidence {
  readonly object: string
  /** A field of the object, or the reason of an event. */
  readonly at: string
  readonly quote: string
  /** Words within the quote that tell most: they stay when it is cut. */
  readonly focus?: string | undefined
}

/** What a rule concludes. `strength`: how surely it is a cause by itself, up to 1. */
export interface Finding {
  /** The cause's name: PascalCase, stable. */
  readonly name: string
  /** One sentence of ours. */
  readonly what: string
  readonly fix: string
  /** What has to change, when that is another object than the one it was found at. */
  readonly subject?: ObjectRef | undefined
  readonly evidence: readonly Evidence[]
  readonly strength: number
}

/** A finding where it was found, with how surely it is the cause. */
export interface Placed {
  readonly finding: Finding
  readonly found: Found
  readonly score: number
}

/** Looks at one object, with all others in reach. */
export type Rule = (found: Found, facts: Facts) => readonly Finding[]

/** How an object is: `failing` only when its status says so, `going` while it may still get well. */
export function healthOf({ object }: Found, now: number): 'well' | 'going' | 'failing' | 'gone' {
  if (!object) return 'gone'
  if (isFluxGroup(groupOf(object))) {
    const state = stateOf(object)
    return state === 'failing' ? 'failing' : state === 'ready' || state === 'suspended' ? 'well' : 'going'
  }
  const { status } = kstatus(object, now)
  const state = stateIn(object)?.is
  if (state === 'failing' || status === 'Failed' || conditionOf(object, 'Stalled')?.status === 'True') return 'failing'
  return status === 'Current' && state === undefined ? 'well' : 'going'
}

/** How often what goes wrong is told of at most. */
const eventMs = 10_000

/** Whether an object was made less than a time ago, and nothing that it says is older or was said for longer. */
export function isYoung({ object, events }: Found, now: number, ms: number): boolean {
  const times = [object?.metadata.creationTimestamp, ...conditionsOf(object).map(c => c.lastTransitionTime)]
  const isOld = times.some(time => time !== undefined && now - Date.parse(time) >= ms)
  return times[0] !== undefined && !isOld && events.every(e => now - e.at < ms && e.count <= ms / eventMs)
}

export function groupOf({ apiVersion }: { readonly apiVersion: string }): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

/** Whether a Service has asked for a load balancer, and has no address of one. */
export function lacksAddress(service: KubeObject): boolean {
  return stringAt(service, 'spec', 'type') === 'LoadBalancer' && listAt(service, 'status', 'loadBalancer', 'ingress').length === 0
}

/** The labels that a Service selects by; empty for one that selects none. */
export type Selector = readonly (readonly [string, Json | undefined])[]

export function selectorOf(service: KubeObject | undefined): Selector {
  return Object.entries(objectAt(service, 'spec', 'selector'))
}

/** Whether a selector, unless it is empty, selects what has these labels. */
export function selects(selector: Selector, labels: JsonObject): boolean {
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

/** The labels that the pods of a workload get. */
export function podLabelsOf(workload: KubeObject | undefined): JsonObject {
  return objectAt(workload, 'spec', 'template', 'metadata', 'labels')
}

/** Children of an object in one role, or in any. */
export function below(found: Found, facts: Facts, role?: Role): Found[] {
  return facts.all.filter(f => f.parent === found && (role === undefined || f.role === role))
}

/** Everything that was reached through an object, itself included. */
export function reachedFrom(found: Found, facts: Facts): Found[] {
  return [found, ...below(found, facts).flatMap(child => reachedFrom(child, facts))]
}

/** The ways from an object up to the one that is asked about, nearest first. */
export function above(found: Found): Found[] {
  return found.parent ? [found.parent, ...above(found.parent)] : []
}

/** A condition as evidence. */
export function conditionEvidence(found: Found, type: string): Evidence[] {
  const condition = conditionOf(found.object, type)
  return condition
    ? [
        {
          object: printRef(found.ref),
          at: `status.conditions[${type}]`,
          quote: [`${condition.status} ${condition.reason ?? ''}`.trim(), condition.message ?? ''].filter(Boolean).join(': '),
        },
      ]
    : []
}

export function eventEvidence(found: Found, event: Happening): Evidence {
  const times = event.count > 1 ? ` (${event.count} times)` : ''
  return { object: printRef(found.ref), at: `event ${event.reason}${times}`, quote: event.message }
}

export function fieldEvidence(found: Found, at: string, quote: string): Evidence {
  return { object: printRef(found.ref), at, quote }
}

/** The latest event that fits, warnings alone. */
export function warning(found: Found, reason: RegExp, message = /(?:)/): Happening | undefined {
  return found.events
    .filter(e => e.type !== 'Normal' && reason.test(e.reason) && message.test(e.message))
    .toSorted((a, b) => b.at - a.at)[0]
}

/** Whether an event of good news came after another. */
export function isOver(found: Found, since: Happening, good: RegExp): boolean {
  return found.events.some(e => good.test(e.reason) && e.at > since.at)
}

export function textAt(found: Found, ...path: (string | number)[]): string | undefined {
  return stringAt(found.object, ...path)
}
