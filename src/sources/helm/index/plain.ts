import { defineScalarTag, FAILSAFE_SCHEMA, load, NOT_RESOLVED } from 'js-yaml'
import { isObject, type Json, type JsonObject } from '../../../lib/json.ts'

/** The text is not one that every reader of YAML understands alike. */
class Unclear extends Error {}

/** Texts that YAML 1.1 takes for something else than text, whatever their case. */
const words = new Set(['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n', '<<'])
/** How a text begins that is no number: with what no number has, or with a digit and then a letter or a second point that no number has. */
const clear = [
  /^[\p{L}/^<($]/u,
  /^~\d/,
  /^\d+\.\d+\.\d/,
  /^\d{4}-\d\d-\d\dT/,
  /^[1-9][\w.+ -]*[a-df-zA-DF-Z]/,
  /^(?=[0-9be]*[acdf])[0-9a-f]{64}$/,
]

const unclear = defineScalarTag<boolean>('tag:yaml.org,2002:unclear', {
  implicit: true,
  identify: () => false,
  resolve(text) {
    if (text === 'true' || text === 'false') return text === 'true'
    if (!words.has(text.toLowerCase()) && clear.some(pattern => pattern.test(text))) return NOT_RESOLVED
    throw new Unclear(text)
  },
})
const schema = FAILSAFE_SCHEMA.withTags(unclear)

/** Line breaks and spaces that YAML 1.1 and 1.2 see differently. */
const otherSpaces = /[\t\r\u0085\u2028\u2029\ufeff\0]|__proto__/

/**
 * The charts of a part of an index as JSON, where that is what Helm's reader makes of it: all is text but for `deprecated` and `removed`, and there is no
 * field that Helm does not know. `undefined` where anything is not as plain: Helm's own reader has to say what it is.
 */
export function plainCharts(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    if (otherSpaces.test(text)) return undefined
    const charts = load(text, { schema }) as Json
    const room = { left: bytes.length * 2 }
    return isObject(charts) && Object.values(charts).every(versions => isList(versions, entry => isEntry(entry, room))) ? charts : undefined
  } catch {
    return undefined
  }
}

type Check = (value: Json | undefined, room: Room) => boolean
/** Characters that there may be: aliases make more of a text than it has. */
interface Room {
  left: number
}

const isText: Check = (value, room) => {
  if (typeof value !== 'string') return false
  room.left -= value.length + 1
  return room.left >= 0
}
const isFlag: Check = value => typeof value === 'boolean'
const isTexts: Check = (value, room) => isList(value, item => isText(item, room))
const isTextMap: Check = (value, room) =>
  isObject(value) && Object.entries(value).every(([key, text]) => key.length < 256 && isText(text, room))

function isList(value: Json | undefined, check: (item: Json) => boolean): boolean {
  return Array.isArray(value) && value.every(item => check(item))
}

function fields(known: Readonly<Record<string, Check>>): Check {
  return (value, room) =>
    isObject(value) && Object.entries(value).every(([key, field]) => Object.hasOwn(known, key) && known[key]?.(field, room))
}

function texts(...names: readonly string[]): Record<string, Check> {
  return Object.fromEntries(names.map(name => [name, isText]))
}

const isMaintainer = fields(texts('name', 'email', 'url'))
const isDependency = fields({ ...texts('name', 'version', 'repository', 'condition', 'alias'), tags: isTexts })
/** What Helm knows of a version of a chart. */
const isEntry = fields({
  ...texts('name', 'home', 'version', 'description', 'icon', 'apiVersion', 'condition', 'tags', 'appVersion', 'kubeVersion', 'type'),
  ...texts('created', 'digest', 'checksum', 'engine', 'tillerVersion', 'url'),
  sources: isTexts,
  keywords: isTexts,
  urls: isTexts,
  annotations: isTextMap,
  deprecated: isFlag,
  removed: isFlag,
  maintainers: (value, room) => isList(value, item => isMaintainer(item, room)),
  dependencies: (value, room) => isList(value, item => isDependency(item, room)),
})
