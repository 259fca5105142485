import type { GitCommit, GitTag } from '../../kinds/git.ts'
import { GitError } from './error.ts'
import type { RawObject } from './objects.ts'

const blank = '\n\n'

/** Reads a commit. @throws {GitError} BROKEN for one without a committer's time */
export function commitFrom({ hash, bytes }: RawObject): GitCommit {
  const text = bytes.toString('latin1')
  const end = text.indexOf(blank)
  const head = end < 0 ? text : text.slice(0, end + 1)
  const [, seconds] = /^committer .*> (-?\d{1,15}) [+-]\d+$/m.exec(head) ?? []
  if (seconds === undefined) throw new GitError('BROKEN', `commit ${hash} has no committer's time`)
  const [, signature] = /^gpgsig (.*\n(?: .*\n)*)/m.exec(head) ?? []
  const unsigned = head.replace(/^gpgsig(?:-sha256)? .*\n(?: .*\n)*/gm, '')
  return {
    hash,
    payload: Buffer.from(unsigned + text.slice(head.length), 'latin1'),
    ...(signature === undefined ? {} : { signature: signature.replace(/\n /g, '\n') }),
    message: end < 0 ? '' : bytes.subarray(end + blank.length).toString('utf8'),
    committedAt: Number(seconds) * 1000,
  }
}

/** Reads an annotated tag, and what it points at. @throws {GitError} BROKEN */
export function tagFrom({ hash, bytes }: RawObject): { readonly tag: GitTag; readonly target: string } {
  const text = bytes.toString('latin1')
  const [, target, name] = /^object ([0-9a-f]{40})\ntype \w+\ntag (.*)\n/.exec(text) ?? []
  if (target === undefined || name === undefined) throw new GitError('BROKEN', `tag ${hash} is not well formed`)
  const at = text.search(/^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----$/m)
  const tag = {
    hash,
    name: Buffer.from(name, 'latin1').toString('utf8'),
    payload: at < 0 ? bytes : bytes.subarray(0, at),
    ...(at < 0 ? {} : { signature: text.slice(at) }),
  }
  return { tag, target }
}
