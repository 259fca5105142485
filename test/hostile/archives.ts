import { gzipSync } from 'node:zlib'
import type { ArchiveErrorCode } from '../../src/lib/archive-error.ts'
import { unpack } from '../../src/lib/untar.ts'
import { archive, end, entry, record } from '../support/archives.ts'
import type { HostileCase, HostileClass } from './table.ts'

const limits = { maxBytes: 16 * 1024 * 1024, maxEntries: 1000, maxEntryBytes: 4 * 1024 * 1024 }
const mebibyte = 1024 * 1024

/** The bytes are made in pieces while they are read, so that a bomb is never in this process as a whole. */
function refused(says: string, code: ArchiveErrorCode | 'held', bytes: () => Buffer | Iterable<Buffer>): HostileCase {
  return {
    says,
    code,
    async attack() {
      await unpack(pieces(bytes()), limits)
      return 'held'
    },
  }
}

async function* pieces(bytes: Buffer | Iterable<Buffer>): AsyncIterable<Uint8Array> {
  if (!Buffer.isBuffer(bytes)) return yield* bytes
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

const named = (name: string): (() => Buffer) => {
  return () => archive(entry(name, { content: 'x' }))
}
const extended = (flag: 'x' | 'g' | 'L', content: string, of = 'harmless'): Buffer =>
  Buffer.concat([entry('././@LongLink', { flag, content }), entry(of, { content: 'x' })])

const names: HostileClass = {
  name: 'archives: names',
  cases: [
    refused('a name that climbs', 'ESCAPES', named('../../etc/cron.d/x')),
    refused('a name that climbs half way', 'ESCAPES', named('a/b/../../../x')),
    refused('an absolute name', 'ESCAPES', named('/etc/passwd')),
    refused('a name with a backslash', 'ESCAPES', named('a\\..\\..\\b')),
    refused('the parent itself', 'ESCAPES', named('..')),
    refused('no name', 'ESCAPES', named('')),
    refused('a climbing name in an extended header', 'ESCAPES', () => archive(extended('x', record('path', '../x')))),
    refused('a climbing name in a long name', 'ESCAPES', () => archive(extended('L', '../../x\0'))),
    refused('a global header whose name climbs', 'ESCAPES', () => archive(extended('g', record('path', '../x')))),
    refused('a name that is not UTF-8', 'UNSUPPORTED', () => {
      const block = entry('xx', { content: 'x' })
      block[0] = 0xff
      block.fill(0x20, 148, 156)
      const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0)
      block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
      return archive(block)
    }),
    refused('a file below a file', 'CLASH', () => archive(entry('a', { content: 'x' }), entry('a/b', { content: 'y' }))),
    refused('a file in place of a folder', 'CLASH', () => archive(entry('a/b', { content: 'y' }), entry('a', { content: 'x' }))),
    refused('a file in place of the root', 'CLASH', named('./')),
    refused('a property of objects as a name', 'held', named('__proto__/constructor')),
  ],
}

const links: HostileClass = {
  name: 'archives: links and devices',
  cases: [
    refused('a hard link out of it', 'LINK', () => archive(entry('h', { flag: '1', link: '../../etc/shadow' }))),
    refused('a hard link to a file of the system', 'LINK', () => archive(entry('h', { flag: '1', link: '/etc/shadow' }))),
    refused('a hard link to itself', 'LINK', () => archive(entry('h', { flag: '1', link: 'h' }))),
    refused('a hard link to what comes later', 'LINK', () => archive(entry('h', { flag: '1', link: 'a' }), entry('a', { content: 'x' }))),
    refused('a hard link with a content', 'NOT_TAR', () =>
      archive(entry('a', { content: 'x' }), entry('h', { flag: '1', link: 'a', size: 9 })),
    ),
    refused('a symbolic link that a file goes through', 'held', () =>
      archive(entry('etc', { flag: '2', link: '/etc' }), entry('etc/x', { content: 'x' })),
    ),
    refused('a symbolic link over a file', 'held', () =>
      archive(entry('a', { content: 'x' }), entry('a', { flag: '2', link: '/etc/passwd' })),
    ),
    refused('a character device', 'UNSUPPORTED', () => archive(entry('d', { flag: '3' }))),
    refused('a block device', 'UNSUPPORTED', () => archive(entry('d', { flag: '4' }))),
    refused('a pipe', 'UNSUPPORTED', () => archive(entry('p', { flag: '6' }))),
    refused('a socket by its mode', 'UNSUPPORTED', () => archive(entry('s', { mode: '0140644\0' }))),
    refused('a sparse file', 'UNSUPPORTED', () => archive(entry('s', { flag: 'S', content: 'x' }))),
    refused('a sparse file of PAX', 'UNSUPPORTED', () =>
      archive(extended('x', record('GNU.sparse.major', '1') + record('GNU.sparse.realsize', '9'.repeat(15)))),
    ),
  ],
}

/** A gzip of zeros that go on, made while it is read. */
function* bomb(head: Buffer, mebibytes: number): Iterable<Buffer> {
  yield gzipSync(head)
  const zeros = gzipSync(Buffer.alloc(mebibyte))
  for (let i = 0; i < mebibytes; i++) yield zeros
}
const header = (size: number): Buffer => entry('big', { size }).subarray(0, 512)

const sizes: HostileClass = {
  name: 'archives: sizes',
  cases: [
    refused('a size beyond all', 'TOO_LARGE', () => archive(entry('huge', { size: 2 ** 32 }))),
    refused('an entry beyond the bound of one', 'TOO_LARGE', () => bomb(header(5 * mebibyte), 20)),
    refused('entries that are too large together', 'TOO_LARGE', sevenTimes),
    refused('zeros of a gibibyte behind its end', 'TOO_LARGE', () => bomb(Buffer.concat([entry('a', { content: 'x' }), end]), 1024)),
    refused('a size in an extended header', 'TOO_LARGE', () => archive(extended('x', record('size', '9007199254740991')))),
    refused('a size that no number holds', 'NOT_TAR', () => archive(extended('x', record('size', '9'.repeat(30))))),
    refused('a size below nothing', 'NOT_TAR', () => archive(extended('x', record('size', '-1')))),
    refused('too many entries', 'TOO_MANY', () => archive(...Array.from({ length: 1001 }, (_, i) => entry(`f${i}`)))),
    refused('hard links that multiply', 'TOO_LARGE', () =>
      archive(
        entry('a', { content: Buffer.alloc(4 * mebibyte) }),
        ...Array.from({ length: 900 }, (_, i) => entry(`h${i}`, { flag: '1', link: 'a' })),
      ),
    ),
    refused('a name of a megabyte', 'NOT_TAR', () => archive(extended('L', 'a'.repeat(2 * mebibyte)))),
    refused('a name of many thousand characters', 'TOO_LARGE', () => archive(extended('L', 'a'.repeat(100_000)))),
    refused('extended headers without end', 'NOT_TAR', () =>
      archive(...Array.from({ length: 100 }, () => entry('x', { flag: 'x', content: record('comment', 'x'.repeat(500)) }))),
    ),
  ],
}

function* sevenTimes(): Iterable<Buffer> {
  const zeros = gzipSync(Buffer.alloc(mebibyte))
  for (let i = 0; i < 7; i++) {
    yield gzipSync(header(3 * mebibyte))
    for (let part = 0; part < 3; part++) yield zeros
  }
}

const whole = (): Buffer => archive(entry('a', { content: 'x'.repeat(5000) }))
function changed(at: number, to: number): Buffer {
  const bytes = whole()
  bytes[at < 0 ? bytes.length + at : at] = to
  return bytes
}

const broken: HostileClass = {
  name: 'archives: broken',
  cases: [
    refused('nothing', 'NOT_GZIP', () => Buffer.alloc(0)),
    refused('a zip', 'NOT_GZIP', () => Buffer.from('PK\u0003\u0004 and so on and on')),
    refused('a bare tar', 'NOT_GZIP', () => Buffer.concat([entry('a'), end])),
    refused('a page of HTML, zipped', 'NOT_TAR', () => gzipSync(`<html>${'x'.repeat(2000)}</html>`)),
    refused('half of it', 'TRUNCATED', () => whole().subarray(0, 60)),
    refused('all but its checksum', 'TRUNCATED', () => whole().subarray(0, -8)),
    refused('a wrong checksum', 'MALFORMED', () => changed(-8, whole().at(-8) === 1 ? 2 : 1)),
    refused('a wrong length', 'MALFORMED', () => changed(-1, 0x7f)),
    refused('another method of compression', 'NOT_GZIP', () => changed(2, 7)),
    refused('a block of no kind', 'MALFORMED', () => changed(10, 0xff)),
    refused('a header with a wrong sum', 'NOT_TAR', () => {
      const block = entry('a', { content: 'x' })
      block[0] = 0x62
      return archive(block)
    }),
    refused('one block of zeros and then more', 'NOT_TAR', () => gzipSync(Buffer.concat([Buffer.alloc(512), entry('a'), end]))),
    refused('records that lie about their length', 'NOT_TAR', () => archive(extended('x', '999 path=x\n'))),
    refused('records without a key', 'NOT_TAR', () => archive(extended('x', '6 =xy\n'))),
  ],
}

export const classes: readonly HostileClass[] = [names, links, sizes, broken]
