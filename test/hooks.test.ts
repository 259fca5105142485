import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const hooks = pathToFileURL(join(import.meta.dirname, '../scripts/test-hooks.ts')).href
/** Errors that come late, tests in tests, hooks: what needs to know which test is running. */
const fixture = `
import { after, before, describe, suite, test } from 'node:test'
const later = () => new Promise(done => setTimeout(done, 50))
suite('file', async () => {
  await later()
  describe('inner suite', () => {
    before(async () => { await later() })
    test('throws later', async () => { setTimeout(() => { throw new Error('late') }, 10); await later() })
    test('rejects later', async () => { await 1; void Promise.reject(new Error('unheard')); await later() })
    test('has others', async t => { await 1; await t.test('one', later); await test('another', later); t.after(later) })
    test('leaves something', async () => { setTimeout(() => { throw new Error('after the end') }, 200) })
    test('waits', async () => { await later(); for (let i = 0; i < 5; i++) await later() })
    after(later)
  })
})
`

test('with the hooks that tests run under, a test runner tells the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-hooks-'))
  const file = join(folder, 'fixture.mjs')
  writeFileSync(file, fixture)
  const told = (args: readonly string[]): string => {
    const env = { PATH: process.env.PATH ?? '' }
    const { stdout, status } = spawnSync(process.execPath, [...args, '--test-reporter=tap', file], { env, encoding: 'utf8' })
    return `${status} ${stdout.replaceAll(/duration_ms:? [\d.]+/g, '')}`
  }
  try {
    const plain = told([])
    assert.match(plain, /not ok \d - throws later[\s\S]*not ok \d - rejects later[\s\S]*ok \d - one[\s\S]*after the end/)
    assert.equal(told([`--import=${hooks}`]), plain)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
