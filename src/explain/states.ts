import { isFluxGroup } from '../engine/controllers.ts'
import { type Condition, conditionsOf, type KubeObject, splitApiVersion } from '../kinds/manifest.ts'
import { at, isObject, type Json, type JsonObject, listAt, objectAt, stringAt } from '../lib/json.ts'
import { smells, toldBy } from './telling.ts'

/** What an object of an operator says of its state in one word, and why. */
export interface State {
  readonly word: string
  readonly is: 'failing' | 'going' | 'resting'
  readonly why: string
  readonly field: string
}

/** Kinds of Kubernetes itself that say why they failed as operators do. */
const phased = new Set(['PersistentVolume', 'VolumeAttachment', 'CertificateSigningRequest'])
const failing =
  /fail|(?:^|_)err(?:or(?:ed)?)?(?:$|_)|^error|error$|invalid|unhealthy|degraded|fault(?:y|ed)$|unavailable|reject|abort|^expired$|^lost$|^red$|crash|unschedulable|blocked/i
const going = /^(?:pending|processing|progressing|creating|provisioning|waiting|in ?progress)$/i
const resting = /^(?:stopped|halted|paused|hibernat\w*|idle|inactive|disabled|dormant|suspended)$/i
/** Fields of a status that hold a word of state. */
const wordy = /^(?:state|phase|status|health|robustness|printableStatus|\w+(?:State|Phase|Status|Health))$/
/** Fields that tell of other times, or of what should be. */
const aside = /^(?:last|previous|old|history|desired|target|expected|initial|conditions$)/i
/** Fields that say why a word of state, often a sentence of its own, is what it is. */
const explaining = /^(?:phase|state|status|health)(?:Reason|Message)$/
const flags = ['ready', 'readyToUse', 'available', 'healthy', 'synced']
/** The groups of Kubernetes itself that have a dot. */
const served =
  /^(?:(?:admissionregistration|apiextensions|apiregistration|authentication|rbac\.authorization|authorization|certificates|coordination|discovery|events|(?:flowcontrol|internal)\.apiserver|networking|node|resource|scheduling|storage|storagemigration|(?:custom\.|external\.)?metrics)\.k8s\.io)$/
const deepest = 3

/** Whether an object is neither Flux's nor of Kubernetes itself. */
export function isOfOperator({ apiVersion }: Pick<KubeObject, 'apiVersion'>): boolean {
  const { group } = splitApiVersion(apiVersion)
  return group.includes('.') && !isFluxGroup(group) && !served.test(group)
}

/** The state that a status names by a word, wherever it stands, or by a flag with an error beside it; `undefined` for none, for a good one, and for objects of no operator. */
export function stateIn(object: KubeObject): State | undefined {
  if (!isOfOperator(object) && !phased.has(object.kind)) return undefined
  const status = objectAt(object, 'status')
  const words = wordsIn(status, 'status', 0)
  const found =
    words.find(w => w.is === 'failing') ??
    words.find(w => w.is === 'resting' && w.depth === 0) ??
    words.find(w => w.is === 'going' && w.depth === 0)
  if (found) return { word: found.word, is: found.is, why: found.is === 'resting' ? '' : toldBy(found.beside, status), field: found.field }
  const [reason, why = ''] =
    Object.entries(status).find(([field, text]) => explaining.test(field) && typeof text === 'string' && smells(text)) ?? []
  if (reason) return { word: 'NotReady', is: 'failing', why: String(why), field: `status.${reason}` }
  return flagIn(status)
}

/** A flag that is down, with an error beside it. */
function flagIn(status: JsonObject): State | undefined {
  const flag = flags.find(name => status[name] === false)
  const why = toldBy(status, status)
  return flag && why !== '' && smells(why) ? { word: 'NotReady', is: 'failing', why, field: `status.${flag}` } : undefined
}

interface Word {
  readonly word: string
  readonly is: State['is']
  readonly field: string
  readonly depth: number
  readonly beside: Json
}

function wordsIn(status: Json | undefined, path: string, depth: number): Word[] {
  if (!isObject(status) || depth > deepest) return []
  const here = Object.entries(status).filter(([field]) => !aside.test(field))
  const words = here.flatMap(([field, word]) => {
    const is = wordy.test(field) && typeof word === 'string' ? meaningOf(word) : undefined
    return is ? [{ word: String(word), is, field: `${path}.${field}`, depth, beside: status }] : []
  })
  return [...words, ...here.flatMap(([field, inner]) => wordsIn(inner, `${path}.${field}`, depth + 1))]
}

function meaningOf(word: string): State['is'] | undefined {
  if (word.length > 40 || /\s\S+\s/.test(word)) return undefined
  return failing.test(word) ? 'failing' : resting.test(word) ? 'resting' : going.test(word) ? 'going' : undefined
}

/** The conditions of an object; of one that has them for each parent or listener, as those of the Gateway API, these as well. One that gives no status says by its type alone what is wrong. */
export function allConditions(object: KubeObject | undefined): Condition[] {
  const nested = ['parents', 'ancestors', 'listeners'].flatMap(field => listAt(object, 'status', field))
  const bare = listAt(object, 'status', 'conditions').filter(
    c => at(c, 'status') === undefined && /(?:Error|Failed|Failure)$/.test(stringAt(c, 'type') ?? ''),
  )
  return [
    ...conditionsOf(object),
    ...bare.map(c => ({ reason: stringAt(c, 'type') ?? '', message: '', ...objectAt({ c }, 'c'), status: 'True' }) as unknown as Condition),
    ...nested.flatMap(one => listAt(one, 'conditions').map(c => objectAt({ c }, 'c') as unknown as Condition)),
  ]
}
