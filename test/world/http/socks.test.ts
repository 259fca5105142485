import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { describe, test } from 'node:test'
import { createHttp } from '../../../src/world/http/client.ts'
import { HttpError, type HttpErrorCode } from '../../../src/world/http/error.ts'
import type { HttpOptions } from '../../../src/world/http/http.ts'
import { readText } from '../../../src/world/http/read.ts'
import { negotiate, socksConnect, SocksError } from '../../../src/world/http/socks.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { tlsFront } from '../../support/fronts.ts'
import { startHostile } from '../../support/hostile.ts'
import { fc } from '../../support/laws.ts'
import { socksFront, type SocksManners } from '../../support/socks.ts'
import { unending } from '../../support/unending.ts'

const authority = certificateAuthority()
const certificate = authority.issue('store', ['store.test'])

/** Asks a server behind a proxy with such manners; what it answered, and what the proxy was asked. */
async function asking(url: string, { manners = {}, user = '' }: { manners?: SocksManners; user?: string } = {}) {
  const server = await startHostile((request, response) => void response.end(`${request.headers.host} ${request.headers.authorization}`))
  const tls = await tlsFront(new URL(server.url).host, certificate)
  const front = await socksFront(url.startsWith('https') ? tls.address : new URL(server.url).host, manners)
  const http = createHttp({})
  const options: HttpOptions = { proxy: `socks5://${user}${front.address}`, tls: { ca: authority.cert } }
  try {
    const answer = await http.with(options).send({ method: 'GET', url }, unending)
    return { text: await readText(answer, { limit: 1000, host: 'x' }), asked: front.asked }
  } finally {
    await http.close()
    for (const one of [front, tls, server]) await one.close()
  }
}

describe('HTTP through a SOCKS5 proxy', () => {
  const ways: [url: string, asked: string][] = [
    ['http://store.test/x', 'a name store.test:80'],
    ['http://store.test:5000/x', 'a name store.test:5000'],
    ['https://store.test/x', 'a name store.test:443'],
    ['http://127.9.9.9/x', 'an address 127.9.9.9:80'],
    ['http://[2001:db8::7]/x', 'an address [2001:0db8:0000:0000:0000:0000:0000:0007]:80'],
    ['http://[::ffff:1.2.3.4]/x', 'an address [0000:0000:0000:0000:0000:ffff:0102:0304]:80'],
  ]
  for (const [url, asked] of ways)
    test(`the proxy of ${url} is asked for ${asked}, and for nobody`, async () => {
      const seen = await asking(url)
      assert.deepEqual(seen, { text: `${new URL(url).host} undefined`, asked: [asked] })
    })

  const users: [user: string, expects: string][] = [
    ['me:p%40ss@', 'me:p@ss'],
    ['me:@', 'me:'],
    ['me@', 'me:'],
    ['m%zz:p@', 'm%zz:p'],
  ]
  for (const [user, expects] of users)
    test(`${user} signs in as ${expects}, where that is asked for alone`, async () => {
      const url = 'https://store.test/'
      assert.deepEqual((await asking(url, { user, manners: { user: expects } })).asked, [`as ${expects}`, 'a name store.test:443'])
      assert.deepEqual((await asking(url, { user })).asked, ['a name store.test:443'])
    })

  const fails: [says: string, how: Parameters<typeof asking>[1], words: RegExp][] = [
    ['a wrong password', { user: 'me:wrong@', manners: { user: 'me:right' } }, /username\/password authentication failed/],
    ['nobody where a user is asked for', { manners: { user: 'me:right' } }, /no acceptable authentication methods/],
    ['a refusal', { manners: { reply: 2 } }, /unknown error connection not allowed by ruleset/],
    ['a host that the proxy cannot reach', { manners: { reply: 4 } }, /unknown error host unreachable/],
    ['a reply that nobody knows', { manners: { reply: 77 } }, /unknown error unknown code: 77/],
    ['a user that is too long', { user: `${'x'.repeat(256)}@`, manners: { user: 'x' } }, /invalid username\/password/],
  ]
  for (const [says, how, words] of fails)
    test(`${says} is told, without the password, and nothing was sent`, async () => {
      const code: HttpErrorCode = 'UNREACHABLE'
      await assert.rejects(asking('https://store.test/', how), (thrown: HttpError) => {
        assert.deepEqual([thrown.code, thrown.sent], [code, false])
        assert.match(thrown.message, words)
        assert.match(thrown.message, /socks connect tcp 127\.0\.0\.1:\d+->store\.test:443: /)
        assert.doesNotMatch(thrown.message, /wrong|right/)
        return true
      })
    })

  test('a certificate is held to the name behind the proxy', async () => {
    await assert.rejects(asking('https://other.test/'), { code: 'TLS' })
  })

  test('no proxy at its address', async () => {
    const http = createHttp({})
    const sent = http.with({ proxy: 'socks5://127.0.0.1:1' }).send({ method: 'GET', url: 'http://store.test/' }, unending)
    await assert.rejects(sent, /socks connect tcp 127\.0\.0\.1:1->store\.test:80: dial tcp 127\.0\.0\.1:1: connect: connection refused/)
    await http.close()
  })

  test('metadata addresses are refused, as the proxy and behind it', async () => {
    const http = createHttp({})
    for (const [proxy, url] of [
      ['socks5://169.254.169.254', 'http://store.test/'],
      ['socks5://127.0.0.1:1', 'http://169.254.169.254/'],
    ] as const)
      await assert.rejects(http.with({ proxy }).send({ method: 'GET', url }, unending), /metadata addresses are refused/)
    await http.close()
  })

  test('a proxy that says nothing is left when the caller leaves', async () => {
    const front = await socksFront('', { hangs: true })
    const http = createHttp({})
    const stop = new AbortController()
    const sent = http.with({ proxy: `socks5://${front.address}` }).send({ method: 'GET', url: 'http://store.test/' }, stop.signal)
    await front.came
    stop.abort(new Error('enough'))
    const told = sent.then(
      () => 'an answer',
      (thrown: Error) => thrown.message,
    )
    // It does not wait until the connection is given up.
    assert.equal(await Promise.race([told, front.left.then(() => 'the proxy was left first')]), 'enough')
    await http.close()
    await front.left
    await front.close()
  })
})

describe('the handshake of SOCKS5', () => {
  /** A server that sends pieces, one for each that comes. */
  const scripted = async (pieces: readonly Buffer[], work: (port: number) => Promise<void>): Promise<void> => {
    const sockets: Socket[] = []
    const server = createServer(socket => {
      sockets.push(socket)
      const left = [...pieces]
      socket.on('error', () => undefined).on('data', () => void (left.length > 0 && socket.write(left.shift() ?? '')))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    try {
      await work(address !== null && typeof address === 'object' ? address.port : 0)
    } finally {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
  const to = (port: number) => ({ proxy: new URL(`socks5://127.0.0.1:${port}`), host: 'x', port: 22 })

  test('what the server says at once with the reply is not lost', () =>
    scripted([Buffer.of(5, 0), Buffer.concat([Buffer.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0), Buffer.from('SSH-2.0-x')])], async port => {
      const socket = await socksConnect(to(port), unending)
      const [first] = (await once(socket, 'data')) as [Buffer]
      assert.equal(first.toString(), 'SSH-2.0-x')
      socket.destroy()
    }))

  test('an abort ends it, whatever it waits for', () =>
    scripted([Buffer.of(5)], async port => {
      const stop = new AbortController()
      const connecting = socksConnect(to(port), stop.signal)
      setImmediate(() => stop.abort(new Error('enough')))
      await assert.rejects(connecting, /enough/)
      await assert.rejects(socksConnect(to(port), stop.signal), /enough/)
    }))

  test('law: what a proxy sends, in whatever pieces, connects or fails in words', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 12 }).map(bytes => Buffer.from(bytes)),
      fc.constantFrom(
        Buffer.of(5),
        Buffer.of(0),
        Buffer.of(5, 0),
        Buffer.of(5, 2),
        Buffer.of(1, 0),
        Buffer.of(5, 0, 0, 1, 1, 2, 3, 4, 0, 1),
      ),
    )
    return fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async pieces => {
        const [ours, theirs] = duplexPair()
        for (const bytes of pieces) theirs.write(bytes)
        theirs.resume().end()
        const said = await negotiate(ours, { proxy: new URL('socks5://u:p@x'), host: 'x', port: 1 }, unending).then(
          () => 'connected',
          (thrown: Error) => thrown.message,
        )
        assert.match(said, /^(?:connected|unexpected |unknown |unsupported |no acceptable |invalid |non-zero |username\/password )/)
      }),
    )
  })

  test('an error says both ends, in the brackets that they need', async () => {
    const connecting = socksConnect({ proxy: new URL('socks5://me:secret@[::1]:1'), host: 'fd12::1', port: 22 }, unending)
    await assert.rejects(connecting, (thrown: Error) => {
      assert.ok(thrown instanceof SocksError)
      assert.match(thrown.message, /^socks connect tcp \[::1\]:1->\[fd12::1\]:22: dial tcp \[::1\]:1: /)
      return true
    })
  })
})
