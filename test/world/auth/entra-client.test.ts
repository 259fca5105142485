import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clientAssertion, clientCertificate, tokenEndpoint } from '../../../src/world/auth/entra-client.ts'
import { fc } from '../../support/laws.ts'
import { unending } from '../../support/unending.ts'

const vector = (name: string): Buffer => readFileSync(join(import.meta.dirname, '../../vectors/azure', name))
const pem = vector('client.pem').toString()
const certificates = (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
  text => new X509Certificate(text),
)
const [authority, leaf] = certificates.map(certificate => certificate.raw)

const forms: [file: string, password: string, chain: number][] = [
  ['client.pem', '', 2],
  ['client.pem', 'password that is not needed', 2],
  ['encrypted.pem', 'password', 1],
  ['pbes2-sha256.p12', 'password', 2],
  ['triple-des.p12', 'password', 2],
  ['rc2-40.p12', 'password', 2],
]
for (const [file, password, length] of forms)
  test(`a client certificate is read from ${file}, byte for byte, with password '${password}'`, async () => {
    const { key, chain } = await clientCertificate(vector(file), password, unending)
    assert.deepEqual(chain, [leaf, authority].slice(0, length), 'the certificate of the key comes first')
    assert.ok(new X509Certificate(chain[0]).checkPrivateKey(key))
  })

const key = /-----BEGIN PRIVATE KEY[\s\S]*?END PRIVATE KEY-----\n/.exec(pem)?.[0] ?? ''
const own = certificates[1]?.toString() ?? ''
const wrong: [says: string, content: Uint8Array | string, password: string, message: string][] = [
  ['nothing', '', '', 'it is neither PEM nor PKCS#12 that can be read'],
  ['something else', 'secret-of-a-file', '', 'it is neither PEM nor PKCS#12 that can be read'],
  ['a certificate alone', own, '', 'found no private key'],
  ['a key alone', key, '', 'found no certificate'],
  ['two keys', key + key + own, '', 'certData contains multiple private keys'],
  ['the certificate of somebody else', key + (certificates[0]?.toString() ?? ''), '', "key doesn't match any certificate"],
  ['a broken key', `${own}-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----`, '', 'the private key cannot be read'],
  ['an encrypted key without its password', vector('encrypted.pem'), '', 'the private key cannot be read'],
  ['a wrong password', vector('pbes2-sha256.p12'), 'secret-password', 'pkcs12: decryption password incorrect'],
  ['half a file', vector('pbes2-sha256.p12').subarray(0, 1000), 'password', 'it is neither PEM nor PKCS#12 that can be read'],
  ['a key that is no RSA key', vector('ec.p12'), 'password', 'found no private key'],
  ['what is too large', Buffer.alloc(1024 * 1024 + 1), '', 'it is larger than a certificate with its chain'],
]
for (const [says, content, password, message] of wrong)
  test(`no client certificate: ${says}`, () => assert.rejects(clientCertificate(Buffer.from(content), password, unending), { message }))

test('a PKCS#12 file that hashes its password without end holds up nobody, and ends with its reader', async () => {
  const gone = new AbortController()
  const reading = clientCertificate(vector('endless.p12'), 'password', gone.signal)
  setImmediate(() => gone.abort(new Error('enough')))
  await assert.rejects(reading, { message: 'enough' })
})

test('law: bytes that are no certificate are refused in words of our own', async () => {
  const words = { message: /^(?:a certificate cannot be read|found no certificate|found no private key)$/ }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
      const content = Buffer.concat([Buffer.from('-----BEGIN CERTIFICATE-----\n'), bytes, Buffer.from('\n-----END CERTIFICATE-----\n')])
      await assert.rejects(clientCertificate(content, '', unending), words)
    }),
  )
})

test('an assertion is signed as Entra wants it, and as AD FS does', async () => {
  const certificate = await clientCertificate(Buffer.from(pem), '', unending)
  const about = { client: 'c', now: Date.UTC(2026, 0, 1), id: 'once', sendChain: false }
  const parsed = (text: string): [Record<string, unknown>, Record<string, unknown>] => {
    const [header = '', claims = ''] = text.split('.').map(part => Buffer.from(part, 'base64url').toString())
    return [JSON.parse(header) as Record<string, unknown>, JSON.parse(claims) as Record<string, unknown>]
  }
  const check = (text: string, padding: object): boolean => {
    const [header, claims, signature = ''] = text.split('.')
    const publicKey = { key: createPublicKey(certificate.key), ...padding }
    return verify('sha256', Buffer.from(`${header}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))
  }
  const endpoint = tokenEndpoint('https://login.microsoftonline.com', 'tenant')
  const entra = clientAssertion(certificate, { ...about, endpoint, sendChain: true })
  assert.deepEqual(parsed(entra), [
    {
      alg: 'PS256',
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update(certificate.chain[0]).digest('base64url'),
      x5c: certificate.chain.map(der => der.toString('base64')),
    },
    { aud: endpoint, iss: 'c', sub: 'c', jti: 'once', nbf: about.now / 1000, exp: about.now / 1000 + 600 },
  ])
  assert.ok(check(entra, { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }))
  const adfs = clientAssertion(certificate, { ...about, endpoint: tokenEndpoint('https://adfs.example.com', 'adfs') })
  assert.deepEqual(parsed(adfs)[0], { alg: 'RS256', typ: 'JWT', x5t: createHash('sha1').update(certificate.chain[0]).digest('base64url') })
  assert.equal(parsed(adfs)[1].aud, 'https://adfs.example.com/adfs/oauth2/token')
  assert.ok(check(adfs, {}))
})
