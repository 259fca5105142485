import type { Access } from './access.ts'
import { GitError } from './error.ts'
import { redacted } from './failure.ts'
import type { CommitSigner, Push } from './git.ts'
import type { GitFile } from './listing.ts'
import type { Objects } from './objects.ts'
import { type Command, outputOf, runGit } from './run.ts'
import { sshSignature } from './ssh-sign.ts'

/** What was checked out, and can be pushed onto. */
interface Base {
  readonly repository: string
  readonly commit: string
  readonly access: Access
  readonly files: ReadonlyMap<string, GitFile>
  readonly objects: Objects
}

const next = 'refs/fluxpilot/next'
const mostAnswer = 64 * 1024
const doing = 'failed to push to remote'

/** The pushing side of a checkout. */
export function pusher(base: Base): (push: Push, signal: AbortSignal) => Promise<string | undefined> {
  return async (push, signal) => {
    checkBranch(push.branch)
    const tree = await treeWith(push.files, base, signal)
    if (tree === undefined) return undefined
    const commit = await committed(push, tree, { base, signal })
    await sent(push, commit, { base, signal })
    return commit
  }
}

function command({ repository, access }: Base, rest: Pick<Command, 'args'> & Partial<Command>): Command {
  return { access, cwd: repository, doing: 'failed to commit', ...rest }
}

/** The tree of the commit with other content of some files; `undefined` when it is the same. */
async function treeWith(files: Push['files'], base: Base, signal: AbortSignal): Promise<string | undefined> {
  const changes = [...files].flatMap(([path, content]) => {
    const header = `M ${modeOf(path, base)} inline ${quotedPath(path)}\ndata ${content.length}\n`
    return [Buffer.from(header), content, Buffer.from('\n')]
  })
  const head = `commit ${next}\ncommitter fluxpilot <fluxpilot> 0 +0000\ndata 0\n\nfrom ${base.commit}\n`
  const input = Buffer.concat([Buffer.from(head), ...changes, Buffer.from('\ndone\n')])
  await runGit(command(base, { args: ['fast-import', '--quiet', '--force', '--done'], input }), signal)
  const args = ['rev-parse', `${next}^{tree}`, `${base.commit}^{tree}`]
  const [made, before] = (await outputOf(command(base, { args }), mostAnswer, signal)).toString('latin1').split('\n')
  return made === before ? undefined : made
}

function modeOf(path: string, { files, objects }: Base): string {
  const file = files.get(path)
  if (file?.type !== 'file' || file.from !== objects || path.includes('\ufffd'))
    throw new GitError('BROKEN', `failed to commit: '${path}' is no file of the repository that can be written`)
  return (file.mode & 0o100) === 0 ? '100644' : '100755'
}

/** A path as fast-import reads it. */
function quotedPath(path: string): string {
  const octal = (character: string): string => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`
  // oxlint-disable-next-line no-control-regex -- a path may have any
  return `"${path.replace(/["\\]/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, octal)}"`
}

interface Step {
  readonly base: Base
  readonly signal: AbortSignal
}

/** Stores the commit object as it is here: author, time and signature are ours. */
async function committed({ author, message, at, signer }: Push, tree: string, { base, signal }: Step): Promise<string> {
  const who = `${plain(author.name)} <${plain(author.email)}> ${Math.floor(at / 1000)} +0000`
  const head = `tree ${tree}\nparent ${base.commit}\nauthor ${who}\ncommitter ${who}\n`
  const body = `\n${message.replaceAll('\0', '')}`
  const signature = signer && (await signatureOf(Buffer.from(head + body), signer, { base, signal }))
  const signed = signature === undefined ? '' : `gpgsig ${signature.trimEnd().replaceAll('\r', '').replaceAll('\n', '\n ')}\n`
  const args = ['hash-object', '-t', 'commit', '-w', '--stdin']
  const said = await outputOf(command(base, { args, input: head + signed + body }), mostAnswer, signal)
  return said.toString('latin1').trim()
}

/** A name as a commit can hold it. */
function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they would end the line
  return text.replace(/[<>\u0000-\u001f]/g, '').trim()
}

async function signatureOf(payload: Uint8Array, signer: CommitSigner, { base, signal }: Step): Promise<string> {
  return signer.type === 'openpgp' ? signer.sign(payload) : sshSignature(payload, signer, { ...base, signal })
}

async function sent({ branch, lease, refspec, options = {} }: Push, commit: string, { base, signal }: Step): Promise<void> {
  const ref = `refs/heads/${branch}`
  await runGit(command(base, { args: ['update-ref', ref, commit] }), signal)
  await runGit(command(base, { args: ['symbolic-ref', 'HEAD', ref] }), signal)
  const common = [
    'push',
    '--porcelain',
    '--no-verify',
    '--no-signed',
    '--no-recurse-submodules',
    ...Object.entries(options).map(([key, value]) => `--push-option=${key}=${value}`),
  ]
  const held = lease ? [`--force-with-lease=${ref}:${lease.seen ?? ''}`] : []
  await pushed([...common, ...held, '--', 'origin', `${ref}:${ref}`], { base, signal })
  if (refspec) await pushed([...common, '--', 'origin', refspec], { base, signal })
}

async function pushed(args: readonly string[], { base, signal }: Step): Promise<void> {
  let [told, said] = ['', '']
  const hear = (words: string): void => void (said = words)
  try {
    await runGit(command(base, { args, doing, hear }), signal, chunk => {
      if (told.length < mostAnswer) told += chunk.toString('utf8')
    })
  } catch (thrown) {
    signal.throwIfAborted()
    throw refusal(told, said, base.access.secrets) ?? thrown
  }
}

/** What a server did not take, in the words of Flux's client; with what its hooks say. */
function refusal(told: string, said: string, secrets: readonly string[]): GitError | undefined {
  const [, ref = '', word = '', why = ''] = /^!\t[^\t]*:([^\t\n]*)\t\[([a-z ]+)\] ?(?:\((.*)\))?$/m.exec(told) ?? []
  if (word === '') return undefined
  if (word === 'rejected') {
    const moved = why === 'stale info' ? `the branch is not where it was seen: ${ref}` : `non-fast-forward update: ${ref}`
    return new GitError('MOVED', `${doing}: ${moved}`)
  }
  const raced =
    /failed to (?:update|lock) ref|cannot lock ref|reference already exists|fetch first|non-fast-forward|incorrect old value/.test(why)
  if (raced) return new GitError('MOVED', `${doing}: command error on ${ref}: ${why}`)
  const lines = [...said.matchAll(/^remote: ?(.*?)\s*$/gm)].map(([, line = '']) => line).filter(line => line !== '')
  const more = lines.length > 0 ? `: ${lines.join('\n')}` : ''
  return new GitError('REFUSED', redacted(`${doing}: command error on ${ref}: ${why || word}${more}`.slice(0, mostShown), secrets))
}

const mostShown = 2000

/** @throws {GitError} UNSUPPORTED for what is no name of a branch */
function checkBranch(branch: string): void {
  // oxlint-disable-next-line no-control-regex -- no branch has them
  const wrong = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[-/.]|[/.]$|\.lock(?:\/|$)|\/\.|^$/
  if (wrong.test(branch)) throw new GitError('UNSUPPORTED', `${doing}: ${JSON.stringify(branch)} is no name of a branch`)
}
