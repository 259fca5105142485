import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { realClock } from '../../../src/world/clock/real.ts'
import { diskArtifacts } from '../../../src/world/storage/disk.ts'
import { signal } from './contract.ts'
import { killedWork, newest } from './killed-work.ts'

/** Whole contents by name: a name never has anything else. */
const whole = ['one', 'two', 'three']

async function killedAt(call: number, when: 'before' | 'after'): Promise<{ folder: string; said: string; by: string | null }> {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-killed-'))
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-child.ts'), folder, String(call), when], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await once(child, 'close')
  return { folder, said, by: child.signalCode }
}

/** After a kill every file is whole; the next run converges, and leaves nothing of the dead writer. */
async function converges(folder: string): Promise<void> {
  const place = join(folder, 'ocirepository/apps/app')
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(e => e.isFile() && !e.name.endsWith('.tmp'))
  for (const { name } of names) assert.deepEqual([whole.includes(name), readFileSync(join(place, name), 'utf8')], [true, name])
  const artifacts = diskArtifacts({ folder, advertised: 'storage.test', clock: realClock })
  const current = await killedWork(artifacts)
  assert.deepEqual(await artifacts.verify(current, signal), { is: 'ok' })
  assert.deepEqual([readdirSync(place), readlinkSync(join(place, 'latest'))], [['latest', newest], newest])
  rmSync(folder, { recursive: true })
}

test('a process killed at any of its writes leaves whole files, and the next run converges', async t => {
  const { said, folder } = await killedAt(0, 'before')
  rmSync(folder, { recursive: true })
  const calls = Number(said)
  assert.ok(calls > 30, said)
  t.diagnostic(`${calls} calls`)
  for (let call = 1; call <= calls; call += 2) {
    const both = await Promise.all([killedAt(call, 'after'), killedAt(Math.min(call + 1, calls), 'after')])
    for (const { by, folder: left } of both) {
      assert.equal(by, 'SIGKILL')
      await converges(left)
    }
  }
})
test('a process killed before its first write leaves what the next run needs nothing of', async () => {
  const { by, folder } = await killedAt(1, 'before')
  assert.equal(by, 'SIGKILL')
  await converges(folder)
})
