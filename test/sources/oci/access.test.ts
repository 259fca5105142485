import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../src/kinds/manifest.ts'
import { dockerConfigs } from '../../../src/kinds/docker-config.ts'
import { proxyOf, tlsOf } from '../../../src/kinds/secret.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { certificateAuthority } from '../../support/certificates.ts'
import { secretObject } from '../../support/secrets.ts'

const secret = (data: Record<string, string>, type = 'Opaque'): KubeObject => secretObject({ namespace: 'apps', name: 'it', type }, data)
const authority = certificateAuthority()
const { cert, key } = authority.issue('client')
const other = authority.issue('other')

const tls: [id: BehaviourId | undefined, what: string, secret: KubeObject, message: string][] = [
  [
    'sources/25.1',
    'a ca.crt that is no PEM',
    secret({ 'ca.crt': 'junk' }),
    'cannot append certificate into certificate pool: invalid CA certificate',
  ],
  [
    'sources/25.2',
    'a ca.crt with a PEM of nothing',
    secret({ 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }),
    'cannot append certificate into certificate pool: invalid CA certificate',
  ],
  [
    'sources/27.1',
    'a tls.key that is no PEM',
    secret({ 'tls.crt': cert, 'tls.key': 'junk' }),
    'tls: failed to find any PEM data in key input',
  ],
  [
    undefined,
    'a tls.crt that is no PEM',
    secret({ 'tls.crt': 'junk', 'tls.key': key }),
    'tls: failed to find any PEM data in certificate input',
  ],
  [
    undefined,
    'a key of another certificate',
    secret({ 'tls.crt': cert, 'tls.key': other.key }),
    'tls: private key does not match public key',
  ],
  [
    undefined,
    'a certificate without a key',
    secret({ 'tls.crt': cert }),
    "invalid 'it' secret data: both certificate and private key need to be provided",
  ],
  [
    undefined,
    'old and new names mixed, as the old ones are ignored',
    secret({ 'tls.crt': cert, keyFile: key }),
    "invalid 'it' secret data: both certificate and private key need to be provided",
  ],
  [
    undefined,
    'a pull secret',
    secret({ 'ca.crt': authority.cert }, 'kubernetes.io/dockerconfigjson'),
    "cannot use secret 'it' to construct TLS config: invalid secret type: 'kubernetes.io/dockerconfigjson'",
  ],
]
for (const [id, what, given, message] of tls) {
  const body = (): void => assert.throws(() => tlsOf(given), { message })
  if (id) verifies(id, `${what} is refused`, body)
  else test(`${what} is refused`, body)
}
verifies('sources/26.1', 'ca.crt wins over caFile', () => {
  assert.equal(tlsOf(secret({ caFile: 'junk', 'ca.crt': authority.cert })).ca, authority.cert.trim())
})
test('what a Secret gives', () => {
  const ca = authority.cert.trim()
  assert.deepEqual(
    tlsOf(secret({ 'ca.crt': `text before\n${authority.cert}junk`, 'tls.crt': cert, 'tls.key': key }, 'kubernetes.io/tls')),
    {
      ca,
      cert,
      key,
    },
  )
  assert.deepEqual(tlsOf(secret({ caFile: authority.cert, certFile: cert, keyFile: key })), { ca, cert, key })
  assert.deepEqual(tlsOf(secret({ other: 'x' })), {}, 'no keys: the system’s roots decide')
})

const proxies: [id: BehaviourId, data: Record<string, string>, proxy: string][] = [
  ['sources/29', { address: 'http://proxy.example.com', username: 'user' }, 'http://user:@proxy.example.com'],
  ['sources/30', { address: 'http://proxy.example.com', password: 'password' }, 'http://:password@proxy.example.com'],
  [
    'sources/30.2',
    { address: 'https://proxy.example.com:8443', username: 'u@x', password: 'p:/' },
    'https://u%40x:p%3A%2F@proxy.example.com:8443',
  ],
]
for (const [id, data, proxy] of proxies) verifies(id, `a proxy as ${proxy}`, () => assert.equal(proxyOf(secret(data)), proxy))
verifies('sources/28.1', 'a proxy without an address', () =>
  assert.throws(() => proxyOf(secret({ username: 'user' })), { message: "invalid proxy secret 'apps/it': key 'address' is missing" }),
)
test('a proxy whose address is no URL is refused without showing it', () =>
  assert.throws(
    () => proxyOf(secret({ address: 'http://me:hunter2@[' })),
    (thrown: Error) => !thrown.message.includes('hunter2'),
  ))

test('pull secrets of both types contribute, others do not, and what is malformed is an error', () => {
  assert.deepEqual(
    dockerConfigs([
      secret({ '.dockerconfigjson': '{"auths":{"a":{}}}' }, 'kubernetes.io/dockerconfigjson'),
      secret({ '.dockercfg': '{"b":{}}' }, 'kubernetes.io/dockercfg'),
      secret({ '.dockerconfigjson': '{"auths":{"c":{}}}' }),
      secret({}, 'kubernetes.io/dockerconfigjson'),
    ]),
    ['{"auths":{"a":{}}}', '{"auths":{"b":{}}}'],
  )
  for (const text of ['{', '[]', '"x"', 'null}}{{'])
    assert.throws(() => dockerConfigs([secret({ '.dockercfg': text }, 'kubernetes.io/dockercfg')]), {
      message: "invalid 'it' secret data: '.dockercfg' is no JSON object",
    })
})
