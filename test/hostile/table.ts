import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CodedError } from '../../src/lib/coded-error.ts'
import { startHostile } from '../support/hostile.ts'

export type Handle = (request: IncomingMessage, response: ServerResponse) => void

/** Where a case happens. */
export interface Room {
  /** A folder that the case may fill. What is beside it must stay as it is. */
  readonly root: string
  /** Credentials for the case to use: no stranger may see this text. */
  readonly secret: string
  /** A server of another origin, `http://127.0.0.1:…`: whatever it is asked, it is asked without credentials. */
  readonly stranger: string
  /** Ends when the case took too long. */
  readonly signal: AbortSignal
  /** A server that answers as told, until the case is over: its `http://127.0.0.1:…`. */
  serve(handle: Handle): Promise<string>
}

export interface HostileCase {
  /** What is hostile, as a noun: `a path that climbs`. */
  readonly says: string
  readonly code: string | readonly string[]
  /** Does what a user would; throws, or answers a code such as the reason of a condition, or `held` where harmless is the right outcome. */
  attack(room: Room): Promise<string>
}

/** At least eight cases of one kind. */
export interface HostileClass {
  readonly name: string
  readonly cases: readonly HostileCase[]
}

/** What no case may exceed: growth of the process in bytes at its peak, and time in milliseconds, after which it counts as hung. */
export const bounds = { memory: 64 * 1024 * 1024, timeMs: 10_000 }

/** What a case took. */
export interface Taken {
  readonly ms: number
  readonly memory: number
}

const tries = 3

/**
 * Runs a case in a room of its own and holds it to everything that every case promises. What a case holds it holds each time; what the collector had no
 * reason yet to take back is not there again: so the least growth of some runs counts.
 */
export async function endure(hostile: HostileCase): Promise<Taken> {
  let best = await endured(hostile)
  for (let again = 1; again < tries && best.memory > bounds.memory; again++) {
    const taken = await endured(hostile)
    if (taken.memory < best.memory) best = taken
  }
  assert.ok(best.memory <= bounds.memory, `memory grew by ${megabytes(best.memory)} MiB`)
  return best
}

async function endured({ code, attack, says }: HostileCase): Promise<Taken> {
  const made = await makeRoom()
  collectGarbage()
  const meter = startMeter()
  const began = performance.now()
  try {
    const seen = await inTime(attack(made.room).catch(codeOf), made.room.signal, says)
    const taken = { ms: performance.now() - began, memory: meter.stop() }
    assert.ok([code].flat().includes(seen), `the code is ${seen}, not ${[code].flat().join(' or ')}`)
    assert.deepEqual(made.outside(), { 'beside.txt': 'as it was' }, 'something was written outside the root')
    assert.deepEqual(made.leaks(), [], 'credentials reached another origin')
    return taken
  } finally {
    meter.stop()
    await made.close()
  }
}

async function makeRoom() {
  const place = mkdtempSync(join(tmpdir(), 'fluxpilot-hostile-'))
  const root = join(place, 'root')
  mkdirSync(root)
  writeFileSync(join(place, 'beside.txt'), 'as it was')
  const secret = 'hunter2-is-secret'
  const asked: string[] = []
  const servers: { close(): Promise<void> }[] = []
  const serve = async (handle: Handle): Promise<string> => {
    const server = await startHostile(handle)
    servers.push(server)
    return server.url
  }
  const stranger = await serve((request, response) => {
    asked.push(JSON.stringify([request.url, request.rawHeaders]))
    response.writeHead(200).end('{}')
  })
  const signal = AbortSignal.timeout(bounds.timeMs)
  return {
    room: { root, secret, stranger, signal, serve } satisfies Room,
    outside: () =>
      Object.fromEntries(
        readdirSync(place)
          .filter(name => name !== 'root')
          .map(name => [name, readFileSync(join(place, name), 'utf8')]),
      ),
    leaks: () => asked.filter(request => /authorization|cookie/i.test(request) || hides(request, secret)),
    async close() {
      await Promise.all(servers.map(server => server.close()))
      rmSync(place, { recursive: true, force: true })
    },
  }
}

/** Whether a text has a secret as it is, or as base64 has it behind a user's name. */
function hides(text: string, secret: string): boolean {
  return text.includes(secret) || [0, 1, 2].some(shift => text.includes(encodedCore(secret, shift)))
}

function encodedCore(secret: string, shift: number): string {
  return Buffer.from('x'.repeat(shift) + secret)
    .toString('base64')
    .slice(4, -4)
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof CodedError) return String(thrown.code)
  throw thrown
}

/** A hang is a failed test, not a hung run. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal, says: string): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const late = (): void => reject(new Error(`${says}: no end after ${bounds.timeMs} ms`))
  signal.addEventListener('abort', late, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', late)
  }
}

/** Measures the peak of this process from now on. Linux keeps it; elsewhere it is looked at from time to time. */
function startMeter(): { stop(): number } {
  const before = process.memoryUsage.rss()
  const kept = resetPeak()
  let [peak, stopped] = [before, false]
  const look = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10)
  return {
    stop() {
      if (stopped) return peak - before
      stopped = true
      clearInterval(look)
      peak = Math.max(peak, process.memoryUsage.rss(), kept ? peakOfProcess() : 0)
      return peak - before
    },
  }
}

function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
    return true
  } catch {
    return false
  }
}

function peakOfProcess(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024
}

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
/** What may lie about when a case begins: a case that fills what is free anyway would seem to grow by that much less. */
const slack = 8 * 1024 * 1024
let clean = 0

/** Collects what is left of the cases before, once that is more than the slack. */
function collectGarbage(): void {
  if (held() <= clean + slack) return
  gc()
  clean = held()
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}

/** The table for people: class, cases, the longest time, the greatest growth. */
export function printed(rows: readonly { readonly name: string; readonly taken: readonly Taken[] }[]): string {
  const worst = (of: number[]): number => Math.max(0, ...of)
  const cells = rows.map(({ name, taken }) => [
    name,
    String(taken.length),
    `${worst(taken.map(t => t.ms)).toFixed(0)} ms`,
    `${megabytes(worst(taken.map(t => t.memory)))} MiB`,
  ])
  const all = [['class', 'cases', 'worst time', 'worst growth'], ...cells]
  const widths = [0, 1, 2, 3].map(i => Math.max(...all.map(row => row[i]?.length ?? 0)))
  return all.map(row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')).join('\n')
}
