import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { diskError, StorageError } from '../storage/error.ts'
import type { TagOwner, Tags } from './tags.ts'

export interface SqliteOptions {
  /** The file; it and its folder are made at the first use. */
  readonly file: string
  /** What the file may grow to; absent: 4 GiB. */
  readonly maxBytes?: number | undefined
}

const usualBytes = 4 * 1024 ** 3
const [pageBytes, mostText, busyMs] = [4096, 64 * 1024 * 1024, 1000]
/** The form of the table; one of another form is made anew, as all that is in it can be read from registries. */
const [fresh, form] = [0, 1]
const codes = { full: 13, cannotOpen: 14, corrupt: 11, notDatabase: 26 }

interface Opened {
  readonly database: DatabaseSync
  readonly read: StatementSync
  readonly write: StatementSync
  readonly remove: StatementSync
}

/**
 * Tags in an SQLite database, opened at the first use. Each scan is one transaction, synced before it counts. A file that is no database any more
 * is begun anew.
 */
export function sqliteTags({ file, maxBytes = usualBytes }: SqliteOptions): Tags & { close(): void } {
  let opened: Opened | undefined
  const close = (): void => {
    opened?.database.close()
    opened = undefined
  }
  const using = <T>(work: (opened: Opened) => T): T => {
    try {
      opened ??= open(file, maxBytes)
      return work(opened)
    } catch (thrown) {
      if (!isBroken(thrown)) throw errorOf(thrown, file)
      close()
      for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true })
      return again(() => work((opened = open(file, maxBytes))), file)
    }
  }
  return {
    read: async ({ cluster, namespace, name }, image) => using(({ read }) => tagsIn(read.get(cluster, namespace, name, image)?.tags)),
    async write({ cluster, namespace, name }, image, tags) {
      using(({ write }) => write.run(cluster, namespace, name, image, zstdCompressSync(tags.join('\n'))))
    },
    remove: async ({ cluster, namespace, name }: TagOwner) =>
      using(({ remove }) => Number(remove.run(cluster, namespace, name).changes) > 0),
    close,
  }
}

function open(file: string, maxBytes: number): Opened {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const database = new (sqlite().DatabaseSync)(file)
  try {
    chmodSync(file, 0o600)
    database.exec(`PRAGMA busy_timeout = ${busyMs}`)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / pageBytes)}`)
    const found = database.prepare('PRAGMA user_version').get()?.user_version
    if (found !== form) begin(database, found === fresh ? '' : 'DROP TABLE IF EXISTS scans;')
    const owner = 'cluster = ? AND namespace = ? AND name = ?'
    return {
      database,
      read: database.prepare(`SELECT tags FROM scans WHERE ${owner} AND image = ?`),
      write: database.prepare('INSERT OR REPLACE INTO scans (cluster, namespace, name, image, tags) VALUES (?, ?, ?, ?, ?)'),
      remove: database.prepare(`DELETE FROM scans WHERE ${owner}`),
    }
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

/** Another process that began it meanwhile may have written there. */
function begin(database: DatabaseSync, first: string): void {
  database.exec(`BEGIN IMMEDIATE;
    ${first}
    CREATE TABLE IF NOT EXISTS scans (cluster TEXT, namespace TEXT, name TEXT, image TEXT NOT NULL, tags BLOB NOT NULL, PRIMARY KEY (cluster, namespace, name));
    PRAGMA user_version = ${form};
    COMMIT`)
}

/** Loaded at the first use, and without the warning that Node 22 writes to standard error. */
function sqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    const found = process.getBuiltinModule('node:sqlite')
    if (found !== undefined) return found
  } finally {
    process.emitWarning = emitWarning
  }
  throw new StorageError('NO_DATABASE', process.version)
}

/** A row that is not what was written counts as none: it is scanned again. */
function tagsIn(stored: unknown): string[] {
  if (!(stored instanceof Uint8Array)) return []
  try {
    const text = zstdDecompressSync(stored, { maxOutputLength: mostText }).toString('utf8')
    return text === '' ? [] : text.split('\n')
  } catch {
    return []
  }
}

function again<T>(work: () => T, file: string): T {
  try {
    return work()
  } catch (thrown) {
    throw errorOf(thrown, file)
  }
}

/** SQLite's result code, without what it says beyond it. */
function resultOf(thrown: unknown): number | undefined {
  const { errcode } = thrown as { errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : undefined
}

function isBroken(thrown: unknown): boolean {
  const result = resultOf(thrown)
  return result === codes.corrupt || result === codes.notDatabase
}

function errorOf(thrown: unknown, file: string): StorageError {
  const result = resultOf(thrown)
  if (result === codes.full) return new StorageError('DISK_FULL', file, { cause: thrown })
  if (result === codes.cannotOpen) return new StorageError('NO_FOLDER', dirname(file), { cause: thrown })
  return diskError(thrown, file, result === undefined ? 'NO_FOLDER' : 'WRITE_FAILED')
}
