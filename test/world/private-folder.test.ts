import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { folderPrefix, privateFolder, sweepFolders } from '../../src/world/private-folder.ts'

const parent = mkdtempSync(join(tmpdir(), 'fluxpilot-parent-'))
after(() => rmSync(parent, { recursive: true, force: true }))
const made = (name: string): string => {
  mkdirSync(join(parent, name))
  writeFileSync(join(parent, name, 'secret'), 'x')
  return join(parent, name)
}

test('a private folder is ours alone', async () => {
  const folder = await privateFolder('words', parent)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.ok(folder.startsWith(join(parent, folderPrefix('words'))))
})

test('what a dead process left goes, its number being that of another now or not; what lives, what is of another machine and what is not ours stays', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const dead = made(`${folderPrefix('scratch', pid)}abc`)
  const reused = made(`${folderPrefix('scratch').replace(/\d+-$/, '1-')}abc`)
  const stay = [
    made(`${folderPrefix('scratch')}abc`),
    made(`${folderPrefix('scratch', 1)}abc`),
    made(`fluxpilot-scratch-000000000000-${pid}--abc`),
    made(`fluxpilot-${pid}-abc`),
    made('somebody-else'),
  ]
  await sweepFolders(parent)
  assert.deepEqual([existsSync(dead), existsSync(reused)], [false, false])
  assert.deepEqual(
    stay.map(path => existsSync(path)),
    stay.map(() => true),
  )
})

test('a folder that cannot be read is no reason to fail', async () => {
  await sweepFolders(join(parent, 'nothing'))
})
