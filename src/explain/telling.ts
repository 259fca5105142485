import { isObject, type Json } from '../lib/json.ts'

const badWords =
  /\b(?:errors?|exception|fail(?:ed|ure|ures|s|ing)?|cannot|can't|could ?n[o']t|unable|denied|refused|forbidden|invalid|not found|does(?: not|n't) exist|missing|unauthori[sz]ed|not authori[sz]ed|time[ds]? ?-?outs?|insufficient|exceed(?:ed|s)?|unavailable|unsupported|not (?:yet )?(?:bound|allowed|permitted|enough)|no such|must (?:be|have|match|not)|back-?off|unhealthy)\b/i
/** Names of errors and exceptions, as programs write them. */
const badNames = /\b\w*(?:Error|Exception|Failed|NotFound|NoSuch\w+|Denied|Exceeded)\b/
const none = /\b(?:no|0|zero|without) (?:errors?|failures?|failed)\b|\b(?:errors?|failed|failures?): ?0\b/gi
const badReasons =
  /Error|Fail|Invalid|Denied|Forbidden|NotFound|Unschedulable|Exceeded|Unavailable|Insufficient|Missing|Conflict|Unhealthy|Refused|NotSatisf|Unsatisf|Unauthorized|BackOff/

/** Whether a text speaks of a failure, in whatever words. */
export function smells(text: string): boolean {
  const said = text.replaceAll(none, '')
  return badWords.test(said) || badNames.test(said)
}

/** Whether a reason, a word in PascalCase, names a failure. */
export function smellsReason(reason: string): boolean {
  return badReasons.test(reason)
}

/** Fields that tell why. */
const telling =
  /^(?:reason|message|msg|errors?|details?|description|cause|why|lastError|validationErrors|\w+(?:Error|Errors|Message|Reason|Failure|FailureInfo))$/
const aside = /^(?:conditions|history|previous\w*|old\w*)$/
const deepest = 3

/** The text of a status that tells most of why: beside the word of state, else anywhere in it. */
export function toldBy(beside: Json, status: Json): string {
  return best(textsIn(beside, 1)) ?? best(textsIn(status, 0)) ?? ''
}

/** A sentence that speaks of a failure comes before one that does not, and before a single word; then the longest. */
function best(texts: readonly string[]): string | undefined {
  const rank = (text: string): number => (smells(text) ? 0 : 1) + (/\s/.test(text.trim()) ? 0 : 2)
  return texts.toSorted((a, b) => rank(a) - rank(b) || b.length - a.length)[0]
}

function textsIn(value: Json | undefined, depth: number): string[] {
  if (!isObject(value) || depth > deepest) return []
  return Object.entries(value).flatMap(([field, inner]) => {
    if (aside.test(field)) return []
    if (telling.test(field)) return textsOf(inner)
    return textsIn(inner, depth + 1)
  })
}

function textsOf(value: Json | undefined): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value]
  if (Array.isArray(value)) return value.flatMap(textsOf)
  return isObject(value) ? Object.values(value).flatMap(textsOf) : []
}
