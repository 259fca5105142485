import { isFluxGroup } from '../engine/controllers.ts'
import { type Condition, conditionsOf, type KubeObject, splitApiVersion } from '../kinds/manifest.ts'
import { listAt, objectAt, stringAt } from '../lib/json.ts'

/** What an object of an operator says of its state in one word, and why. */
export interface State {
  readonly word: string
  readonly is: 'failing' | 'going'
  readonly why: string
  readonly field: string
}

/** Kinds of Kubernetes itself that say why they failed as operators do. */
const phased = new Set(['PersistentVolume', 'VolumeAttachment', 'CertificateSigningRequest'])
const failing = /^(?:partially)?(?:failed|failure|error(?:ed)?|invalid|expired|degraded|rejected|aborted|unhealthy)$/i
const going = /^(?:pending|processing|progressing|creating|provisioning|waiting|in ?progress)$/i
/** Fields of a status that tell why. */
const telling = /^(?:reason|message|error|failure(?:Reason|Message)|errorMessage|lastError|details?)$/
const served = /(?:^|\.)k8s\.io$/
const added = /^(?:gateway\.networking|snapshot\.storage)\.k8s\.io$/

/** Whether an object is neither Flux's nor of Kubernetes itself. */
export function isOfOperator({ apiVersion }: Pick<KubeObject, 'apiVersion'>): boolean {
  const { group } = splitApiVersion(apiVersion)
  return group.includes('.') && !isFluxGroup(group) && (added.test(group) || !served.test(group))
}

/** The state that `status.state` or `status.phase` names; `undefined` for none, for a good one, and for objects of no operator. */
export function stateIn(object: KubeObject): State | undefined {
  if (!isOfOperator(object) && !phased.has(object.kind)) return undefined
  for (const field of ['state', 'phase']) {
    const word = stringAt(object, 'status', field) ?? ''
    const is = failing.test(word) ? 'failing' : going.test(word) ? 'going' : undefined
    if (is) return { word, is, why: whyOf(object), field: `status.${field}` }
  }
  return undefined
}

function whyOf(object: KubeObject): string {
  const told = Object.entries(objectAt(object, 'status')).filter(([field, text]) => telling.test(field) && text !== '')
  return told.map(([, text]) => text).find(text => typeof text === 'string') ?? ''
}

/** The conditions of an object; of one that has them for each parent or listener, as those of the Gateway API, these as well. */
export function allConditions(object: KubeObject | undefined): Condition[] {
  const nested = ['parents', 'ancestors', 'listeners'].flatMap(field => listAt(object, 'status', field))
  return [
    ...conditionsOf(object),
    ...nested.flatMap(one => listAt(one, 'conditions').map(c => objectAt({ c }, 'c') as unknown as Condition)),
  ]
}
