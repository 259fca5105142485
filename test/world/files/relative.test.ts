import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { workspaceFiles } from '../../../src/world/files/disk.ts'

const top = realpathSync(mkdtempSync(join(tmpdir(), 'fluxpilot-relative-')))
after(() => rmSync(top, { recursive: true, force: true }))
for (const folder of ['one/deploy', 'two/deploy', 'elsewhere/deploy']) {
  mkdirSync(join(top, folder), { recursive: true })
  writeFileSync(join(top, folder, 'a.yaml'), folder)
}
symlinkSync(join(top, 'elsewhere'), join(top, 'one/away'))
const workspaces = [join(top, 'one'), join(top, 'two')]

test('a relative path counts from the working directory where that is in a workspace', async () => {
  const files = workspaceFiles(workspaces, join(top, 'two/deploy'))
  assert.equal(await files.resolve('a.yaml'), join(top, 'two/deploy/a.yaml'))
  assert.equal(await files.resolve('../deploy'), join(top, 'two/deploy'))
  assert.deepEqual(
    (await files.list('.')).map(entry => entry.name),
    ['a.yaml'],
  )
})

test('and from the first workspace where it is elsewhere', async () => {
  const files = workspaceFiles(workspaces, join(top, 'elsewhere'))
  assert.equal(await files.resolve('./deploy/a.yaml'), join(top, 'one/deploy/a.yaml'))
  assert.equal((await files.stat('deploy'))?.type, 'folder')
  await files.write('deploy/b.yaml', Buffer.from('b'))
  assert.equal(await files.resolve(join(top, 'one/deploy/b.yaml')), join(top, 'one/deploy/b.yaml'))
})

test('it leads out of the workspaces neither by dots nor by links', async () => {
  const files = workspaceFiles(workspaces, join(top, 'elsewhere'))
  for (const path of ['../elsewhere/deploy', 'away/deploy', 'none/../../elsewhere/deploy', '..'])
    await assert.rejects(files.resolve(path), { code: 'OUTSIDE_WORKSPACE' }, path)
})
