import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback } from '../../../src/lib/loopback.ts'
import { HttpError, type HttpErrorCode } from '../../../src/world/http/error.ts'
import type { Http } from '../../../src/world/http/http.ts'
import { isLinkLocal, isPrivate } from '../../../src/world/registry/address.ts'
import { Origins } from '../../../src/world/registry/origins.ts'
import { unending } from '../../support/unending.ts'

const hosts: [hostname: string, loopback: boolean, nearby: boolean, linkLocal: boolean][] = [
  ['localhost', true, false, false],
  ['app.localhost', true, false, false],
  ['127.0.0.1', true, false, false],
  ['127.255.0.9', true, false, false],
  ['[::1]', true, false, false],
  ['::1', true, false, false],
  ['[::ffff:7f00:1]', true, false, false],
  ['127.example.com', false, false, false],
  ['notlocalhost', false, false, false],
  ['localhost.example.com', false, false, false],
  ['10.0.0.1', false, true, false],
  ['10.example.com', false, false, false],
  ['172.16.0.1', false, true, false],
  ['172.32.0.1', false, false, false],
  ['192.168.1.1', false, true, false],
  ['registry.local', false, true, false],
  ['local', false, false, false],
  ['169.254.169.254', false, false, true],
  ['[fe80::1]', false, false, true],
  ['[::ffff:a9fe:a9fe]', false, false, true],
  ['ghcr.io', false, false, false],
  ['8.8.8.8', false, false, false],
]
for (const [hostname, ...expected] of hosts)
  test(`where ${hostname} is`, () => assert.deepEqual([isLoopback(hostname), isPrivate(hostname), isLinkLocal(hostname)], expected))

type Says = number | HttpErrorCode
/** A network in which one registry speaks as told; `asked` has the schemes that were tried. */
function network(says: { https: Says; http: Says }): { http: Http; asked: string[] } {
  const asked: string[] = []
  const http: Http = {
    async send({ url }) {
      const { protocol, host, pathname } = new URL(url)
      assert.equal(pathname, '/v2/')
      asked.push(protocol.slice(0, -1))
      const said = says[protocol === 'https:' ? 'https' : 'http']
      if (typeof said === 'string') throw new HttpError(said, { host, why: 'as told', sent: true })
      const nothing = async function* (): AsyncGenerator<Uint8Array> {}
      return { status: said, headers: {}, body: Object.assign(nothing(), { cancel: async () => {} }) }
    },
    with: () => http,
    close: async () => {},
  }
  return { http, asked }
}

const table: [says: string, registry: string, insecure: boolean, network: { https: Says; http: Says }, origin: string, asked: string[]][] =
  [
    ['a name is HTTPS, unasked', 'ghcr.io', false, { https: 200, http: 200 }, 'https://ghcr.io', []],
    ['also where only HTTP answers', 'ghcr.io', false, { https: 'UNREACHABLE', http: 200 }, 'https://ghcr.io', []],
    ['insecure: HTTPS first', 'ghcr.io', true, { https: 401, http: 200 }, 'https://ghcr.io', ['https']],
    ['insecure: then HTTP', 'ghcr.io', true, { https: 'UNREACHABLE', http: 401 }, 'http://ghcr.io', ['https', 'http']],
    ['insecure: HTTP where HTTPS is not trusted', 'ghcr.io', true, { https: 'TLS', http: 200 }, 'http://ghcr.io', ['https', 'http']],
    ['insecure: neither', 'ghcr.io', true, { https: 'TLS', http: 'UNREACHABLE' }, 'https://ghcr.io', ['https', 'http']],
    [
      'a private address falls back',
      '10.0.0.1:5000',
      false,
      { https: 'UNREACHABLE', http: 200 },
      'http://10.0.0.1:5000',
      ['https', 'http'],
    ],
    ['so does .local', 'reg.local', false, { https: 'UNREACHABLE', http: 200 }, 'http://reg.local', ['https', 'http']],
    ['loopback is HTTP first', 'localhost:5000', false, { https: 200, http: 200 }, 'http://localhost:5000', ['http']],
    ['loopback with TLS', '127.0.0.1:5000', false, { https: 401, http: 400 }, 'https://127.0.0.1:5000', ['http', 'https']],
    ['loopback that redirects', '127.0.0.1:80', false, { https: 200, http: 308 }, 'https://127.0.0.1:80', ['http', 'https']],
    [
      'loopback whose TLS is not trusted',
      '[::1]:5000',
      false,
      { https: 'TLS', http: 'UNREACHABLE' },
      'https://[::1]:5000',
      ['http', 'https'],
    ],
  ]
for (const [says, registry, insecure, speaks, origin, asked] of table)
  test(`the scheme of a registry: ${says}`, async () => {
    const net = network(speaks)
    const origins = new Origins({ http: net.http, insecure })
    assert.equal((await origins.of(registry, unending)).href, new URL(origin).href)
    assert.deepEqual(net.asked, asked)
  })
test('what speaks is asked once, also by many at once; what does not is asked again', async () => {
  const good = network({ https: 200, http: 200 })
  const origins = new Origins({ http: good.http, insecure: true })
  await Promise.all(Array.from({ length: 5 }, () => origins.of('ghcr.io', unending)))
  await origins.of('ghcr.io', unending)
  assert.deepEqual(good.asked, ['https'])
  const bad = network({ https: 'UNREACHABLE', http: 'UNREACHABLE' })
  const lost = new Origins({ http: bad.http, insecure: true })
  for (let i = 0; i < 2; i++) await lost.of('ghcr.io', unending)
  assert.deepEqual(bad.asked, ['https', 'http', 'https', 'http'])
})
