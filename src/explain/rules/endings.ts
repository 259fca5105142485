import { at, type Json, stringAt } from '../../lib/json.ts'
import { type Evidence, fieldEvidence, type Found } from '../facts.ts'
import { crashes } from '../wordings/crashes.ts'
import { heard } from '../wordings/wording.ts'
import type { Container } from './container-rules.ts'

/** How a container that fails ended last. */
export interface Ended {
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly evidence: Evidence
}

const [manyRestarts, recentMs] = [5, 10 * 60_000]

/** The last end of a container that does not run well now; `undefined` for one that runs, that is done, or that restarted once and is well again. */
export function endOf(container: Container, now: number): Ended | undefined {
  const { status, pod, at: place } = container
  const here = at(status, 'state', 'terminated')
  const last = at(status, 'lastState', 'terminated')
  const loops = stringAt(status, 'state', 'waiting', 'reason') === 'CrashLoopBackOff'
  const restarts = numberOf(at(status, 'restartCount'))
  const phase = stringAt(pod.object, 'status', 'phase')
  const policy = stringAt(pod.object, 'spec', 'restartPolicy') ?? 'Always'
  if (here !== undefined) {
    const code = numberOf(at(here, 'exitCode'))
    const isDone = code === 0 && (container.isInit || policy !== 'Always' || restarts < 2)
    const goesOn = policy !== 'Never' && phase !== 'Failed' && restarts < 1 && stringAt(here, 'reason') !== 'OOMKilled'
    return isDone || (goesOn && !container.isInit) ? undefined : ended(pod, `${place}.state.terminated`, here)
  }
  if (loops) return ended(pod, `${place}.lastState.terminated`, last ?? at(status, 'state', 'waiting') ?? null)
  if (last === undefined || numberOf(at(last, 'exitCode')) === 0) return undefined
  const well = at(status, 'ready') === true
  const age = now - Date.parse(stringAt(last, 'finishedAt') ?? '')
  const flaps = well ? restarts >= manyRestarts && age < recentMs : restarts >= 3
  return flaps ? ended(pod, `${place}.lastState.terminated`, last) : undefined
}

const longMs = 10 * 60_000
/** Since when an init container that should have ended runs; `undefined` for one that has had little time. */
export function holdsSince({ status, isInit }: Container, now: number): string | undefined {
  const since = isInit ? stringAt(status, 'state', 'running', 'startedAt') : undefined
  return since !== undefined && now - Date.parse(since) > longMs ? since : undefined
}

/** Whose log tells why a container keeps others waiting: the one that runs, or the one `previous` to it; `undefined` where it tells nothing of that. */
export function tellingLog(container: Container, now: number): { readonly previous: boolean } | undefined {
  const end = endOf(container, now)
  if (end) return { previous: !end.evidence.at.endsWith('.state.terminated') }
  const tells = holdsSince(container, now) !== undefined || isHook(container.pod.parent) || isUnready(container, now)
  return tells ? { previous: false } : undefined
}

const startMs = 60_000
/** Whether a container has run for a while and is not ready. */
export function isUnready({ status, isInit }: Container, now: number): boolean {
  const since = stringAt(status, 'state', 'running', 'startedAt')
  return !isInit && since !== undefined && at(status, 'ready') === false && now - Date.parse(since) > startMs
}

/** Whether an object is a hook of a chart: Helm waits until it ends. */
export function isHook(found: Found | undefined): boolean {
  return found?.object?.metadata.annotations?.['helm.sh/hook'] !== undefined
}

function ended(pod: Found, place: string, state: Json): Ended {
  const [exitCode, reason, message] = [at(state, 'exitCode'), stringAt(state, 'reason') ?? '', stringAt(state, 'message') ?? '']
  const quote = [reason, exitCode === undefined ? '' : `exit code ${numberOf(exitCode)}`, message.trim().slice(-200)]
    .filter(Boolean)
    .join(', ')
  return { exitCode: exitCode === undefined ? 1 : numberOf(exitCode), reason, message, evidence: fieldEvidence(pod, place, quote) }
}

const telling =
  /error|fatal|panic|exception|fail|denied|refused|not found|missing|mismatch|cannot|unable|unsupported|incompatible|invalid|traceback|\bmust\b|\bDETAIL:|\bHINT:|caused by/i
/** Lines of a stack trace that only tell where. */
const frame =
  /^\s*(?:at \S|File "|\.\.\. \d+ more|goroutine \d+ \[|created by \S+ in goroutine|\S+\.go:\d+ \+0x)|^\S+\((?:0x[\da-f]+\??|\.\.\.|[{}, ])*\)$/
/** Lines by which whoever started a program says only that it ended. */
const farewell =
  /^(?:npm (?:error|ERR!) (?:code (?:\d+|ELIFECYCLE)|errno \d+|path|workspace|location|command|Lifecycle script|Exit status|Failed at the|This is probably not|A complete log|\S+@\S+ \w+:)|error Command failed with exit code|exit status \d+$)/
const tellsNothing = (line: string): boolean => frame.test(line) || farewell.test(line)
const [mostLines, mostLine, lineHead, lineTail, aroundFocus] = [3, 200, 110, 80, 50]

/** The lines of a log that tell most, whole, without the escapes of quotes within quotes: the last that speak of an error, else the last; among them the last whose words are known. */
export function tellingLines(pod: Found, container: string): string[] {
  const lines = (pod.logs.get(container) ?? '')
    .replaceAll('\\"', '"')
    .split('\n')
    .filter(line => line.trim() !== '')
  const errors = lines.filter(line => telling.test(line) && !tellsNothing(line))
  const last = (errors.length > 0 ? errors : lines).slice(-mostLines)
  if (heard(crashes, last.join('\n'), undefined)) return last
  const known = lines.findLast(line => heard(crashes, line, undefined))
  return known === undefined ? last : [known, ...last.slice(1 - mostLines)]
}

/** Whether a log begins within a trace and holds no word of why: what tells stands above it. */
export function isCutTrace(log: string): boolean {
  const lines = log.split('\n').filter(line => line.trim() !== '')
  return frame.test(lines[0] ?? '') && !lines.some(line => telling.test(line) && !tellsNothing(line))
}

/** The same as evidence, each line short. */
export function logEvidence(pod: Found, container: string): Evidence[] {
  const lines = tellingLines(pod, container)
  return lines.length === 0 ? [] : [fieldEvidence(pod, `log of ${container}`, lines.map(shortened).join('\n'))]
}

/** A long line as its head, the words in it that tell most, and its end: where those stand in the head or are not known, more of the head. */
function shortened(line: string): string {
  if (line.length <= mostLine) return line
  const focus = heard(crashes, line, undefined)?.focus ?? ''
  const place = focus === '' ? -1 : line.indexOf(focus)
  const end = line.length - lineTail
  if (place < lineHead - aroundFocus) return `${line.slice(0, lineHead)} … ${line.slice(end)}`
  const [from, to] = [place - aroundFocus, place + Math.max(mostLine - 2 * aroundFocus, focus.length)]
  const head = from <= aroundFocus ? line.slice(0, from) : `${line.slice(0, aroundFocus)} … `
  return `${head}${line.slice(from, to)}${to < end ? ' … ' : ''}${line.slice(Math.max(to, end))}`
}

function numberOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}
