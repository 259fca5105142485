import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { findProgram } from '../../scripts/refs/cache.ts'
import { withDeadline } from '../../src/lib/deadline.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { GitErrorCode } from '../../src/world/git/error.ts'
import type { Git, GitRemote, Wanted } from '../../src/world/git/git.ts'
import { openGit } from '../../src/world/git/open.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { type Forge, git, gitEnv, machine, openForge } from '../support/git.ts'
import { serveGit } from '../support/git-server.ts'
import type { HostileCase, HostileClass, Room } from './table.ts'

type Code = GitErrorCode | 'held' | readonly (GitErrorCode | 'held')[]
type Answers = (response: ServerResponse) => void

/** For servers that never end. */
const briefMs = 1500
/** For those that do, on a machine that has other things to do. */
const ampleMs = 8000
const mebibyte = 1024 * 1024
const bounds = { bytes: 16 * mebibyte, content: 4 * mebibyte, files: 1000, modules: 10 }
const wholeTree: Wanted = { ref: 'refs/heads/main', submodules: true }

const patience = (code: Code): number => ([code].flat().includes('TIMEOUT') ? briefMs : ampleMs)

/** Asks as a reconciler with `spec.timeout` would. */
async function asked(room: Room, work: (client: Git, signal: AbortSignal) => Promise<unknown>, ms: number): Promise<string> {
  const http = createHttp({})
  try {
    const client = openGit({ http, ...machine, bounds })
    await withDeadline({ clock: realClock, ms, what: 'git', signal: room.signal }, signal => work(client, signal))
    return 'held'
  } finally {
    await http.close()
  }
}

const remoteAt = (room: Room, url: string): GitRemote => ({
  url,
  credentials: { type: 'basic', username: 'flux', password: room.secret },
})

/** Reads the branch with all its files. */
async function readAll(client: Git, remote: GitRemote, signal: AbortSignal): Promise<void> {
  const { tree, close } = await client.checkout(remote, wholeTree, signal)
  const folders = ['']
  try {
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop())
      for (const { name, type } of await tree.list(folder)) {
        const path = folder === '' ? name : `${folder}/${name}`
        if (type === 'folder') folders.push(path)
        else for await (const _ of tree.read(path));
      }
  } finally {
    await close()
  }
}

const packet = (text: string | Buffer): Buffer => {
  const body = Buffer.from(text)
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body])
}
const flush = Buffer.from('0000')
const hash = 'a'.repeat(40)
const service = Buffer.concat([packet('# service=git-upload-pack\n'), flush])
const advertised = { 'content-type': 'application/x-git-upload-pack-advertisement' }
const lines = (...all: readonly string[]): Buffer => Buffer.concat([service, ...all.map(packet), flush])
const sends =
  (body: Buffer | string, headers: Record<string, string> = advertised): Answers =>
  response =>
    void response.writeHead(200, headers).end(body)

/** Sends a piece until nobody listens, or 512 MiB are sent. */
const endless =
  (piece: Buffer, { headers, first = service }: { headers: Record<string, string>; first?: Buffer }): Answers =>
  response => {
    response.writeHead(200, headers).write(first)
    const many = Buffer.concat(Array.from({ length: Math.ceil(mebibyte / piece.length) }, () => piece))
    const gone = once(response, 'close')
    void (async () => {
      for (let sent = 0; sent < 512 && !response.destroyed; sent++)
        if (!response.write(many)) await Promise.race([once(response, 'drain'), gone])
      response.destroy()
    })()
  }

type Work = (client: Git, remote: GitRemote, signal: AbortSignal) => Promise<unknown>
const readRefs: Work = (client, remote, signal) => client.refs(remote, signal)

const refsCase = (says: string, code: Code, answer: Answers, work = readRefs): HostileCase => ({
  says,
  code,
  async attack(room) {
    const url = await room.serve((_, response) => answer(response))
    return asked(room, (client, signal) => work(client, remoteAt(room, `${url}/app.git`), signal), patience(code))
  },
})

const refs: HostileClass = {
  name: 'Git servers that lie of their refs',
  cases: [
    refsCase('a length that is no number', 'BROKEN', sends(Buffer.concat([service, Buffer.from('zzzznonsense')]))),
    refsCase('a length beyond the answer', 'BROKEN', sends(Buffer.concat([service, Buffer.from('fff0short')]))),
    refsCase('a hash that is none', 'BROKEN', sends(lines(`${'x'.repeat(40)} refs/heads/main\0\n`))),
    refsCase('names that climb', ['held', 'BROKEN'], sends(lines(`${hash} HEAD\0\n`, `${hash} refs/heads/../../../etc/passwd\n`))),
    refsCase('one name twice', 'held', sends(lines(`${hash} refs/heads/a\0\n`, `${'b'.repeat(40)} refs/heads/a\n`))),
    refsCase('words in control characters', 'BROKEN', sends(lines('ERR \u001b[2J\u0007gone\n'))),
    refsCase('a page of HTML', 'BROKEN', sends('<html>welcome</html>', { 'content-type': 'text/html' })),
    refsCase('hashes of another kind', 'BROKEN', sends(lines(`${'b'.repeat(64)} HEAD\0object-format=sha256\n`))),
    refsCase('a version that nobody knows', ['BROKEN', 'held'], sends(lines('version 9\n'))),
    refsCase('a failure that stays', 'UNREACHABLE', response => void response.writeHead(503).end()),
    refsCase(
      'a symbolic reference out of it',
      'held',
      sends(lines(`${hash} HEAD\0symref=HEAD:../../../../etc/passwd\n`, `${hash} refs/heads/main\n`)),
    ),
    refsCase(
      'a commit that is never sent',
      ['BROKEN', 'NOT_FOUND'],
      sends(lines(`${hash} HEAD\0\n`, `${hash} refs/heads/main\n`)),
      readAll,
    ),
    refsCase('no answer', 'TIMEOUT', () => {}),
    refsCase('no word at all', 'TIMEOUT', response => void response.writeHead(200, advertised).flushHeaders()),
    refsCase('refs that break off', ['BROKEN', 'UNREACHABLE'], response => {
      response.writeHead(200, { ...advertised, 'content-length': '100000' }).write(service)
      setImmediate(() => response.destroy())
    }),
    refsCase(
      'refs without end',
      ['TOO_LARGE', 'TIMEOUT', 'BROKEN', 'UNREACHABLE'],
      endless(packet(`${hash} refs/heads/${'n'.repeat(1000)}\n`), { headers: advertised }),
    ),
  ],
}

type Tamper = (answer: Buffer, response: ServerResponse) => Buffer | undefined

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** A true server, with one answer changed on its way: that with the pack. */
const packCase = (says: string, code: Code, tamper: Tamper): HostileCase => ({
  says,
  code,
  async attack(room) {
    const forge = openForge()
    await forge.commit('app.git', [{ branch: 'refs/heads/main', at: 1, files: { 'a.txt': 'a'.repeat(1000), 'b/c.txt': 'c' } }])
    const server = await serveGit({ folder: forge.folder })
    const url = await room.serve((request, response) => {
      void (async () => {
        const body = await bodyOf(request)
        const headers = Object.fromEntries(
          ['content-type', 'content-encoding', 'git-protocol', 'accept'].flatMap(name => {
            const value = [request.headers[name]].flat()[0]
            return value === undefined ? [] : [[name, value]]
          }),
        )
        const sent = { method: request.method ?? 'GET', headers, ...(body.length > 0 ? { body: new Uint8Array(body) } : {}) }
        const answer = await fetch(`http://${server.address}${request.url}`, sent)
        const whole = Buffer.from(await answer.arrayBuffer())
        const hasPack = body.includes('command=fetch')
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
        const changed = hasPack ? tamper(whole, response) : whole
        if (changed) response.end(changed)
      })().catch(() => response.destroy())
    })
    try {
      return await asked(room, (client, signal) => readAll(client, remoteAt(room, `${url}/app.git`), signal), patience(code))
    } finally {
      await server.close()
      forge.remove()
    }
  },
})

/** A pack with objects as given, and a checksum that fits. */
function packOf(count: number, objects: Buffer, version = 2): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK')
  head.writeUInt32BE(version, 4)
  head.writeUInt32BE(count, 8)
  const body = Buffer.concat([head, objects])
  const sum = createHash('sha1').update(body).digest()
  return Buffer.concat([packet('packfile\n'), packet(Buffer.concat([Buffer.from([1]), body, sum])), flush])
}
/** A blob of a size of its own choice: three bits and a half of type and size, then seven a byte. */
function headOf(type: number, size: number): Buffer {
  const bytes: number[] = []
  let [now, rest] = [(type << 4) | (size & 15), Math.floor(size / 16)]
  while (rest > 0) {
    bytes.push(now | 0x80)
    now = rest % 128
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, now])
}
const flipped = (answer: Buffer, at: number): Buffer => {
  const copy = Buffer.from(answer)
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at)
  return copy
}
const packStart = (answer: Buffer): number => answer.indexOf('PACK')

const packs: HostileClass = {
  name: 'Git servers that lie of their objects',
  cases: [
    packCase('half a pack', ['BROKEN', 'UNREACHABLE'], answer => answer.subarray(0, packStart(answer) + 40)),
    packCase('an object that is damaged', 'BROKEN', answer => flipped(answer, packStart(answer) + 24)),
    packCase('a count that is too low', 'BROKEN', answer => flipped(answer, packStart(answer) + 11)),
    packCase('nothing', ['BROKEN', 'UNREACHABLE'], () => Buffer.alloc(0)),
    packCase('a pack without objects', 'BROKEN', () => packOf(0, Buffer.alloc(0))),
    packCase('four thousand million objects in none', 'BROKEN', () => packOf(0xffffffff, Buffer.alloc(0))),
    packCase('a pack of a version that nobody knows', 'BROKEN', () => packOf(1, Buffer.alloc(0), 9)),
    packCase('a blob that says to be a terabyte', ['BROKEN', 'TOO_LARGE'], () =>
      packOf(1, Buffer.concat([headOf(3, 2 ** 40), deflateSync(Buffer.alloc(mebibyte))])),
    ),
    packCase('a blob that grows beyond its size', 'BROKEN', () =>
      packOf(1, Buffer.concat([headOf(3, 10), deflateSync(Buffer.alloc(32 * mebibyte))])),
    ),
    packCase('a delta of nothing', 'BROKEN', () =>
      packOf(1, Buffer.concat([headOf(7, 10), Buffer.alloc(20, 0xaa), deflateSync(Buffer.alloc(10))])),
    ),
    packCase('a last word of failure', 'BROKEN', () => Buffer.concat([packet('packfile\n'), packet('\u0003\u001b[31mno\n'), flush])),
    packCase('a wait without end', 'TIMEOUT', (answer, response) => void response.write(answer.subarray(0, packStart(answer) + 20))),
    packCase('progress without end', ['TIMEOUT', 'BROKEN', 'UNREACHABLE', 'TOO_LARGE'], (_, response) => {
      const gone = once(response, 'close')
      const piece = packet(`\u0002${'.'.repeat(60_000)}\n`)
      response.write(packet('packfile\n'))
      void (async () => {
        while (!response.destroyed) if (!response.write(piece)) await Promise.race([once(response, 'drain'), gone])
      })()
      return undefined
    }),
  ],
}

type Entry = readonly [mode: string, name: string, hash: string]

/** Stores an object as it is, whatever git thinks of it. */
async function stored(repository: string, type: string, content: Buffer): Promise<string> {
  const child = spawn('git', ['-C', repository, 'hash-object', '-t', type, '-w', '--literally', '--stdin'], {
    env: gitEnv,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.stdin.end(content)
  let said = ''
  for await (const chunk of child.stdout) said += String(chunk)
  return said.trim()
}

function treeBytes(entries: readonly Entry[]): Buffer {
  return Buffer.concat(entries.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]))
}

type Made = (repository: string, blob: string, forge: Forge) => Promise<readonly Entry[]>

/** A repository whose one commit has a tree as given. */
const treeCase = (
  says: string,
  code: Code,
  make: Made,
  by = 'author Ada <ada@example.com> 1 +0000\ncommitter Ada <ada@example.com> 1 +0000\n',
): HostileCase => ({
  says,
  code,
  async attack(room) {
    const forge = openForge()
    const path = await forge.commit('app.git', [{ branch: 'refs/heads/seed', at: 1, files: { a: 'a' } }])
    const tree = await stored(path, 'tree', treeBytes(await make(path, await stored(path, 'blob', Buffer.from('text')), forge)))
    const commit = await stored(path, 'commit', Buffer.from(`tree ${tree}\n${by}\nx\n`))
    await git(path, 'update-ref', 'refs/heads/main', commit)
    const server = await serveGit({ folder: forge.folder })
    try {
      return await asked(room, (client, signal) => readAll(client, remoteAt(room, `http://${server.address}/app.git`), signal), ampleMs)
    } finally {
      await server.close()
      forge.remove()
    }
  },
})
const named = (says: string, name: string, code: Code = 'BROKEN'): HostileCase =>
  treeCase(says, code, async (_, blob) => [['100644', name, blob]])

const trees: HostileClass = {
  name: 'Git repositories with hostile trees',
  cases: [
    named('a file called .git', '.git'),
    named('a file called .GIT', '.GIT'),
    named('a file called git~1', 'git~1'),
    named('a file called ..', '..'),
    named('a file called .', '.'),
    named('a name with a slash', 'a/../../b'),
    named('a name that is empty', ''),
    named('a .git that is hidden from the eye', '.g\u200cit'),
    treeCase('a folder called .git with a hook', 'BROKEN', async (path, blob) => {
      const hooks = await stored(path, 'tree', treeBytes([['100755', 'post-checkout', blob]]))
      return [['40000', '.git', await stored(path, 'tree', treeBytes([['40000', 'hooks', hooks]]))]]
    }),
    treeCase('one name twice', 'BROKEN', async (_, blob) => [
      ['100644', 'a', blob],
      ['100644', 'a', blob],
    ]),
    treeCase('a device', ['held', 'BROKEN'], async (_, blob) => [['60000', 'sda', blob]]),
    treeCase('a .gitmodules that is a link', 'BROKEN', async (_, blob) => [['120000', '.gitmodules', blob]]),
    treeCase('a blob that nobody has', ['BROKEN', 'UNREACHABLE', 'NOT_FOUND'], async () => [['100644', 'a', hash]]),
    treeCase('a folder in a folder, twenty times, with long names', 'BROKEN', async (path, _, forge) => {
      const files = { [`${`${'d'.repeat(240)}/`.repeat(20)}file`]: 'text' }
      await forge.commit('app.git', [{ branch: 'refs/heads/deep', at: 1, files }])
      return [['40000', 'd', await git(path, 'rev-parse', 'refs/heads/deep^{tree}')]]
    }),
    treeCase('a commit of nobody', 'BROKEN', async (_, blob) => [['100644', 'a', blob]], ''),
    treeCase('a file that grows a thousand times', 'TOO_LARGE', async path => [
      ['100644', 'zeros', await stored(path, 'blob', Buffer.alloc(2 * bounds.content))],
    ]),
    treeCase('more files than are taken', 'TOO_LARGE', async (_, blob) =>
      Array.from({ length: 1500 }, (_value, i) => ['100644', `f${String(i).padStart(5, '0')}`, blob] as const),
    ),
  ],
}

const moduleCase = (says: string, code: Code, { path = 'm', url, name = 'm', count = 1 }: ModuleOf): HostileCase => ({
  says,
  code,
  async attack(room) {
    const forge = openForge()
    const tails = Array.from({ length: count }, (_, i) => (i === 0 ? '' : String(i)))
    const text = tails.map(more => `[submodule "${name}${more}"]\n\tpath = ${path}${more}\n\turl = ${url(room)}\n`).join('')
    const links = Object.fromEntries(tails.map(more => [`s m${more}`, hash]))
    await forge.commit('app.git', [{ branch: 'refs/heads/main', at: 1, files: { '.gitmodules': text, ...links } }])
    const server = await serveGit({ folder: forge.folder })
    try {
      return await asked(room, (client, signal) => readAll(client, remoteAt(room, `http://${server.address}/app.git`), signal), ampleMs)
    } finally {
      await server.close()
      forge.remove()
    }
  },
})
interface ModuleOf {
  readonly path?: string
  readonly name?: string
  readonly count?: number
  url(room: Room): string
}

const modules: HostileClass = {
  name: 'Git submodules that lead astray',
  cases: [
    moduleCase('a folder of this machine', ['UNSUPPORTED', 'BROKEN'], { url: room => join(room.root, '..') }),
    moduleCase('a file URL', ['UNSUPPORTED', 'BROKEN'], { url: room => `file://${room.root}` }),
    moduleCase('a program', ['UNSUPPORTED', 'BROKEN'], { url: room => `ext::sh -c touch% ${room.root}/../owned` }),
    moduleCase('an option', ['UNSUPPORTED', 'BROKEN'], { url: room => `--upload-pack=touch ${room.root}/../owned` }),
    moduleCase('an option as a host', ['UNSUPPORTED', 'BROKEN'], { url: () => 'ssh://-oProxyCommand=touch/x' }),
    moduleCase('a way out of the server', 'BROKEN', { url: () => '../../../../../../etc' }),
    moduleCase('another server', ['BROKEN', 'NOT_FOUND'], { url: ({ stranger }) => `${stranger}/x.git` }),
    moduleCase('a metadata address', 'UNREACHABLE', { url: () => 'http://169.254.169.254/latest.git' }),
    moduleCase('a metadata address inside IPv6', 'UNREACHABLE', { url: () => 'http://[::ffff:169.254.169.254]/latest.git' }),
    moduleCase('SSH to a server for which there is no key', ['AUTH', 'UNREACHABLE'], { url: () => 'git@127.0.0.1:x.git' }),
    moduleCase('a path that climbs', ['BROKEN', 'held'], { path: '../m', url: ({ stranger }) => `${stranger}/x.git` }),
    moduleCase('more of them than are taken', 'TOO_LARGE', { url: () => '../app.git', count: 50 }),
    moduleCase('a name that climbs', 'BROKEN', { name: '../../m', url: ({ stranger }) => `${stranger}/x.git` }),
  ],
}

type Location = (place: { own: string; path: string; stranger: string }) => string | undefined
const tail = '/info/refs?service=git-upload-pack'

const redirectCase = (says: string, code: Code, to: Location): HostileCase => ({
  says,
  code,
  async attack(room) {
    const url = await room.serve((request, response) => {
      const location = to({ own: `http://${request.headers.host}`, path: request.url ?? '', stranger: room.stranger })
      response.writeHead(302, { 'set-cookie': 'a=b', ...(location === undefined ? {} : { location }) }).end()
    })
    return asked(room, (client, signal) => client.refs(remoteAt(room, `${url}/app.git`), signal), ampleMs)
  },
})

/** A server that gives its references, and leads away when it is asked for objects. */
const lateRedirect: HostileCase = {
  says: 'to a stranger in the middle',
  code: 'REDIRECTED',
  async attack(room) {
    const told = lines(`${hash} HEAD\0shallow side-band-64k ofs-delta\n`, `${hash} refs/heads/main\n`)
    const url = await room.serve(({ method, url: path }, response) => {
      if (method === 'POST') response.writeHead(307, { location: `${room.stranger}${path}` }).end()
      else sends(told)(response)
    })
    return asked(room, (client, signal) => readAll(client, remoteAt(room, `${url}/app.git`), signal), ampleMs)
  },
}

const redirects: HostileClass = {
  name: 'Git servers that lead elsewhere',
  cases: [
    redirectCase('to a stranger', 'BROKEN', ({ stranger, path }) => `${stranger}${path}`),
    lateRedirect,
    redirectCase('to a metadata address', 'UNREACHABLE', () => `http://169.254.169.254/x.git${tail}`),
    redirectCase('to a metadata address as one number', 'UNREACHABLE', () => `http://2852039166/x.git${tail}`),
    redirectCase('in a ring', 'REDIRECTED', ({ own }) => `${own}/app.git${tail}`),
    redirectCase('to a file', ['REDIRECTED', 'UNSUPPORTED'], () => `file:///etc/x.git${tail}`),
    redirectCase('to what no Git server has', 'REDIRECTED', ({ own }) => `${own}/elsewhere`),
    redirectCase('to ever longer paths', 'REDIRECTED', ({ own, path }) => `${own}/x${path}`),
    redirectCase('to nowhere', 'REDIRECTED', () => undefined),
    redirectCase('with a user of its own', 'UNSUPPORTED', ({ stranger }) => `${stranger.replace('//', '//root:toor@')}/x.git${tail}`),
  ],
}

/** Git servers and repositories; none where git is missing. */
export const classes: readonly HostileClass[] = findProgram('git') === undefined ? [] : [refs, packs, trees, modules, redirects]
