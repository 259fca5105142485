import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { identityToRecipient } from 'age-encryption'
import { findProgram } from '../../../scripts/refs/cache.ts'
import { ageDecrypted, ageIdentities } from '../../../src/kustomize/sops/age.ts'
import { decryptContent, type Opener } from '../../../src/kustomize/sops/document.ts'
import { type Format, formatFor, isMarked } from '../../../src/kustomize/sops/formats.ts'
import { withPrograms } from '../../refs/when.ts'
import { alice, bob, hybridIdentity } from '../../support/sops.ts'
import { unending } from '../../support/unending.ts'

const identities = await ageIdentities(`${alice.identity}\n${bob.identity}\n${hybridIdentity}`)
const opener: Opener = { had: () => [], signal: unending, checkMac: true, unwrap: ({ enc }) => ageDecrypted(enc, identities) }

const yaml = `# above the document
apiVersion: v1
kind: Secret # behind a value
metadata:
    name: login
    labels: {a: "1", b: yes, c: "yes"}
# above a key
stringData:
    # inside
    user: root
    pass: |
        several
        lines
    folded: >
        a text with "quotes", 'more'
        and a colon: here
    empty: ""
    number: 12345678901234567
    float: 1.5
    small: 1.0e-7
    yes: true
    nothing: null
    date: 2026-01-02
    time: 2026-01-02T03:04:05Z
    octal: 0755
    text: "0755"
    tabbed: "a\\tb"
    plain_unencrypted: as it is
list:
    - one
    - # a comment in a list
      two: 2
    - - nested
      - lists
    - []
    - {}
---
second: document
`

const files: readonly [name: string, content: string][] = [
  ['a.yaml', yaml],
  ['b.yaml', 'anchors: &a\n    key: value\nagain: *a\n'],
  ['a.json', '{\n\t"z": 1,\n\t"a": {"10": "x", "2": [true, null, 1.5, "<&>"]},\n\t"text": "é\\n\\u2028"\n}\n'],
  ['a.env', '# a comment\nKEY=value\nOTHER=with = sign\nLINES=a\\nb\nEMPTY=\n'],
  ['a.ini', '; of the file\n[config]\n; of a key\nkey = value\nlonger_key = "quoted"\nhash = `a#b`\n\n[other]\nempty =\n'],
  ['a.bin', 'any bytes\n'],
]

const name = 'documents of the sops program'
withPrograms(['sops'], { name, tests: 9 }, () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fluxpilot-sops-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function run(...args: string[]): Buffer {
    const env = { PATH: process.env.PATH, HOME: folder, SOPS_AGE_KEY: `${alice.identity} ${bob.identity} ${hybridIdentity}` }
    return execFileSync(findProgram('sops') ?? '', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async function same(file: string, ...args: string[]): Promise<void> {
    const format: Format = formatFor(file)
    // The command `encrypt` does not know every flag.
    const sealed = run('--encrypt', ...args, file)
    writeFileSync(join(folder, `sealed-${file}`), sealed)
    assert.ok(isMarked(sealed, format), sealed.toString())
    const ours = Buffer.from(await decryptContent(sealed, [format, format], opener)).toString('utf8')
    assert.equal(ours, run('decrypt', `sealed-${file}`).toString('utf8'))
  }

  for (const [file, content] of files)
    test(`${file} comes back as sops brings it back`, async () => {
      writeFileSync(join(folder, file), content)
      await same(file, '--age', alice.recipient)
    })

  test('for hybrid keys, with rules, over what is encrypted alone', async () => {
    writeFileSync(join(folder, 'a.yaml'), yaml)
    await same(
      'a.yaml',
      '--age',
      await identityToRecipient(hybridIdentity),
      '--encrypted-regex',
      '^(data|stringData)$',
      '--mac-only-encrypted',
    )
    await same('a.yaml', '--age', alice.recipient, '--unencrypted-regex', '^meta')
    await same('a.yaml', '--age', alice.recipient, '--encrypted-suffix', 'Data')
    await same('a.yaml', '--age', alice.recipient, '--encrypted-comment-regex', 'inside')
    await same('a.yaml', '--age', alice.recipient, '--unencrypted-comment-regex', 'above a key')
  })

  test('bytes that are no text come back as they were', async () => {
    writeFileSync(join(folder, 'a.bin'), Buffer.from([0, 255, 254, 10, 128]))
    const sealed = run('encrypt', '--age', alice.recipient, 'a.bin')
    assert.deepEqual(Buffer.from(await decryptContent(sealed, ['binary', 'binary'], opener)), readFileSync(join(folder, 'a.bin')))
  })

  test('shared data keys are put together', async () => {
    const groups = [alice, bob].map(({ recipient }) => ({ age: [recipient] }))
    writeFileSync(join(folder, '.sops.yaml'), JSON.stringify({ creation_rules: [{ shamir_threshold: 2, key_groups: groups }] }))
    writeFileSync(join(folder, 'shared.yaml'), 'key: value\n')
    await same('shared.yaml')
    rmSync(join(folder, '.sops.yaml'))
  })
})
