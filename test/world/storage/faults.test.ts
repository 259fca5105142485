import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as promises from 'node:fs/promises'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { digestAlgorithms, digester } from '../../../src/lib/digest.ts'
import { openStorage } from '../../../src/main/compose.ts'
import { manualClock } from '../../../src/world/clock/manual.ts'
import { diskScratch } from '../../../src/world/storage/disk-scratch.ts'
import { diskArtifacts, type DiskOptions } from '../../../src/world/storage/disk.ts'
import type { Files } from '../../../src/world/storage/durable.ts'
import { serveArtifacts } from '../../../src/world/storage/serve.ts'
import { refusing, storingSteps } from '../../support/broken-disk.ts'
import { file, owner, pieces, signal } from './contract.ts'

/** Disks that refuse, and what the next run makes of it. Spec: sources 1.2, 1.3. */
const folders: string[] = []
after(() => folders.forEach(folder => rmSync(folder, { recursive: true, force: true })))
function opened(more: Partial<DiskOptions> = {}, seed = 1) {
  const folder = more.folder ?? mkdtempSync(join(tmpdir(), 'fluxpilot-faults-'))
  folders.push(folder)
  const clock = manualClock(Date.UTC(2026, 0, 1), seed)
  return {
    folder,
    clock,
    artifacts: diskArtifacts({ advertised: 'storage.test', clock, ...more, folder }),
    place: join(folder, 'ocirepository/apps/app'),
  }
}
const syncRefused =
  (code: string): Files['open'] =>
  async (path, flags, mode) => {
    const handle = await promises.open(path, flags, mode)
    return flags === 'r' ? Object.assign(handle, { sync: refusing(code) }) : handle
  }

const refusals = [
  ['ENOSPC', 'DISK_FULL', /^no space left to write '.*': free some/],
  ['EDQUOT', 'DISK_FULL', /^no space left/],
  ['EFBIG', 'FILE_LIMIT', /ulimit -f/],
  ['EIO', 'WRITE_FAILED', /check the folder's permissions and its disk/],
] as const
for (const [step, files] of storingSteps)
  for (const [errno, code, message] of refusals)
    test(`${errno} at ${step}: coded, the file of before stays, nothing is left, and the next run succeeds`, async () => {
      const { artifacts, folder, place } = opened()
      const before = await artifacts.store(file('before'), pieces('before'), signal)
      const broken = opened({ folder, files: { ...promises, ...files(errno) } }, 2)
      await assert.rejects(broken.artifacts.store(file('new'), pieces('new'), signal), { name: 'StorageError', code, message })
      await assert.rejects(broken.artifacts.store(file('before'), pieces('other'), signal), { code })
      assert.deepEqual([readdirSync(place), await artifacts.verify(before, signal)], [['before'], { is: 'ok' }])
      const next = await artifacts.store(file('new'), pieces('new'), signal)
      assert.deepEqual([await artifacts.verify(next, signal), readdirSync(place)], [{ is: 'ok' }, ['before', 'new']])
    })
for (const step of ['symlink', 'rename'] as const)
  test(`a full disk at the ${step} of a link: coded, the link of before stays, nothing is left`, async () => {
    const { artifacts, folder, place } = opened()
    await artifacts.link(await artifacts.store(file('one'), pieces('one'), signal), 'latest')
    const two = await artifacts.store(file('two'), pieces('two'), signal)
    const broken = opened({ folder, files: { ...promises, [step]: refusing('ENOSPC') } }, 2)
    await assert.rejects(broken.artifacts.link(two, 'latest'), { code: 'DISK_FULL' })
    assert.deepEqual([readdirSync(place), await promises.readlink(join(place, 'latest'))], [['latest', 'one', 'two'], 'one'])
    await artifacts.link(two, 'latest')
    assert.equal(await promises.readlink(join(place, 'latest')), 'two')
  })
test('a full disk where the folder is to be made', async () => {
  const { artifacts } = opened({ files: { ...promises, mkdir: refusing('ENOSPC') } })
  await assert.rejects(artifacts.store(file('it'), pieces('x'), signal), { code: 'DISK_FULL' })
})
test('a real limit of file size is told, with what to do', { skip: process.platform === 'win32' ? 'needs a shell' : false }, () => {
  const { folder, place } = opened()
  const module = (path: string): string => JSON.stringify(new URL(`../../../src/world/${path}`, import.meta.url).href)
  const program = `
    const { diskArtifacts } = await import(${module('storage/disk.ts')})
    const { realClock } = await import(${module('clock/real.ts')})
    const artifacts = diskArtifacts({ folder: ${JSON.stringify(folder)}, advertised: 'a', clock: realClock })
    async function* bytes() { for (let i = 0; i < 64; i++) yield Buffer.alloc(4096) }
    const at = ${JSON.stringify({ owner, filename: 'it', revision: 'v1' })}
    const thrown = await artifacts.store(at, bytes(), new AbortController().signal).catch(e => e)
    console.log(thrown.code)`
  const limited = 'trap "" XFSZ; ulimit -f 8; exec "$0" --input-type=module -e "$1"'
  const { stdout, stderr } = spawnSync('sh', ['-c', limited, process.execPath, program], { encoding: 'utf8' })
  assert.deepEqual([stdout.trim(), stderr, readdirSync(place)], ['FILE_LIMIT', '', []])
})

test('the folder is synced after the rename, and those above that were made', async () => {
  const { folder, place } = opened()
  const done: string[] = []
  const files: Files = {
    ...promises,
    open: (async (path, flags, mode) => {
      const handle = await promises.open(path, flags, mode)
      const sync = handle.sync.bind(handle)
      return Object.assign(handle, { sync: () => (done.push(flags === 'r' ? String(path) : 'file'), sync()) })
    }) satisfies Files['open'],
    rename: (from, to) => (done.push('rename'), promises.rename(from, to)),
  }
  const { artifacts } = opened({ folder, files })
  await artifacts.store(file('it'), pieces('x'), signal)
  const above = ['ocirepository/apps', 'ocirepository', ''].map(path => join(folder, path).replace(/\/$/, ''))
  assert.deepEqual(done, [...above, 'file', 'rename', place])
})
for (const [errno, is] of [
  ['EINVAL', 'stored'],
  ['EISDIR', 'stored'],
  ['EIO', 'WRITE_FAILED'],
] as const)
  test(`a folder whose sync fails with ${errno}: ${is}`, async () => {
    const { artifacts, folder, place } = opened()
    mkdirSync(place, { recursive: true })
    const broken = opened({ folder, files: { ...promises, open: syncRefused(errno) } }, 2)
    const said = await broken.artifacts.store(file('it'), pieces('x'), signal).then(
      () => 'stored',
      (thrown: { code: string }) => thrown.code,
    )
    assert.equal(said, is)
    const it = await artifacts.store(file('it'), pieces('x'), signal)
    assert.deepEqual(await artifacts.verify(it, signal), { is: 'ok' })
  })

test('what is half written is neither served, nor counted, nor collected while its writer lives', async () => {
  const { artifacts, folder, place } = opened()
  const server = await serveArtifacts({ folder, host: '127.0.0.1', port: 0 })
  const current = await artifacts.store(file('current'), pieces('x'), signal)
  const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  async function* slow(): AsyncIterable<Uint8Array> {
    yield Buffer.from('half')
    begun.resolve()
    await go.promise
  }
  const storing = artifacts.store(file('slow'), slow(), signal)
  await begun.promise
  const [half = ''] = readdirSync(place).filter(name => name.endsWith('.tmp'))
  utimesSync(join(place, half), new Date(0), new Date(0))
  assert.equal((await fetch(`http://${server.address}/ocirepository/apps/app/${half}`)).status, 404)
  assert.equal(await artifacts.collect(owner, current, { ttlMs: 1, records: 1 }), 0)
  await artifacts.store(file('current'), pieces('x'), signal)
  assert.ok(readdirSync(place).includes(half))
  go.resolve()
  assert.deepEqual(await artifacts.verify(await storing, signal), { is: 'ok' })
  await server.close()
})
test('temporary files of dead writers go, those of other machines when they are old', async () => {
  const { artifacts, clock, place } = opened()
  const current = await artifacts.store(file('current'), pieces('x'), signal)
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const machine = await machineOf(artifacts, place)
  const names = {
    dead: `.${machine}-${pid}-1-aa.tmp`,
    reused: `.${machine}-${process.pid}-1-aa.tmp`,
    foreign: '.000000000000-1-1-aa.tmp',
    old: '.000000000000-1-1-bb.tmp',
  }
  for (const name of Object.values(names)) writeFileSync(join(place, name), 'half')
  const at = (ms: number): Date => new Date(clock.now() - ms)
  utimesSync(join(place, names.foreign), at(3_599_000), at(3_599_000))
  utimesSync(join(place, names.old), at(3_601_000), at(3_601_000))
  assert.equal(await artifacts.collect(owner, current, { ttlMs: 1, records: 1 }), 0)
  assert.deepEqual(readdirSync(place), [names.foreign, 'current'])
})
/** How names of temporary files call this machine. */
async function machineOf(artifacts: ReturnType<typeof diskArtifacts>, place: string): Promise<string> {
  let seen = ''
  async function* looking(): AsyncIterable<Uint8Array> {
    seen = readdirSync(place).find(name => name.endsWith('.tmp')) ?? ''
    yield Buffer.from('x')
  }
  await artifacts.store(file('current'), looking(), signal)
  return seen.slice(1, 13)
}

test('a file in a folder of its object is stored, linked, and collected when it is old', async () => {
  const { artifacts, clock, place } = opened()
  const old = await artifacts.store(file('team/one'), pieces('x'), signal)
  utimesSync(join(place, 'team/one'), new Date(clock.now() - 2000), new Date(clock.now() - 2000))
  const current = await artifacts.store(file('team/two'), pieces('y'), signal)
  assert.match(await artifacts.link(current, 'latest'), /\/apps\/app\/team\/latest$/)
  assert.equal(await artifacts.collect(owner, current, { ttlMs: 1000, records: 2 }), 1)
  assert.deepEqual([await artifacts.verify(old, signal), await artifacts.verify(current, signal)], [{ is: 'missing' }, { is: 'ok' }])
  assert.deepEqual(readdirSync(join(place, 'team')), ['latest', 'two'])
})

test('a file whose name is as long as a name can be is stored and linked', async () => {
  const { artifacts } = opened()
  const it = await artifacts.store(file(`${'a'.repeat(251)}.tgz`), pieces('x'), signal)
  await artifacts.link(it, 'b'.repeat(255))
  assert.deepEqual(await artifacts.verify(it, signal), { is: 'ok' })
})
test('a folder for temporary files that is not there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-faults-'))
  folders.push(folder)
  const kept = (bytes: number): Promise<number> =>
    diskScratch(join(folder, 'absent')).during(async room => (await room.keep(pieces('x'.repeat(bytes)), signal)).size)
  await assert.rejects(kept(300_000), { name: 'StorageError', code: 'NO_FOLDER' })
  assert.equal(await kept(1000), 1000)
})

test('what is put aside is read back, from memory and from disk, and leaves nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fluxpilot-faults-'))
  folders.push(folder)
  const [small, large] = [Buffer.alloc(200_000, 'a'), Buffer.alloc(100_000, 'b')]
  await diskScratch(folder).during(async room => {
    const parts = [small.subarray(0, 7), small.subarray(7), large, large, Buffer.from('c')]
    const first = await room.keep(pieces(...parts.map(String)), signal)
    const second = await room.keep(pieces('still', ' held'), signal)
    for (const [kept, wanted] of [
      [first, Buffer.concat(parts)],
      [second, Buffer.from('still held')],
      [first, Buffer.concat(parts)],
    ] as const) {
      const read = await Array.fromAsync(kept.read())
      assert.deepEqual([Buffer.concat(read).equals(wanted), kept.size], [true, wanted.length])
    }
    assert.equal(readdirSync(folder).length, 1)
  })
  assert.deepEqual(readdirSync(folder), [])
})

test('collecting stops after five seconds, and the next run goes on', async () => {
  const { artifacts, folder, place, clock: first } = opened()
  const current = await artifacts.store(file('current'), pieces('x'), signal)
  for (const i of [1, 2, 3, 4, 5, 6, 7, 8]) {
    writeFileSync(join(place, `old${i}`), '')
    utimesSync(join(place, `old${i}`), new Date(first.now() - 60_000 + i), new Date(first.now() - 60_000 + i))
  }
  const clock = manualClock(first.now())
  const files: Files = {
    ...promises,
    async rm(path, options) {
      if (!String(path).endsWith('.lock')) await clock.advance(1000)
      return promises.rm(path, options)
    },
  }
  const slow = diskArtifacts({ folder, advertised: 'a', clock, files })
  assert.equal(await slow.collect(owner, current, { ttlMs: 1000, records: 2 }), 5)
  assert.deepEqual(readdirSync(place), ['current', 'old6', 'old7', 'old8'])
  assert.equal(await slow.collect(owner, current, { ttlMs: 1000, records: 2 }), 3)
})

test('a file that cannot be read is corrupt; the next run stores it again', async () => {
  const { artifacts, folder } = opened()
  const it = await artifacts.store(file('it'), pieces('x'), signal)
  const blind = opened({ folder, files: { ...promises, open: refusing('EACCES') } })
  assert.deepEqual(await blind.artifacts.verify(it, signal), { is: 'corrupt', why: 'EACCES' })
  assert.deepEqual(await artifacts.verify(it, signal), { is: 'missing' })
})
test('a link in the place of the folder of an object leads nowhere', async () => {
  const { artifacts, place } = opened()
  const it = await artifacts.store(file('it'), pieces('x'), signal)
  const outside = opened().folder
  rmSync(place, { recursive: true })
  symlinkSync(outside, place)
  writeFileSync(join(outside, 'it'), 'y')
  assert.deepEqual(await artifacts.verify(it, signal), { is: 'missing' })
  await assert.rejects(artifacts.store(file('it'), pieces('x'), signal), { code: 'NO_FOLDER' })
  assert.deepEqual(readdirSync(outside), ['it'])
})

for (const algorithm of digestAlgorithms)
  test(`digests of ${algorithm} are made and verified`, async () => {
    const { artifacts, folder } = opened({ algorithm })
    const it = await artifacts.store(file('it'), pieces('some ', 'bytes'), signal)
    const sum = digester(algorithm)
    sum.update(Buffer.from('some bytes'))
    assert.equal(it.digest, sum.digest())
    assert.deepEqual(await opened({ folder }).artifacts.verify(it, signal), { is: 'ok' })
    writeFileSync(join(folder, it.path), 'some bytez')
    assert.deepEqual(await artifacts.verify(it, signal), { is: 'corrupt', why: `computed digest doesn't match '${it.digest}'` })
  })
test('the storage of a process makes digests with the algorithm of its options', async () => {
  for (const [options, algorithm] of [
    [{}, 'sha256'],
    [{ artifactDigestAlgo: 'sha512' }, 'sha512'],
  ] as const) {
    const { artifacts, close } = await openStorage({ ...options })
    const { digest = '' } = await artifacts.store(file('it'), pieces('x'), signal)
    await close()
    assert.equal(digest.split(':')[0], algorithm)
  }
})
test('a digest of blake3 cannot be checked, and is told as such', async () => {
  const { artifacts } = opened()
  const it = await artifacts.store(file('it'), pieces('x'), signal)
  const digest = `blake3:${'0'.repeat(64)}` as const
  const why = `failed to parse artifact digest '${digest}': unsupported digest algorithm`
  assert.deepEqual(await artifacts.verify({ ...it, digest }, signal), { is: 'corrupt', why })
})
