import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyOpenPgp } from '../../../src/sources/git/open-pgp.ts'
import { isSshSignature, verifySsh } from '../../../src/sources/git/ssh-signature.ts'
import { fc } from '../../support/laws.ts'

/** Made by gpg 2.2 and by ssh-keygen. */
const vectors = (name: string): string => readFileSync(join(import.meta.dirname, '../../vectors/git', name), 'utf8')
const pgp = JSON.parse(vectors('openpgp-signatures.json')) as {
  payload: string
  keys: Record<string, { id: string; public: string; signature: string }>
  textmode: string
  message: string
}
const ssh = JSON.parse(vectors('ssh-signatures.json')) as {
  payload: string
  keys: Record<string, { public: string; fingerprint: string; signature: string }>
  other: Record<string, string>
}
const now = Date.UTC(2027, 0, 1)
const payload = Buffer.from(pgp.payload)
const keyOf = (name: string): { id: string; public: string; signature: string } => pgp.keys[name] ?? { id: '', public: '', signature: '' }
const sshKey = (name: string): { public: string; fingerprint: string; signature: string } =>
  ssh.keys[name] ?? { public: '', fingerprint: '', signature: '' }
const nobody = /^Error: unable to verify payload with any of the given key rings$/

for (const name of ['rsa', 'dsa', 'ed25519', 'nistp256', 'nistp384', 'subkey', 'sha1']) {
  const { id, public: ring, signature } = keyOf(name)
  test(`an OpenPGP signature holds: ${name}, and the key is told by its primary key's id`, async () => {
    assert.equal(await verifyOpenPgp({ payload, signature }, [ring], now), id)
    assert.equal(await verifyOpenPgp({ payload, signature }, [keyOf('expired').public, ring], now), id)
    await assert.rejects(verifyOpenPgp({ payload: Buffer.from(`${pgp.payload} `), signature }, [ring], now), nobody)
    const others = Object.entries(pgp.keys).flatMap(([other, key]) => (other === name ? [] : [key.public]))
    await assert.rejects(verifyOpenPgp({ payload, signature }, others, now), nobody)
  })
}
test('an OpenPGP signature over text holds, whatever its line ends', async () => {
  const { id, public: ring } = keyOf('rsa')
  for (const text of [pgp.payload, pgp.payload.replaceAll('\n', '\r\n')])
    assert.equal(await verifyOpenPgp({ payload: Buffer.from(text), signature: pgp.textmode }, [ring], now), id)
})
const refused: [says: string, signature: string, keyrings: string[], at: number, message: RegExp][] = [
  ['a revoked key', keyOf('revoked').signature, [keyOf('revoked').public], now, nobody],
  ['a key that has expired since it signed', keyOf('expired').signature, [keyOf('expired').public], now, nobody],
  ['a signature of the future', keyOf('rsa').signature, [keyOf('rsa').public], Date.UTC(2020, 0, 1), nobody],
  ['a signed message', pgp.message, [keyOf('rsa').public], now, nobody],
  ['a signature of SSH', sshKey('ed25519').signature, [keyOf('rsa').public], now, nobody],
  ['an endless signature', keyOf('rsa').signature.replace('\n\n', `\n\n${'A'.repeat(70_000)}\n`), [keyOf('rsa').public], now, nobody],
  ['no signature', '', [keyOf('rsa').public], now, /^Error: unable to verify payload as the provided signature is empty$/],
  ['no keyring', keyOf('rsa').signature, [], now, nobody],
  [
    'a keyring that is none',
    keyOf('rsa').signature,
    ['junk'],
    now,
    /^Error: unable to read armored key ring: openpgp: invalid argument: no armored data found$/,
  ],
  [
    'a keyring that is broken',
    keyOf('rsa').signature,
    [keyOf('rsa').public.slice(0, 200)],
    now,
    /^Error: unable to read armored key ring: /,
  ],
]
for (const [says, signature, keyrings, at, message] of refused)
  test(`an OpenPGP signature is refused: ${says}`, async () => {
    await assert.rejects(verifyOpenPgp({ payload, signature }, keyrings, at), message)
  })
test('a key that was good when it signed, and is yet', async () => {
  const { id, public: ring, signature } = keyOf('expired')
  assert.equal(await verifyOpenPgp({ payload, signature }, [ring], Date.UTC(2020, 0, 1, 12)), id)
})
test('a keyring that cannot be read does not hide one that can', async () => {
  const { id, public: ring, signature } = keyOf('rsa')
  assert.equal(await verifyOpenPgp({ payload, signature }, ['junk', ring], now), id)
})

const signed = Buffer.from(ssh.payload)
const noKey = /^Error: unable to verify payload with any of the given authorized keys: no matching key$/
for (const [name, { public: key, fingerprint, signature }] of Object.entries(ssh.keys))
  test(`an SSH signature holds: ${name}`, () => {
    assert.ok(isSshSignature(signature))
    assert.equal(verifySsh({ payload: signed, signature }, [`# whose it is\n\n${key}`]), fingerprint)
    const others = Object.entries(ssh.keys).flatMap(([other, its]) => (other === name ? [] : [its.public]))
    assert.equal(verifySsh({ payload: signed, signature }, ['junk', others.join('\n'), `namespaces="git" ${key}`]), fingerprint)
    assert.throws(() => verifySsh({ payload: signed, signature }, others), noKey)
    assert.throws(() => verifySsh({ payload: Buffer.from('other'), signature }, [key]), noKey)
  })
test('an SSH signature over SHA-256 holds, one for another purpose does not', () => {
  const { public: key, fingerprint } = sshKey('ed25519')
  assert.equal(verifySsh({ payload: signed, signature: ssh.other.sha256 ?? '' }, [key]), fingerprint)
  assert.throws(() => verifySsh({ payload: signed, signature: ssh.other.namespace ?? '' }, [key]), noKey)
})
test('keys of SSH that cannot be read are told when there are no others', () => {
  const { signature } = sshKey('ed25519')
  assert.throws(() => verifySsh({ payload: signed, signature }, ['ssh-ed25519 AAAA x']), {
    message: 'unable to parse authorized keys: unable to parse authorized key: ssh: no key found',
  })
})
test('law: bytes changed anywhere in an SSH signature never make another error than ours', () =>
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(ssh.keys)), fc.nat(), fc.nat(255), (name, at, byte) => {
      const { public: key, signature } = sshKey(name)
      const blob = Buffer.from(signature.split('\n').slice(1, -2).join(''), 'base64')
      const place = at % blob.length
      if (blob[place] === byte) return
      blob[place] = byte
      const forged = `-----BEGIN SSH SIGNATURE-----\n${blob.toString('base64')}\n-----END SSH SIGNATURE-----`
      assert.throws(
        () => verifySsh({ payload: signed, signature: forged }, [key]),
        /^Error: unable to (verify payload|unarmor SSH signature)/,
      )
    }),
  ))
