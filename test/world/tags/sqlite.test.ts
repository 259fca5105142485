import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { findProgram } from '../../../scripts/refs/cache.ts'
import { sqliteTags } from '../../../src/world/tags/sqlite.ts'
import { tagsContract } from './contract.ts'
import { image, owner } from './owner.ts'

const root = mkdtempSync(join(tmpdir(), 'fluxpilot-tags-'))
let files = 0
const place = (): string => join(root, String(++files), 'tags.sqlite')
after(() => rmSync(root, { recursive: true, force: true }))

describe('tags in SQLite', () => {
  const open: { close(): void }[] = []
  tagsContract(() => {
    const opened = sqliteTags({ file: place() })
    open.push(opened)
    return opened
  })
  after(() => open.forEach(one => one.close()))
})

test('what was written is there after a restart, for us alone, and nothing is made before the first use', async () => {
  const file = place()
  const first = sqliteTags({ file })
  assert.throws(() => statSync(dirname(file)), { code: 'ENOENT' })
  await first.write(owner, image, ['a'])
  first.close()
  assert.deepEqual([statSync(dirname(file)).mode & 0o777, statSync(file).mode & 0o777], [0o700, 0o600])
  const second = sqliteTags({ file })
  assert.deepEqual(await second.read(owner, image), ['a'])
  second.close()
  second.close()
})
test('two processes may have it open at once', async () => {
  const file = place()
  const [one, other] = [sqliteTags({ file }), sqliteTags({ file })]
  await one.write(owner, image, ['a'])
  await other.write({ ...owner, name: 'b' }, image, ['b'])
  assert.deepEqual([await other.read(owner, image), await one.read({ ...owner, name: 'b' }, image)], [['a'], ['b']])
  one.close()
  other.close()
})
test('two processes may begin it at once, and one of another form is begun anew', async () => {
  const file = place()
  const after = async (version: number): Promise<readonly string[]> => {
    const database = new DatabaseSync(file)
    database.exec(`PRAGMA user_version = ${version}`)
    database.close()
    const tags = sqliteTags({ file })
    const found = await tags.read(owner, image)
    tags.close()
    return found
  }
  const first = sqliteTags({ file })
  await first.write(owner, image, ['a'])
  first.close()
  assert.deepEqual([await after(0), await after(99)], [['a'], []])
})
test('a file that is no database is begun anew', async () => {
  const file = place()
  mkdirSync(dirname(file))
  writeFileSync(file, 'no database, but long enough to look like one'.repeat(1000))
  const tags = sqliteTags({ file })
  assert.deepEqual(await tags.read(owner, image), [])
  await tags.write(owner, image, ['a'])
  tags.close()
  const bytes = readFileSync(file)
  bytes.fill(0xff, 4096)
  writeFileSync(file, bytes)
  const again = sqliteTags({ file })
  assert.deepEqual(await again.read(owner, image), [])
  await again.write(owner, image, ['b'])
  assert.deepEqual(await again.read(owner, image), ['b'])
  again.close()
})
test('a full disk is told, and the scan of before stays', async () => {
  const file = place()
  const tags = sqliteTags({ file, maxBytes: 64 * 1024 })
  await tags.write(owner, image, ['a'])
  const many = Array.from({ length: 20_000 }, (_, i) => `${i}-${(i * 2654435761) % 4294967296}`)
  await assert.rejects(tags.write(owner, image, many), { name: 'StorageError', code: 'DISK_FULL' })
  assert.deepEqual(await tags.read(owner, image), ['a'])
  await tags.write(owner, image, ['b'])
  assert.deepEqual(await tags.read(owner, image), ['b'])
  tags.close()
})
test('a folder that cannot be made is told', async () => {
  const file = place()
  writeFileSync(dirname(file), '')
  await assert.rejects(sqliteTags({ file }).read(owner, image), { name: 'StorageError', code: 'NO_FOLDER' })
})
test('a folder that may not be written to is told', { skip: process.getuid?.() === 0 ? 'root may write everywhere' : false }, async () => {
  const file = place()
  mkdirSync(dirname(file))
  chmodSync(dirname(file), 0o500)
  await assert.rejects(sqliteTags({ file }).write(owner, image, ['a']), { name: 'StorageError', code: 'NO_FOLDER' })
})

const child = join(import.meta.dirname, 'kill-child.ts')
test('a process killed while it writes leaves whole scans, and the next one goes on', async t => {
  const file = place()
  for (const writes of [1, 2, 3, 5, 8]) {
    const writer = spawn(process.execPath, [child, file], { stdio: ['ignore', 'pipe', 'inherit'] })
    let [said, seen] = [0, '']
    for await (const chunk of writer.stdout) {
      seen += String(chunk)
      said = seen.split('\n').length - 1
      if (said >= writes) break
    }
    writer.kill('SIGKILL')
    if (writer.exitCode === null && writer.signalCode === null) await once(writer, 'close')
    const tags = sqliteTags({ file })
    const found = await tags.read(owner, image)
    const [round] = (found[0] ?? '').split('-')
    assert.ok(Number(round) >= said, `${round} after ${said}`)
    assert.deepEqual(
      found,
      Array.from({ length: 5000 }, (_, i) => `${round}-${i}`),
    )
    tags.close()
    t.diagnostic(`${said} scans told, ${round} there`)
  }
})

for (const program of [process.execPath, findProgram('node-floor')].filter(found => found !== undefined))
  test(`nothing is written to standard error by ${program === process.execPath ? 'this Node' : 'the oldest Node that may be used'}`, () => {
    const script = `import { sqliteTags } from ${JSON.stringify(join(import.meta.dirname, '../../../src/world/tags/sqlite.ts'))}
      const tags = sqliteTags({ file: ${JSON.stringify(place())} })
      await tags.write(${JSON.stringify(owner)}, 'a', ['b'])
      process.stdout.write((await tags.read(${JSON.stringify(owner)}, 'a')).join())
      tags.close()`
    const { stdout, stderr } = spawnSync(program, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    assert.deepEqual([stdout, stderr.replaceAll(/^.*(Type Stripping|--trace-warnings).*\n/gm, '')], ['b', ''])
  })
