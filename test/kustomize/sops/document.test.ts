import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ageDecrypted, ageIdentities } from '../../../src/kustomize/sops/age.ts'
import { decrypted } from '../../../src/kustomize/sops/cipher.ts'
import { decryptContent, decryptObject, type Opener } from '../../../src/kustomize/sops/document.ts'
import { SopsError } from '../../../src/kustomize/sops/error.ts'
import { detected, type Format, formatFor } from '../../../src/kustomize/sops/formats.ts'
import { keysIn } from '../../../src/kustomize/sops/keys.ts'
import { messageOf } from '../../../src/lib/coded-error.ts'
import { at, type JsonObject } from '../../../src/lib/json.ts'
import { verifies } from '../../conformance/verifies.ts'
import { fc } from '../../support/laws.ts'
import { alice, bob, seal, written } from '../../support/sops.ts'
import { unending } from '../../support/unending.ts'

const identities = await ageIdentities(alice.identity)
const opener: Opener = {
  had: () => [],
  signal: unending,
  unwrap: ({ enc }) => ageDecrypted(enc, identities),
}
const toAlice = { groups: [[alice.recipient]] }
const open = async (text: string, formats: readonly [Format, Format], more: Partial<Opener> = {}): Promise<string> =>
  Buffer.from(await decryptContent(Buffer.from(text), formats, { ...opener, ...more })).toString('utf8')
const suffixes = { YAML: 'yaml', JSON: 'json', dotenv: 'env', INI: 'ini' } as const
const sealedAs = async (document: JsonObject, format: keyof typeof suffixes): Promise<string> =>
  written(await seal(document, toAlice), suffixes[format])
const failure = async (work: Promise<unknown>): Promise<string> => work.then(() => 'none', messageOf)

verifies('kustomization/D5', 'INI comes back byte by byte', async () => {
  assert.equal(
    await open(await sealedAs({ config: { key: 'value' } }, 'INI'), ['INI', 'INI'], { checkMac: true }),
    '[config]\nkey = value\n',
  )
})

verifies('kustomization/D6', 'JSON may come back as YAML', async () => {
  assert.equal(await open(await sealedAs({ key: 'value' }, 'JSON'), ['JSON', 'YAML'], { checkMac: true }), 'key: value\n')
})

verifies('kustomization/D7', 'what is no JSON is refused as such', async () => {
  assert.match(
    await failure(open('not JSON: hunter2', ['JSON', 'JSON'])),
    /^failed to load encrypted JSON data: Could not unmarshal input data: /,
  )
})

verifies('kustomization/D9', 'the MAC is checked when asked for, and only then', async () => {
  const text = (await sealedAs({ key: 'value' }, 'dotenv')).replace(/^sops_mac=.*$/m, 'sops_mac=')
  assert.equal(await open(text, ['dotenv', 'dotenv']), 'key=value\n')
  assert.match(
    await failure(open(text, ['dotenv', 'dotenv'], { checkMac: true })),
    /failed to verify sops data integrity: expected mac 'no MAC'/,
  )
  const moved = JSON.stringify({ ...(await seal({ a: 'one' }, toAlice)), b: '' })
  assert.equal(await open(moved, ['JSON', 'YAML'], { checkMac: true }), 'a: one\nb: ""\n')
  const added = JSON.stringify({ ...(await seal({ a: 'one' }, toAlice)), b_unencrypted: 'two' })
  assert.match(
    await failure(open(added, ['JSON', 'YAML'], { checkMac: true })),
    /failed to verify sops data integrity: expected mac '<redacted>'/,
  )
})

verifies('kustomization/D12', 'credentials of registries come back as JSON, whatever they were encrypted as', async () => {
  const document = { auths: { 'registry.example.com': { username: 'me', password: '<&>' } } }
  const text = await open(await sealedAs(document, 'YAML'), ['YAML', formatFor('.dockerconfigjson')])
  assert.equal(
    text,
    '{\n\t"auths": {\n\t\t"registry.example.com": {\n\t\t\t"password": "\\u003c\\u0026\\u003e",\n\t\t\t"username": "me"\n\t\t}\n\t}\n}\n',
  )
})

verifies('kustomization/D19', 'an error never has the value that it is about', async () => {
  const sealed = await seal({ data: { key: 'value' } }, toAlice)
  const plain = { ...sealed, data: { key: '1234567897' } }
  const message = await failure(decryptObject(plain as JsonObject, opener))
  assert.equal(
    message,
    "error decrypting sops tree: Error walking tree: Could not decrypt value: Input string <redacted> does not match sops' data format",
  )
  const other = { ...sealed, data: { key: 17 } }
  assert.match(await failure(decryptObject(other as JsonObject, opener)), /Expected encrypted value as string, but got int$/)
})

verifies('kustomization/D3', 'a token of Vault is kept without white space', async () => {
  const data = { 'sops.vault-token': Buffer.from('  some-hcvault-token\n\n'), 'vault-token': Buffer.from('no') }
  assert.equal((await keysIn(data, 'apps/keys')).credentials.vaultToken, 'some-hcvault-token')
})

verifies(
  'kustomization/D22',
  'a Secret whose every value is encrypted: keys as additional data, its MAC over all values in order',
  async () => {
    const dataKey = Buffer.alloc(32, 7)
    const document = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'age' }, stringData: { key: 'value' } }
    const sealed = await seal(document, { ...toAlice, dataKey })
    assert.deepEqual(Buffer.from(await ageDecrypted(String(at(sealed, 'sops', 'age', 0, 'enc')), identities)), dataKey)
    assert.equal(decrypted(String(at(sealed, 'stringData', 'key')), dataKey, 'stringData:key:'), 'value')
    const mac = createHash('sha512').update('v1').update('Secret').update('age').update('value').digest('hex').toUpperCase()
    assert.equal(decrypted(String(at(sealed, 'sops', 'mac')), dataKey, '2026-01-01T00:00:00Z'), mac)
    assert.deepEqual(await decryptObject(sealed, { ...opener, checkMac: true }), document)
  },
)

verifies('kustomization/D23', 'a dotenv file: the name as additional data, its MAC over the value', async () => {
  const dataKey = Buffer.alloc(32, 9)
  const text = written(await seal({ key: 'value' }, { ...toAlice, dataKey }), 'env')
  const field = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? ''
  assert.equal(decrypted(field('key'), dataKey, 'key:'), 'value')
  assert.equal(
    decrypted(field('sops_mac'), dataKey, '2026-01-01T00:00:00Z'),
    createHash('sha512').update('value').digest('hex').toUpperCase(),
  )
  assert.equal(await open(text, ['dotenv', 'dotenv'], { checkMac: true }), 'key=value\n')
})

test('formats are named by their suffix and known by their mark', async () => {
  const names: [string, Format][] = [
    ['a.yaml', 'YAML'],
    ['a.yml', 'YAML'],
    ['a.json', 'JSON'],
    ['.env', 'dotenv'],
    ['app.env', 'dotenv'],
    ['a.ini', 'INI'],
    ['.dockerconfigjson', 'JSON'],
    ['a.txt', 'binary'],
    ['yaml', 'binary'],
  ]
  for (const [name, format] of names) assert.equal(formatFor(name), format, name)
  for (const format of Object.keys(suffixes) as (keyof typeof suffixes)[])
    assert.equal(
      detected(Buffer.from(await sealedAs({ a: { b: 'c' } }, format === 'dotenv' ? 'YAML' : format))),
      format === 'dotenv' ? 'YAML' : format,
    )
  assert.equal(detected(Buffer.from(await sealedAs({ a: 'c' }, 'dotenv'))), 'dotenv')
  assert.equal(detected(Buffer.from('a: b')), undefined)
})

test('binary content comes back as it was, and nothing else is binary', async () => {
  assert.equal(await open(await sealedAs({ data: 'any\0thing' }, 'JSON'), ['binary', 'binary']), 'any\0thing')
  assert.match(await failure(open(await sealedAs({ key: 'x' }, 'JSON'), ['binary', 'binary'])), /no binary data found in tree$/)
  assert.match(
    await failure(open(await sealedAs({ a: { b: 'x' } }, 'YAML'), ['YAML', 'dotenv'])),
    /^failed to emit encrypted YAML file as decrypted dotenv: cannot use complex value/,
  )
  assert.match(await failure(open(await sealedAs({ a: 'x' }, 'YAML'), ['YAML', 'INI'])), /Section values should always be TreeBranches/)
})

test('documents keep their order, their comments and their kinds of values', async () => {
  const sealed = await seal({ z: 'one', a: [1, true, 1.5, '08', 'yes', 'two\nlines\n'], nothing: null }, toAlice)
  const text = `# above\n${written(sealed, 'yaml').replace(/^nothing: null$/m, 'nothing: null # behind')}---\nk_unencrypted: 2026-01-01\n`
  assert.equal(
    await open(text, ['YAML', 'YAML']),
    '# above\na:\n    - 1\n    - true\n    - 1.5\n    - "08"\n    - "yes"\n    - |\n        two\n        lines\nnothing: null # behind\nz: one\n---\nk_unencrypted: 2026-01-01T00:00:00Z\n',
  )
})

const hostile: [says: string, text: string, format: Format][] = [
  ['deep lists of YAML', `a: ${'['.repeat(5_000)}`, 'YAML'],
  ['deep maps of YAML', `${Array.from({ length: 3_000 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')}`, 'YAML'],
  ['deep lists of JSON', `{"a": ${'['.repeat(200_000)}`, 'JSON'],
  ['deep maps of JSON', '{"a":'.repeat(200_000), 'JSON'],
  ['an anchor that contains itself', 'a: &x [*x]\nsops: {mac: x}', 'YAML'],
  [
    'aliases of aliases',
    `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]\n`).join('')}`,
    'YAML',
  ],
  ['a list as document', '- a\n- b', 'YAML'],
  ['a key that is no text', '1: a\nsops: {}', 'YAML'],
  ['a key that stands twice', 'a: 1\na: 2', 'YAML'],
  ['metadata that is no map', '{"sops": 1}', 'JSON'],
  ['metadata that stands twice', '{"sops": {}, "sops": {}}', 'JSON'],
  ['paths with many steps', `sops_a${'__map_x'.repeat(100_000)}=1`, 'dotenv'],
  ['lists with holes', 'sops_age__list_5__map_enc=1', 'dotenv'],
  ['a path that is a value and a map', 'sops_a=1\nsops_a__map_b=2', 'dotenv'],
  ['a line without a value', 'hunter2', 'dotenv'],
  ['a section without an end', '[hunter2', 'INI'],
  ['a key without a value', '[a]\nhunter2', 'INI'],
]
for (const [says, text, format] of hostile)
  test(`a hostile document is refused: ${says}`, async () => {
    const message = await failure(decryptContent(Buffer.from(text), [format, format], opener))
    assert.match(message, new RegExp(`^failed to load encrypted ${format} data: `))
    assert.doesNotMatch(message, /hunter2/)
    assert.ok(message.length < 400, message)
  })

test('an expression that takes too long is refused', async () => {
  const sealed = await seal({ ['a'.repeat(200)]: 'b' }, { ...toAlice, metadata: { encrypted_regex: `(${'a?'.repeat(500)}){40}b` } })
  const message = await failure(decryptObject(sealed, opener))
  assert.match(message, /^(?:error decrypting sops tree|none)/)
})

test('a data key for somebody else is not opened', async () => {
  const sealed = await seal({ a: 'b' }, { groups: [[bob.recipient]] })
  const message = await failure(decryptObject(sealed, opener))
  assert.match(message, /^cannot get sops data key: Failed to get the data key required to decrypt the SOPS file\./)
  assert.ok(message.includes(bob.recipient))
})

test('any text is decrypted or refused with a coded error', async () => {
  const formats: Format[] = ['binary', 'dotenv', 'INI', 'JSON', 'YAML']
  const words = fc.constantFrom(
    'sops',
    'sops_',
    ':',
    '\n',
    ' ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    '=',
    '#',
    '&a',
    '*a',
    'mac',
    'ENC[AES256_GCM,data:',
    '__list_0',
    '__map_',
    'age',
    '|',
    '\t',
    '\0',
    'é',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 30 }), fc.constantFrom(...formats), async (parts, format) => {
      const thrown = await decryptContent(Buffer.from(parts.join('')), [format, format], opener).catch((t: unknown) => t)
      assert.ok(thrown instanceof Uint8Array || thrown instanceof SopsError, String(thrown))
    }),
    { numRuns: 400 },
  )
})

test('what is sealed comes back, in YAML and JSON', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', ' ', '#', ':', '"', "'", '\n', '-', '0', '%', '{', '\\', '\t'), maxLength: 12 })
  const key = fc.stringMatching(/^[a-z]{1,6}$/)
  const scalar = fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null))
  const document = fc.dictionary(key, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.dictionary(key, scalar, { maxKeys: 3 })), {
    minKeys: 1,
    maxKeys: 4,
  })
  await fc.assert(
    fc.asyncProperty(document, fc.constantFrom('YAML' as const, 'JSON' as const), async (wanted, format) => {
      const sealed = await sealedAs(wanted as JsonObject, format)
      const back = await open(sealed, [format, 'JSON'], { checkMac: format === 'JSON' })
      assert.equal(JSON.stringify(JSON.parse(back)), JSON.stringify(format === 'JSON' ? wanted : JSON.parse(back)))
      const { readYaml } = await import('../../../src/kustomize/sops/yaml-store.ts')
      const { jsonOf } = await import('../../../src/kustomize/sops/tree.ts')
      const [tree] = readYaml(await open(sealed, [format, 'YAML']))
      assert.deepEqual(tree && jsonOf(tree), JSON.parse(back))
    }),
    { numRuns: 60 },
  )
})
