import type { GitRepositoryObject } from '../../kinds/git-repository.ts'
import type { GitCommit, GitObject } from '../../kinds/git.ts'
import { messageOf } from '../../lib/coded-error.ts'
import { SourceProblem } from '../problem.ts'
import { modeOf } from './content-config.ts'
import { verifyOpenPgp } from './open-pgp.ts'
import { isSshSignature, verifySsh } from './ssh-signature.ts'

/** A tag that led to a commit; without `object` it is none of its own. */
export interface TagSeen {
  readonly name: string
  readonly object: GitObject | undefined
}
/** What was checked out, as far as signatures go. */
export interface Seen {
  readonly commit: GitCommit
  readonly tag: TagSeen | undefined
}

/**
 * Looks at the signatures that a spec wants, with the keys of its Secret by their names. Answers the message of SourceVerified.
 * @throws {SourceProblem} with SourceVerified as its condition. Spec: sources 4.6.
 */
export async function verified(
  spec: GitRepositoryObject['spec'],
  { commit, tag }: Seen,
  { keys, now }: { readonly keys: Readonly<Record<string, string>>; readonly now: number },
): Promise<string> {
  const [mode, ring] = [modeOf(spec), ringOf(keys)]
  const lines: string[] = []
  if (mode !== 'HEAD') {
    const { shown, object } = signedTag(tag)
    lines.push(`tag '${shown}' with key '${await keyOf('tag', { shown, object, ring, now })}'`)
  }
  if (mode !== 'Tag')
    lines.push(`commit '${commit.hash}' with key '${await keyOf('commit', { shown: commit.hash, object: commit, ring, now })}'`)
  return ['verified signature of', ...lines.map(line => `\t- ${line}`)].join('\n')
}

interface Ring {
  readonly openPgp: readonly string[]
  readonly ssh: readonly string[]
}

/** Keys by their names: those of SSH end in `.sshpub`, all others are of OpenPGP. In order of name, so that a run is like the one before. */
function ringOf(keys: Readonly<Record<string, string>>): Ring {
  const sorted = Object.entries(keys).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const of = (ssh: boolean): string[] => sorted.filter(([name]) => name.endsWith('.sshpub') === ssh).map(([, text]) => text)
  return { openPgp: of(false), ssh: of(true) }
}

function signedTag(tag: TagSeen | undefined): { shown: string; object: GitObject } {
  if (!tag) {
    const message = "cannot verify tag object's signature if a tag reference is not specified"
    throw new SourceProblem('InvalidVerificationMode', message, { condition: 'SourceVerified', stalls: true })
  }
  const shown = tag.object ? `${tag.name}@${tag.object.hash}` : tag.name
  if (tag.object?.signature) return { shown, object: tag.object }
  const message = `cannot verify signature of tag '${shown}' since it is not signed`
  throw new SourceProblem('InvalidGitObject', message, { condition: 'SourceVerified' })
}

const reasons = { tag: 'InvalidTagSignature', commit: 'InvalidCommitSignature' } as const

interface Check {
  readonly shown: string
  readonly object: GitObject
  readonly ring: Ring
  readonly now: number
}

async function keyOf(what: 'tag' | 'commit', { shown, object, ring, now }: Check): Promise<string> {
  const { payload, signature = '' } = object
  try {
    return await signerOf({ payload, signature }, ring, { what, now })
  } catch (cause) {
    const message = `signature verification of ${what} '${shown}' failed: ${messageOf(cause)}`
    throw new SourceProblem(reasons[what], message, { cause, condition: 'SourceVerified' })
  }
}

async function signerOf(
  signed: { payload: Uint8Array; signature: string },
  { openPgp, ssh }: Ring,
  { what, now }: { what: 'tag' | 'commit'; now: number },
): Promise<string> {
  const isSsh = isSshSignature(signed.signature)
  if (isSsh && ssh.length === 0) throw new Error('SSH signature detected but no SSH public keys found in secret (keys with .sshpub suffix)')
  if (!isSsh && openPgp.length === 0 && ssh.length > 0 && signed.signature)
    throw new Error('PGP signature detected but no PGP public keys found in secret (keys with .asc suffix)')
  try {
    return isSsh ? verifySsh(signed, ssh) : await verifyOpenPgp(signed, openPgp, now)
  } catch (cause) {
    throw new Error(`unable to verify Git ${what}: ${messageOf(cause)}`, { cause })
  }
}
