import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { decrypted } from '../../../src/kustomize/sops/cipher.ts'
import { SopsError } from '../../../src/kustomize/sops/error.ts'
import { metadataOf } from '../../../src/kustomize/sops/metadata.ts'
import { combine } from '../../../src/kustomize/sops/shamir.ts'
import { Branch, nodeOf } from '../../../src/kustomize/sops/tree.ts'
import type { JsonObject } from '../../../src/lib/json.ts'
import { type BehaviourId, verifies } from '../../conformance/verifies.ts'
import { fc } from '../../support/laws.ts'

const key = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', 'hex')
const iv = 'ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM='
const value = (data: string, tag: string, type: string): string => `ENC[AES256_GCM,data:${data},iv:${iv},tag:${tag},type:${type}]`
const text = value('vCC/si0=', 'OvHq36Xxvy+NLTUzTAr7xQ==', 'str')

const values: [BehaviourId, says: string, sealed: string, about: string, open: unknown][] = [
  ['kustomization/D24', 'a text', text, 'stringData:key:', 'value'],
  [
    'kustomization/D25',
    'a bool, spelled as Python spells it',
    value('njOmog==', 'NhXIT745x0KaupnXHAjetA==', 'bool'),
    'spec:enabled:',
    true,
  ],
  ['kustomization/D26', 'an int, at whatever index of a list', value('8nHr9w==', 'cMwN8Dre+uGvEI8TK5MpyQ==', 'int'), 'spec:ports:', 8080],
  ['kustomization/D27', 'a float', value('+2/m', 'iCAYy5m9t9nkw3SBLtUmaA==', 'float'), 'a:b:c:', 1.5],
]
for (const [id, says, sealed, about, open] of values)
  verifies(id, `a value decrypts to ${says}`, () => assert.equal(decrypted(sealed, key, about), open))

const wrong: [says: string, sealed: string, about: string, message: RegExp][] = [
  ['other keys above it', text, 'stringData:other:', /Could not decrypt with AES_GCM: cipher: message authentication failed/],
  ['another type has the same bytes', text.replace('type:str', 'type:int'), 'stringData:key:', /^strconv\.Atoi: parsing <redacted>/],
  ['a type that nobody knows', text.replace('type:str', 'type:secret'), 'stringData:key:', /^Unknown datatype: secret$/],
  ['a tampered value', text.replace('vCC', 'vDC'), 'stringData:key:', /authentication failed/],
  ['no value at all', 'hunter2', 'stringData:key:', /^Input string <redacted> does not match sops' data format$/],
  ['no base64', text.replace('vCC/', 'v*C/'), 'stringData:key:', /^Error base64-decoding data/],
  ['parts in another order', text.replace(',iv:', ',type:'), 'stringData:key:', /does not match/],
]
for (const [says, sealed, about, message] of wrong)
  test(`a value is refused: ${says}`, () =>
    assert.throws(
      () => decrypted(sealed, key, about),
      (thrown: unknown) =>
        thrown instanceof SopsError && message.test(thrown.message) && !/hunter2|value/.test(thrown.message.replace('a value', '')),
    ))

test('an empty text stays empty, and a value that is no value is refused in linear time', () => {
  assert.equal(decrypted('', key, 'a:'), '')
  const hostile = `ENC[AES256_GCM,data:${',iv:,tag:,type:'.repeat(50_000)}`
  assert.throws(() => decrypted(hostile, key, 'a:'), /does not match/)
})

verifies('kustomization/D28', 'any two shares, or all, give the secret', () => {
  const shares = ['ba2301', '894502', '986703'].map(hex => Buffer.from(hex, 'hex'))
  const [a, b, c] = shares as [Buffer, Buffer, Buffer]
  for (const some of [[a, b], [a, c], [b, c], [c, a], shares]) assert.equal(Buffer.from(combine(some)).toString('hex'), 'ab01')
  for (const [some, message] of [
    [[a], /less than two parts/],
    [[a, a], /duplicate part/],
    [[a, Buffer.from('ab', 'hex')], /same length/],
    [[Buffer.from('a1', 'hex'), Buffer.from('a2', 'hex')], /at least two bytes/],
  ] as const)
    assert.throws(() => combine(some), message)
})

/** A product in GF(2⁸), bit by bit. */
function product(a: number, b: number): number {
  let out = 0
  for (let [x, y] = [a, b]; y > 0; y >>= 1) {
    if (y & 1) out ^= x
    x = (x << 1) ^ (x & 0x80 ? 0x11b : 0)
  }
  return out
}

test('a secret comes back from two shares of any line through it', () => {
  const bytes = fc.uint8Array({ minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      bytes,
      fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { minLength: 2, maxLength: 4 }),
      (secret, slopes, xs) => {
        const share = (x: number): Uint8Array => Uint8Array.from([...[...secret].map((byte, i) => byte ^ product(slopes[i] ?? 0, x)), x])
        assert.deepEqual(combine(xs.map(share)), secret)
      },
    ),
  )
})

const age = [{ recipient: 'age1x', enc: '' }]
const read = (more: JsonObject): ReturnType<typeof metadataOf> =>
  metadataOf(nodeOf({ lastmodified: '2026-01-01T00:00:00Z', mac: 'x', age, ...more }) as Branch)

verifies('kustomization/D29', 'a file has one rule at most, and a suffix where it has none', () => {
  assert.throws(() => read({ encrypted_regex: '^data$', unencrypted_suffix: '_plain' }), /Cannot use more than one of/)
  assert.deepEqual(read({}).rule, { is: 'suffix', encrypts: false, pattern: '_unencrypted' })
  assert.deepEqual(read({ encrypted_regex: '^data$' }).rule, { is: 'regex', encrypts: true, pattern: '^data$' })
})

verifies('kustomization/D30', 'a MAC over encrypted values alone is seeded', () => {
  const seed = createHash('sha256').update('sops').digest()
  assert.match(seed.toString('hex'), /^8a3fd2ad.*76f27d69$/)
  assert.match(createHash('sha512').update(seed).update('value').digest('hex').toUpperCase(), /^06CBD6BE5FE9C54B/)
})

test('metadata that cannot be read is refused, naming the field', () => {
  for (const [more, message] of [
    [{ lastmodified: 'yesterday' }, /parsing time "yesterday".*lastmodified/],
    [{ age: [], pgp: [{ fp: 'A', enc: '', created_at: 'x' }] }, /created_at/],
    [{ age: [] }, /No keys found in file$/],
    [{ age: Array.from({ length: 201 }, () => age[0] ?? {}) }, /more than 200 keys/],
  ] as [JsonObject, RegExp][])
    assert.throws(() => read(more), message)
  assert.throws(() => metadataOf(undefined), /sops metadata not found/)
})

test('keys are tried age first, then OpenPGP, then the rest as they stand; those beside groups win', () => {
  const at = { created_at: '2026-01-01T00:00:00Z', enc: 'x' }
  const all = {
    hc_vault: [{ ...at, vault_address: 'https://v', engine_path: 'transit', key_name: 'k' }],
    kms: [{ ...at, arn: 'arn', role: 'r', context: { b: '2', a: '1' } }],
    azure_kv: [{ ...at, vault_url: 'https://a', name: 'n', version: 'v' }],
    gcp_kms: [{ ...at, resource_id: 'projects/p' }],
    pgp: [{ ...at, fp: 'F' }],
    key_groups: [{ age }, { age }],
  }
  assert.deepEqual(
    read(all).groups.map(group => group.map(({ key: { is } }) => is)),
    [['age', 'pgp', 'aws', 'gcp', 'azure', 'vault']],
  )
  assert.equal(read({ age: [], key_groups: [{ age }, { age }], shamir_threshold: 2 }).groups.length, 2)
})
