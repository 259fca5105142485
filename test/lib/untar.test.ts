import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fc } from '../support/laws.ts'
import { pack } from 'tar-stream'
import { tar, type TarEntry } from '../../src/lib/tar.ts'
import { ArchiveError, type ArchiveErrorCode } from '../../src/lib/archive-error.ts'
import { type ArchiveLimits, cleanPath, readTree, unpack, untar, type UnpackedEntry } from '../../src/lib/untar.ts'
import { archive, end, entry, record, type Said } from '../support/archives.ts'
import { type BehaviourId, verifies } from '../conformance/verifies.ts'

const limits: ArchiveLimits = { maxBytes: 1e6, maxEntries: 1000, maxEntryBytes: 1e6 }

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
async function* of<T>(...items: T[]): AsyncIterable<T> {
  yield* items
}
async function all(gzipped: AsyncIterable<Uint8Array>, bounds = limits): Promise<UnpackedEntry[]> {
  const found: UnpackedEntry[] = []
  for await (const entry of untar(gzipped, bounds)) found.push(entry)
  return found
}
const packed = async (entries: { path: string; type?: 'file' | 'folder'; mode?: number; text?: string }[]): Promise<Buffer> =>
  gzipSync(
    await whole(
      tar(
        of(
          ...entries.map(({ path, type = 'file', mode = 0o644, text = '' }): TarEntry => ({
            path,
            type,
            mode,
            size: Buffer.byteLength(text),
            content: of(Buffer.from(text)),
          })),
        ),
      ),
    ),
  )

async function* bytesOf(source: AsyncIterable<unknown>): AsyncIterable<Uint8Array> {
  for await (const part of source) if (part instanceof Uint8Array) yield part
}

const raw = ({ name = 'f', ...said }: Said & { name?: string }): Buffer => entry(name, said)

const names: [id: BehaviourId, name: string][] = [
  ['sources/117.1', '../abc/file'],
  ['sources/117.2', '/etc/passwd'],
  ['sources/117.3', 'a\\b'],
  ['sources/117.4', 'foo../bar'],
  ['sources/117.5', 'a/../../b'],
]
for (const [id, name] of names)
  verifies(id, `${name} is refused`, async () =>
    assert.rejects(all(of(await packed([{ path: name }]))), {
      name: 'ArchiveError',
      code: 'ESCAPES',
      entry: name,
      message: `tar contained invalid name error ${JSON.stringify(name)}`,
    }),
  )
for (const name of ['..', 'a/..', ''])
  test(`'${name}' is refused`, () => assert.rejects(all(of(archive(raw({ name })))), { code: 'ESCAPES' }))

verifies('sources/118', 'a file over the limit', async () => {
  await assert.rejects(all(of(await packed([{ path: 'big-file', text: 'x'.repeat(256) }])), { ...limits, maxBytes: 255 }), {
    code: 'TOO_LARGE',
    entry: 'big-file',
    message: 'tar "big-file" is bigger than max archive size of 255 bytes',
  })
})
verifies('sources/119.1', 'the limit is for the sum of declared sizes, and is seen before anything is read', async () => {
  await assert.rejects(
    all(of(archive(raw({ name: 'big', size: 104857601 }))), { maxBytes: 104857600, maxEntries: 10, maxEntryBytes: Infinity }),
    { message: 'tar "big" is bigger than max archive size of 104857600 bytes' },
  )
  await assert.rejects(
    all(of(archive(raw({ content: 'x'.repeat(200) }), raw({ name: 'g', content: 'x'.repeat(200) }))), { ...limits, maxBytes: 300 }),
    { code: 'TOO_LARGE', entry: 'g' },
  )
})
verifies('sources/119.2', 'without a limit all is read', async () =>
  assert.equal(
    (await all(of(archive(raw({ content: 'x'.repeat(2e6) }))), { maxBytes: Infinity, maxEntries: Infinity, maxEntryBytes: Infinity }))[0]
      ?.content.length,
    2e6,
  ),
)

const link = raw({ name: 'link', flag: '2' })
verifies('sources/121.1', 'a symbolic link is refused where links are', () =>
  assert.rejects(all(of(archive(raw({}), link)), { ...limits, links: 'refused' }), {
    code: 'LINK',
    message: 'tar file entry link is a symlink, which is not allowed in this context',
  }),
)
verifies('sources/121.2', 'a symbolic link is skipped, files are kept', async () => {
  assert.deepEqual([...(await readTree(of(archive(raw({ content: 'x' }), link)), limits)).keys()], ['f'])
  assert.deepEqual(
    (await all(of(archive(link)))).map(({ path, type, content }) => [path, type, content.length]),
    [['link', 'link', 0]],
  )
})

const pax = (...records: [string, string][]): Buffer =>
  raw({ name: 'PaxHeaders', flag: 'x', content: records.map(([key, value]) => record(key, value)).join('') })
const kept: [what: string, blocks: Buffer[], entries: [path: string, type: string, mode: number, text: string][]][] = [
  ['setuid and high mode bits are dropped', [raw({ mode: '0104755\0' })], [['f', 'file', 0o755, '']]],
  ['a folder by its type', [raw({ name: 'd/', flag: '5', mode: '0000700\0' })], [['d/', 'folder', 0o700, '']]],
  ['a folder by its mode', [raw({ name: 'd', mode: '0040750\0' })], [['d', 'folder', 0o750, '']]],
  ['an old folder by its slash', [raw({ name: 'd/', flag: '\0' })], [['d/', 'folder', 0o644, '']]],
  [
    'a hard link is told',
    [raw({ content: 'x' }), raw({ name: 'h', flag: '1' })],
    [
      ['f', 'file', 0o644, 'x'],
      ['h', 'hard link', 0o644, ''],
    ],
  ],
  [
    'a global header is an empty file',
    [raw({ name: 'pax_global_header', flag: 'g', content: record('comment', 'c') }), raw({})],
    [
      ['pax_global_header', 'file', 0, ''],
      ['f', 'file', 0o644, ''],
    ],
  ],
  [
    'records name and size an entry',
    [pax(['path', 'ü/x'], ['size', '3']), raw({ size: 0, content: 'abc' })],
    [['ü/x', 'file', 0o644, 'abc']],
  ],
  [
    'a long name of GNU tar',
    [raw({ name: '././@LongLink', flag: 'L', content: `${'l'.repeat(200)}\0` }), raw({})],
    [['l'.repeat(200), 'file', 0o644, '']],
  ],
  ['what follows the end marker is no entry', [raw({}), end, raw({ name: 'after' })], [['f', 'file', 0o644, '']]],
  [
    'a folder twice, and a file twice',
    [raw({ name: 'd', flag: '5' }), raw({ name: './d/', flag: '5' }), raw({ content: 'a' }), raw({ content: 'b' })],
    [
      ['d', 'folder', 0o644, ''],
      ['./d/', 'folder', 0o644, ''],
      ['f', 'file', 0o644, 'a'],
      ['f', 'file', 0o644, 'b'],
    ],
  ],
]
for (const [what, blocks, entries] of kept)
  test(what, async () =>
    assert.deepEqual(
      (await all(of(archive(...blocks)))).map(e => [e.path, e.type, e.mode, Buffer.from(e.content).toString()]),
      entries,
    ),
  )

const unpacked: [what: string, blocks: Buffer[], files: Record<string, [content: string, mode: number]>][] = [
  [
    'a hard link has the content that its target had before it',
    [raw({ content: 'x' }), raw({ name: 'h', flag: '1', link: './f' }), raw({ content: 'later' })],
    { f: ['later', 0o644], h: ['x', 0o644] },
  ],
  [
    'a hard link with a long target',
    [
      raw({ name: '././@LongLink', flag: 'L', content: `${'l'.repeat(200)}\0` }),
      raw({ content: 'x' }),
      raw({ name: '././@LongLink', flag: 'K', content: `${'l'.repeat(200)}\0` }),
      raw({ name: 'h', flag: '1', link: 'cut' }),
      pax(['linkpath', 'l'.repeat(200)]),
      raw({ name: 'i', flag: '1', link: 'cut' }),
    ],
    { ['l'.repeat(200)]: ['x', 0o644], h: ['x', 0o644], i: ['x', 0o644] },
  ],
  [
    'of a path that comes twice the last content and the first mode stand',
    [raw({ content: 'a', mode: '0000755\0' }), raw({ name: './f', content: 'b' })],
    { f: ['b', 0o755] },
  ],
]
for (const [what, blocks, files] of unpacked)
  test(what, async () =>
    assert.deepEqual(
      Object.fromEntries(
        [...(await unpack(of(archive(...blocks)), limits)).files].map(([path, { content, mode }]) => [path, [String(content), mode]]),
      ),
      files,
    ),
  )
const linked: [what: string, blocks: Buffer[], code: ArchiveErrorCode, message: RegExp][] = [
  [
    'a hard link to nothing',
    [raw({ name: 'h', flag: '1', link: 'f' })],
    'LINK',
    /^tar file entry h is a hard link to 'f', which is no file/,
  ],
  ['a hard link to what comes later', [raw({ name: 'h', flag: '1', link: 'f' }), raw({ content: 'x' })], 'LINK', /is a hard link to 'f'/],
  ['a hard link out of the root', [raw({ content: 'x' }), raw({ name: 'h', flag: '1', link: '../f' })], 'LINK', /hard link to '\.\.\/f'/],
  ['a hard link to the machine', [raw({ name: 'h', flag: '1', link: '/etc/passwd' })], 'LINK', /hard link to '\/etc\/passwd'/],
  [
    'a bomb of hard links',
    [raw({ content: 'x'.repeat(1e5) }), ...Array.from({ length: 20 }, (_, i) => raw({ name: `h${i}`, flag: '1', link: 'f' }))],
    'TOO_LARGE',
    /max archive size of 1000000 bytes/,
  ],
]
for (const [what, blocks, code, message] of linked)
  test(`${what} is refused`, () => assert.rejects(unpack(of(archive(...blocks)), limits), { name: 'ArchiveError', code, message }))

const garbled = raw({ content: 'x' })
garbled[3] = 1
const hostile: [what: string, gzipped: Buffer, code: ArchiveErrorCode, message: RegExp, bounds?: ArchiveLimits][] = [
  ['not gzip', Buffer.from('PK no gzip at all'), 'NOT_GZIP', /^requires gzip-compressed body: gzip: invalid header$/],
  ['nothing', Buffer.alloc(0), 'NOT_GZIP', /^requires gzip-compressed body: EOF$/],
  ['gzip of no tar', gzipSync('x'.repeat(600)), 'NOT_TAR', /^tar error: archive\/tar: invalid tar header$/],
  ['a wrong checksum', archive(garbled), 'NOT_TAR', /invalid tar header/],
  ['one block of zeros inside', archive(Buffer.alloc(512), raw({})), 'NOT_TAR', /invalid tar header/],
  ['a negative size', archive(pax(['size', '-1']), raw({})), 'NOT_TAR', /invalid tar header/],
  ['a record with a wrong length', archive(raw({ flag: 'x', content: '99 path=x\n' }), raw({})), 'NOT_TAR', /invalid tar header/],
  ['a record with NUL in a path', archive(pax(['path', 'a\0b']), raw({})), 'NOT_TAR', /invalid tar header/],
  [
    'endless extended headers',
    archive(...Array.from({ length: 20 }, () => pax(['path', 'x'])), raw({})),
    'NOT_TAR',
    /too many extended headers/,
  ],
  ['an extended header of 2 MiB', archive(raw({ flag: 'x', size: 2 ** 21 })), 'NOT_TAR', /header field too long/],
  [
    'content that is cut',
    gzipSync(raw({ content: 'x'.repeat(600) }).subarray(0, 700)),
    'TRUNCATED',
    /^error copying buffer: unexpected EOF$/,
  ],
  ['a header that is cut', gzipSync(raw({}).subarray(0, 300)), 'TRUNCATED', /^tar error: unexpected EOF$/],
  ['gzip that is cut', archive(raw({ content: 'x' })).subarray(0, -9), 'TRUNCATED', /^tar error: unexpected EOF$/],
  ['data after gzip', Buffer.concat([archive(raw({})), Buffer.from('more')]), 'MALFORMED', /^tar error: gzip: invalid header$/],
  ['too many entries', archive(raw({}), raw({}), raw({})), 'TOO_MANY', /more than 2 entries/, { ...limits, maxEntries: 2 }],
  ['an entry over its limit', archive(raw({ content: 'xxxx' })), 'TOO_LARGE', /max entry size of 3 bytes/, { ...limits, maxEntryBytes: 3 }],
  ['a bomb after the end', archive(raw({}), end, Buffer.alloc(2e6)), 'TOO_LARGE', /after its end/],
  ['a name of 5000 characters', archive(pax(['path', 'n'.repeat(5000)]), raw({})), 'TOO_LARGE', /name of 5000 characters/],
  [
    'names of a megabyte in all',
    archive(...Array.from({ length: 300 }, (_, i) => [pax(['path', `${i}${'n'.repeat(4000)}`]), raw({})]).flat()),
    'TOO_LARGE',
    /in all names/,
  ],
  ['a pipe', archive(raw({ flag: '6' })), 'UNSUPPORTED', /^tar file entry f contained unsupported file type prw-r--r--$/],
  ['a device', archive(raw({ flag: '3', mode: '0007777\0' })), 'UNSUPPORTED', /unsupported file type Dugctrwxrwxrwx$/],
  ['a sparse file', archive(raw({ flag: 'S' })), 'UNSUPPORTED', /sparse/],
  ['a sparse file by records', archive(pax(['GNU.sparse.major', '1']), raw({})), 'UNSUPPORTED', /sparse/],
  [
    'a name that is not UTF-8',
    archive(raw({ flag: 'x', content: Buffer.from('10 path=\xe9\n', 'latin1') }), raw({})),
    'UNSUPPORTED',
    /not UTF-8/,
  ],
  ['a hard link with a size', archive(raw({ flag: '1', size: 5 })), 'NOT_TAR', /has no content but a size of 5/],
  ['a file below a file', archive(raw({ name: 'a' }), raw({ name: 'a/b' })), 'CLASH', /'a' is both/],
  ['a file over a folder', archive(raw({ name: 'a/b' }), raw({ name: './a' })), 'CLASH', /'a' is both/],
  ['a folder over a file', archive(raw({ name: 'a' }), raw({ name: 'a/', flag: '5' })), 'CLASH', /'a' is both/],
  ['a file over the root', archive(raw({ name: './.' })), 'CLASH', /'\.' is both/],
]
for (const [what, gzipped, code, message, bounds] of hostile)
  test(`${what} is refused`, () =>
    assert.rejects(all(of(gzipped), bounds), thrown => {
      assert.ok(thrown instanceof ArchiveError)
      assert.equal(thrown.code, code)
      assert.match(thrown.message, message)
      return true
    }))

test('the source is read to its end, its own errors pass as they are, and it is let go', async () => {
  const gzipped = archive(raw({ content: 'abc' }))
  const log: string[] = []
  async function* source(error?: Error): AsyncIterable<Uint8Array> {
    try {
      yield gzipped
      yield Buffer.alloc(1000)
      log.push('end')
      if (error) throw error
    } finally {
      log.push('closed')
    }
  }
  const own = new Error('digest differs')
  await assert.rejects(all(source(own)), thrown => thrown === own)
  assert.equal((await all(source())).length, 1)
  assert.deepEqual(log, ['end', 'closed', 'end', 'closed'])
  log.length = 0
  for await (const _ of untar(source(), limits)) break
  await assert.rejects(all(source(), { ...limits, maxEntries: 0 }), { code: 'TOO_MANY' })
  await new Promise(resolve => {
    setImmediate(resolve)
  })
  assert.equal(log.filter(line => line === 'closed').length, 2)
})

test('an archive of tar-stream is read', async () => {
  const made = pack()
  made.entry({ name: `${'deep/'.repeat(60)}ü.yaml` }, 'long')
  made.entry({ name: 'a', mode: 0o755 }, 'b')
  made.finalize()
  assert.deepEqual([...(await readTree(of(gzipSync(await whole(bytesOf(made)))), limits)).values()].map(String), ['long', 'b'])
})

test('a clean path', () => {
  for (const [path, clean] of [
    ['./a//b/', 'a/b'],
    ['.', ''],
    ['a', 'a'],
    ['./', ''],
  ] as const)
    assert.equal(cleanPath(path), clean)
})

const part = fc
  .oneof(
    fc.stringMatching(/^[a-z0-9._-]{1,12}$/),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).map(text => text.replaceAll(/[/\\\0\u{fffd}]/gu, '_')),
    fc.stringMatching(/^[a-z]{90,160}$/),
  )
  .filter(text => !/^\.{1,2}$|\.\.$/.test(text) && text.isWellFormed())
const paths = fc
  .uniqueArray(
    fc.array(part, { minLength: 1, maxLength: 6 }).map(parts => parts.join('/')),
    { maxLength: 8 },
  )
  .map(list => list.filter(path => !list.some(other => other.startsWith(`${path}/`))))
const trees = paths.chain(list =>
  fc.tuple(
    ...list.map(path =>
      fc.record({ path: fc.constant(path), mode: fc.integer({ min: 0, max: 0o777 }), content: fc.uint8Array({ maxLength: 1200 }) }),
    ),
  ),
)

test('law: what was archived is unpacked, in order, however it is cut', () =>
  fc.assert(
    fc.asyncProperty(trees, fc.integer({ min: 1, max: 700 }), async (files, cut) => {
      const gzipped = gzipSync(
        await whole(
          tar(
            of(
              ...files.map(({ path, mode, content }): TarEntry => ({
                path,
                type: 'file',
                mode,
                size: content.length,
                content: of(content),
              })),
            ),
          ),
        ),
      )
      const pieces = Array.from({ length: Math.ceil(gzipped.length / cut) }, (_, i) => gzipped.subarray(i * cut, (i + 1) * cut))
      assert.deepEqual(
        (await all(of(...pieces))).map(({ path, mode, content }) => ({ path, mode, content: Buffer.from(content) })),
        files.map(({ path, mode, content }) => ({ path, mode, content: Buffer.from(content) })),
      )
    }),
    { numRuns: 150 },
  ))

async function onlyArchiveErrors(gzipped: Buffer): Promise<void> {
  try {
    for (const { path } of await all(of(gzipped))) assert.ok(!cleanPath(path).split('/').includes('..') && !path.startsWith('/'))
  } catch (thrown) {
    assert.ok(thrown instanceof ArchiveError, String(thrown))
  }
}
test('law: garbage fails with an ArchiveError', () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), async content => {
      await onlyArchiveErrors(Buffer.from(content))
      await onlyArchiveErrors(gzipSync(content))
    }),
    { numRuns: 150 },
  ))
test('law: a damaged archive fails with an ArchiveError or escapes nothing', () =>
  fc.assert(
    fc.asyncProperty(
      trees,
      fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
      async (files, flips) => {
        const plain = Buffer.concat([
          ...files.map(({ path, content }) => Buffer.concat([pax(['path', path]), raw({ content: Buffer.from(content) })])),
          end,
        ])
        const damaged = (bytes: Buffer): Buffer => {
          const copy = Buffer.from(bytes)
          for (const [at, flip] of flips)
            copy.writeUInt8((copy[Math.floor(at * (copy.length - 1))] ?? 0) ^ flip, Math.floor(at * (copy.length - 1)))
          return copy
        }
        await onlyArchiveErrors(gzipSync(damaged(plain)))
        await onlyArchiveErrors(damaged(gzipSync(plain)))
        await onlyArchiveErrors(gzipSync(plain).subarray(0, Math.floor((flips[0]?.[0] ?? 0) * plain.length)))
      },
    ),
    { numRuns: 150 },
  ))
