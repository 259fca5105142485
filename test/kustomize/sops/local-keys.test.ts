import assert from 'node:assert/strict'
import {
  createCipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  publicEncrypt,
} from 'node:crypto'
import { test } from 'node:test'
import { armor, Encrypter, identityToRecipient, Stanza } from 'age-encryption'
import { createMessage, encrypt, generateKey, readKey } from 'openpgp'
import { sshIdentity } from '../../../src/kustomize/sops/age-ssh.ts'
import { ageDecrypted, ageIdentities } from '../../../src/kustomize/sops/age.ts'
import { ambientIdentities } from '../../../src/kustomize/sops/ambient.ts'
import { fingerprintOf, pgpDecrypted, pgpKeys } from '../../../src/kustomize/sops/pgp.ts'
import { messageOf } from '../../../src/lib/coded-error.ts'
import { verifies } from '../../conformance/verifies.ts'
import { ageEncrypted, alice, bob, hybridIdentity } from '../../support/sops.ts'

const dataKey = Buffer.alloc(32, 5)
const failure = (work: Promise<unknown>): Promise<string> => work.then(() => 'none', messageOf)

test('identities of age, X25519 and hybrid, open what is for them', async () => {
  const identities = await ageIdentities(`# mine\n\n${bob.identity}\n${hybridIdentity}\r\n`)
  assert.deepEqual(
    identities.map(({ recipient }) => recipient.slice(0, 8)),
    [bob.recipient.slice(0, 8), 'age1pq12'],
  )
  for (const recipient of [bob.recipient, await identityToRecipient(hybridIdentity)])
    assert.deepEqual(Buffer.from(await ageDecrypted(await ageEncrypted(dataKey, recipient), identities)), dataKey)
  const other = await ageEncrypted(dataKey, alice.recipient)
  assert.equal(
    await failure(ageDecrypted(other, identities)),
    'failed to create reader for decrypting sops data key with age: no identity matched any of the recipients',
  )
  assert.match(
    await failure(ageDecrypted(other.replace('BEGIN', 'BEGUN'), identities)),
    /^failed to create reader for decrypting sops data key with age: /,
  )
  assert.match(await failure(ageDecrypted('x'.repeat(20_000), identities)), /the file is too long$/)
})

test('identities of plugins are taken and open nothing', async () => {
  const [identity] = await ageIdentities('AGE-PLUGIN-YUBIKEY-1QQPQQSTMJMF')
  assert.equal(identity?.recipient, 'age-plugin-yubikey')
  assert.match(await failure(ageDecrypted(await ageEncrypted(dataKey, alice.recipient), identity ? [identity] : [])), /no identity matched/)
})

const wire = (...parts: (string | Uint8Array)[]): Buffer =>
  Buffer.concat(
    parts.flatMap(part => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(Buffer.from(part as Uint8Array).length)
      return [length, Buffer.from(part as Uint8Array)]
    }),
  )
const raw = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
const tag = (key: Buffer): string => createHash('sha256').update(key).digest().subarray(0, 4).toString('base64').replace(/=+$/, '')
const armored = (body: Buffer): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64').replaceAll(/(.{70})/g, '$1\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A key as ssh-keygen writes it. */
function openSsh(publicKey: Buffer, secret: Buffer, cipher = 'none'): string {
  const inner = Buffer.concat([number(1), number(1), secret])
  return armored(Buffer.concat([Buffer.from('openssh-key-v1\0'), wire(cipher, 'none', ''), number(1), wire(publicKey, inner)]))
}

/** What age makes for an ed25519 key: https://github.com/FiloSottile/age/tree/main/agessh */
function forEd25519(publicKey: Buffer, montgomery: KeyObject): (fileKey: Uint8Array) => Stanza[] {
  return fileKey => {
    const label = 'age-encryption.org/v1/ssh-ed25519'
    const ephemeral = generateKeyPairSync('x25519')
    const tweak = createPrivateKey({
      key: Buffer.concat([
        Buffer.from('302e020100300506032b656e04220420', 'hex'),
        Buffer.from(hkdfSync('sha256', '', publicKey, label, 32)),
      ]),
      format: 'der',
      type: 'pkcs8',
    })
    const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: montgomery })
    const point = createPublicKey({
      key: Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), shared]),
      format: 'der',
      type: 'spki',
    })
    const secret = diffieHellman({ privateKey: tweak, publicKey: point })
    const share = raw(ephemeral.publicKey)
    const key = Buffer.from(hkdfSync('sha256', secret, Buffer.concat([share, raw(montgomery)]), label, 32))
    const cipher = createCipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 })
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()])
    return [new Stanza(['ssh-ed25519', tag(publicKey), share.toString('base64').replace(/=+$/, '')], body)]
  }
}

async function wrapped(wrapFileKey: (fileKey: Uint8Array) => Stanza[]): Promise<string> {
  const encrypter = new Encrypter()
  encrypter.addRecipient({ wrapFileKey })
  return armor.encode(await encrypter.encrypt(dataKey))
}

test('SSH keys, ed25519 and RSA, are identities of age', async () => {
  const ed = generateKeyPairSync('ed25519')
  const seed = Buffer.from(ed.privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const blob = wire('ssh-ed25519', raw(ed.publicKey))
  const scalar = createPrivateKey({
    key: Buffer.concat([
      Buffer.from('302e020100300506032b656e04220420', 'hex'),
      createHash('sha512').update(seed).digest().subarray(0, 32),
    ]),
    format: 'der',
    type: 'pkcs8',
  })
  const sealed = await wrapped(forEd25519(blob, createPublicKey(scalar)))
  const text = openSsh(blob, wire('ssh-ed25519', raw(ed.publicKey), Buffer.concat([seed, raw(ed.publicKey)]), 'me'))
  for (const pem of [text, ed.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()]) {
    const identity = sshIdentity(pem)
    assert.equal(identity.recipient, `ssh-ed25519 ${blob.toString('base64')}`)
    assert.deepEqual(Buffer.from(await ageDecrypted(sealed, [identity])), dataKey)
  }
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { n = '', e = '', d = '', qi = '', p = '', q = '' } = rsa.privateKey.export({ format: 'jwk' })
  const int = (part: string): Buffer => Buffer.concat([Buffer.alloc(1), Buffer.from(part, 'base64url')])
  const own = wire('ssh-rsa', Buffer.from(e, 'base64url'), int(n))
  const oaepLabel = Buffer.from('age-encryption.org/v1/ssh-rsa')
  const toRsa = await wrapped(key => [
    new Stanza(['ssh-rsa', tag(own)], publicEncrypt({ key: rsa.publicKey, oaepHash: 'sha256', oaepLabel }, key)),
  ])
  const secret = wire('ssh-rsa', int(n), Buffer.from(e, 'base64url'), int(d), int(qi), int(p), int(q), 'me')
  for (const pem of [openSsh(own, secret), rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()])
    assert.deepEqual(Buffer.from(await ageDecrypted(toRsa, [sshIdentity(pem)])), dataKey)
  assert.match(await failure(ageDecrypted(toRsa, [sshIdentity(text)])), /no identity matched/)
  for (const [pem, why] of [
    [openSsh(blob, Buffer.alloc(8), 'aes256-ctr'), /protected by a passphrase/],
    [openSsh(blob, wire('ssh-dss')), /unsupported SSH identity type: ssh-dss/],
    [armored(Buffer.from('openssh-key-v1\0none')), /malformed SSH identity/],
    ['-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----', /malformed SSH identity/],
  ] as const)
    assert.throws(() => sshIdentity(pem), why)
})

test('keys of the process that cannot be read are told, and the others used', async () => {
  const { identities, problems } = await ambientIdentities({
    age: [
      { from: 'SOPS_AGE_KEY', text: `${alice.identity} ${bob.identity}` },
      { from: '/home/me/keys.txt', text: 'hunter2' },
    ],
    ssh: [{ from: '/home/me/.ssh/id_rsa', text: 'hunter2' }],
    problems: ['failed to open SOPS_AGE_KEY_FILE file'],
  })
  assert.deepEqual(
    identities.map(({ recipient }) => recipient),
    [alice.recipient, bob.recipient],
  )
  assert.deepEqual(problems, [
    'failed to open SOPS_AGE_KEY_FILE file',
    "failed to parse '/home/me/.ssh/id_rsa' age identities: malformed SSH identity",
    "failed to parse '/home/me/keys.txt' age identities: unknown identity type",
  ])
})

verifies('kustomization/D2.1', 'OpenPGP keys without a passphrase open what is for them, others say why not', async () => {
  const make = async (passphrase?: string) => generateKey({ userIDs: [{ name: 'me' }], ...(passphrase ? { passphrase } : {}) })
  const [mine, locked] = [await make(), await make('hunter22')]
  const sealed = async (publicKey: string): Promise<string> =>
    String(await encrypt({ message: await createMessage({ binary: dataKey }), encryptionKeys: await readKey({ armoredKey: publicKey }) }))
  const keys = await pgpKeys(mine.privateKey)
  assert.equal(keys.map(fingerprintOf).join(), (await readKey({ armoredKey: mine.publicKey })).getFingerprint().toUpperCase())
  assert.deepEqual(Buffer.from(await pgpDecrypted(await sealed(mine.publicKey), keys)), dataKey)
  const prefix = 'could not decrypt data key with PGP key: failed to decrypt sops data key with pgp: '
  assert.equal(await failure(pgpDecrypted(await sealed(locked.publicKey), keys)), `${prefix}no secret key`)
  assert.match(await failure(pgpDecrypted(await sealed(locked.publicKey), await pgpKeys(locked.privateKey))), /passphrase/)
  assert.equal(await failure(pgpDecrypted(await sealed(mine.publicKey), [])), `${prefix}no secret key`)
  assert.deepEqual(await pgpKeys(mine.publicKey), [])
  assert.match(await failure(pgpDecrypted('x'.repeat(70_000), keys)), /too long$/)
  for (const text of ['hunter2', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nhunter2\n-----END PGP PRIVATE KEY BLOCK-----'])
    assert.match(await failure(pgpKeys(text)), /^failed to import armored key data into GnuPG keyring: (?!.*hunter2)/)
})
