import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { realClock } from '../../../src/world/clock/real.ts'
import { createHttp } from '../../../src/world/http/client.ts'
import type { RegistryErrorCode } from '../../../src/world/registry/error.ts'
import { openRegistries } from '../../../src/world/registry/open.ts'
import type { Access, Registries } from '../../../src/world/registry/registry.ts'
import { coded } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-open-'))
const http = createHttp({})
after(async () => {
  await http.close()
  rmSync(folder, { recursive: true, force: true })
})
const anonymous: Access = { credentials: { type: 'anonymous' } }

let count = 0
/** Registries with a program called oras on PATH that says what it is given to say. */
function withOras(said: string | undefined, mode: 'auto' | 'required' | 'off'): Registries & { upgrade(said: string): void } {
  const bin = mkdtempSync(join(folder, 'bin-'))
  const upgrade = (text: string): void => {
    writeFileSync(join(bin, 'oras'), `#!/bin/sh\n# ${'x'.repeat(++count)}\n${text}\n`)
    chmodSync(join(bin, 'oras'), 0o755)
  }
  if (said !== undefined) upgrade(said)
  const env = { PATH: `${bin}:/usr/bin:/bin` }
  return { ...openRegistries({ http, clock: realClock, env, home: folder, oras: mode }), upgrade }
}

const table: [says: string, said: string | undefined, auto: 'builtin' | 'oras', required: 'oras' | RegistryErrorCode][] = [
  ['none', undefined, 'builtin', 'ORAS_MISSING'],
  ['version 1.1', 'echo "Version:        1.1.0+Homebrew"', 'builtin', 'ORAS_TOO_OLD'],
  ['version 0.16', 'echo "Version: v0.16.0"', 'builtin', 'ORAS_TOO_OLD'],
  ['version 1.2', 'echo "Version: 1.2.0"', 'oras', 'oras'],
  ['version 1.10', 'echo "Version: 1.10.3"', 'oras', 'oras'],
  ['version 2.0', 'echo "Version: v2.0.0"', 'oras', 'oras'],
  ['another program of that name', 'echo "I am something else"', 'builtin', 'ORAS_MISSING'],
  ['one that fails', 'echo "Version: 1.3.0"; exit 3', 'builtin', 'ORAS_MISSING'],
]
for (const [says, said, auto, required] of table)
  test(`with ${says} on PATH, auto takes ${auto}, required ${required}`, async () => {
    assert.equal((await withOras(said, 'auto').open(anonymous, 'transfer')).served, auto)
    const forced = withOras(said, 'required').open(anonymous, 'transfer')
    if (required === 'oras') assert.equal((await forced).served, 'oras')
    else await assert.rejects(forced, coded(required))
    assert.equal((await withOras(said, 'off').open(anonymous, 'transfer')).served, 'builtin')
    for (const mode of ['auto', 'required', 'off'] as const)
      assert.equal((await withOras(said, mode).open(anonymous, 'lookup')).served, 'builtin')
  })
test('a program that is installed or upgraded later is found', async () => {
  const registries = withOras(undefined, 'auto')
  assert.equal((await registries.open(anonymous, 'transfer')).served, 'builtin')
  registries.upgrade('echo "Version: 1.1.0"')
  assert.equal((await registries.open(anonymous, 'transfer')).served, 'builtin')
  registries.upgrade('echo "Version: 1.3.0"')
  assert.equal((await registries.open(anonymous, 'transfer')).served, 'oras')
})
test('one way of access is one client, another way another', async () => {
  const registries = withOras(undefined, 'off')
  const first = await registries.open(anonymous, 'lookup')
  assert.equal(await registries.open({ credentials: { type: 'anonymous' } }, 'transfer'), first)
  assert.notEqual(await registries.open({ ...anonymous, insecure: true }, 'lookup'), first)
  assert.notEqual(await registries.open({ credentials: { type: 'bearer', token: 't' } }, 'lookup'), first)
})
