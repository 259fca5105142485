import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findProgram } from '../../scripts/refs/cache.ts'
import type { Clock } from '../../src/world/clock/clock.ts'
import { realClock } from '../../src/world/clock/real.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { openRegistries } from '../../src/world/registry/open.ts'
import type { Access, Registry } from '../../src/world/registry/registry.ts'
import { machine } from './git.ts'

export type Adapter = 'builtin' | 'oras'

/** Environment in which the oras CLI of the reference programs is found. */
export function orasEnv(): Record<string, string | undefined> {
  const oras = findProgram('oras')
  return { PATH: [...(oras ? [dirname(oras)] : []), process.env.PATH ?? ''].join(':') }
}

/** The machine's clock, but nobody sleeps a short sleep: how long is kept in `waits`, in milliseconds. */
export function instantClock(waits: number[]): Clock {
  return {
    ...realClock,
    async sleep(ms, signal) {
      if (ms > 60_000) return realClock.sleep(ms, signal)
      signal.throwIfAborted()
      waits.push(ms)
    },
  }
}

/** An adapter for one way of access, with a home of its own. */
export async function openAdapter(
  adapter: Adapter,
  {
    access = { credentials: { type: 'anonymous' } },
    env = {},
    clock = realClock,
    home,
  }: { access?: Access; env?: Record<string, string | undefined>; clock?: Clock; home?: string } = {},
): Promise<{ registry: Registry; home: string; close(): Promise<void> }> {
  const folder = home ?? mkdtempSync(join(tmpdir(), 'fluxpilot-home-'))
  const whole = { ...orasEnv(), HOME: folder, ...env }
  const http = createHttp(whole)
  const registries = openRegistries({
    http,
    clock,
    env: whole,
    home: folder,
    start: machine.start,
    oras: adapter === 'oras' ? 'required' : 'off',
  })
  return {
    registry: await registries.open(access, 'transfer'),
    home: folder,
    async close() {
      await http.close()
      if (home === undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
