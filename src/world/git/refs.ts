import type { Http } from '../http/http.ts'
import { GitError } from './error.ts'
import type { Into } from './open.ts'
import { advertisement } from './redirect.ts'
import { runGit } from './run.ts'

const mostBytes = 16 * 1024 * 1024
/** git reads all that a server says before it tells any of it: ten times what fifty thousand references take. */
const mostMemory = 512 * 1024 * 1024
const newline = 0x0a

/** What a server says it has. @throws {GitError} TOO_LARGE, and BROKEN for what is no Git server of ours */
export async function listRefs(
  { access, remote, newRepository }: Into,
  { http, signal }: { http: Http; signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  const doing = `unable to list remote for '${remote.url}'`
  const refs = new Map<string, string>()
  let [rest, size]: [Buffer, number] = [Buffer.alloc(0), 0]
  const args = ['ls-remote', '--quiet', 'origin']
  await runGit({ args, access, cwd: await newRepository(), doing, mostFile: mostBytes, mostMemory }, signal, chunk => {
    size += chunk.length
    if (size > mostBytes) throw new GitError('TOO_LARGE', `${doing}: the names of its references are larger than ${mostBytes} bytes`)
    rest = Buffer.concat([rest, chunk])
    const end = rest.lastIndexOf(newline)
    addRefs(refs, rest.subarray(0, Math.max(end, 0)).toString('utf8'), doing)
    rest = rest.subarray(end + 1)
  })
  if (refs.size === 0 && !access.address.ssh) await checkSmart(remote, { http, signal, doing })
  return refs
}

function addRefs(refs: Map<string, string>, lines: string, doing: string): void {
  for (const line of lines === '' ? [] : lines.split('\n')) {
    const [, hash, name] = /^([0-9a-f]{40})\t(\S+)$/.exec(line) ?? []
    if (hash === undefined || name === undefined) throw new GitError('BROKEN', `${doing}: its hashes are not of the kind SHA-1`)
    refs.set(name, hash)
  }
}

/** git takes any text without a line for a repository of the old protocol, with nothing in it. */
async function checkSmart(
  remote: Into['remote'],
  { http, signal, doing }: { http: Http; signal: AbortSignal; doing: string },
): Promise<void> {
  const { headers } = await advertisement(remote, { http, signal })
  if (/^application\/x-git-upload-pack-advertisement\b/.test(headers['content-type'] ?? '')) return
  throw new GitError('BROKEN', `${doing}: the answer is not that of a Git server`)
}
