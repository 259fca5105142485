import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubeObject } from '../../../kinds/manifest.ts'
import { Appender } from './appender.ts'
import type { Change, Journal } from './store.ts'
import { parseJson } from '../../../lib/json.ts'

/** What a journal kept: the objects by storage key, and the last revision. */
export interface Kept {
  readonly objects: Iterable<{ key: string; object: KubeObject }>
  readonly revision: number
}
/** A journal in a folder, with what it kept from before. */
export interface OpenJournal extends Journal {
  readonly kept: Kept
  close(): Promise<void>
}

interface Line {
  readonly revision: number
  readonly type: Change['type'] | 'REVISION'
  readonly key: string
  readonly object?: KubeObject | undefined
}

/**
 * Opens the journal of a folder: each change is a line with its checksum, on disk before the write is acknowledged. A torn tail is dropped.
 * What was kept is written anew on opening, to a file beside and renamed, so that the journal does not grow from start to start.
 */
export async function openJournal(folder: string): Promise<OpenJournal> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'journal')
  const { objects, revision } = replay(await readFile(path, 'utf8').catch(() => ''))
  const lines = [...objects.values()].map(({ key, object }) => encode({ revision, type: 'ADDED', key, object }))
  const whole = [...lines, encode({ revision, type: 'REVISION', key: '' })].join('')
  await replace(path, whole)
  const appender = new Appender(await open(path, 'r+'), Buffer.byteLength(whole))
  return {
    kept: { objects: objects.values(), revision },
    append: ({ type, key, object, revision: at }) => appender.append(encode({ revision: at, type, key, object })),
    close: () => appender.close(),
  }
}

function encode(line: Line): string {
  const text = JSON.stringify(line)
  return `${checksum(text)} ${text}\n`
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** The state after all whole lines of a journal; reading stops at the first that is not. */
export function replay(text: string): { objects: Map<string, { key: string; object: KubeObject }>; revision: number } {
  const objects = new Map<string, { key: string; object: KubeObject }>()
  let revision = 1
  for (const line of text.split('\n')) {
    const decoded = decode(line)
    if (!decoded) break
    revision = Math.max(revision, decoded.revision)
    const { key, object, type } = decoded
    if (!object) continue
    const id = `${key}|${object.metadata.namespace ?? ''}/${object.metadata.name}`
    if (type === 'DELETED') objects.delete(id)
    else objects.set(id, { key, object })
  }
  return { objects, revision }
}

function decode(line: string): Line | undefined {
  const [, sum = '', text = ''] = /^([0-9a-f]{16}) (.*)$/.exec(line) ?? []
  return sum !== '' && checksum(text) === sum ? (parseJson(text) as unknown as Line) : undefined
}

async function replace(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w')
  await file.writeFile(text)
  await file.sync()
  await file.close()
  await rename(`${path}.new`, path)
}
