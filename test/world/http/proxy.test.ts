import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc } from '../../support/laws.ts'
import { proxyFor } from '../../../src/world/http/proxy.ts'

const both = { HTTPS_PROXY: 'http://secure:1', HTTP_PROXY: 'http://plain:2' }
const table: [url: string, env: Record<string, string>, proxy: string | undefined][] = [
  ['https://ghcr.io', {}, undefined],
  ['https://ghcr.io', both, 'http://secure:1'],
  ['http://ghcr.io', both, 'http://plain:2'],
  ['https://ghcr.io', { https_proxy: 'http://lower:3' }, 'http://lower:3'],
  ['https://ghcr.io', { HTTPS_PROXY: 'secure:1' }, 'http://secure:1'],
  ['https://ghcr.io', { HTTP_PROXY: 'http://plain:2' }, undefined],
  ['https://ghcr.io', { HTTPS_PROXY: '' }, undefined],
  ['https://localhost:6443', both, undefined],
  ['http://127.0.0.1:5000', both, undefined],
  ['http://127.8.9.10', both, undefined],
  ['http://[::1]:5000', both, undefined],
  ['https://127.example.com', both, 'http://secure:1'],
]
for (const [url, env, proxy] of table)
  test(`${url} with ${JSON.stringify(env)} goes ${proxy === undefined ? 'directly' : `through ${proxy}`}`, () =>
    assert.equal(proxyFor(new URL(url), env), proxy))

const exempt: [entries: string, url: string, direct: boolean][] = [
  ['*', 'https://ghcr.io', true],
  ['ghcr.io', 'https://ghcr.io', true],
  ['ghcr.io', 'https://pkg.ghcr.io', true],
  ['GHCR.io', 'https://ghcr.io.', true],
  ['ghcr.io', 'https://notghcr.io', false],
  ['.ghcr.io', 'https://ghcr.io', false],
  ['.ghcr.io', 'https://a.ghcr.io', true],
  ['*.ghcr.io', 'https://a.ghcr.io', true],
  ['ghcr.io:443', 'https://ghcr.io', true],
  ['ghcr.io:8443', 'https://ghcr.io', false],
  ['ghcr.io:8443', 'https://ghcr.io:8443', true],
  ['a, b , ghcr.io', 'https://ghcr.io', true],
  ['10.0.0.0/8', 'https://10.1.2.3:6443', true],
  ['10.0.0.0/8', 'https://11.1.2.3', false],
  ['10.0.0.0/8', 'https://ten.example', false],
  ['10.0.0.0/99', 'https://10.1.2.3', false],
  ['10.1.2.3', 'https://10.1.2.3', true],
  ['10.1.2.3:443', 'https://10.1.2.3', true],
  ['10.1.2.3:80', 'https://10.1.2.3', false],
  ['fd00::/8', 'https://[fd12::1]:6443', true],
  ['[fd12::1]:6443', 'https://[fd12::1]:6443', true],
  ['fd12::1', 'https://[fd12::1]', true],
  ['2.3', 'https://10.1.2.3', false],
  ['', 'https://ghcr.io', false],
]
for (const [entries, url, direct] of exempt)
  test(`NO_PROXY=${entries} is ${direct ? '' : 'not '}for ${url}`, () =>
    assert.equal(proxyFor(new URL(url), { ...both, NO_PROXY: entries }) === undefined, direct))
test('law: whatever NO_PROXY has, an origin goes directly or through the proxy', () =>
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('1', '.', '/', '*', ':', '[', ']', 'a', ',', ' ') }), entries => {
      const found = proxyFor(new URL('https://1.1.1.1'), { ...both, NO_PROXY: entries })
      assert.ok(found === undefined || found === both.HTTPS_PROXY)
    }),
  ))
