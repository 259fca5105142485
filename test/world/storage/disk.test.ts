import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { manualClock } from '../../../src/world/clock/manual.ts'
import { diskArtifacts } from '../../../src/world/storage/disk.ts'
import { verifies } from '../../conformance/verifies.ts'
import { file, owner, pieces, signal, storageContract } from './contract.ts'

const folders: string[] = []
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-disk-'))
  folders.push(folder)
  return folder
}
after(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })))
const opened = (folder = newFolder(), seed = 1) => {
  const clock = manualClock(Date.UTC(2026, 0, 1), seed)
  return {
    folder,
    clock,
    artifacts: diskArtifacts({ folder, advertised: 'storage.test:9090', clock }),
    place: join(folder, 'ocirepository/apps/app'),
  }
}

storageContract('artifacts on disk', async () => {
  const { folder, clock, artifacts, place } = opened()
  return {
    artifacts,
    clock,
    read: path => readFile(join(folder, path)).catch(() => undefined),
    async damage(path, content) {
      writeFileSync(join(folder, path), content)
    },
    names: async () => (await readdir(place).catch(() => [])).toSorted(),
    async age(path, ms) {
      const at = new Date(clock.now() - ms)
      utimesSync(join(folder, path), at, at)
    },
    stop: async () => {},
  }
})

test('files are for their owner only', async () => {
  const { artifacts, place } = opened()
  await artifacts.store(file('it'), pieces('x'), signal)
  assert.deepEqual([statSync(join(place, 'it')).mode & 0o777, statSync(place).mode & 0o777], [0o600, 0o700])
})
test('an address with a scheme is used as it is', () => {
  const artifacts = (advertised: string) => diskArtifacts({ folder: newFolder(), advertised, clock: manualClock() })
  assert.equal(artifacts('https://store.example.com/').urlOf('a/b'), 'https://store.example.com/a/b')
  assert.equal(artifacts('store.example.com').urlOf('a/b'), 'http://store.example.com/a/b')
})
test('a file in the place of the folder', async () => {
  const { artifacts, folder } = opened()
  writeFileSync(join(folder, 'ocirepository'), '')
  await assert.rejects(artifacts.store(file('it'), pieces('x'), signal), { name: 'StorageError', code: 'NO_FOLDER' })
})
test('a folder in the place of the file goes; one in the place of the link is told', async () => {
  const { artifacts, place } = opened()
  mkdirSync(join(place, 'it', 'x'), { recursive: true })
  const it = await artifacts.store(file('it'), pieces('x'), signal)
  assert.deepEqual([await artifacts.verify(it, signal), readdirSync(place)], [{ is: 'ok' }, ['it']])
  mkdirSync(join(place, 'latest', 'x'), { recursive: true })
  const artifact = await artifacts.store(file('other'), pieces('x'), signal)
  await assert.rejects(artifacts.link(artifact, 'latest'), { name: 'StorageError', code: 'WRITE_FAILED' })
})
test('a link in the place of the file is not followed', async () => {
  const { artifacts, place, folder } = opened()
  const artifact = await artifacts.store(file('it'), pieces('x'), signal)
  rmSync(join(place, 'it'))
  writeFileSync(join(folder, 'outside'), 'x')
  symlinkSync(join(folder, 'outside'), join(place, 'it'))
  assert.deepEqual(await artifacts.verify(artifact, signal), { is: 'missing' })
  assert.ok(existsSync(join(folder, 'outside')))
})
test('what a killed process left behind is collected', async () => {
  const { artifacts, place, clock } = opened()
  const current = await artifacts.store(file('it'), pieces('x'), signal)
  writeFileSync(join(place, 'it.0a1b2c3d.tmp'), 'half')
  const old = new Date(clock.now() - 120_000)
  utimesSync(join(place, 'it.0a1b2c3d.tmp'), old, old)
  assert.equal(await artifacts.collect(owner, current, { ttlMs: 60_000, records: 2 }), 1)
  assert.deepEqual(readdirSync(place), ['it'])
})
verifies('sources/90', 'only the first thousand files are looked at', async () => {
  const { artifacts, place, clock } = opened()
  mkdirSync(place, { recursive: true })
  const old = new Date(clock.now() - 1000)
  for (let i = 0; i < 1003; i++) {
    const path = join(place, `artifact${String(i).padStart(4, '0')}`)
    writeFileSync(path, '')
    utimesSync(path, old, old)
  }
  const current = await artifacts.store(file('current'), pieces('x'), signal)
  assert.equal(await artifacts.collect(owner, current, { ttlMs: 500, records: 2 }), 1000)
  assert.deepEqual(readdirSync(place), ['artifact1000', 'artifact1001', 'artifact1002', 'current'])
})
verifies('sources/88.2', 'locks do not count, and go with their files', async () => {
  const { artifacts, place, clock } = opened()
  let current = await artifacts.store(file('artifact1'), pieces('1'), signal)
  for (const i of [1, 2, 3, 4, 5]) {
    current = await artifacts.store(file(`artifact${i}`), pieces(String(i)), signal)
    const at = new Date(clock.now() - (6 - i) * 10)
    utimesSync(join(place, `artifact${i}`), at, at)
    if (i < 4) writeFileSync(join(place, `artifact${i}.lock`), '')
  }
  assert.equal(await artifacts.collect(owner, current, { ttlMs: 120_000, records: 2 }), 3)
  assert.deepEqual(readdirSync(place), ['artifact4', 'artifact5'])
})

test('what is stored is read at its own URL, by its link as well, and nothing else is', async () => {
  const { artifacts, folder } = opened()
  const artifact = await artifacts.store(file('a.tar.gz'), pieces('content'), signal)
  const link = await artifacts.link(artifact, 'latest.tar.gz')
  const read = async (url: string): Promise<string | undefined> => {
    const content = await artifacts.open(url)
    return content && Buffer.concat(await Array.fromAsync(content)).toString()
  }
  assert.deepEqual([await read(artifact.url), await read(link)], ['content', 'content'])
  writeFileSync(join(folder, '../outside'), 'secret')
  symlinkSync('../../../../outside', join(folder, 'ocirepository/apps/app/out'))
  for (const url of [
    'http://storage.test:9090/ocirepository/apps/app/none',
    'http://other.test:9090/ocirepository/apps/app/a.tar.gz',
    'http://storage.test:9090/',
    'http://storage.test:9090/../outside',
    'http://storage.test:9090/ocirepository/apps/app/out',
  ])
    assert.equal(await read(url), undefined, url)
  rmSync(join(folder, '../outside'))
})

test('a look at a file that is given up closes it', async () => {
  const [folder, clock, stop] = [newFolder(), manualClock(), new AbortController()]
  const held = new Set<unknown>()
  const watching: typeof promises.open = async (...args) => {
    const handle = await promises.open(...args)
    const close = handle.close.bind(handle)
    held.add(handle)
    handle.close = async () => {
      held.delete(handle)
      await close()
    }
    if (args[1] === undefined) stop.abort(new Error('enough'))
    return handle
  }
  const artifacts = diskArtifacts({ folder, advertised: 'x', clock, files: { ...promises, open: watching } })
  const stored = await artifacts.store(file('it'), pieces('content'), signal)
  await assert.rejects(artifacts.verify(stored, stop.signal), /enough/)
  assert.equal(held.size, 0)
})
