import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { workspaceFiles } from '../../../src/world/files/disk.ts'
import { seeded } from '../../support/random.ts'
import { smallDisk } from '../../support/small-disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-replace-'))
const outside = mkdtempSync(join(tmpdir(), 'fluxpilot-outside-'))
after(() => {
  for (const one of [folder, outside]) rmSync(one, { recursive: true, force: true })
})
const files = workspaceFiles([folder])
const at = (name: string): string => join(folder, name)

test('content is replaced, by its path or a link; modes stay, and nothing else is left', async () => {
  mkdirSync(at('one'))
  writeFileSync(at('one/a'), 'old')
  writeFileSync(at('one/b'), 'old')
  for (const [name, mode] of [
    ['a', 0o755],
    ['b', 0o666],
  ] as const)
    chmodSync(at(`one/${name}`), mode)
  symlinkSync(at('one/b'), at('one/link'))
  await files.replace(
    new Map([
      [at('one/a'), Buffer.from('new a')],
      [at('one/link'), Buffer.from('new b')],
    ]),
  )
  assert.deepEqual([readFileSync(at('one/a'), 'utf8'), readFileSync(at('one/b'), 'utf8')], ['new a', 'new b'])
  assert.deepEqual(
    ['a', 'b'].map(name => statSync(at(`one/${name}`)).mode & 0o777),
    [0o755, 0o666],
  )
  assert.deepEqual(readdirSync(at('one')), ['a', 'b', 'link'])
})

test('one that cannot be replaced leaves all as they were', async () => {
  mkdirSync(at('two'))
  writeFileSync(at('two/a'), 'old')
  linkSync(at('two/a'), at('two/same'))
  symlinkSync(outside, at('two/away'))
  writeFileSync(join(outside, 'x'), 'old')
  for (const [path, code] of [
    [at('two/absent'), 'NOT_FOUND'],
    [at('two/away/x'), 'OUTSIDE_WORKSPACE'],
  ] as const)
    await assert.rejects(
      files.replace(
        new Map([
          [at('two/a'), Buffer.from('new')],
          [path, Buffer.from('new')],
        ]),
      ),
      { code },
    )
  assert.deepEqual([readFileSync(at('two/a'), 'utf8'), readFileSync(join(outside, 'x'), 'utf8')], ['old', 'old'])
  assert.deepEqual(readdirSync(at('two')), ['a', 'away', 'same'])
})

test('a full disk leaves all files as they were', async t => {
  const disk = smallDisk(256 * 1024)
  if (!disk) return t.skip('no file system may be mounted here')
  try {
    const own = workspaceFiles([disk.folder])
    for (const name of ['a', 'b']) writeFileSync(join(disk.folder, name), 'old')
    const wanted = new Map(['a', 'b'].map(name => [join(disk.folder, name), Buffer.alloc(150 * 1024, name)]))
    await assert.rejects(own.replace(wanted), { code: 'DISK_FULL' })
    assert.deepEqual(
      readdirSync(disk.folder).map(name => readFileSync(join(disk.folder, name), 'utf8')),
      ['old', 'old'],
    )
  } finally {
    disk.remove()
  }
})

test('killed at any time, each file is whole, and the next call leaves nothing else', async () => {
  const [count, random] = [8, seeded(5)]
  mkdirSync(at('kill'))
  for (let i = 0; i < count; i++) writeFileSync(at(`kill/${i}`), Buffer.alloc(50_000, 'a'), { mode: 0o640 })
  for (let kill = 0; kill < 4; kill++) {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'replace-child.ts'), at('kill'), String(count)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await wait(random() * 40)
    child.kill('SIGKILL')
    await once(child, 'close')
    for (let i = 0; i < count; i++) {
      const content = readFileSync(at(`kill/${i}`), 'latin1')
      assert.ok(content === 'a'.repeat(50_000) || content === 'b'.repeat(50_000), `file ${i} after kill ${kill}`)
      assert.equal(statSync(at(`kill/${i}`)).mode & 0o777, 0o640)
    }
  }
  await files.replace(new Map([[at('kill/0'), Buffer.from('end')]]))
  assert.deepEqual(
    readdirSync(at('kill')),
    Array.from({ length: count }, (_, i) => String(i)),
  )
})
