import type { Wrapped } from '../../kinds/master-key.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { SopsError } from './error.ts'
import { type Metadata, nameOf } from './metadata.ts'
import { combine } from './shamir.ts'

/** Decrypts what one master key encrypted; whatever it throws is told beside the key's name. */
export type Unwrap = (wrapped: Wrapped) => Promise<Uint8Array>

interface Group {
  readonly part?: Uint8Array
  /** Why each key failed. */
  readonly failures: readonly { readonly name: string; readonly why: string }[]
}

/**
 * The data key of a file: of one group from the first key that opens it; of several, from as many shares as it wants.
 * `had`: what was there to decrypt with, in public names. @throws {SopsError} NO_KEY, with SOPS' table of what was tried. Spec: kustomization 6.4.
 */
export async function dataKeyOf(
  { groups, threshold }: Metadata,
  unwrap: Unwrap,
  { had, signal }: { had: () => readonly string[]; signal: AbortSignal },
): Promise<Uint8Array> {
  const results: Group[] = []
  for (const group of groups) results.push(await opened(group, unwrap, signal))
  const parts = results.flatMap(({ part }) => (part ? [part] : []))
  if (groups.length > 1) {
    if (parts.length < threshold) throw noKey(results, { threshold, had: had() })
    return combine(parts)
  }
  const [part] = parts
  if (!part) throw noKey(results, { threshold, had: had() })
  return part
}

async function opened(group: readonly Wrapped[], unwrap: Unwrap, signal: AbortSignal): Promise<Group> {
  const failures: { name: string; why: string }[] = []
  for (const wrapped of group) {
    try {
      return { part: await unwrap(wrapped), failures }
    } catch (thrown) {
      signal.throwIfAborted()
      failures.push({ name: nameOf(wrapped.key), why: messageOf(thrown) })
    }
  }
  return { failures }
}

function noKey(results: readonly Group[], { threshold, had }: { threshold: number; had: readonly string[] }): SopsError {
  const groups = results.map(({ part, failures }, i) => {
    if (part) return `Group ${i}: SUCCESS`
    const keys = failures.map(({ name, why }) => `${name}: FAILED\n${behind('  ', markedFirst(behind('  | ', wrap(why, 60))))}`)
    return `Group ${i}: FAILED\n${behind('  ', keys.join('\n\n'))}`
  })
  const got = results.filter(({ part }) => part).length
  const rest =
    threshold === 0
      ? 'Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, at least one key has to be successful, but none were.'
      : `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${got} part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`
  const there = had.length > 0 ? `There were keys for: ${had.map(short).join(', ')}` : 'There were no keys of age or OpenPGP'
  const head = 'Failed to get the data key required to decrypt the SOPS file.'
  return new SopsError('NO_KEY', [head, ...groups, wrap(rest, 75), there].join('\n\n'))
}

/** A hybrid recipient has two thousand characters, and its beginning tells it apart. */
function short(name: string): string {
  return name.length > 100 ? `${name.slice(0, 60)}…` : name
}

function behind(prefix: string, text: string): string {
  return text
    .split('\n')
    .map(line => prefix + line)
    .join('\n')
}

function markedFirst(text: string): string {
  return `-${text.slice(1)}`
}

/** Lines broken at spaces; a longer word stays whole. */
function wrap(text: string, width: number): string {
  return text
    .split('\n')
    .map(line =>
      line.split(' ').reduce((out, word) => {
        const last = out.slice(out.lastIndexOf('\n') + 1)
        return out === '' ? word : last.length + 1 + word.length <= width ? `${out} ${word}` : `${out}\n${word}`
      }, ''),
    )
    .join('\n')
}
