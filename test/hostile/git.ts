import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { withDeadline } from '../../src/lib/deadline.ts'
import { listenGit } from '../../src/sandbox/git.ts'
import { realClock } from '../../src/world/clock/real.ts'
import type { Bounds } from '../../src/world/git/checkout.ts'
import type { Git, GitRemote, Wanted } from '../../src/world/git/git.ts'
import { openGit } from '../../src/world/git/open.ts'
import { createHttp } from '../../src/world/http/client.ts'
import { type Forge, git, gitEnv, openForge } from '../support/git.ts'
import type { Handle, HostileCase, HostileClass, Room } from './table.ts'

type Call = (client: Git, remote: GitRemote, signal: AbortSignal) => Promise<unknown>
const refs: Call = (client, remote, signal) => client.refs(remote, signal)
const checkout =
  (wanted: Wanted): Call =>
  async (client, remote, signal) => {
    const { tree, close } = await client.checkout(remote, wanted, signal)
    try {
      for (const { name, type } of await tree.list('')) if (type === 'file') for await (const _ of tree.read(name));
    } finally {
      await close()
    }
  }
const main = checkout({ ref: 'refs/heads/main' })
const withModules = checkout({ ref: 'refs/heads/main', submodules: true })

async function calling(call: Call, { room, url, bounds }: { room: Room; url: string; bounds?: Partial<Bounds> }): Promise<string> {
  const http = createHttp({})
  const client = openGit({ http, env: { PATH: process.env.PATH }, bounds })
  const remote: GitRemote = { url, credentials: { type: 'basic', username: 'flux', password: room.secret } }
  try {
    await call(client, remote, room.signal)
    return 'held'
  } finally {
    await http.close()
  }
}

/** A server that answers as told, asked with credentials. */
function believed(says: string, code: HostileCase['code'], does: { handle: (room: Room) => Handle; call?: Call }): HostileCase {
  return { says, code, attack: async room => calling(does.call ?? refs, { room, url: `${await room.serve(does.handle(room))}/app.git` }) }
}

/** A real server with a repository that is made to be hostile. */
function served(
  says: string,
  code: HostileCase['code'],
  does: { make: (forge: Forge, room: Room) => Promise<unknown>; call?: Call; bounds?: Partial<Bounds> },
): HostileCase {
  return {
    says,
    code,
    async attack(room) {
      const forge = openForge()
      const server = await listenGit({ port: 0, data: forge.folder })
      try {
        await does.make(forge, room)
        return await calling(does.call ?? main, {
          room,
          url: `http://${server.address}/app.git`,
          ...(does.bounds ? { bounds: does.bounds } : {}),
        })
      } finally {
        await server.close()
        forge.remove()
      }
    },
  }
}

const packet = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text
const hash = 'a'.repeat(40)
const type = { 'content-type': 'application/x-git-upload-pack-advertisement' }
const preface = `${packet('# service=git-upload-pack\n')}0000`
const sends =
  (body: string | Buffer, headers: Record<string, string> = type, status = 200) =>
  (): Handle =>
  (_, response) =>
    void response.writeHead(status, headers).end(body)
const advertises = (...lines: readonly string[]): (() => Handle) => sends(`${preface}${lines.map(packet).join('')}0000`)
const first = (capabilities = ''): string => `${hash} HEAD\0${capabilities}\n`

const manyRefs = Buffer.from(
  Array.from({ length: 4096 }, (_, i) => packet(`${hash} refs/heads/${String(i).padStart(190, 'x')}\n`)).join(''),
)

/** References until nobody listens, or 40 MiB. */
const endless = (): Handle => (_, response) => {
  response.writeHead(200, type)
  response.write(preface + packet(first()))
  const gone = once(response, 'close')
  void (async () => {
    for (let mebibyte = 0; mebibyte < 40 && !response.destroyed; mebibyte++)
      if (!response.write(manyRefs)) await Promise.race([once(response, 'drain'), gone])
    response.end('0000')
  })()
}

const advertisements: HostileClass = {
  name: 'git: advertisements',
  cases: [
    believed('a page of HTML', 'BROKEN', { handle: sends('<html>welcome</html>', { 'content-type': 'text/html' }) }),
    believed('a length that lies', 'BROKEN', { handle: sends(`${preface}fff0${hash} HEAD`) }),
    believed('a length that is no number', 'BROKEN', { handle: sends(`${preface}zzzz${hash} HEAD`) }),
    believed('a hash that is none', 'BROKEN', { handle: advertises(`${'z'.repeat(40)} HEAD\0\n`) }),
    believed('names that climb: no file is made of them', 'held', {
      handle: advertises(first(), `${hash} refs/heads/../../../beside.txt\n`, `${hash} refs/heads/.lock\n`),
    }),
    believed('references without end', 'TOO_LARGE', { handle: endless }),
    believed('hashes of another kind', 'BROKEN', { handle: advertises(`${'b'.repeat(64)} HEAD\0object-format=sha256\n`) }),
    believed('a version that nobody knows', ['BROKEN', 'held'], { handle: sends(`${preface}${packet('version 9\n')}0000`) }),
    believed('an error with codes for terminals', 'BROKEN', { handle: sends(`${preface}${packet('ERR \u001b[2Jno\u0007\n')}`) }),
    believed('a failure that stays', 'UNREACHABLE', { handle: sends('', {}, 503) }),
    believed('a symbolic reference out of it', 'held', {
      handle: advertises(first('symref=HEAD:../../../../etc/passwd'), `${hash} refs/heads/main\n`),
    }),
    believed('a commit that is never sent', ['BROKEN', 'NOT_FOUND'], {
      handle: advertises(first(), `${hash} refs/heads/main\n`),
      call: main,
    }),
  ],
}

/** Stores an object without any check. */
function store(repository: string, kind: 'blob' | 'tree' | 'commit', bytes: string | Buffer): string {
  const args = ['-C', repository, 'hash-object', '-t', kind, '-w', '--stdin', '--literally']
  return execFileSync('git', args, { env: gitEnv, input: bytes }).toString().trim()
}

/** A repository whose branch has exactly these entries, as `mode name` and content. */
async function hostileTree(forge: Forge, entries: readonly (readonly [entry: string, content: string])[]): Promise<void> {
  const path = await forge.commit('app.git', [])
  const rows = entries.map(([entry, content]) => {
    const object = store(path, entry.startsWith('40000') ? 'tree' : 'blob', content)
    return Buffer.concat([Buffer.from(`${entry}\0`), Buffer.from(object, 'hex')])
  })
  await branchOf(path, `tree ${store(path, 'tree', Buffer.concat(rows))}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n`)
}
async function branchOf(path: string, commit: string): Promise<void> {
  await git(path, 'update-ref', 'refs/heads/main', store(path, 'commit', commit))
}
const tree = (says: string, ...entries: (readonly [entry: string, content: string])[]): HostileCase =>
  served(says, 'BROKEN', { make: forge => hostileTree(forge, entries) })

/** The answer of a real server with a change in what it sends. */
function changed(says: string, change: (pack: Buffer) => Buffer): HostileCase {
  return {
    says,
    code: 'BROKEN',
    async attack(room) {
      const forge = openForge()
      await forge.commit('app.git', [{ branch: 'refs/heads/main', at: 1, files: { a: 'x'.repeat(5000), b: 'y' } }])
      const server = await listenGit({ port: 0, data: forge.folder })
      const url = await room.serve((request, response) => {
        void (async () => {
          const parts: Buffer[] = []
          for await (const part of request) parts.push(part as Buffer)
          const { authorization: _, host: __, ...headers } = request.headers as Record<string, string>
          const body = request.method === 'POST' ? { body: Buffer.concat(parts) } : {}
          const answer = await fetch(`http://${server.address}${request.url}`, { method: request.method ?? 'GET', headers, ...body })
          const bytes = Buffer.from(await answer.arrayBuffer())
          response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
          response.end(bytes.includes('PACK') ? change(bytes) : bytes)
        })()
      })
      try {
        return await calling(main, { room, url: `${url}/app.git` })
      } finally {
        await server.close()
        forge.remove()
      }
    },
  }
}

const manyFiles = Array.from({ length: 2000 }, (_, i) => [`f${i}`, 'x'] as const)

const packs: HostileClass = {
  name: 'git: packs and trees',
  cases: [
    tree('a folder that is .git', ['40000 .git', '']),
    tree('a folder that is .git on some systems', ['40000 .GiT', '']),
    tree('a name that is the parent', ['100644 ..', 'x']),
    tree('a name that is a path', ['100644 ../../beside.txt', 'x']),
    tree('the same name twice', ['100644 a', 'x'], ['120000 a', '/etc']),
    tree('a link in place of .gitmodules', ['120000 .gitmodules', '/etc/passwd']),
    tree('a submodule whose address is an option', ['100644 .gitmodules', '[submodule "a"]\n\tpath = a\n\turl = -u./x\n']),
    tree('a submodule whose name climbs', ['100644 .gitmodules', '[submodule "../../x"]\n\tpath = a\n\turl = ./x\n']),
    served('a commit of nobody', 'BROKEN', {
      make: async forge => {
        await hostileTree(forge, [['100644 a', 'x']])
        const path = `${forge.folder}/app.git`
        await branchOf(path, `tree ${await git(path, 'rev-parse', 'main^{tree}')}\n\nx\n`)
      },
    }),
    served('a file that grows a thousand times', 'TOO_LARGE', {
      make: forge => hostileTree(forge, [['100644 zeros', '\0'.repeat(8 * 1024 * 1024)]]),
      bounds: { content: 4 * 1024 * 1024 },
    }),
    served('more files than are taken', 'TOO_LARGE', {
      make: forge => forge.commit('app.git', [{ branch: 'refs/heads/main', at: 1, files: Object.fromEntries(manyFiles) }]),
      bounds: { files: 1000 },
    }),
    changed('half of a pack', bytes => bytes.subarray(0, bytes.length / 2)),
    changed('a pack with a wrong bit', bytes => {
      const at = bytes.indexOf('PACK') + 40
      bytes[at] = (bytes[at] ?? 0) ^ 1
      return bytes
    }),
    changed('a pack that says it has more objects than there are', bytes => {
      bytes.writeUInt32BE(0xffffffff, bytes.indexOf('PACK') + 8)
      return bytes
    }),
  ],
}

const leads = (to: (room: Room, url: string) => string): ((room: Room) => Handle) => {
  return room => (request, response) => void response.writeHead(302, { location: to(room, request.url ?? ''), 'set-cookie': 'a=b' }).end()
}
const late =
  (call: Call): Call =>
  (client, remote, signal) =>
    withDeadline({ clock: realClock, ms: 300, what: 'reading', signal }, within => call(client, remote, within))
const spec = (url: string): string => `[submodule "m"]\n\tpath = m\n\turl = ${url}\n`
const submodule = (says: string, code: HostileCase['code'], url: (room: Room) => string): HostileCase =>
  served(says, code, {
    call: withModules,
    make: (forge, room) =>
      forge.commit('app.git', [{ branch: 'refs/heads/main', at: 1, files: { '.gitmodules': spec(url(room)), 's m': hash } }]),
  })

const elsewhere: HostileClass = {
  name: 'git: redirects, hangs, submodules',
  cases: [
    believed('a redirect to a stranger', 'BROKEN', { handle: leads(({ stranger }, url) => stranger + url) }),
    believed('a redirect to a stranger in the middle', 'REDIRECTED', {
      call: main,
      handle:
        ({ stranger }) =>
        (request, response) => {
          if (request.method === 'POST') return void response.writeHead(307, { location: stranger + (request.url ?? '') }).end()
          response
            .writeHead(200, type)
            .end(`${preface}${packet(first('shallow side-band-64k ofs-delta'))}${packet(`${hash} refs/heads/main\n`)}0000`)
        },
    }),
    believed('a redirect without end', 'REDIRECTED', { handle: leads((_, url) => url) }),
    believed('a redirect to a file', ['REDIRECTED', 'UNSUPPORTED'], { handle: leads((_, url) => `file://${url}`) }),
    believed('a redirect to a metadata service', 'UNREACHABLE', { handle: leads((_, url) => `http://169.254.169.254${url}`) }),
    believed('a redirect that carries a user', 'UNSUPPORTED', { handle: leads((_, url) => `http://a:b@127.0.0.1:1${url}`) }),
    believed('a server that never answers', 'TIMEOUT', { call: late(refs), handle: () => () => {} }),
    believed('a server that never goes on', 'TIMEOUT', {
      call: late(main),
      handle: () => (_, response) => void response.writeHead(200, type).write(preface),
    }),
    submodule('a submodule at a stranger', ['BROKEN', 'NOT_FOUND'], ({ stranger }) => `${stranger}/m.git`),
    submodule('a submodule that is a file of this machine', 'UNSUPPORTED', () => '/etc'),
    submodule('a submodule at a metadata service', 'UNREACHABLE', () => 'http://169.254.169.254/m.git'),
    submodule('a submodule that is a command', ['UNSUPPORTED', 'BROKEN'], () => 'ext::sh -c id'),
    served('submodules without number', 'TOO_LARGE', {
      call: withModules,
      bounds: { modules: 10 },
      make: forge =>
        forge.commit('app.git', [
          {
            branch: 'refs/heads/main',
            at: 1,
            files: {
              '.gitmodules': Array.from({ length: 50 }, (_, i) => `[submodule "m${i}"]\n\tpath = m${i}\n\turl = ../app.git\n`).join(''),
              ...Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`s m${i}`, hash])),
            },
          },
        ]),
    }),
  ],
}

export const classes: readonly HostileClass[] = [advertisements, packs, elsewhere]
